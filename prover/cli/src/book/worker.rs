//! `zkmargin book worker`

use std::sync::Arc;

use serde::Serialize;
use zkmargin_prover::book::remote::factory;

use super::super::book_queue::{worker, NatsOptions};
use super::super::circuit_options::SetupOption;
use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    nats: NatsOptions,
    #[command(flatten)]
    worker: worker::WorkerArgs,
    #[command(flatten)]
    setup: SetupOption,
    /// Print JSON when done
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    proved: u64,
    already_done: u64,
    failed: u64,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let Some((options, key)) = args.nats.load()? else {
        return Err(CliError::option(
            "nats",
            "",
            "missing",
            "name the broker and the key: --nats URL --queue-key FILE",
        ));
    };
    let setup = args.setup.clone();
    let powers = move |k: u32| {
        setup
            .powers(k, format_args!("a batch of 2^{k} rows"))
            .map_err(|error| error.to_string())
    };
    let report = worker::run(&options, &key, &args.worker, factory(Arc::new(powers)))?;
    if args.json {
        console::json(&Report {
            proved: report.proved,
            already_done: report.already_done,
            failed: report.failed,
        })?;
    }
    Ok(Answer::Yes)
}
