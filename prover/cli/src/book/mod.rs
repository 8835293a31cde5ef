//! `zkmargin book …`: a venue.

mod build;
mod check;
mod include;
mod metrics;
mod prove;
mod registry;
pub(crate) mod reserves;
mod reserves_report;
mod reserves_text;
mod run;
mod verify;
mod worker;

use super::error::CliError;
use super::exit::Answer;

/// What can be done with a book.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Accounts to a folder of batches, with the root that customers compare
    Build(build::Args),
    /// Prove every batch that has no proof yet, and write what is published
    Prove(prove::Args),
    /// A venue's book of every night: build, prove, verify, write packets and publish; what was
    /// interrupted is gone on with
    Run(run::Args),
    /// Verify a published book: every proof, every account counted once, nothing open
    Verify(verify::Args),
    /// Prove batches that a broker hands out: one process for each machine
    Worker(worker::Args),
    /// Make the key that encrypts the inputs of batches for their workers
    QueueKey(super::book_queue::key::Args),
    /// A customer's packet: all his accounts and their paths to the root
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
        Command::Run(args) => run::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Worker(args) => worker::run(args),
        Command::QueueKey(args) => super::book_queue::key::run(args),
        Command::Include(args) => include::run(args),
        Command::Check(args) => check::run(args),
        Command::Reserves(args) => reserves::run(args),
    }
}
