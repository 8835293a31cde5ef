//! `zkmargin-verify`: verdicts on proofs, packets and books, with no proving code in the program.
//!
//! Keys are protocol files, or those of RM-1 and RM-2 in the program. Exit codes: 0 yes, 1 a definite no, 2
//! could not tell.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_verifier::command::{
    check_packet, failure_json, printable, verify_book, verify_proof, width, wrapped, Answer,
    BookOptions, KeySource, NoBatchKeys, Outcome, PacketOptions, VerifyOptions,
};
use zkmargin_verifier::error::VerifyError;
use zkmargin_verifier::key::ProofKey;
use zkmargin_verifier::light::LightKey;

/// Verify a proof of solvency. Every public input that is not given is taken on trust, and said so.
///
/// Exit codes: 0 yes, 1 a definite no, 2 could not tell.
#[derive(Debug, Parser)]
#[command(
    name = "zkmargin-verify",
    version,
    max_term_width = 80,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A customer's packet: whether his account is in the book
    Packet(PacketOptions),
    /// A published book; without a key in --protocol everything but its proofs, so that the answer is
    /// no or undecided
    Book(BookOptions),
}

/// The keys in the program.
struct Embedded;

impl KeySource for Embedded {
    type Error = VerifyError;

    fn key(&self, policy: &Policy, size: Size) -> Result<Box<dyn ProofKey>, VerifyError> {
        Ok(Box::new(LightKey::embedded(policy, size)?))
    }
}

/// The options of a proof stand beside the subcommands. (clap takes options that hold a group of
/// others for absent where they may be absent, so they are read by themselves.)
fn run() -> Result<Outcome, VerifyError> {
    let about = Cli::command().get_long_about().cloned();
    let command = VerifyOptions::augment_args(Cli::command());
    let command = match about {
        Some(about) => command.long_about(about),
        None => command,
    };
    let matches = command
        .try_get_matches()
        .unwrap_or_else(|error| usage(&error));
    match Cli::from_arg_matches(&matches).map(|cli| cli.command) {
        Ok(Some(Command::Packet(options))) => check_packet(&options),
        Ok(Some(Command::Book(options))) => verify_book(&options, &NoBatchKeys),
        Ok(None) => match VerifyOptions::from_arg_matches(&matches) {
            Ok(options) => verify_proof(&options, &Embedded),
            Err(error) => usage(&error),
        },
        Err(error) => usage(&error),
    }
}

/// With `--json` standard output holds one JSON value, also where nothing could be told.
fn say_failure(message: &str) {
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = failure_json(Answer::Untold, message);
        // Nobody is left to tell when this fails too.
        drop(std::io::stdout().write_all(text.as_bytes()));
    }
}

/// What the parser of the command line says: help, or what is wrong with it.
fn usage(error: &clap::Error) -> ! {
    if error.use_stderr() {
        say_failure(&error.to_string());
    }
    error.exit()
}

fn main() -> ExitCode {
    // Nobody is left to tell when standard error is gone.
    let tell = |text: &str| {
        drop(writeln!(
            std::io::stderr(),
            "{}",
            wrapped(&printable(text), width())
        ))
    };
    match run() {
        Ok(outcome) => {
            let mut out = std::io::stdout().lock();
            let written = out
                .write_all(outcome.data.text(width()).as_bytes())
                .and_then(|()| out.flush());
            if let Some(note) = &outcome.note {
                tell(note);
            }
            match written {
                // A reader that has gone away has what it wanted.
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    tell(&format!(
                        "error: standard output: {error}\nhint: check where it goes"
                    ));
                    ExitCode::from(2)
                }
                _ => ExitCode::from(outcome.answer.code()),
            }
        }
        Err(failure) => {
            tell(&format!("error: {failure}"));
            say_failure(&failure.to_string());
            ExitCode::from(2)
        }
    }
}
