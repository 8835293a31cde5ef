//! `zkmargin venue generate`

use std::io::{self, Write};
use std::path::PathBuf;

use zkmargin_desk::generate::venue::{json_line, venue, VenueSpec, OWN_ACCOUNT};
use zkmargin_desk::generate::GenerateError;
use zkmargin_engine::account::{Listing, Secret};

use zkmargin_verifier::command::{counted, whole};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, OutOption, PolicyOption};
use super::identity;
use super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Market file whose instruments the accounts hold
    #[arg(long, value_name = "FILE")]
    market: PathBuf,
    /// Accounts
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = whole::<u64>)]
    accounts: u64,
    /// Positions of every account, its USD included; a heavy-tailed number if left out
    #[arg(long, value_name = "EXACT", value_parser = whole::<usize>)]
    positions: Option<usize>,
    /// Accounts with negative equity
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u64>)]
    underwater: u64,
    /// Accounts with equity that is not negative and below the initial margin
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u64>)]
    short: u64,
    /// File of a secret, whose identity one of the accounts gets, as its trader's
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Draw everything, the secrets too, from this number: for tests
    #[arg(long, value_name = "N", value_parser = whole::<u64>)]
    insecure_seed: Option<u64>,
    #[command(flatten)]
    out: OutOption,
    #[command(flatten)]
    policy: PolicyOption,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let mut inputs = vec![args.market.as_path(), args.policy.file()];
    inputs.extend(args.identity.as_deref());
    let output = args.out.place(&inputs)?;
    let own = args.identity.as_deref().map(identity::secret).transpose()?;
    let policy = args.policy.load()?;
    let market = files::market(&args.market, &policy)?;
    let spec = VenueSpec {
        insecure_seed: args.insecure_seed,
        accounts: args.accounts,
        positions: args.positions,
        underwater: args.underwater,
        short: args.short,
        identity: own.as_ref().map(Secret::identity),
    };
    let listing = Listing::new(&market, &policy);
    let accounts = venue(&spec, &market, &policy)?;
    let mut failed: Option<GenerateError> = None;
    let mut positions = 0;
    let write = |out: &mut dyn Write| -> io::Result<()> {
        for account in accounts {
            let line = account.and_then(|account| {
                positions += account.positions.len();
                json_line(&account, &listing)
            });
            match line {
                Ok(line) => out.write_all(line.as_bytes())?,
                Err(error) => {
                    failed = Some(error);
                    // Leaves no file behind; the error itself is told below.
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
        Ok(())
    };
    let written = console::working("Generating", || output.write_private(write));
    if let Some(error) = failed {
        return Err(error.into());
    }
    written?;
    if args.insecure_seed.is_some() {
        console::note(
            "note: insecure-seed: whoever knows the seed knows every secret and nonce; leave out \
             --insecure-seed for anything but tests",
        );
    }
    if own.is_some() && args.accounts > 0 {
        console::note(format_args!(
            "account {OWN_ACCOUNT} has the identity of your secret: `zkmargin book include --index \
             {OWN_ACCOUNT}` gives its packet"
        ));
    }
    if let Some(out) = output.file() {
        console::note(format_args!(
            "wrote {}: {} with {}; it names their customers, keep it private",
            out.display(),
            counted(args.accounts, "account", "accounts"),
            counted(positions as u64, "position", "positions")
        ));
        let next = Next::new("book build").path(out);
        let next = next.option("market", args.market.display());
        args.policy.after(next).out("book", "").tell();
    }
    Ok(Answer::Yes)
}
