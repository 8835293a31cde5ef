//! The commands that check something, once for every program that has them: a margin proof, a
//! customer's packet, a venue's book. A program adds where its keys are from, and prints.

mod book;
mod book_report;
mod clock;
mod detection;
mod failure;
mod kind;
mod margin;
mod margin_report;
mod number;
mod options;
mod packet;
mod policy;
mod published;
mod record;
mod screen;
mod statement;

pub use book::{verify_book, BatchKeys, BookOptions, NoBatchKeys};
pub use book_report::{counted, policy_text, sums_text};
pub use failure::failure_json;
pub use kind::{looked_again, read as read_file, FileKind};
pub use margin::{verify_proof, KeySource, VerifyOptions};
pub use margin_report::{verified_text, Timed};
pub use number::{buffer, number, whole};
pub use options::wrong as wrong_option;
pub use packet::{check_packet, check_packet_among, PacketOptions};
pub use policy::{bundled, is_bundled, load as load_policy, text as policy_file, BUNDLED};
pub use published::PublishedBook;
pub use record::{Record, Recorded};
pub use screen::{printable, width, wrapped};
pub use statement::statement_text;

/// What every output under an insecure setup says.
pub const INSECURE: &str =
    "INSECURE SETUP: its secret was known to one process, proofs under it convince nobody";

/// The first words on a proof or a book that holds.
const fn held(insecure: bool) -> &'static str {
    match insecure {
        false => "VERIFIED",
        true => "HOLDS UNDER AN INSECURE SETUP",
    }
}

/// What `--strict` says instead, with what to do.
fn undecided(reason: &str, insecure: bool) -> String {
    let hint = match insecure {
        true => "take a proof under a setup of a ceremony",
        false => {
            "name what you know yourself with the options that stand below, or leave out --strict"
        }
    };
    format!("NOT DECIDED, as --strict asks: {reason}\nhint: {hint}\n")
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, or the answer is yes.
    Yes,
    /// The answer is no, and the command has said so.
    No,
    /// Nothing is wrong, and something that was asked for is not known.
    Untold,
    /// A packet fits its own root, and the customer named none: whether he is counted is open.
    FileOnly,
}

impl Answer {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Answer::Yes => 0,
            Answer::No => 1,
            Answer::Untold => 2,
            Answer::FileOnly => 3,
        }
    }

    /// In reports for programs that rest on a setup: a yes under an insecure one is none.
    pub const fn under(self, insecure: bool) -> &'static str {
        match (self, insecure) {
            (Answer::Yes, true) => "insecure",
            (answer, _) => answer.name(),
        }
    }

    /// In reports for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::Untold => "could not tell",
            Answer::FileOnly => "in this file only",
        }
    }
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub answer: Answer,
    /// For standard output.
    pub data: Data,
    /// For people, on standard error.
    pub note: Option<String>,
}

/// What goes to standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// For programs, as it is.
    Json(String),
    /// For people, who get it as wide as their terminal.
    Words(String),
}

impl Data {
    /// The text in lines of at most so many columns, but for JSON.
    pub fn text(&self, width: usize) -> String {
        match self {
            Data::Json(text) => text.clone(),
            Data::Words(text) => wrapped(text, width),
        }
    }
}

impl Outcome {
    /// A report on standard output, as JSON or in words.
    fn reported<R: serde::Serialize>(
        answer: Answer,
        report: &R,
        as_json: bool,
        text: impl FnOnce(&R) -> String,
    ) -> Self {
        Outcome {
            answer,
            data: match as_json {
                true => Data::Json(json(report)),
                false => Data::Words(text(report)),
            },
            note: None,
        }
    }
}

fn json(report: &impl serde::Serialize) -> String {
    // Reports are maps of strings and numbers: they always serialise.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}
