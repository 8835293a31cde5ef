//! `zkmargin book reserves`

use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use serde::Serialize;
use zkmargin_chain::node::Node;
use zkmargin_chain::reserves::assets::BUNDLED;
use zkmargin_chain::reserves::custody::Venue;
use zkmargin_chain::reserves::moment::moment;
use zkmargin_chain::reserves::node::{balances, Answers};
use zkmargin_chain::reserves::signature::Scheme;
use zkmargin_chain::reserves::{
    others, report, unspent, Addresses, Assets, Covered, Holding, Known, Liabilities, Others,
};
use zkmargin_chain::rpc::Rpc;
use zkmargin_engine::book::InstrumentTable;
use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::{check, Fault};
use zkmargin_verifier::command::{is_bundled, FileKind, PublishedBook};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files;
use super::registry::RegistryOptions;
use super::reserves_report::{Read, Report};
use super::reserves_text::text;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of addresses, balances and signatures
    #[arg(value_name = "ADDRESSES", required_unless_present = "show_assets")]
    addresses: Option<PathBuf>,
    /// The published book: its public/book.json
    #[arg(long, value_name = "FILE", required_unless_present = "show_assets")]
    liabilities: Option<PathBuf>,
    /// Market of the book; if left out, market.json beside the book
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Policy that you accept for the book: `rm1`, `wide` or a file; if left out, policy.toml
    /// beside the book, which must then be one of this program
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Your list of assets: which coin or contract of which chain is which asset, and which keep
    /// their worth when the venue fails; if left out, the one in the program
    #[arg(long, value_name = "FILE")]
    assets: Option<PathBuf>,
    /// Print the list of assets in the program, to make one of your own from, and do nothing else
    #[arg(long)]
    show_assets: bool,
    /// Addresses of another venue: those that stand in both files count for neither
    #[arg(long, value_name = "FILE")]
    other: Vec<PathBuf>,
    /// Node that knows the balances at their blocks, and asks contracts whether they signed; give
    /// one for each chain
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// Node of Bitcoin, as http://USER:PASSWORD@HOST:8332; it scans all unspent outputs, for minutes
    #[arg(long, value_name = "URL")]
    bitcoin_rpc: Option<String>,
    #[command(flatten)]
    registry: RegistryOptions,
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

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let (Some(file), Some(liabilities)) = (&args.addresses, &args.liabilities) else {
        return console::data(BUNDLED).map(|()| Answer::Yes);
    };
    let published = PublishedBook::read(liabilities, args.market.as_ref(), args.policy.as_ref())?;
    let addresses = addresses(file, &published)?;
    if args.messages {
        return messages(&addresses).map(|()| Answer::Yes);
    }
    let report = looked(args, &addresses, &published)?;
    match args.json {
        true => console::json(&report)?,
        false => console::words(&text(&report))?,
    }
    Ok(match report.verdict {
        Covered::Yes => Answer::Yes,
        Covered::No => Answer::No,
        Covered::Untold => Answer::Untold,
    })
}

/// Reads a venue's file against a book.
fn addresses(file: &Path, published: &PublishedBook) -> Result<Addresses, CliError> {
    let of = (&published.market, &published.policy);
    let parse = |text: &str, file: &str| {
        let read = Addresses::from_json(text, file, of);
        read.map_err(CliError::from)
    };
    let read = files::text(file).and_then(|text| parse(&text, &files::name(file)));
    files::of_kind(file, FileKind::Addresses, read)
}

