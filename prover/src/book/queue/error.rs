//! What can go wrong between coordinator, broker and workers.

use std::path::PathBuf;

use zkmargin_engine::file::FileError;

/// Why a run or a worker stopped. What was proven is kept: the same command goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key file cannot be used.
    #[error(
        "{}: {problem}\n\
         hint: `zkmargin book queue-key` makes a key; the coordinator and every worker need the same one",
        path.display()
    )]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A key would be overwritten.
    #[error(
        "{}: there is a file already, and a key is never overwritten\n\
         hint: use it, or name another file",
        path.display()
    )]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// A key would be written where nothing keeps it.
    #[error("{}: this is no file, and the key would be lost\nhint: name a file", path.display())]
    KeyLost {
        /// The place.
        path: PathBuf,
    },
    /// The broker cannot be reached.
    #[error(
        "{url}: {problem}\n\
         hint: check that the broker runs and listens there: `nats-server --jetstream --store_dir FOLDER`"
    )]
    Unreachable {
        /// Where it should be, without passwords.
        url: String,
        /// What happened.
        problem: String,
    },
    /// The broker has no JetStream.
    #[error(
        "{url}: the broker has no JetStream: {problem}\n\
         hint: start it with `nats-server --jetstream --store_dir FOLDER`, or enable it for this account"
    )]
    NoJetStream {
        /// Where the broker is.
        url: String,
        /// What it said.
        problem: String,
    },
    /// Something at the broker is full.
    #[error("{what} is full: {problem}\nhint: {hint}")]
    Full {
        /// What is full, by its name at the broker.
        what: String,
        /// What the broker said.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The broker did not do what it was asked.
    #[error(
        "{action}: {problem}\n\
         hint: check the broker and its log; nothing is lost, the same command goes on from here"
    )]
    Broker {
        /// What was asked.
        action: String,
        /// What happened.
        problem: String,
    },
    /// An id that cannot be part of a subject.
    #[error(
        "the book id {0:?} cannot be used\n\
         hint: take 1 to 64 letters, digits, - and _, as in a digest in hexadecimal"
    )]
    BookId(String),
    /// A digest is none.
    #[error("batch {number}: {found:?} is no digest of an input\nhint: take SHA-256 in lower-case hexadecimal")]
    InputDigest {
        /// Number of the batch.
        number: u32,
        /// What was given.
        found: String,
    },
    /// Two batches are the same.
    #[error(
        "batches {first} and {second} have the same input\n\
         hint: this is a fault of the program; please report it"
    )]
    SameInput {
        /// Number of one batch.
        first: u32,
        /// Number of the other.
        second: u32,
    },
    /// The input of a batch cannot be read.
    #[error(
        "batch {number}: its input cannot be read: {problem}\nhint: check the files of the book"
    )]
    Input {
        /// Number of the batch.
        number: u32,
        /// What happened.
        problem: String,
    },
    /// The input of a batch is not what the run began with.
    #[error(
        "batch {number}: its input has changed: digest {found}, expected {wanted}\n\
         hint: do not change the book while it is being proven; run the command again on the new book"
    )]
    InputChanged {
        /// Number of the batch.
        number: u32,
        /// Digest of what was read.
        found: String,
        /// Digest when the run began.
        wanted: String,
    },
    /// An output could not be kept.
    #[error("batch {number}: its proof cannot be kept: {problem}\nhint: check the output folder; the broker still has the proof")]
    Deliver {
        /// Number of the batch.
        number: u32,
        /// What happened.
        problem: String,
    },
    /// The operating system refused a thread or a signal handler.
    #[error("{0}\nhint: check the limits of this process")]
    System(String),
}
