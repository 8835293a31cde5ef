//! `zkmargin book include`

use std::path::PathBuf;

use zkmargin_prover::book::include::{packet, Wanted};

use zkmargin_verifier::command::{number, whole};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files::{self, deliver_secret, OutOption};
use super::super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("wanted").required(true))]
pub(crate) struct Args {
    /// Folder of the book, from `book build`
    #[arg(value_name = "DIR")]
    book: PathBuf,
    /// Place of the account in the book, from 0
    #[arg(long, value_name = "N", group = "wanted", value_parser = whole::<u64>)]
    index: Option<u64>,
    /// Owner of the account
    #[arg(
        long,
        value_name = "NUMBER",
        group = "wanted",
        allow_negative_numbers = true
    )]
    owner: Option<String>,
    #[command(flatten)]
    out: OutOption,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let output = args.out.place(&[])?;
    if output.is_inside(&args.book) {
        let (book, problem) = (
            args.book.display(),
            "lies in the folder of the book, which is read",
        );
        return Err(CliError::option(
            "out",
            book,
            problem,
            "write the packet to another folder",
        ));
    }
    let wanted = match (args.index, &args.owner) {
        (Some(index), _) => Wanted::Index(index),
        (None, owner) => {
            let owner = owner.as_deref().unwrap_or_default();
            Wanted::Owner(number("owner", owner)?)
        }
    };
    let book = files::folder(&args.book)?;
    let packet = console::working("Looking up the account", || packet(&book, wanted))?;
    deliver_secret(&output, &packet.to_json())?;
    if let Some(out) = output.file() {
        console::note(format_args!(
            "wrote {}: account {} of {}; it holds the customer's secret, give it to nobody else",
            out.display(),
            packet.place.index,
            packet.place.count
        ));
        Next::new("book check").path(out).tell();
    }
    Ok(Answer::Yes)
}
