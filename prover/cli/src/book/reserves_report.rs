//! What `zkmargin book reserves` says: every number, the verdict, and what it takes on trust.

use serde::Serialize;
use zkmargin_chain::reserves::custody::Custody;
use zkmargin_chain::reserves::moment::Moment;
use zkmargin_chain::reserves::ownership::Part;
use zkmargin_chain::reserves::{
    Addresses, AssetLine, Covered, Holding as Address, Liabilities, Report as Reserves, State,
};
use zkmargin_engine::units::{apart, format_decimal, format_money, format_unsigned};
use zkmargin_verifier::book::inventory::{written, Holding};

use zkmargin_verifier::command::{policy_text, Answer};

/// Under a policy of anybody's nothing is covered, unless the verifier takes it.
const UNKNOWN_POLICY: &str =
    "the policy beside the book is not one of this program: margins and names are what its author \
     wrote; read it, and name it with --policy if you accept it";

/// What a report is made from.
pub(super) struct Read<'a> {
    pub addresses: &'a Addresses,
    pub liabilities: &'a Liabilities<'a>,
    pub reserves: &'a Reserves,
    /// Whether the policy is one of this program.
    pub bundled: bool,
    /// Whether it is none, and the verifier did not name it.
    pub unknown_policy: bool,
    /// Whether the list of assets is a file of the verifier's.
    pub own_assets: bool,
    /// Whether a registry was asked about the book.
    pub recorded: bool,
    /// What the registry says of when the book counts.
    pub moment: Option<&'a Moment>,
    /// Everything that is wrong with the published book.
    pub book_faults: Vec<String>,
}

