//! `zkmargin market generate`

use std::path::Path;

use zkmargin_desk::generate::market::{market, MarketSpec, DEFAULT_TIME};
use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::market::{Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::apart;
use zkmargin_verifier::command::{counted, whole};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{deliver, OutOption};
use super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Equal seeds give equal markets
    #[arg(long, value_name = "N", value_parser = whole::<u64>)]
    seed: u64,
    /// Time of the snapshot, seconds since 1970
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_TIME, value_parser = whole::<u32>)]
    time: u32,
    /// The same chains after a crash: spot down 30%, volatility up, futures under spot
    #[arg(long)]
    crash: bool,
    #[command(flatten)]
    out: OutOption,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let output = args.out.place(&[])?;
    let spec = MarketSpec {
        seed: args.seed,
        time: args.time,
        crash: args.crash,
    };
    let policy = Policy::rm1();
    let made = market(&spec, &policy)?;
    deliver(&output, &made.to_json(&policy)?)?;
    if let Some(out) = output.file() {
        wrote(out, &made);
        let next = Next::new("account generate").option("market", out.display());
        next.out("account", ".json").tell();
    }
    Ok(Answer::Yes)
}

/// Says what was written: instruments, and strikes, those of each expiry apart.
pub(crate) fn wrote(out: &Path, market: &Market) {
    let listed = market.instruments();
    let calls = listed.iter().filter(|i| i.id.kind() == Kind::Call).count();
    console::note(format_args!(
        "wrote {}: {} of {} that fit, {}",
        out.display(),
        counted(listed.len() as u64, "instrument", "instruments"),
        apart(&MARKET_CAPACITY.to_string(), 0),
        counted(calls as u64, "strike", "strikes")
    ));
}
