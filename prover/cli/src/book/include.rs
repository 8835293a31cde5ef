//! `zkmargin book include`

use std::path::{Path, PathBuf};

use zkmargin_prover::book::folder::Book;
use zkmargin_prover::book::include::all::packets;
use zkmargin_prover::book::include::{packet, Wanted};

use zkmargin_verifier::command::{counted, whole};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files::{self, deliver_secret, OutOption};
use super::super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("wanted").required(true),
    override_usage = "zkmargin book include <DIR> --index <N> | --customer <ID> | --all <DIR>"
)]
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
    /// All customers: a folder that is not there yet, for a packet of each and packets.csv, which
    /// says whose each is
    #[arg(long, value_name = "DIR", group = "wanted", conflicts_with = "out")]
    all: Option<PathBuf>,
    #[command(flatten)]
    out: OutOption,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    if let Some(folder) = &args.all {
        return all(args, folder);
    }
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
    note_unpublished(&book);
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

/// A packet fits the book that was built last, and customers compare it with what is published.
fn note_unpublished(book: &Book) {
    if !book.folder.publishes(book.manifest.root) {
        console::note(
            "note: this book is not published yet, and its packets fit no other: `zkmargin book prove` \
             publishes it",
        );
    }
}

fn all(args: &Args, out: &Path) -> Result<Answer, CliError> {
    let book = files::folder(&args.book)?;
    note_unpublished(&book);
    let counter = console::counter("Writing packets of accounts");
    let written = packets(&book, out, &|accounts| counter.set_position(accounts));
    counter.finish_and_clear();
    let written = written?;
    console::note(format_args!(
        "wrote {}: {} with {}; each holds its customer's salts, give it to him and nobody else; \
         packets.csv says whose each is",
        out.display(),
        counted(written.packets, "packet", "packets"),
        counted(written.accounts, "account", "accounts"),
    ));
    Ok(Answer::Yes)
}
