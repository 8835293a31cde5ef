//! The `zkmargin` program. Each command reads its inputs into a plan, does its work, and reports.

mod account_generate;
mod book;
mod book_queue;
mod circuit_options;
mod commit;
mod console;
mod demo;
mod demo_chain;
mod error;
mod evaluate;
mod exit;
mod export;
mod files;
mod hint;
mod identity;
mod inspect;
mod keygen;
mod margin_bound;
mod market_generate;
mod market_import;
mod next;
mod policy_show;
mod prove;
mod prove_report;
mod setup;
mod shell;
mod steps;
mod stress;
mod vault;
mod venue_generate;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use error::CliError;
use exit::Answer;

/// Proves that a margin account is solvent without showing its positions.
///
/// Exit codes: 0 yes, 1 a definite no, 2 could not tell. Data goes to standard output, everything
/// else to standard error.
#[derive(Debug, Parser)]
#[command(
    name = "zkmargin",
    version,
    propagate_version = true,
    max_term_width = 80
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole flow on bundled data: market, account, evaluation, proof, verification
    Demo(demo::Args),
    /// Margin report of an account: equity, scenarios, requirement; no proof
    ///
    /// An account that falls short is a no (exit code 1) only where --ratio or --buffer asks.
    Evaluate(evaluate::Args),
    /// What an account loses in a move of your own: every position priced anew, beside what the grid says
    Stress(stress::Args),
    /// Leaf of an account, and the book root of an account that stands alone
    Commit(commit::Args),
    /// Trusted setups: import, inspect, or make an insecure one
    #[command(subcommand)]
    Setup(setup::Command),
    /// Derive and cache the keys of a policy and a size
    Keygen(keygen::Args),
    /// Prove that an account meets its margin
    Prove(prove::Args),
    /// Verify a proof
    Verify(verify::Args),
    /// Show what a proof bundle says, without verifying it
    Inspect(inspect::Args),
    /// Contracts, keys and proofs for other verifiers
    #[command(subcommand)]
    Export(export::Command),
    /// A venue: proofs for all its accounts, packets for its customers, its reserves
    #[command(subcommand)]
    Book(book::Command),
    /// Agreements whose collateral moves on proofs
    #[command(subcommand)]
    Vault(vault::Command),
    /// Make or import a market
    #[command(subcommand)]
    Market(MarketCommand),
    /// Make an account
    #[command(subcommand)]
    Account(AccountCommand),
    /// Your secret, and the identity that a venue gets of it
    #[command(subcommand)]
    Identity(identity::Command),
    /// The risk models in the program
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Make a venue's accounts
    #[command(subcommand)]
    Venue(VenueCommand),
    /// Completions of commands and options, for a shell to read
    Completions(shell::CompletionsArgs),
    /// A manual page in roff, such as `zkmargin man book prove | man -l -`
    Man(shell::ManArgs),
}

#[derive(Debug, Subcommand)]
enum MarketCommand {
    /// A market like a venue's: three coins, twelve expiries, a smile for each
    Generate(market_generate::Args),
    /// A market from an option-chain snapshot in the columns of Deribit exports
    Import(market_import::Args),
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// A random account in the instruments of a market
    Generate(account_generate::Args),
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Print a risk model as its file
    Show(policy_show::Args),
}

#[derive(Debug, Subcommand)]
enum VenueCommand {
    /// Accounts as JSON lines, whose derivatives net to zero
    Generate(venue_generate::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are answers; usage errors exit with 2.
        Err(error) => {
            if error.use_stderr() {
                console::failure_data(Answer::Untold, &error.to_string());
            }
            error.exit()
        }
    };
    exit::code(run(&cli.command).unwrap_or_else(|error| {
        let answer = exit::answer(&error);
        console::failure(answer, &error.to_string());
        answer
    }))
}

fn run(command: &Command) -> Result<Answer, CliError> {
    match command {
        Command::Demo(args) => demo::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Stress(args) => stress::run(args),
        Command::Commit(args) => commit::run(args),
        Command::Setup(command) => setup::run(command),
        Command::Keygen(args) => keygen::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Export(command) => export::run(command),
        Command::Book(command) => book::run(command),
        Command::Vault(command) => vault::run(command),
        Command::Market(MarketCommand::Generate(args)) => market_generate::run(args),
        Command::Market(MarketCommand::Import(args)) => market_import::run(args),
        Command::Account(AccountCommand::Generate(args)) => account_generate::run(args),
        Command::Identity(command) => identity::run(command),
        Command::Policy(PolicyCommand::Show(args)) => policy_show::run(args),
        Command::Venue(VenueCommand::Generate(args)) => venue_generate::run(args),
        Command::Completions(args) => shell::completions(args, &mut Cli::command()),
        Command::Man(args) => shell::man(args, Cli::command()),
    }
}
