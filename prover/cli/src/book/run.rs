//! `zkmargin book run`: a venue's book of every night.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_prover::book::folder::Book;
use zkmargin_prover::book::include::all::packets;
use zkmargin_prover::book::lock::Lock;
use zkmargin_prover::book::plan::shape;
use zkmargin_prover::book::prove::publish;
use zkmargin_prover::book::run::{Place, Run};
use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::{AssetFile, FolderDigest, ProvenBook, TotalsFile};
use zkmargin_verifier::command::counted;

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files;
use super::super::next::Next;
use super::build::{self, BuildOptions};
use super::metrics::{Metrics, Phase};
use super::prove::{self, Proven, ProvingOptions};

const WHAT: &str = "zkmargin book run";

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    build: BuildOptions,
    /// Folder of the venue's books, private but for its `published`; made, or gone on with
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Publish, too, where an account number has another customer or identity than in an earlier
    /// book, and whatever --at-least and the last book say of the number of accounts
    #[arg(long)]
    force: bool,
    /// Books whose packets stay; those of older ones are removed
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    /// File for figures in Prometheus' text format, replaced after every step and batch
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    proving: ProvingOptions,
}

#[derive(Serialize)]
struct Report {
    answer: &'static str,
    name: String,
    root: String,
    digest: String,
    count: u64,
    batches: usize,
    /// Whether an earlier run had begun this book.
    resumed: bool,
    published: String,
    packets: String,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let metrics = Metrics::new(args.metrics.as_deref());
    let result = night(args, &metrics);
    metrics.end(matches!(result, Ok(Answer::Yes)))?;
    result
}

fn night(args: &Args, metrics: &Metrics) -> Result<Answer, CliError> {
    let broker = args.proving.nats.load()?;
    let place = Place::new(&args.out);
    let inputs = inputs(&args.build)?;
    let mut entered = place.enter(WHAT)?;
    let (run, resumed) = match begun(&place, &inputs, args)? {
        Some(run) => (run, true),
        None => {
            let built = built(&place, &inputs, args, metrics);
            (built.inspect_err(|_| entered.leave_nothing())?, false)
        }
    };
    let _work = Lock::take(place.work().path(), WHAT)?;
    let book = Arc::new(place.work().open()?);
    metrics.book(book.manifest.count, book.manifest.batches.len());
    let public = place.published(&run);
    if !public.exists() {
        let k = book.manifest.k;
        let what = format_args!("a book with batches of 2^{k} rows");
        let setup = args.proving.setup.powers(k, what)?;
        if setup.info().insecure {
            return Err(CliError::option(
                "setup",
                "insecure",
                "a book under it convinces nobody, and is not published",
                "take a setup of a ceremony",
            ));
        }
        metrics.begin(Phase::Prove)?;
        let batch = |done: u64, _| metrics.batch(done);
        let Proven { prover, done, .. } =
            prove::proven(&book, &setup, broker.as_ref(), args.proving.jobs, &batch)?;
        if !done.failures.is_empty() {
            prove::not_proven(&done.failures)?;
            return Ok(Answer::No);
        }
        publish(&book, prover.verifier().table())?;
        drop(prover);
        metrics.begin(Phase::Verify)?;
        // As anyone does, with a key of one's own.
        let key = console::working("Deriving a verifier's key", || {
            let shape = shape(k, &book.policy)?;
            let key = BatchVerifier::new(&setup, &book.policy, &book.market, shape);
            key.map_err(CliError::from)
        })?;
        verified(&book.folder.public(), &key)?;
        metrics.begin(Phase::Packets)?;
        let out = place.packets(&run);
        if !out.exists() {
            console::working("Writing packets", || packets(&book, &out, &|_| {}))?;
        }
        metrics.begin(Phase::Publish)?;
        place.publish(&run, &book)?;
    }
    prove::cleared(&book, broker.as_ref());
    place.end(&book, args.keep.into())?;
    told(args, (&place, &run), &book, resumed)
}