/// Sets a venue's file against a book, with everything that the options name.
fn looked(
    args: &Args,
    addresses: &Addresses,
    published: &PublishedBook,
) -> Result<Report, CliError> {
    let PublishedBook {
        policy,
        market,
        book,
        ..
    } = published;
    belong_together(published)?;
    let table = console::working("Pricing the market", || {
        InstrumentTable::new(policy, market)
    });
    let venue = args.registry.venue()?;
    let ask = |(node, venue): &(Node, Venue)| {
        console::working("Asking the registry", || moment(node, *venue, book))
    };
    let moment = venue.as_ref().map(ask).transpose()?.flatten();
    let drawn = moment.as_ref().map_or(&[][..], |moment| &moment.drawn);
    let answers = args.answers(addresses, book.cut_off, drawn)?;
    let (assets, others) = (args.assets()?, args.others()?);
    let liabilities = Liabilities {
        book,
        market,
        policy,
    };
    let known = Known {
        assets: &assets,
        answers: &answers,
        others: &others,
        venue: venue.map(|(_, venue)| venue),
    };
    let reserves = report(addresses, &liabilities, known)?;
    let mut faults = check(book, market, &table);
    let record = args.registry.record((book, None))?;
    // The rest of the folder is not looked at here.
    let differs = record.iter().flat_map(|record| record.faults.clone());
    faults.extend(differs.filter(|fault| !matches!(fault, Fault::Recorded { what: "digest", .. })));
    let book_faults = faults
        .iter()
        .map(|fault| format!("the published book: {fault}"));
    let other_market = moment.iter().filter_map(|moment| moment.fault.as_ref());
    let book_faults = book_faults.chain(other_market.map(ToString::to_string));
    let bundled = is_bundled(policy);
    Ok(Report::new(&Read {
        addresses,
        liabilities: &liabilities,
        reserves: &reserves,
        bundled,
        unknown_policy: !bundled && args.policy.is_none(),
        own_assets: args.assets.is_some(),
        recorded: record.is_some(),
        book_faults: book_faults.collect(),
        moment: moment.as_ref(),
    }))
}

/// What the command says in words, and its verdict, of a venue's file and a published `book.json`, with
/// a verifier's list of assets, by a node with a registry where a venue publishes.
pub(crate) fn told(
    [addresses_file, book, assets]: [PathBuf; 3],
    (url, registry, venue): (&str, Address, Address),
) -> Result<(String, Covered), CliError> {
    let args = Args {
        addresses: Some(addresses_file.clone()),
        liabilities: Some(book.clone()),
        market: None,
        policy: None,
        assets: Some(assets),
        show_assets: false,
        other: Vec::new(),
        rpc: vec![url.to_owned()],
        bitcoin_rpc: None,
        registry: RegistryOptions::of(url, registry, venue),
        messages: false,
        json: false,
    };
    let published = PublishedBook::read(&book, None, None)?;
    let addresses = addresses(&addresses_file, &published)?;
    let report = looked(&args, &addresses, &published)?;
    Ok((text(&report), report.verdict))
}

impl Args {
    fn assets(&self) -> Result<Assets, CliError> {
        match &self.assets {
            Some(path) => Ok(Assets::from_toml(&files::text(path)?, &files::name(path))?),
            None => Ok(Assets::bundled()?),
        }
    }

    fn others(&self) -> Result<Others, CliError> {
        let mut all = Others::default();
        for path in &self.other {
            let read = files::text(path).and_then(|text| Ok(others(&text, &files::name(path))?));
            let more = files::of_kind(path, FileKind::Addresses, read)?;
            all.holders.extend(more.holders);
            all.custody.extend(more.custody);
        }
        Ok(all)
    }

    fn answers(
        &self,
        addresses: &Addresses,
        cut_off: u64,
        drawn: &[u64],
    ) -> Result<Vec<Answers>, CliError> {
        let mut answers = Vec::new();
        for url in &self.rpc {
            answers.push(asked(addresses, drawn, url)?);
        }
        if let Some(url) = &self.bitcoin_rpc {
            let scan = || unspent(addresses, cut_off, url);
            answers.push(console::working("Scanning unspent outputs", scan)?);
        }
        Ok(answers)
    }
}

/// What a node says of the addresses.
fn asked(addresses: &Addresses, drawn: &[u64], url: &str) -> Result<Answers, CliError> {
    let answer = console::working("Asking the node", || {
        balances(addresses, drawn, &Rpc::new(url))
    })?;
    if answer.checked.is_empty() && answer.custody.is_empty() {
        console::note(format_args!(
            "note: {url} is on chain {}, where none of the addresses is",
            answer.chain
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
        let typed = holding.scheme.is_typed();
        let typed_data = holding.ownership.typed_data();
        Message {
            place: holding.path.clone(),
            scheme: holding.scheme,
            text: (!typed).then(|| holding.ownership.text()),
            typed_data: typed_data.filter(|_| typed),
        }
    };
    let messages: Vec<Message> = addresses.holdings.iter().map(message).collect();
    console::json(&messages)
}
