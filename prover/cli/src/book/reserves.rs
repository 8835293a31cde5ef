//! `zkmargin book reserves`

use std::path::PathBuf;

use serde::Serialize;
use zkmargin_chain::reserves::node::{balances, Answers};
use zkmargin_chain::reserves::ownership::Scheme;
use zkmargin_chain::reserves::{report, Addresses, Holding, Liabilities};
use zkmargin_chain::rpc::Rpc;
use zkmargin_engine::book::InstrumentTable;
use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::check;
use zkmargin_verifier::command::{is_bundled, FileKind, PublishedBook};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files;
use super::reserves_report::{Read, Report};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of addresses, balances and signatures
    #[arg(value_name = "ADDRESSES")]
    addresses: PathBuf,
    /// The published book: its public/book.json
    #[arg(long, value_name = "FILE")]
    liabilities: PathBuf,
    /// Market of the book; if left out, market.json beside the book
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Policy that you accept for the book: `rm1`, `wide` or a file; if left out, policy.toml
    /// beside the book, which must then be one of this program
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Node that knows the balances at their blocks; give one for each chain
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// Show what has to be signed for each address, and do nothing else
    #[arg(long)]
    messages: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
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

/// Under a policy of anybody's nothing is covered, unless the verifier takes it.
const UNKNOWN_POLICY: &str =
    "the policy beside the book is not one of this program: margins and names are what its author \
     wrote; read it, and name it with --policy if you accept it";

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let published = PublishedBook::read(
        &args.liabilities,
        args.market.as_ref(),
        args.policy.as_ref(),
    )?;
    let PublishedBook {
        policy,
        market,
        book,
        ..
    } = &published;
    let parse = |text: &str, file: &str| {
        let read = Addresses::from_json(text, file, (market, policy));
        read.map_err(CliError::from)
    };
    let addresses =
        files::text(&args.addresses).and_then(|text| parse(&text, &files::name(&args.addresses)));
    let addresses = files::of_kind(&args.addresses, FileKind::Addresses, addresses)?;
    if args.messages {
        return messages(&addresses).map(|()| Answer::Yes);
    }
    belong_together(&published)?;
    let table = console::working("Pricing the market", || {
        InstrumentTable::new(policy, market)
    });
    let answers = args.rpc.iter().map(|url| asked(&addresses, url));
    let answers = answers.collect::<Result<Vec<_>, CliError>>()?;
    let liabilities = Liabilities {
        book,
        market,
        policy,
    };
    let reserves = report(&addresses, &liabilities, &answers)?;
    let faults = check(book, market, &table);
    let mut faults: Vec<String> = faults
        .iter()
        .map(|fault| format!("the published book: {fault}"))
        .collect();
    faults.extend(reserves.faults.iter().map(ToString::to_string));
    let bundled = is_bundled(policy);
    if !bundled && args.policy.is_none() {
        faults.push(UNKNOWN_POLICY.to_owned());
    }
    let report = Report::new(&Read {
        addresses: &addresses,
        liabilities: &liabilities,
        reserves: &reserves,
        bundled,
        faults,
    });
    match args.json {
        true => console::json(&report)?,
        false => console::words(&report.text())?,
    }
    Ok(match report.covered {
        true => Answer::Yes,
        false => Answer::No,
    })
}

/// What a node says of the addresses.
fn asked(addresses: &Addresses, url: &str) -> Result<Answers, CliError> {
    let answer = console::working("Asking the node", || balances(addresses, &Rpc::new(url)))?;
    if answer.checked.is_empty() {
        console::note(format_args!(
            "note: {url} is on chain {}, where none of the addresses is",
            answer.chain_id
        ));
    }
    Ok(answer)
}

/// Policy and market must be the book's: under others every number is another.
fn belong_together(published: &PublishedBook) -> Result<(), CliError> {
    let hint = "take the files as the venue published them beside book.json";
    let book = &published.book;
    for (from, found, named) in [
        (
            &published.policy_from,
            published.policy.digest(),
            book.policy,
        ),
        (
            &published.market_from,
            published.market.digest(),
            book.market,
        ),
    ] {
        if found != named {
            return Err(BookError::other_file(from, (found, named), hint).into());
        }
    }
    Ok(())
}

fn messages(addresses: &Addresses) -> Result<(), CliError> {
    let message = |holding: &Holding| {
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
