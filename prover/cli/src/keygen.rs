//! `zkmargin keygen`

use std::time::Instant;

use serde::Serialize;
use zkmargin_circuits::margin::codes;
use zkmargin_desk::report::grouped_size;
use zkmargin_engine::file::cache_dir;
use zkmargin_engine::size::{Size, CASH_SLOTS};
use zkmargin_prover::keys::ProvingKey;

use super::circuit_options::{size, SetupOption};
use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::PolicyOption;
use super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Circuit size: small, standard or large
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Size,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    setup: SetupOption,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was made.
#[derive(Serialize)]
struct Report {
    /// Name of the key.
    key: String,
    /// Circuit size.
    size: &'static str,
    /// Name of the risk model.
    policy: String,
    /// log2 of the rows.
    k: u32,
    /// Underlyings that a policy may have before the circuit takes twice the rows.
    codes: usize,
    /// Name of the setup.
    setup: String,
    /// Whether the keys were already in the cache.
    cached: bool,
    /// Seconds that it took.
    seconds: f64,
    /// Folder of the cache.
    cache: String,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let policy = args.policy.load()?;
    let setup = args.setup.load(&policy, args.size)?;
    let started = Instant::now();
    let (proving, cached) = console::working("Deriving the keys", || {
        ProvingKey::cached(&policy, args.size, &setup)
    })?;
    let report = Report {
        key: proving.key.id.clone(),
        size: args.size.name(),
        policy: policy.name().to_owned(),
        k: proving.key.k,
        codes: codes(&policy, args.size),
        setup: setup.id(),
        cached,
        seconds: (started.elapsed().as_secs_f64() * 1e3).round() / 1e3,
        cache: cache_dir().display().to_string(),
    };
    if args.json {
        console::json(&report)?;
    } else {
        let how = if cached {
            "found in"
        } else {
            "made and put into"
        };
        let Report {
            key,
            size,
            policy,
            k,
            codes,
            setup,
            seconds,
            cache,
            ..
        } = &report;
        console::words(&format!(
            "key     {key}\nfor     policy {policy}, size {size}, 2^{k} rows\n\
             holds   {} positions and {CASH_SLOTS} cash over {} underlyings; policies of up to {} underlyings\n\
             setup   {setup}\ntime    {seconds:.1} s, {how} {cache}\n",
            args.size.positions(),
            args.size.underlyings(),
            grouped_size(*codes as u128, 0, 0),
        ))?;
        let next = Next::new("export protocol").option("size", size);
        let next = args.setup.after(args.policy.after(next));
        next.out(size, ".zkprotocol").tell();
    }
    Ok(Answer::Yes)
}
