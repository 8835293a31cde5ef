//! `zkmargin account generate`

use std::path::PathBuf;

use clap::ValueEnum;
use zkmargin_desk::generate::account::{account, AccountSpec, Style};

use zkmargin_verifier::command::{counted, whole};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, deliver_secret, OutOption, PolicyOption};
use super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Market file whose instruments the account holds
    #[arg(long, value_name = "FILE")]
    market: PathBuf,
    /// Positions beside cash
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = whole::<usize>)]
    positions: usize,
    /// What the positions look like
    #[arg(long, value_enum, default_value_t = StyleName::Mixed)]
    style: StyleName,
    /// Equity over initial margin to aim at, in basis points; below 10000 the account is short
    #[arg(long, value_name = "BP", default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    ratio: u32,
    /// Draw everything, the secret too, from this number: insecure, for tests
    #[arg(long, value_name = "N", value_parser = whole::<u64>)]
    seed: Option<u64>,
    #[command(flatten)]
    out: OutOption,
    #[command(flatten)]
    policy: PolicyOption,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StyleName {
    /// Spreads, covered calls, futures against perpetuals
    Hedged,
    /// Sold options and short futures
    Short,
    /// Bought options, spot and long futures
    Long,
    /// Anything either way
    Mixed,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let output = args.out.place(&[&args.market, args.policy.file()])?;
    let policy = args.policy.load()?;
    let market = files::market(&args.market, &policy)?;
    let spec = AccountSpec {
        insecure_seed: args.seed,
        positions: args.positions,
        ratio_bp: args.ratio,
        style: match args.style {
            StyleName::Hedged => Style::Hedged,
            StyleName::Short => Style::Short,
            StyleName::Long => Style::Long,
            StyleName::Mixed => Style::Mixed,
        },
    };
    let made = account(&spec, &market, &policy)?;
    deliver_secret(&output, &made.json)?;
    if args.seed.is_some() {
        console::note(
            "note: insecure-seed: whoever knows the seed knows the secret and the salt; \
             leave out --seed for a real account",
        );
    }
    if let Some(out) = output.file() {
        let count = made.account.positions.len();
        console::note(format_args!(
            "wrote {}: {}; it holds your secret: only you can read the file, keep it so",
            out.display(),
            counted(count as u64, "position", "positions")
        ));
        let next = Next::new("evaluate").option("market", args.market.display());
        let next = next.option("account", out.display());
        args.policy.after(next).tell();
    }
    Ok(Answer::Yes)
}
