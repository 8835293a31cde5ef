//! What `zkmargin book reserves` says: every number, the verdict, and what it takes on trust.

use serde::Serialize;
use zkmargin_chain::reserves::{Addresses, AssetLine, Liabilities, Report as Reserves};
use zkmargin_engine::units::{apart, format_decimal, format_money, format_unsigned};
use zkmargin_verifier::book::inventory::{written, Holding};

use zkmargin_verifier::command::{counted, policy_text, Answer};

/// What a report is made from.
pub(super) struct Read<'a> {
    pub addresses: &'a Addresses,
    pub liabilities: &'a Liabilities<'a>,
    pub reserves: &'a Reserves,
    /// Whether the policy is one of this program.
    pub bundled: bool,
    /// Everything that is wrong.
    pub faults: Vec<String>,
}

/// The report; money in USD at the book's prices.
#[derive(Serialize)]
pub(super) struct Report {
    answer: &'static str,
    pub covered: bool,
    venue: String,
    book: String,
    #[serde(skip)]
    policy: String,
    /// Whether the policy is one of this program.
    policy_known: bool,
    assets: Vec<Line>,
    /// What the venue holds itself; no reserve.
    inventory: Vec<Holding>,
    inventory_value_usd: String,
    inventory_margin_usd: String,
    reserves_usd: String,
    equity_usd: String,
    surplus_usd: String,
    shortfall_usd: String,
    left_usd: String,
    deficit_usd: String,
    /// Accounts that do not meet the ratio, of all.
    failing: u64,
    accounts: u64,
    ratio: u16,
    /// Addresses whose balance a node confirmed, and those that count without.
    balances_checked: usize,
    balances_claimed: usize,
    faults: Vec<String>,
    /// What the verdict takes on trust.
    on_trust: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    asset: String,
    reserves: String,
    reserves_usd: String,
    /// In net, with gains on the inventory.
    liabilities: String,
    customers_hold: String,
    customers_owe: String,
    /// What customers have gained on the venue's inventory; not 0 for USD only.
    customers_gained: String,
    covered: bool,
    addresses: usize,
}

impl Line {
    fn new(line: &AssetLine) -> Self {
        Line {
            asset: line.name.clone(),
            reserves: format_unsigned(line.reserves, 8),
            reserves_usd: format_decimal(line.worth, 16),
            liabilities: format_decimal(line.liability, 8),
            customers_hold: format_unsigned(line.long, 8),
            customers_owe: format_unsigned(line.short, 8),
            customers_gained: format_decimal(line.gains, 8),
            covered: line.covered(),
            addresses: line.addresses,
        }
    }

    fn text(&self) -> String {
        let gained = match self.customers_gained.as_str() {
            "0" => String::new(),
            gained => format!(", {} gained on the venue's inventory", apart(gained, 0)),
        };
        format!(
            "  {:<8} holds {} in {}, worth {} USD; owes {} (customers: {} held, {} \
             owed{gained}){}\n",
            self.asset,
            apart(&self.reserves, 0),
            counted(self.addresses as u64, "address", "addresses"),
            apart(&self.reserves_usd, 2),
            apart(&self.liabilities, 0),
            apart(&self.customers_hold, 0),
            apart(&self.customers_owe, 0),
            if self.covered { "" } else { "  NOT COVERED" }
        )
    }
}

