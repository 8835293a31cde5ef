//! `zkmargin book build`

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use zkmargin_engine::book::Shape;
use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::units::format_element;
use zkmargin_prover::book::build::{build, Built, Step};
use zkmargin_prover::book::folder::Folder;
use zkmargin_prover::book::plan::shape;
use zkmargin_prover::book::read::Format;
use zkmargin_prover::book::request::Request;
use zkmargin_verifier::book::{inventory, AssetFile, TotalsFile};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files::{self, PolicyOption};
use super::super::margin_bound::INITIAL;
use super::super::next::Next;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_verifier::command::{counted, read_file, sums_text, whole, FileKind};

/// What a book is built from.
#[derive(Debug, clap::Args)]
pub(super) struct BuildOptions {
    /// Accounts: JSON lines, or CSV with the columns customer, nonce, identity, account,
    /// instrument, quantity, entry
    #[arg(value_name = "ACCOUNTS")]
    pub accounts: PathBuf,
    /// Market file
    #[arg(long, value_name = "FILE")]
    pub market: PathBuf,
    /// How the accounts are written; if left out, CSV where the name ends in .csv
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Rows of a batch's circuit, as a power of two
    #[arg(long, default_value_t = 14, value_parser = whole::<u32>)]
    pub k: u32,
    /// Share of the initial margin that the totals are about, in basis points
    #[arg(long, value_name = "BP", default_value_t = INITIAL, value_parser = whole::<u16>)]
    pub ratio: u16,
    /// When the accounts were read, Unix seconds; if left out, the market's time
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>)]
    pub cut_off: Option<u64>,
    /// JSON list of derivatives that the venue itself holds outside the book; it is published
    #[arg(long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,
    /// Refuse a file with fewer accounts than this
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<u64>)]
    at_least: u64,
    #[command(flatten)]
    pub policy: PolicyOption,
}

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    build: BuildOptions,
    /// Folder of the book, private; made, or built again
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Build with fewer accounts than --at-least, with fewer than half of those of the book in the
    /// folder, or over one that cannot be read
    #[arg(long)]
    force: bool,
    /// Build the book that is in the folder once more, with its salts, out of the same files: mends
    /// what was damaged, and keeps the proofs
    #[arg(long)]
    resume: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// One account object a line
    Jsonl,
    /// One position a row
    Csv,
}

#[derive(Serialize)]
struct Report {
    root: String,
    count: u64,
    positions: u64,
    batches: usize,
    k: u32,
    batch_holds: Capacity,
    ratio: u16,
    policy: String,
    market: String,
    unchanged: bool,
    new_inputs: usize,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
}

/// What a batch of 2^k rows holds at most.
#[derive(Serialize)]
struct Capacity {
    accounts: usize,
    /// Instruments that its market may list.
    instruments: usize,
    /// Those of them that are cash or spot.
    assets: usize,
}

impl Capacity {
    fn of(shape: Shape) -> Capacity {
        Capacity {
            accounts: shape.accounts(),
            instruments: shape.instruments().min(MARKET_CAPACITY),
            assets: shape.assets(),
        }
    }

    fn text(&self, k: u32) -> String {
        format!(
            "a batch of 2^{k} rows holds up to {}, and its market {}, {} of them cash or spot",
            counted(self.accounts as u64, "account", "accounts"),
            counted(self.instruments as u64, "instrument", "instruments"),
            self.assets
        )
    }
}

impl Report {
    fn new(options: &BuildOptions, built: &Built, policy: &Policy) -> Result<Report, CliError> {
        let assets = built.assets.iter();
        Ok(Report {
            root: format_element(&built.manifest.root),
            count: built.manifest.count,
            positions: built.positions,
            batches: built.manifest.batches.len(),
            k: options.k,
            batch_holds: Capacity::of(shape(options.k, policy)?),
            ratio: options.ratio,
            policy: format_element(&built.manifest.policy),
            market: format_element(&built.manifest.market),
            unchanged: built.unchanged,
            new_inputs: built.new_inputs,
            totals: TotalsFile::new(&built.totals),
            assets: assets.map(|a| AssetFile::named(a, policy)).collect(),
        })
    }

    fn text(&self) -> String {
        format!(
            "root  {}\n{} with {} in {}; longs and shorts are equal\n{}\n{}",
            self.root,
            counted(self.count, "account", "accounts"),
            counted(self.positions, "position", "positions"),
            counted(self.batches as u64, "batch", "batches"),
            self.batch_holds.text(self.k),
            sums_text(&self.totals, &self.assets, self.ratio)
        )
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let folder = Folder::new(&args.out);
    let built = built(&args.build, &folder, (args.force, args.resume))?;
    notes(&folder, &built);
    let report = Report::new(&args.build, &built, &args.build.policy.load()?)?;
    match args.json {
        true => console::json(&report)?,
        false => {
            console::words(&report.text())?;
            Next::new("book prove").path(&args.out).tell();
        }
    }
    Ok(Answer::Yes)
}

/// Builds a book in a folder: forced or not, anew or once more.
pub(super) fn built(
    options: &BuildOptions,
    folder: &Folder,
    (force, resume): (bool, bool),
) -> Result<Built, CliError> {
    let policy_text = options.policy.text()?;
    let policy = options.policy.load()?;
    let read_market = |text: &str, file: &str| {
        Market::from_json(text, file, &policy).map(|market| (market, text.to_owned()))
    };
    let (market, market_text) = read_file(&options.market, FileKind::Market, read_market)?;
    let inventory = match &options.inventory {
        Some(path) => read_file(path, FileKind::Inventory, |text, file| {
            inventory::from_json(text, (&market, &policy), file)
        })?,
        None => Vec::new(),
    };
    let request = Request {
        accounts: &options.accounts,
        format: options.format.map(|format| match format {
            FormatName::Jsonl => Format::JsonLines,
            FormatName::Csv => Format::Csv,
        }),
        market: (&market, &market_text),
        policy: (&policy, &policy_text),
        k: options.k,
        ratio: options.ratio,
        cut_off: options.cut_off,
        inventory: &inventory,
        at_least: options.at_least,
        force,
        resume,
    };
    let spinner = console::counter("Reading accounts");
    let progress = |step: Step| match step {
        Step::Accounts(count) => spinner.set_position(count),
        Step::Tree => spinner.set_message("Hashing the tree over accounts:"),
        Step::Batches(done, all) => {
            spinner.set_message(format!("Writing batches, {all} in all:"));
            spinner.set_position(done as u64);
        }
    };
    let built = build(&request, folder, &progress);
    spinner.finish_and_clear();
    files::of_kind(&options.accounts, FileKind::Accounts, built)
}

pub(super) fn notes(folder: &Folder, built: &Built) {
    let out = folder.path().display();
    if let Some(problem) = &built.unreadable {
        console::note(format_args!(
            "note: the book that was in {out} could not be read, and is replaced: {problem}"
        ));
    }
    if built.unchanged {
        console::note(format_args!(
            "{out} holds this book already; nothing changed"
        ));
    } else {
        console::note(format_args!(
            "wrote {out}: {} new of {}; the folder holds your customers' names and positions, \
             publish only {out}/public",
            built.new_inputs,
            counted(built.manifest.batches.len() as u64, "batch", "batches")
        ));
    }
}
