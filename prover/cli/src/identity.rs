//! `zkmargin identity`: the trader's secret, and what a venue gets of it.

use std::path::{Path, PathBuf};

use ff::Field;
use rand::rngs::OsRng;
use serde::Serialize;
use zkmargin_engine::account::{Account, Secret};
use zkmargin_engine::file::{FileError, Output};
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;
use zkmargin_verifier::command::{read_file, FileKind};
use zkmargin_verifier::error::FieldError;

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, deliver_secret};
use super::next::Next;

/// What can be done with an identity.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Draw a secret, and print the identity that a venue gets of it
    ///
    /// The secret stays in its file: no venue asks for it, and nobody can make it again. Take another
    /// one for every venue, or they can tell that you are one customer.
    New(NewArgs),
    /// Print the identity of a secret
    Show(ShowArgs),
}

/// Options of `identity new`.
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// File to write the secret to; one that is there is never replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `identity show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// File of the secret
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What others may know.
#[derive(Serialize)]
struct Report {
    /// Identity of the secret.
    identity: String,
}

/// Runs the command.
pub fn run(command: &Command) -> Result<Answer, CliError> {
    match command {
        Command::New(args) => new(args),
        Command::Show(args) => show(&secret(&args.file)?, args.json),
    }
}

fn new(args: &NewArgs) -> Result<Answer, CliError> {
    let output = place(&args.out)?;
    let secret = draw()?;
    deliver_secret(&output, &secret.to_json())?;
    let answer = show(&secret, args.json)?;
    console::note(format_args!(
        "wrote {}: your secret, which only you can read; keep a copy where nobody finds it, and give \
         the venue the identity above",
        args.out.display()
    ));
    let next = Next::new("account generate").option("market", "market.json");
    next.option("identity", args.out.display())
        .out("account", ".json")
        .tell();
    Ok(answer)
}

/// A new file: a secret that is printed or replaced is lost.
fn place(out: &Path) -> Result<Output, CliError> {
    let refused = |problem, hint| CliError::option("out", out.display(), problem, hint);
    let output = Output::new(Some(out), false, &[]).map_err(|error| match error {
        FileError::Exists { .. } => refused(
            "the file is there already, and a secret that is replaced is lost",
            "name another file",
        ),
        other => other.into(),
    })?;
    match output.keeps() {
        true => Ok(output),
        false => Err(refused(
            "this keeps nothing, and a secret that is not kept is lost",
            "name a file",
        )),
    }
}

/// A secret out of the randomness of the operating system.
pub(crate) fn draw() -> Result<Secret, CliError> {
    let drawn = Secret::new(Fr::random(OsRng));
    Ok(drawn.ok_or(zkmargin_desk::generate::GenerateError::NoRandomness)?)
}

fn show(secret: &Secret, json: bool) -> Result<Answer, CliError> {
    let identity = format_element(&secret.identity());
    match json {
        true => console::json(&Report { identity })?,
        false => console::data(&format!("{identity}\n"))?,
    }
    Ok(Answer::Yes)
}

/// Reads the file of a secret.
pub(crate) fn secret(path: &Path) -> Result<Secret, CliError> {
    Ok(read_file(path, FileKind::Secret, Secret::from_json)?)
}

/// The secret of an account that was read from `of`.
///
/// # Errors
/// When it cannot be read, and as [`fits`].
pub(crate) fn secret_of(path: &Path, account: &Account, of: &Path) -> Result<Secret, CliError> {
    let secret = secret(path)?;
    fits(&secret, path, account, of)?;
    Ok(secret)
}

/// Whether a secret, which was read from `path`, is that of an account, which was read from `of`.
///
/// # Errors
/// When nobody can prove with the account, or the secret is another one.
pub(crate) fn fits(
    secret: &Secret,
    path: &Path,
    account: &Account,
    of: &Path,
) -> Result<(), CliError> {
    if account.identity == Fr::ZERO {
        return Err(FieldError::new(
            &files::name(of),
            "identity",
            "0x0: the account has no identity, and nobody can prove with it",
            "an account gets its identity when it is opened: `zkmargin identity new` makes one for the \
             venue, and `zkmargin account generate --identity` an account with it",
        )
        .into());
    }
    if account.identity != secret.identity() {
        return Err(FieldError::new(
            &files::name(path),
            "secret",
            "not the one behind the identity of the account",
            "name the file whose identity the account was opened with: `zkmargin identity show` \
             prints that of a file",
        )
        .into());
    }
    Ok(())
}
