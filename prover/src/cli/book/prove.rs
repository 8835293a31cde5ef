//! `zkmargin book prove`

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use zkmargin_circuits::units::format_element;
use zkmargin_prover::book::engine::BatchProver;
use zkmargin_prover::book::folder::Folder;
use zkmargin_prover::book::plan::shape;
use zkmargin_prover::book::prove::{publish, run as prove_all, Event};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::proving::SetupOption;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the book, from `book build`
    #[arg(value_name = "DIR")]
    book: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: SetupOption,
}

#[derive(Serialize)]
struct Report {
    root: String,
    count: u64,
    batches: usize,
    proven_before: usize,
    proven_now: usize,
    seconds: f64,
    accounts_per_second: f64,
    published: String,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let book = Folder::new(&args.book).open()?;
    let manifest = &book.manifest;
    let shape = shape(manifest.k, &book.policy)?;
    let setup = args.setup.powers(manifest.k, "k", manifest.k)?;
    let prover = console::working("Pricing the market and deriving the keys", || {
        BatchProver::new(&setup, &book.policy, &book.market, manifest.ratio, shape)
    })?;
    let started = Instant::now();
    let accounts = Cell::new(0u64);
    let bar = console::bar("Proving batches", manifest.batches.len() as u64);
    let progress = |event: Event<'_>| match event {
        Event::Start { proven, .. } => {
            bar.set_position(proven as u64);
            bar.reset_eta();
        }
        Event::Discarded { number, why } => bar.suspend(|| {
            let text = why.to_string();
            let line = text.lines().next().unwrap_or_default();
            console::note(format_args!("batch {number}: proven again: {line}"));
        }),
        Event::Proven { accounts: more, .. } => {
            accounts.set(accounts.get() + more);
            bar.inc(1);
        }
    };
    let done = prove_all(&book, &prover, &progress);
    bar.finish_and_clear();
    let done = done?;
    let seconds = started.elapsed().as_secs_f64();
    publish(&book, prover.verifier().table())?;
    let public = book.folder.public();
    let report = Report {
        root: format_element(&manifest.root),
        count: manifest.count,
        batches: done.batches,
        proven_before: done.before,
        proven_now: done.proven,
        seconds,
        accounts_per_second: accounts.get() as f64 / seconds.max(1e-9),
        published: public.display().to_string(),
    };
    match args.json {
        true => console::json(&report)?,
        false => {
            console::note(format_args!(
                "{} batches: {} proven before, {} now in {seconds:.1} s ({:.1} accounts a second)",
                report.batches, report.proven_before, report.proven_now, report.accounts_per_second
            ));
            console::data(&format!(
                "root  {}\npublish {}\n",
                report.root, report.published
            ))?;
        }
    }
    Ok(Answer::Yes)
}