/// The report; money in USD at the book's prices.
#[derive(Serialize)]
pub(super) struct Report {
    answer: &'static str,
    covered: bool,
    #[serde(skip)]
    pub verdict: Covered,
    pub(super) venue: String,
    pub(super) book: String,
    #[serde(skip)]
    pub(super) policy: String,
    /// Whether the policy is one of this program.
    policy_known: bool,
    pub(super) assets: Vec<Line>,
    pub(super) addresses: Vec<Place>,
    /// Agreements of custody.
    pub(super) custody: Vec<Agreement>,
    /// What the venue holds itself; no reserve.
    pub(super) inventory: Vec<Holding>,
    pub(super) inventory_value_usd: String,
    pub(super) inventory_margin_usd: String,
    pub(super) reserves_usd: String,
    pub(super) equity_usd: String,
    pub(super) surplus_usd: String,
    pub(super) insurance_fund_usd: String,
    pub(super) shortfall_usd: String,
    pub(super) deficit_usd: String,
    /// Accounts that do not meet the ratio, of all.
    pub(super) failing: u64,
    pub(super) accounts: u64,
    pub(super) ratio: u16,
    /// Addresses whose balance a node confirmed, and those that count without.
    balances_checked: usize,
    balances_claimed: usize,
    /// What is wrong; where nobody could tell, what would be without that which might count.
    pub(super) faults: Vec<String>,
    /// What could not be told.
    pub(super) untold: Vec<String>,
    /// What the verdict takes on trust.
    pub(super) on_trust: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Line {
    pub asset: String,
    /// Whether it keeps its worth when the venue fails, in the verifier's list.
    pub independent: bool,
    pub reserves: String,
    reserves_usd: String,
    /// In net, with gains on the inventory.
    pub liabilities: String,
    customers_hold: String,
    /// Lent out.
    pub customers_owe: String,
    /// What customers have gained on the venue's inventory; not 0 for USD only.
    pub customers_gained: String,
    /// Entry costs of their linear positions in net; not 0 for USD only.
    pub entry_costs: String,
    /// Reserves of liabilities, rounded down; none where nothing is owed.
    pub ratio_percent: Option<String>,
    pub insurance_fund: String,
    pub covered: bool,
    addresses: usize,
    agreements: usize,
}

/// An address of the file, and which coin or contract it holds.
#[derive(Serialize)]
pub(super) struct Place {
    pub place: String,
    pub part: Part,
    pub asset: String,
    pub chain: String,
    pub token: Option<String>,
    pub address: String,
    pub block: u64,
    /// What counts, or might.
    pub balance: String,
    pub state: &'static str,
}

/// An agreement of custody of the file.
#[derive(Serialize)]
pub(super) struct Agreement {
    pub place: String,
    pub asset: String,
    pub chain: String,
    pub vault: String,
    pub id: String,
    pub block: u64,
    /// Collateral less what is announced, as a node says.
    pub balance: String,
    pub state: &'static str,
}

impl Agreement {
    fn new(custody: &Custody, (state, balance): (State, u128)) -> Self {
        Agreement {
            place: custody.path.clone(),
            asset: custody.name.clone(),
            chain: custody.place.chain.to_string(),
            vault: custody.place.vault.to_string(),
            id: custody.id().to_string(),
            block: custody.block,
            balance: format_unsigned(balance, 18),
            state: state.name(),
        }
    }
}

impl Place {
    fn new(address: &Address, (state, balance): (State, u128)) -> Self {
        let ours = &address.ownership;
        Place {
            place: address.path.clone(),
            part: ours.part,
            asset: ours.asset.clone(),
            chain: ours.holder.chain().to_string(),
            token: ours.token.map(|token| token.to_string()),
            address: ours.holder.to_string(),
            block: ours.block,
            balance: format_unsigned(balance, 18),
            state: state.name(),
        }
    }
}

impl Line {
    fn new(line: &AssetLine) -> Self {
        Line {
            asset: line.name.clone(),
            independent: line.independent,
            reserves: format_unsigned(line.reserves, 8),
            reserves_usd: format_decimal(line.worth, 16),
            liabilities: format_decimal(line.liability, 8),
            customers_hold: format_unsigned(line.long, 8),
            customers_owe: format_unsigned(line.short, 8),
            customers_gained: format_decimal(line.gains, 8),
            entry_costs: format_decimal(line.entry_costs, 8),
            ratio_percent: line.ratio().map(|ratio| format_unsigned(ratio, 2)),
            insurance_fund: format_unsigned(line.fund, 8),
            covered: line.covered(),
            addresses: line.addresses,
            agreements: line.agreements,
        }
    }
}

impl Report {
    pub fn new(read: &Read<'_>) -> Self {
        let (reserves, liabilities) = (read.reserves, read.liabilities);
        let (sums, inventory) = (&reserves.sums, &reserves.inventory);
        let totals = &liabilities.book.totals;
        let usd = |units: i128| format_decimal(units, 16);
        let mut faults = read.book_faults.clone();
        faults.extend(reserves.faults.iter().map(ToString::to_string));
        let mut untold: Vec<String> = reserves.untold.iter().map(ToString::to_string).collect();
        untold.extend(read.unknown_policy.then(|| UNKNOWN_POLICY.to_owned()));
        let verdict = match (read.book_faults.is_empty(), reserves.covered) {
            (false, _) => Covered::No,
            (true, Covered::Yes) if read.unknown_policy => Covered::Untold,
            (true, covered) => covered,
        };
        let answer = match verdict {
            Covered::Yes => Answer::Yes,
            Covered::No => Answer::No,
            Covered::Untold => Answer::Untold,
        };
        let holdings = read.addresses.holdings.iter().zip(&reserves.states);
        let custody = read.addresses.custody.iter().zip(&reserves.custody);
        Report {
            answer: answer.name(),
            covered: answer == Answer::Yes,
            verdict,
            venue: read.addresses.venue.clone(),
            book: read.addresses.book.to_string(),
            policy: policy_text(liabilities.policy, read.bundled),
            policy_known: read.bundled,
            assets: reserves.assets.iter().map(Line::new).collect(),
            addresses: holdings.map(|(a, state)| Place::new(a, *state)).collect(),
            custody: custody
                .map(|(c, state)| Agreement::new(c, *state))
                .collect(),
            inventory: written(&inventory.positions, liabilities.policy),
            inventory_value_usd: format_money(inventory.value),
            inventory_margin_usd: format_money(inventory.margin),
            reserves_usd: usd(sums.reserves),
            equity_usd: usd(sums.equity),
            surplus_usd: usd(sums.surplus),
            insurance_fund_usd: usd(sums.fund),
            shortfall_usd: usd(sums.shortfall),
            deficit_usd: format_unsigned(sums.deficit, 20),
            failing: totals.failing,
            accounts: totals.accounts,
            ratio: liabilities.book.ratio,
            balances_checked: count(reserves, State::Confirmed),
            balances_claimed: count(reserves, State::Claimed),
            faults,
            untold,
            on_trust: on_trust(read),
        }
    }
}

fn count(reserves: &Reserves, wanted: State) -> usize {
    let states = reserves.states.iter();
    states.filter(|(state, _)| *state == wanted).count()
}

/// What was not checked, in words.
fn on_trust(read: &Read<'_>) -> Vec<String> {
    let mut list = vec![
        "book.json: its proofs are not checked here, `zkmargin book verify` does that".to_owned(),
        "that prices are true, and that no account was left out".to_owned(),
    ];
    if !read.bundled {
        list.push("the policy: its margins, and what it calls the codes of underlyings".to_owned());
    }
    list.extend(balance_words(read));
    if !read.recorded {
        list.push("that this is the book that the venue published: no --registry".to_owned());
    }
    list.extend(moment_words(read));
    if !read.reserves.unasked.is_empty() {
        let chains = read.reserves.unasked.iter().map(ToString::to_string);
        list.push(format!(
            "that the blocks are the last at or before the cut-off, on chain {}",
            chains.collect::<Vec<_>>().join(", ")
        ));
    }
    let own = read
        .reserves
        .assets
        .iter()
        .filter(|line| !line.independent && line.addresses > 0);
    for line in own {
        list.push(format!(
            "that {} is what it is listed under: it is not independent in your list, and counts for \
             itself alone",
            line.name
        ));
    }
    if !read.own_assets {
        list.push("the list of assets in the program: which contract is which asset".to_owned());
    }
    list.push(
        "that no coins are borrowed or pledged, that no other venue than those of --other shows \
         them, and that there are no debts off the book"
            .to_owned(),
    );
    list
}

/// Which balances a venue only claims, and which nodes confirmed.
fn balance_words(read: &Read<'_>) -> Vec<String> {
    let holdings = read.addresses.holdings.iter().zip(&read.reserves.states);
    let claimed = holdings.filter(|(_, (state, _))| *state == State::Claimed);
    let claim = |(holding, (_, balance)): (&Address, &(State, u128))| {
        format!(
            "{}: the balance of {}, {} {}, which no node confirmed",
            holding.path,
            holding.ownership.holder,
            apart(&format_unsigned(*balance, 18), 0),
            holding.ownership.asset
        )
    };
    let mut list: Vec<String> = claimed.map(claim).collect();
    if !list.is_empty() {
        list.push("so --rpc and --bitcoin-rpc ask nodes of yours".to_owned());
    }
    let confirmed = count(read.reserves, State::Confirmed);
    if confirmed > 0 {
        list.push(format!(
            "{confirmed} balances as the nodes that you named say"
        ));
    }
    let mut kept = read.reserves.custody.iter();
    if kept.any(|(state, _)| *state == State::Confirmed) {
        list.push(
            "agreements of custody as the nodes say, the contracts in your list, and that the oracle's \
             signers sign true markets"
                .to_owned(),
        );
    }
    list
}

/// What is not known of the moment at which everything counts.
fn moment_words(read: &Read<'_>) -> Vec<String> {
    let mut list = Vec::new();
    match read.moment.map(|moment| moment.oracle) {
        Some(Some(oracle)) => list.push(format!(
            "the signers of oracle {oracle}, whose first market after the cut-off is the book's"
        )),
        _ => list.push(
            "that the market is the first of its oracle at or after the cut-off, and not a chosen one"
                .to_owned(),
        ),
    }
    if read.moment.is_none_or(|moment| moment.drawn.is_empty()) {
        list.push(
            "that coins were there longer than at one block: no moments were drawn".to_owned(),
        );
    }
    list
}
