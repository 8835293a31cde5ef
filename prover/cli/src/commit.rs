//! `zkmargin commit`

use std::path::PathBuf;

use serde::Serialize;
use zkmargin_engine::commitment::Book;
use zkmargin_engine::units::format_element;
use zkmargin_verifier::command::number;

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, PolicyOption};
use super::identity;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Account file
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// Market file; it gives the instruments their ids, and the mark of each entry at "mark"
    #[arg(long, value_name = "FILE")]
    market: PathBuf,
    /// File of your secret, for the nullifier
    #[arg(long, value_name = "FILE", requires = "scope")]
    identity: Option<PathBuf>,
    /// Application whose nullifier to print: a number
    #[arg(
        long,
        value_name = "NUMBER",
        allow_negative_numbers = true,
        requires = "identity"
    )]
    scope: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
}

/// What the account is committed to.
#[derive(Serialize)]
struct Commitment {
    /// Leaf of the account.
    leaf: String,
    /// Root of the book that holds only this account.
    book: String,
    /// Positions in the leaf, cash included.
    positions: usize,
    /// Nullifier of the account under the scope, if secret and scope were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    nullifier: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let scope = args.scope.as_deref();
    let scope = scope.map(|s| number("scope", s)).transpose()?;
    let policy = args.policy.load()?;
    let market = files::market(&args.market, &policy)?;
    let account = files::account(&args.account, &market, &policy)?;
    let secret = args.identity.as_deref();
    let secret = secret.map(|file| identity::secret_of(file, &account, &args.account));
    let secret = secret.transpose()?;
    let leaf = account.leaf();
    let commitment = Commitment {
        leaf: format_element(&leaf),
        book: format_element(&Book::lone(leaf).root()),
        positions: account.positions.len(),
        nullifier: secret
            .zip(scope)
            .map(|(secret, scope)| format_element(&secret.nullifier(scope, account.number))),
    };
    if args.json {
        console::json(&commitment)?;
    } else {
        let Commitment { leaf, book, .. } = &commitment;
        console::words(&format!("leaf  {leaf}\nbook  {book}\n"))?;
        if let Some(nullifier) = &commitment.nullifier {
            console::words(&format!("nullifier  {nullifier}\n"))?;
        }
    }
    Ok(Answer::Yes)
}
