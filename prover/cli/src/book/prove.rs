//! `zkmargin book prove`

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use zkmargin_engine::units::format_element;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_prover::book::folder::Book;
use zkmargin_prover::book::jobs::Jobs;
use zkmargin_prover::book::lock::Lock;
use zkmargin_prover::book::manifest::Batch;
use zkmargin_prover::book::plan::shape;
use zkmargin_prover::book::prove::{publish, run as prove_all, states, store, Event, State};
use zkmargin_prover::book::queue::{clear, Failure, Key, Options};
use zkmargin_prover::book::remote;
use zkmargin_prover::book::store::make_folder;
use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::{folder_digest, AssetFile, TotalsFile};
use zkmargin_verifier::command::counted;

use super::super::book_queue::{coordinate, NatsOptions};
use super::super::circuit_options::SetupOption;
use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files;
use super::super::next::Next;
use super::super::steps::Steps;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the book, from `book build`
    #[arg(value_name = "DIR")]
    book: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    proving: ProvingOptions,
}

/// Who proves the batches of a book, and under which setup.
#[derive(Debug, clap::Args)]
pub(super) struct ProvingOptions {
    /// Batches that are proven here at the same time; if left out, as many as there are cores and as
    /// fit into free memory
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "nats")]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub setup: SetupOption,
}

#[derive(Serialize)]
struct Report {
    answer: &'static str,
    root: String,
    count: u64,
    batches: usize,
    proven_before: usize,
    proven_now: usize,
    seconds: f64,
    accounts_per_second: f64,
    published: String,
    /// Of what is published, if it is.
    #[serde(flatten)]
    publication: Option<Publication>,
    failures: Vec<FailureReport>,
}

/// What the proofs say together, in the words of the published `book.json`.
#[derive(Serialize)]
struct Publication {
    /// Of the published folder, as it is put on chain.
    digest: String,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
}

/// A batch that no worker could prove.
#[derive(Serialize)]
pub(super) struct FailureReport {
    batch: u32,
    reason: String,
}

/// What a run did.
pub(super) struct Done {
    before: usize,
    proven: usize,
    accounts: u64,
    pub failures: Vec<FailureReport>,
}

/// Proofs of a book, and what makes them.
pub(super) struct Proven {
    pub prover: Arc<BatchProver>,
    pub done: Done,
    pub seconds: f64,
}

/// Has every batch of a book proven, here or by the workers of a broker. `batch` is told how many of so
/// many have a proof.
pub(super) fn proven(
    book: &Arc<Book>,
    setup: &Setup,
    broker: Option<&(Options, Key)>,
    jobs: Option<u16>,
    batch: &dyn Fn(u64, u64),
) -> Result<Proven, CliError> {
    let manifest = &book.manifest;
    let shape = shape(manifest.k, &book.policy)?;
    let prover = console::working("Pricing the market and deriving the keys", || {
        BatchProver::new(setup, &book.policy, &book.market, manifest.ratio, shape)
    })?;
    let prover = Arc::new(prover);
    let started = Instant::now();
    let done = match broker {
        Some((options, key)) => remote(book, &prover, options, key)?,
        None => local(book, &prover, jobs, batch)?,
    };
    let seconds = started.elapsed().as_secs_f64();
    Ok(Proven {
        prover,
        done,
        seconds,
    })
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let broker = args.proving.nats.load()?;
    files::folder(&args.book)?;
    let _lock = Lock::take(&args.book, "zkmargin book prove")?;
    // Whoever had the lock before may have built another book.
    let book = Arc::new(files::folder(&args.book)?);
    let manifest = &book.manifest;
    let setup = args.proving.setup.powers(
        manifest.k,
        format_args!("a book with batches of 2^{} rows", manifest.k),
    )?;
    let Proven {
        prover,
        done,
        seconds,
    } = proven(
        &book,
        &setup,
        broker.as_ref(),
        args.proving.jobs,
        &|_, _| {},
    )?;
    let complete = done.failures.is_empty();
    let (publication, answer) = match complete {
        true => {
            let published = published(&book, &prover)?;
            cleared(&book, broker.as_ref());
            (Some(published), Answer::Yes)
        }
        false => (None, Answer::No),
    };
    let report = Report {
        answer: answer.under(setup.info().insecure),
        root: format_element(&manifest.root),
        count: manifest.count,
        batches: manifest.batches.len(),
        proven_before: done.before,
        proven_now: done.proven,
        seconds,
        accounts_per_second: done.accounts as f64 / seconds.max(1e-9),
        published: match complete {
            true => book.folder.public().display().to_string(),
            false => String::new(),
        },
        publication,
        failures: done.failures,
    };
    match args.json {
        true => console::json(&report)?,
        false => told(&report)?,
    }
    if complete && !args.json {
        let next = Next::new("book verify").path(&book.folder.public());
        args.proving.setup.after(next).tell();
    }
    Ok(answer)
}