impl Report {
    pub fn new(read: &Read<'_>) -> Self {
        let (reserves, liabilities) = (read.reserves, read.liabilities);
        let (sums, inventory) = (&reserves.sums, &reserves.inventory);
        let totals = &liabilities.book.totals;
        let usd = |units: i128| format_decimal(units, 16);
        let answer = match read.faults.is_empty() {
            true => Answer::Yes,
            false => Answer::No,
        };
        Report {
            answer: answer.name(),
            covered: answer == Answer::Yes,
            venue: read.addresses.venue.clone(),
            book: read.addresses.book.to_string(),
            policy: policy_text(liabilities.policy, read.bundled),
            policy_known: read.bundled,
            assets: reserves.assets.iter().map(Line::new).collect(),
            inventory: written(&inventory.positions, liabilities.policy),
            inventory_value_usd: format_money(inventory.value),
            inventory_margin_usd: format_money(inventory.margin),
            reserves_usd: usd(sums.reserves),
            equity_usd: usd(sums.equity),
            surplus_usd: usd(sums.surplus),
            shortfall_usd: usd(sums.shortfall),
            left_usd: usd(sums.left),
            deficit_usd: format_unsigned(sums.deficit, 20),
            failing: totals.failing,
            accounts: totals.accounts,
            ratio: liabilities.book.ratio,
            balances_checked: reserves.confirmed,
            balances_claimed: reserves.claimed,
            faults: read.faults.clone(),
            on_trust: on_trust(read),
        }
    }

    pub fn text(&self) -> String {
        let verdict = match self.covered {
            true => "COVERED, if what is on trust below is true",
            false => "NOT COVERED",
        };
        let mut out = format!(
            "{verdict}: {}\n  book    {}\n  policy  {}\n",
            self.venue, self.book, self.policy
        );
        for fault in &self.faults {
            out.push_str(&format!("  {fault}\n"));
        }
        for line in &self.assets {
            out.push_str(&line.text());
        }
        out.push_str("  in USD at the book's prices\n");
        let lacking = format!(
            "{} of {} accounts lack, to meet {}%",
            self.failing,
            self.accounts,
            format_decimal(self.ratio.into(), 2)
        );
        for (what, usd) in [
            ("reserves", &self.reserves_usd),
            ("owed to accounts, at most", &self.equity_usd),
            ("reserves beyond that", &self.surplus_usd),
            ("accounts under water owe", &self.shortfall_usd),
            (
                "initial margin of the inventory",
                &self.inventory_margin_usd,
            ),
            ("left after both", &self.left_usd),
            (lacking.as_str(), &self.deficit_usd),
        ] {
            out.push_str(&format!("    {what:<44} {}\n", apart(usd, 2)));
        }
        if !self.inventory.is_empty() {
            out.push_str(&format!(
                "  the venue's own inventory, which is no reserve, worth {} USD\n",
                apart(&self.inventory_value_usd, 2)
            ));
        }
        for holding in &self.inventory {
            let Holding {
                instrument,
                quantity,
            } = holding;
            out.push_str(&format!("    {instrument:<44} {}\n", apart(quantity, 0)));
        }
        out.push_str("  on trust\n");
        for what in &self.on_trust {
            out.push_str(&format!("    {what}\n"));
        }
        out
    }
}

/// What was not checked, in words.
fn on_trust(read: &Read<'_>) -> Vec<String> {
    let (claimed, confirmed) = (read.reserves.claimed, read.reserves.confirmed);
    let mut list = vec![
        "book.json: its proofs are not checked here, `zkmargin book verify` does that".to_owned(),
        "that prices are true, and that no account was left out".to_owned(),
    ];
    if !read.bundled {
        list.push("the policy: its margins, and what it calls the codes of underlyings".to_owned());
    }
    if claimed > 0 {
        list.push(format!(
            "{claimed} of {} balances, which are as claimed: no node was asked, see --rpc",
            claimed + confirmed
        ));
    }
    if confirmed > 0 {
        list.push(format!("{confirmed} balances as the nodes of --rpc say"));
    }
    if !read.reserves.unasked.is_empty() {
        let chains = read.reserves.unasked.iter().map(u64::to_string);
        list.push(format!(
            "that the blocks are of the book's time, on chain {}",
            chains.collect::<Vec<_>>().join(", ")
        ));
    }
    list.push(
        "that each coin or token is the asset that it is listed under: nothing signed says so"
            .to_owned(),
    );
    list.push(
        "that no coins are borrowed, pledged or shown by another venue, and that there are no \
         debts off the book"
            .to_owned(),
    );
    list
}
