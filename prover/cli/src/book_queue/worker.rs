//! `zkmargin book worker --nats URL`: the worker, with a line for each batch on standard error.

use std::sync::Arc;
use std::time::Duration;

use zkmargin_prover::book::jobs::Jobs;
use zkmargin_prover::book::queue::{self, Factory, Key, Notice, Options, QueueError};
use zkmargin_prover::book::queue::{WorkerEvent, WorkerOptions, WorkerReport, MAX_TRIES};

use crate::console;

/// Options of a worker, beside those of the broker.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WorkerArgs {
    /// End when there has been no batch for this long; if left out, only a signal ends the worker
    #[arg(long, alias = "exit-when-idle", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=super::LONGEST))]
    idle_exit: Option<u64>,
    /// End after one batch, or one for each of --jobs
    #[arg(long)]
    once: bool,
    /// Batches at the same time, which share the cores; each takes up to 1 GiB of memory with
    /// k = 14, twice that with k = 15, and their keys take as much once more
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
}

/// Proves batches until told to stop.
pub fn run(
    options: &Options,
    key: &Key,
    args: &WorkerArgs,
    factory: Factory,
) -> Result<WorkerReport, QueueError> {
    let worker = WorkerOptions {
        exit_when_idle: args.idle_exit.map(Duration::from_secs),
        jobs: Some(Jobs::new(args.jobs.into())),
        once: args.once,
    };
    let url = options.shown_url();
    let tell = Arc::new(move |event: WorkerEvent| {
        if let Some(text) = words(&event, &url) {
            console::note(text);
        }
    });
    queue::work(options, &worker, key, factory, tell)
}

fn words(event: &WorkerEvent, url: &str) -> Option<String> {
    Some(match event {
        WorkerEvent::Ready => format!("waiting for batches at {url}"),
        WorkerEvent::Taken { book, number } => format!("book {book}, batch {number}: taken"),
        WorkerEvent::Proved { number, time } => {
            format!("batch {number}: proven in {:.1} s", time.as_secs_f64())
        }
        WorkerEvent::AlreadyDone(number) => format!("batch {number}: proven already"),
        WorkerEvent::Failed {
            number,
            reason,
            last: false,
        } => format!("batch {number}: failed, will be tried again: {reason}"),
        WorkerEvent::Failed { number, reason, .. } => {
            format!("batch {number}: failed {MAX_TRIES} times, is a dead letter now: {reason}")
        }
        WorkerEvent::Skipped { number, reason } => format!(
            "batch {number}: left to others: {reason}; is it the key file of `zkmargin book prove`?"
        ),
        WorkerEvent::NoJob(reason) => format!("a message was put aside: {reason}"),
        WorkerEvent::Stopping => "stopping; what is not proven goes to another worker".to_owned(),
        WorkerEvent::Broker(Notice::Trouble(text)) => format!("waiting: {text}"),
        WorkerEvent::Broker(Notice::Recovered) => "the broker is back, going on".to_owned(),
        _ => return None,
    })
}