fn published(book: &Book, prover: &BatchProver) -> Result<Publication, CliError> {
    let published = publish(book, prover.verifier().table())?;
    let assets = published.assets.iter();
    Ok(Publication {
        digest: folder_digest(&book.folder.public(), &published)?.to_string(),
        totals: TotalsFile::new(&published.totals),
        assets: assets.map(|a| AssetFile::named(a, &book.policy)).collect(),
    })
}

fn told(report: &Report) -> Result<(), CliError> {
    console::note(format_args!(
        "{}: {} proven before, {} now in {:.1} s ({:.1} accounts a second)",
        counted(report.batches as u64, "batch", "batches"),
        report.proven_before,
        report.proven_now,
        report.seconds,
        report.accounts_per_second
    ));
    if let Some(Publication { digest, .. }) = &report.publication {
        return console::words(&format!(
            "root  {}\npublish {}\ndigest {digest}\n",
            report.root, report.published
        ));
    }
    not_proven(&report.failures)
}

/// Says which batches no worker could prove.
pub(super) fn not_proven(failures: &[FailureReport]) -> Result<(), CliError> {
    let failures = failures.iter();
    let lines = failures.map(|f| format!("batch {} cannot be proven: {}\n", f.batch, f.reason));
    console::words(&format!(
        "NOT PROVEN: nothing is published\n{}",
        lines.collect::<String>()
    ))
}

/// Proves on this machine.
fn local(
    book: &Book,
    prover: &BatchProver,
    jobs: Option<u16>,
    batch: &dyn Fn(u64, u64),
) -> Result<Done, CliError> {
    let jobs = jobs.map_or_else(
        || Jobs::fitting(book.manifest.k),
        |jobs| Jobs::new(jobs.into()),
    );
    let accounts = Cell::new(0u64);
    let steps = Steps::new("Proving batches", book.manifest.batches.len() as u64);
    let progress = |event: Event<'_>| match event {
        Event::Start { proven, .. } => steps.start(proven as u64),
        Event::Discarded { number, why } => steps.aside(|| discarded(number, why)),
        Event::Proven { accounts: more, .. } => {
            accounts.set(accounts.get() + more);
            let done = steps.done(more, "accounts");
            batch(done, book.manifest.batches.len() as u64);
        }
    };
    let done = prove_all(book, prover, &jobs, &progress);
    steps.end();
    let done = done?;
    Ok(Done {
        before: done.before,
        proven: done.proven,
        accounts: accounts.get(),
        failures: Vec::new(),
    })
}

fn discarded(number: usize, why: &BookError) {
    let text = why.to_string();
    let line = text.lines().next().unwrap_or_default();
    console::note(format_args!("batch {number}: proven again: {line}"));
}

/// Removes what the broker still has of a book that is published. What stays is of no use, and no reason
/// to take the publication for failed.
pub(super) fn cleared(book: &Arc<Book>, broker: Option<&(Options, Key)>) {
    let Some((options, _)) = broker else {
        return;
    };
    let plan = remote::plan(book, book.manifest.batches.iter());
    let problem = match plan.map(|plan| clear(options, &plan, Arc::new(|_| ()))) {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let line = problem.lines().next().unwrap_or_default();
    console::note(format_args!(
        "note: something of the book stays at the broker: {line}"
    ));
}

/// Has workers prove what is missing.
fn remote(
    book: &Arc<Book>,
    prover: &Arc<BatchProver>,
    options: &Options,
    key: &Key,
) -> Result<Done, CliError> {
    make_folder(&book.folder.proofs(), false)?;
    let states = console::working("Checking the proofs that are there", || {
        states(book, prover.as_ref())
    });
    for (number, state) in states.iter().enumerate() {
        if let State::Unusable(why) = state {
            discarded(number, why);
        }
    }
    let batches = &book.manifest.batches;
    let missing = batches.iter().zip(&states);
    let missing = missing.filter(|(_, state)| !matches!(state, State::Proven(_)));
    let missing: Vec<&Batch> = missing.map(|(batch, _)| batch).collect();
    let before = batches.len() - missing.len();
    if missing.is_empty() {
        return Ok(Done {
            before,
            proven: 0,
            accounts: 0,
            failures: Vec::new(),
        });
    }
    let plan = remote::plan(book, missing.into_iter())?;
    let mut accounts = 0;
    let mut deliver = |number: u32, output: Vec<u8>| -> Result<(), String> {
        let batch = batches
            .get(number as usize)
            .ok_or_else(|| format!("there is no batch {number}"))?;
        store(book, batch, prover.as_ref(), &output).map_err(|error| error.to_string())?;
        accounts += batch.accounts;
        Ok(())
    };
    let work = remote::work(book, prover.clone());
    let outcome = coordinate::run(options, key, plan, work, &mut deliver)?;
    let failure = |f: Failure| FailureReport {
        batch: f.number,
        reason: f.reason,
    };
    Ok(Done {
        before,
        proven: outcome.done,
        accounts,
        failures: outcome.failures.into_iter().map(failure).collect(),
    })
}