/// The run of these inputs that has not ended. One of other inputs is ended where its book is published,
/// and forgotten where it is not.
fn begun(place: &Place, inputs: &str, args: &Args) -> Result<Option<Run>, CliError> {
    let Some((run, book)) = place.begun()? else {
        return Ok(None);
    };
    if run.inputs == inputs {
        console::note(format_args!("going on with {}", run.name));
        return Ok(Some(run));
    }
    if place.published(&run).exists() {
        place.end(&book, args.keep.into())?;
    } else {
        console::note(format_args!(
            "note: {} was begun with other files and never published; another book takes its place",
            run.name
        ));
    }
    Ok(None)
}

fn built(place: &Place, inputs: &str, args: &Args, metrics: &Metrics) -> Result<Run, CliError> {
    metrics.begin(Phase::Build)?;
    let built = build::built(&args.build, &place.work(), (args.force, false))?;
    build::notes(&place.work(), &built);
    let book = place.work().open()?;
    match place.register()?.check(&book) {
        Err(changed @ BookError::Register { .. }) if args.force => {
            let text = changed.to_string();
            let line = text.lines().next().unwrap_or_default();
            console::note(format_args!("note: forced: {line}"));
        }
        checked => checked?,
    }
    let time = DateTime::from_timestamp(book.market.time().into(), 0);
    let time = time.map_or_else(String::new, |t| t.format("%Y-%m-%dT%H-%M-%SZ").to_string());
    let run = Run::new(inputs, &book, place.next_name(&time)?);
    place.begin(&run)?;
    Ok(run)
}

/// The book of a published folder, which must hold.
fn verified(public: &Path, key: &BatchVerifier) -> Result<FolderDigest, CliError> {
    let read = || ProvenBook::read(public, key);
    let proven = console::working("Verifying", read)?;
    match proven {
        Ok(proven) => Ok(proven.digest()),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let (path, problem) = (public.to_owned(), faults.join("; "));
            let hint = "nothing is published; run the same again, and report it if it stays so";
            Err(BookError::Folder {
                path,
                problem,
                hint,
            }
            .into())
        }
    }
}

/// SHA-256 of everything that a book is made of.
fn inputs(build: &BuildOptions) -> Result<String, CliError> {
    let mut hash = Sha256::new();
    let named = [
        Some(&build.accounts),
        Some(&build.market),
        build.inventory.as_ref(),
    ];
    for path in named {
        let mut one = Sha256::new();
        if let Some(path) = path {
            let mut file = zkmargin_engine::file::open(path)?;
            std::io::copy(&mut file, &mut one)
                .map_err(|e| zkmargin_engine::file::FileError::io(path, "read the file", e))?;
        }
        hash.update(one.finalize());
    }
    hash.update(Sha256::digest(build.policy.text()?));
    hash.update(build.k.to_le_bytes());
    hash.update(build.ratio.to_le_bytes());
    // Before 1970 nobody had a book.
    hash.update(build.cut_off.unwrap_or(0).to_le_bytes());
    Ok(hex::encode(hash.finalize()))
}

fn told(
    args: &Args,
    (place, run): (&Place, &Run),
    book: &Book,
    resumed: bool,
) -> Result<Answer, CliError> {
    let public = place.published(run);
    let published =
        zkmargin_verifier::command::PublishedBook::read(&public.join("book.json"), None, None)?
            .book;
    let digest = zkmargin_verifier::book::folder_digest(&public, &published)?;
    let assets = published.assets.iter();
    let report = Report {
        answer: Answer::Yes.name(),
        name: run.name.clone(),
        root: run.root.clone(),
        digest: digest.to_string(),
        count: published.count,
        batches: published.batches.len(),
        resumed,
        published: files::name(&public),
        packets: files::name(&place.packets(run)),
        totals: TotalsFile::new(&published.totals),
        assets: assets.map(|a| AssetFile::named(a, &book.policy)).collect(),
    };
    if args.json {
        console::json(&report)?;
        return Ok(Answer::Yes);
    }
    console::words(&format!(
        "root  {}\n{} in {}\npublish {}\ndigest {}\npackets {}\n",
        report.root,
        counted(report.count, "account", "accounts"),
        counted(report.batches as u64, "batch", "batches"),
        report.published,
        report.digest,
        report.packets
    ))?;
    Next::new("book verify").path(&public).tell();
    Ok(Answer::Yes)
}
