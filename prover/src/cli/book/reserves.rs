//! `zkmargin book reserves`

use std::path::{Path, PathBuf};

use serde::Serialize;
use zkmargin_circuits::book::InstrumentTable;
use zkmargin_circuits::units::format_decimal;
use zkmargin_prover::book::public::PublicBook;
use zkmargin_prover::book::reserves::node::balances;
use zkmargin_prover::book::reserves::ownership::Scheme;
use zkmargin_prover::book::reserves::{report, Addresses, Report as Reserves};
use zkmargin_prover::book::verify::check;
use zkmargin_prover::chain::rpc::Rpc;

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files::{self, PolicyOption};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File of addresses, balances and signatures
    #[arg(value_name = "ADDRESSES")]
    addresses: PathBuf,
    /// The published book: its public/book.json
    #[arg(long, value_name = "FILE")]
    liabilities: PathBuf,
    /// Market of the book; if left out, market.json beside the book
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Node that knows the balances at their blocks; give one for each chain
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// Show what has to be signed for each address, and do nothing else
    #[arg(long)]
    messages: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
}

#[derive(Serialize)]
struct Report {
    covered: bool,
    venue: String,
    book: String,
    assets: Vec<Line>,
    surplus_usd: String,
    shortfall_usd: String,
    /// Addresses whose balance a node confirmed, and those that count without.
    balances_checked: usize,
    balances_claimed: usize,
    faults: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    asset: String,
    reserves: String,
    liabilities: String,
    customers_hold: String,
    customers_owe: String,
    covered: bool,
    addresses: usize,
}

#[derive(Serialize)]
struct Message {
    place: String,
    scheme: Scheme,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typed_data: Option<serde_json::Value>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let policy = args.policy.load()?;
    let beside = args.liabilities.parent().unwrap_or(Path::new("."));
    let market = args.market.clone();
    let market = files::market(
        &market.unwrap_or_else(|| beside.join("market.json")),
        &policy,
    )?;
    let name = files::name(&args.liabilities);
    let book = PublicBook::from_json(&files::text(&args.liabilities)?, &name, &market)?;
    let name = files::name(&args.addresses);
    let addresses = Addresses::from_json(&files::text(&args.addresses)?, &name, &market)?;
    if args.messages {
        return messages(&addresses).map(|()| Answer::Yes);
    }
    let table = console::working("Pricing the market", || {
        InstrumentTable::new(&policy, &market)
    });
    let mut wrong = Vec::new();
    let mut checked = 0;
    for url in &args.rpc {
        let answers = console::working("Asking the node", || balances(&addresses, &Rpc::new(url)))?;
        if answers.checked == 0 {
            console::note(format_args!(
                "note: {url} is on chain {}, where none of the addresses is",
                answers.chain_id
            ));
        }
        checked += answers.checked;
        wrong.extend(answers.faults);
    }
    let reserves = report(&addresses, &book, &market, wrong);
    let mut faults: Vec<String> = check(&book, &market, &table)
        .iter()
        .map(|fault| format!("the published book: {fault}"))
        .collect();
    faults.extend(reserves.faults.iter().map(ToString::to_string));
    let report = Report::new(&addresses, &reserves, faults, checked);
    match args.json {
        true => console::json(&report)?,
        false => console::data(&report.text())?,
    }
    Ok(match report.covered {
        true => Answer::Yes,
        false => Answer::No,
    })
}

fn messages(addresses: &Addresses) -> Result<(), CliError> {
    let message = |holding: &zkmargin_prover::book::reserves::Holding| {
        let personal = holding.scheme == Scheme::PersonalSign;
        Message {
            place: holding.path.clone(),
            scheme: holding.scheme,
            text: personal.then(|| holding.ownership.text()),
            typed_data: (!personal).then(|| holding.ownership.typed_data()),
        }
    };
    let messages: Vec<Message> = addresses.holdings.iter().map(message).collect();
    console::json(&messages)
}

impl Report {
    fn new(
        addresses: &Addresses,
        reserves: &Reserves,
        faults: Vec<String>,
        checked: usize,
    ) -> Self {
        let quantity = |units: u128| format_decimal(i128::try_from(units).unwrap_or(i128::MAX), 8);
        let usd = |units: u128| format_decimal(i128::try_from(units).unwrap_or(i128::MAX), 16);
        let lines = reserves.assets.iter().map(|line| Line {
            asset: line.name.clone(),
            reserves: quantity(line.reserves),
            liabilities: format_decimal(line.liability, 8),
            customers_hold: quantity(line.long),
            customers_owe: quantity(line.short),
            covered: line.covered(),
            addresses: line.addresses,
        });
        Report {
            covered: faults.is_empty(),
            venue: addresses.venue.clone(),
            book: addresses.book.to_string(),
            assets: lines.collect(),
            surplus_usd: usd(reserves.surplus),
            shortfall_usd: usd(reserves.shortfall),
            balances_checked: checked,
            balances_claimed: addresses.holdings.len().saturating_sub(checked),
            faults,
        }
    }

    fn text(&self) -> String {
        let mut out = format!(
            "{}: {}\n  book {}\n",
            self.venue,
            match self.covered {
                true => "reserves cover what the book says is owed",
                false => "NOT COVERED",
            },
            self.book
        );
        for fault in &self.faults {
            out.push_str(&format!("  {fault}\n"));
        }
        for line in &self.assets {
            out.push_str(&format!(
                "  {:<8} holds {} in {} addresses, owes {} ({} held by customers, {} owed by \
                 them){}\n",
                line.asset,
                line.reserves,
                line.addresses,
                line.liabilities,
                line.customers_hold,
                line.customers_owe,
                if line.covered { "" } else { "  NOT COVERED" }
            ));
        }
        out.push_str(&format!(
            "  beyond that it owns {} USD at the book's prices; accounts under water owe {} USD\n",
            self.surplus_usd, self.shortfall_usd
        ));
        if self.balances_claimed > 0 {
            out.push_str(&format!(
                "{} of {} balances are as claimed: compare them with a node, with --rpc\n",
                self.balances_claimed,
                self.balances_claimed + self.balances_checked
            ));
        }
        out.push_str(
            "The proofs of the book are another matter: `zkmargin book verify`. Whether addresses \
             are borrowed,\nor shown by other venues too, is for you to find out.\n",
        );
        out
    }
}
