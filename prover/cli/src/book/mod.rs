//! `zkmargin book …`: a venue.

mod build;
mod check;
mod include;
mod prove;
mod reserves;
mod reserves_report;
mod verify;
mod worker;

use std::path::{Path, PathBuf};

use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_decimal, format_element};
use zkmargin_prover::book::public::{AssetFile, PublicBook, TotalsFile};

use super::error::CliError;
use super::exit::Answer;
use super::files::{self, PolicyOption, BUNDLED};

/// What can be done with a book.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Accounts to a folder of batches, with the root that customers compare
    Build(build::Args),
    /// Prove every batch that has no proof yet, and write what is published
    Prove(prove::Args),
    /// Verify a published book: every proof, every account counted once, nothing open
    Verify(verify::Args),
    /// Prove batches that a broker hands out: one process for each machine
    Worker(worker::Args),
    /// Make the key that encrypts the inputs of batches for their workers
    QueueKey(super::book_queue::key::Args),
    /// A customer's packet: his account and its path to the root
    Include(include::Args),
    /// What a customer runs on his packet: no keys, no proofs
    Check(check::Args),
    /// What signed addresses hold against what the book says is owed
    Reserves(reserves::Args),
}

/// Runs the command.
pub fn run(command: &Command) -> Result<Answer, CliError> {
    match command {
        Command::Build(args) => build::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Worker(args) => worker::run(args),
        Command::QueueKey(args) => super::book_queue::key::run(args),
        Command::Include(args) => include::run(args),
        Command::Check(args) => check::run(args),
        Command::Reserves(args) => reserves::run(args),
    }
}

/// A published book with the policy and the market that it is read with. Whether these are the
/// book's is for the command to say.
struct Published {
    policy: Policy,
    /// Where the policy is from: a file, or a name in this program.
    policy_from: PathBuf,
    market: Market,
    market_from: PathBuf,
    book: PublicBook,
}

impl Published {
    /// Reads a published book. Policy and market are the ones named, else those beside it.
    fn read(
        book: &Path,
        market: Option<&PathBuf>,
        policy: Option<&String>,
    ) -> Result<Self, CliError> {
        let beside = book.parent().unwrap_or(Path::new("."));
        let (policy_from, policy) = match policy {
            Some(named) => {
                let policy = named.clone();
                (PathBuf::from(named), PolicyOption { policy }.load()?)
            }
            None => {
                let path = beside.join("policy.toml");
                let policy = Policy::from_toml(&files::text(&path)?, &files::name(&path))?;
                (path, policy)
            }
        };
        let market_from = market
            .cloned()
            .unwrap_or_else(|| beside.join("market.json"));
        let market = files::market(&market_from, &policy)?;
        let text = files::text(book)?;
        let book = PublicBook::from_json(&text, &files::name(book), (&market, &policy))?;
        Ok(Published {
            policy,
            policy_from,
            market,
            market_from,
            book,
        })
    }
}

/// Whether a policy is one of those in this program. Of another one, margins and what the codes of
/// underlyings are called are whatever its author wrote, also under a well-known name.
fn is_bundled(policy: &Policy) -> Result<bool, CliError> {
    for name in BUNDLED {
        let policy_of = PolicyOption {
            policy: name.to_owned(),
        };
        if policy_of.load()?.digest() == policy.digest() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A policy for people: its own name, its digest, and whether this program knows it.
fn policy_text(policy: &Policy, bundled: bool) -> String {
    let (name, digest) = (policy.name(), format_element(&policy.digest()));
    match bundled {
        true => format!("{name} {digest}"),
        false => format!("{digest}, not one of this program; its file calls it {name:?}"),
    }
}

/// Totals and assets in words.
fn sums_text(totals: &TotalsFile, assets: &[AssetFile], ratio: u16) -> String {
    let met = totals.accounts.saturating_sub(totals.failing);
    let percent = format_decimal(ratio.into(), 2);
    let mut out = format!(
        "  accounts   {}, together worth {} USD\n  meet {percent}% of their margin  {met}\n  \
         do not     {}, which lack {} USD\n  under water by  {} USD in all\n",
        totals.accounts, totals.equity, totals.failing, totals.deficit, totals.shortfall
    );
    for asset in assets {
        let name = asset.instrument.as_deref().unwrap_or(&asset.id);
        out.push_str(&format!(
            "  {name:<10} customers hold {}, owe {}\n",
            asset.long, asset.short
        ));
    }
    out
}
