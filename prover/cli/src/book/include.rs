//! `zkmargin book include`

use std::path::PathBuf;

use zkmargin_prover::book::include::{packet, Wanted};

use zkmargin_verifier::command::{counted, whole};

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
    /// The customer, by what he brought: his mail address, his telephone number
    #[arg(long, value_name = "ID", group = "wanted", allow_hyphen_values = true)]
    customer: Option<String>,
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
    let wanted = match (args.index, &args.customer) {
        (Some(index), _) => Wanted::Index(index),
        (None, Some(id)) => Wanted::Customer(id.clone()),
        // The parser of the command line demands one of the two.
        (None, None) => return Err(CliError::option("index", "", "missing", "name it")),
    };
    let book = files::folder(&args.book)?;
    let packet = console::working("Looking up the account", || packet(&book, &wanted))?;
    deliver_secret(&output, &packet.to_json())?;
    if let Some(out) = output.file() {
        console::note(format_args!(
            "wrote {}: {} of {} in the book; it holds the customer's salts, give it to nobody else",
            out.display(),
            counted(packet.accounts.len() as u64, "account", "accounts"),
            packet.count
        ));
        Next::new("book check").path(out).tell();
    }
    Ok(Answer::Yes)
}
