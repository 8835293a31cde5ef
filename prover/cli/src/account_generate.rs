//! `zkmargin account generate`

use std::path::PathBuf;

use clap::ValueEnum;
use ff::Field;
use zkmargin_desk::generate::account::{account, AccountSpec, HolderSpec, Style};
use zkmargin_engine::Fr;
use zkmargin_verifier::command::{counted, whole};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, deliver_secret, OutOption, PolicyOption};
use super::identity;
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
    /// File of the secret that will prove with the account; nobody can prove with it if left out
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Whose account it is: what the customer brought, such as his mail address
    #[arg(long, value_name = "ID", default_value = "me")]
    customer: String,
    /// Number of the account, which no other account of the venue ever has
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u32>)]
    number: u32,
    /// Draw everything, nonce and salt too, from this number: insecure, for tests
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
    let mut inputs = vec![args.market.as_path(), args.policy.file()];
    inputs.extend(args.identity.as_deref());
    let output = args.out.place(&inputs)?;
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
    let secret = args.identity.as_deref().map(identity::secret).transpose()?;
    let of = HolderSpec {
        customer: &args.customer,
        identity: secret.map_or(Fr::ZERO, |secret| secret.identity()),
        number: args.number,
    };
    let made = account(&spec, &of, &market, &policy)?;
    deliver_secret(&output, &made.json)?;
    if args.seed.is_some() {
        console::note(
            "note: insecure-seed: whoever knows the seed knows nonce and salt, and finds the positions; \
             leave out --seed for a real account",
        );
    }
    if args.identity.is_none() {
        console::note(
            "note: the account has no identity (0x0): it can be evaluated, and nobody can prove with \
             it; `zkmargin identity new` makes one for --identity",
        );
    }
    if let Some(out) = output.file() {
        let count = made.account.positions.len();
        console::note(format_args!(
            "wrote {}: {}; its salt hides them: only you can read the file, keep it so",
            out.display(),
            counted(count as u64, "position", "positions")
        ));
        let next = Next::new("evaluate").option("market", args.market.display());
        let next = next.option("account", out.display());
        args.policy.after(next).tell();
    }
    Ok(Answer::Yes)
}
