//! `zkmargin market import`

use std::path::PathBuf;

use zkmargin_desk::import::{deribit_csv, ChainOptions};
use zkmargin_engine::commitment::MARKET_CAPACITY;
use zkmargin_engine::market::Market;
use zkmargin_engine::units::{parse_decimal, DAY, MONEY_DECIMALS};
use zkmargin_verifier::command::{read_file, FileKind};

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
    /// Mark of a cash asset in USD, such as USDC=0.9998; may stand several times
    #[arg(long = "cash", value_name = "SYMBOL=MARK", value_parser = cash)]
    cash: Vec<(String, u64)>,
    /// Market file of before: what it lists and has expired since stays listed, with its settlement
    #[arg(long, value_name = "FILE")]
    earlier: Option<PathBuf>,
    /// Settlement prices of what has expired since: a list as `settlements` of a market file
    #[arg(long, value_name = "FILE", requires = "earlier")]
    settlements: Option<PathBuf>,
    /// Days for which what has expired stays listed
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    settled_for: u16,
    #[command(flatten)]
    out: OutOption,
    #[command(flatten)]
    policy: PolicyOption,
}

/// A cash asset and its mark.
fn cash(text: &str) -> Result<(String, u64), String> {
    let (symbol, mark) = text
        .split_once('=')
        .ok_or("write SYMBOL=MARK, such as USDC=0.9998")?;
    let units = parse_decimal(mark, MONEY_DECIMALS).map_err(|e| e.to_string())?;
    let units = u64::try_from(units).ok().filter(|units| *units > 0);
    Ok((symbol.to_owned(), units.ok_or("the mark is out of range")?))
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let inputs = [&args.earlier, &args.settlements].map(|file| file.as_deref());
    let [earlier, settlements] = inputs.map(|file| file.unwrap_or(&args.file));
    let output = args
        .out
        .place(&[&args.file, earlier, settlements, args.policy.file()])?;
    let policy = args.policy.load()?;
    let earlier = args.earlier.as_ref().map(|path| {
        let read = |text: &str, file: &str| Market::from_json(text, file, &policy);
        read_file(path, FileKind::Market, read)
    });
    let settlements = args.settlements.as_ref().map(|path| {
        let read = |text: &str, file: &str| Market::settlements_from_json(text, file, &policy);
        read_file(path, FileKind::Settlements, read)
    });
    let options = ChainOptions {
        only: args.only.clone(),
        cash: args.cash.clone(),
        earlier: earlier.transpose()?,
        settlements: settlements.transpose()?.unwrap_or_default(),
        settled_for: u32::from(args.settled_for) * DAY,
    };
    let imported = deribit_csv::import(&args.file, &options, &policy);
    let imported = files::of_kind(&args.file, FileKind::Chain, imported)?;
    let text = imported.market.to_json(&policy)?;
    // Nothing is written that could not be read again.
    Market::from_json(&text, &format!("{} as imported", name(&args.file)), &policy)?;
    deliver(&output, &text)?;
    for line in &imported.notes {
        console::note(format_args!("note: {line}"));
    }
    let count = imported.market.instruments().len();
    if count * 10 >= MARKET_CAPACITY * 9 {
        console::note(format_args!(
            "warning: {count} of {MARKET_CAPACITY} instruments: what is not listed cannot be proven"
        ));
    }
    if let Some(out) = output.file() {
        wrote(out, &imported.market);
        let next = Next::new("account generate").option("market", out.display());
        args.policy.after(next).out("account", ".json").tell();
    }
    Ok(Answer::Yes)
}
