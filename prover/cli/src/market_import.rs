//! `zkmargin market import`

use std::path::PathBuf;

use zkmargin_desk::import::deribit_csv;
use zkmargin_engine::market::Market;
use zkmargin_verifier::command::FileKind;

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, deliver, name, OutOption, PolicyOption};
use super::market_generate::wrote;
use super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Snapshot with one option a row
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Underlyings to keep, such as BTC,ETH; all if left out
    #[arg(long, value_name = "SYMBOLS", value_delimiter = ',')]
    only: Vec<String>,
    #[command(flatten)]
    out: OutOption,
    #[command(flatten)]
    policy: PolicyOption,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let output = args.out.place(&[&args.file, args.policy.file()])?;
    let policy = args.policy.load()?;
    let imported = deribit_csv::import(&args.file, &args.only, &policy);
    let imported = files::of_kind(&args.file, FileKind::Chain, imported)?;
    let text = imported.market.to_json(&policy)?;
    // Nothing is written that could not be read again.
    Market::from_json(&text, &format!("{} as imported", name(&args.file)), &policy)?;
    deliver(&output, &text)?;
    for line in &imported.notes {
        console::note(format_args!("note: {line}"));
    }
    if let Some(out) = output.file() {
        wrote(out, &imported.market);
        let next = Next::new("account generate").option("market", out.display());
        args.policy.after(next).out("account", ".json").tell();
    }
    Ok(Answer::Yes)
}
