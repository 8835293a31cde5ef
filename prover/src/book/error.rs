//! What can be wrong with a book: its accounts, its folder, its proofs.
//!
//! No message shows a secret or a salt.

use std::path::PathBuf;

use zkmargin_circuits::book::BatchError;
use zkmargin_engine::book::TooHeavy;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::file::FileError;
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;
use zkmargin_keys::error::KeysError;
use zkmargin_verifier::error::FieldError;
use zkmargin_verifier::verdict::No;

use crate::error::ProverError;

/// What to do about a damaged folder.
pub const REBUILD: &str =
    "build the book again from the same files, as the same book; proofs that still fit are kept";

/// Why something was not done with a book.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// An account, market or policy is wrong.
    #[error(transparent)]
    Engine(Box<EngineError>),
    /// A file, a setup or a key.
    #[error(transparent)]
    Verifier(Box<KeysError>),
    /// A batch could not be laid out.
    #[error(transparent)]
    Batch(Box<BatchError>),
    /// A batch could not be proven.
    #[error(transparent)]
    Prover(Box<ProverError>),
    /// Accounts do not fit any batch.
    #[error(transparent)]
    TooHeavy(#[from] TooHeavy),
    /// A line of a file of accounts cannot be used.
    #[error("{file}:{line}: {problem}\nhint: {hint}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// An account cannot be evaluated.
    #[error("{file}:{line}: {error}")]
    Account {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// Why not.
        error: Box<EngineError>,
    },
    /// An account stands in the file twice.
    #[error(
        "{file}:{line}: {what}, which stands on line {first}\n\
         hint: list every account once, and give every account a number that no other ever had"
    )]
    Repeated {
        /// The file.
        file: String,
        /// Line of the second.
        line: u64,
        /// Line of the first.
        first: u64,
        /// What of it is the same.
        what: &'static str,
    },
    /// A customer has two nonces, so that he would be two customers.
    #[error(
        "{file}:{line}: the customer of line {first}, with another nonce\n\
         hint: draw one nonce for each customer, and write it to each of his accounts"
    )]
    TwoNonces {
        /// The file.
        file: String,
        /// Line of the account.
        line: u64,
        /// Line of the customer's first account.
        first: u64,
    },
    /// The accounts are not those of the book that is to be built again.
    #[error(
        "{}: the files give another book than the one in the folder\n\
         hint: take the files that the book was built with, or build another book, which has salts of \
         its own", folder.display()
    )]
    OtherBook {
        /// Folder of the book.
        folder: PathBuf,
    },
    /// A column of a table of accounts.
    #[error(
        "{file}: {problem}\nhint: the columns are customer, nonce, identity, account, instrument, \
         quantity and, where prices were paid, entry"
    )]
    Columns {
        /// The file.
        file: String,
        /// What is wrong with the header.
        problem: String,
    },
    /// A field of a file cannot be used.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A file of a book's folder is not what the program wrote.
    #[error("{}: {problem}\nhint: {hint}", path.display())]
    Folder {
        /// The file or the folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// Longs and shorts of a derivative are not equal.
    #[error(
        "longs and shorts are not equal in {count} instruments: {sample}\n\
         hint: every derivative has a long and a short; if the venue itself holds the other side \
         outside the book, disclose it as inventory"
    )]
    OpenInterest {
        /// Instruments that do not net to zero.
        count: usize,
        /// The first of them, with what they net to.
        sample: String,
    },
    /// No batch circuit has this many rows.
    #[error(
        "k = {0}: no batch has 2^{0} rows\nhint: k is 10 to 17; 14 fits the setup in the program"
    )]
    Shape(u32),
    /// More accounts than a book holds.
    #[error("{file}: more accounts than the 8^10 that a book holds\nhint: split the venue")]
    TooMany {
        /// The file.
        file: String,
    },
    /// The file lists no accounts, or only such as hold nothing.
    #[error(
        "{file}: {count} accounts, and none of them holds anything: an export of nobody\n\
         hint: export the accounts again; whatever book is in the folder is as it was"
    )]
    Nobody {
        /// The file.
        file: String,
        /// Accounts in it.
        count: u64,
    },
    /// Fewer accounts than the venue says that it has.
    #[error(
        "{file}: {count} accounts, and there must be {at_least} at least\nhint: export the accounts \
         again, ask for fewer, or build in spite of it; whatever book is in the folder is as it \
         was"
    )]
    TooFew {
        /// The file.
        file: String,
        /// Its accounts.
        count: u64,
        /// Accounts that there must be.
        at_least: u64,
    },
    /// Less than half of the book that would be replaced.
    #[error(
        "{file}: {count} accounts, and the book in {} has {before}: fewer than half\nhint: export \
         the accounts again, or, if so many have left, build in spite of it; the book is as it was",
        folder.display()
    )]
    Shrunk {
        /// The file.
        file: String,
        /// Its accounts.
        count: u64,
        /// Folder of the book.
        folder: PathBuf,
        /// Accounts of the book.
        before: u64,
    },
    /// Accounts that were read after the market.
    #[error(
        "cut-off = {cut_off}: after the market's time {time}\nhint: take the oracle's first market at \
         or after the moment when the accounts were read"
    )]
    CutOff {
        /// When the accounts were read, Unix seconds.
        cut_off: u64,
        /// Time of the market, Unix seconds.
        time: u64,
    },
    /// The book that would be replaced cannot be read.
    #[error(
        "{problem}\nhint: so nothing tells how many accounts this book had; restore it from a \
         backup, or build over it in spite of that"
    )]
    Before {
        /// Its file and what is wrong.
        problem: String,
    },
    /// Somebody else works in the folder.
    #[error("{}: in use by {holder}\nhint: wait until it has ended, or end it", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who.
        holder: String,
    },
    /// An account number is not whose it was.
    #[error(
        "account {number}: another {what} than in an earlier book; {count} accounts have changed\n\
         hint: a number is one account for ever, whose proofs and agreements hang on it: give a new \
         account a new number, or force the book where the earlier one was wrong"
    )]
    Register {
        /// The first such account.
        number: u32,
        /// What of it is another: `customer` or `identity`.
        what: &'static str,
        /// How many there are.
        count: u64,
    },
    /// A sum does not fit.
    #[error("{what}: too large to be added up\nhint: check the numbers of the files")]
    Overflow {
        /// What was summed.
        what: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness\nhint: try again")]
    NoRandomness,
    /// The operating system gave no threads.
    #[error("no threads for proofs: {0}\nhint: prove fewer batches at a time")]
    Threads(String),
    /// A proof is not the one of its batch.
    #[error(
        "batch {number}: {problem}\nhint: delete the proof, and run `zkmargin book prove` again"
    )]
    Proof {
        /// Number of the batch.
        number: usize,
        /// What is wrong.
        problem: String,
    },
    /// The book holds no such account.
    #[error("{wanted}: {problem}\nhint: name a place from 0 to one less than the accounts, or a customer as the accounts' file has him")]
    NoAccount {
        /// What was asked for.
        wanted: String,
        /// Why there is none.
        problem: String,
    },
    /// Batches have no proof.
    #[error("{missing} of {batches} batches have no proof\nhint: run `zkmargin book prove`")]
    Missing {
        /// Batches without.
        missing: usize,
        /// All of them.
        batches: usize,
    },
}

impl From<EngineError> for BookError {
    fn from(error: EngineError) -> Self {
        BookError::Engine(Box::new(error))
    }
}

impl From<FileError> for BookError {
    fn from(error: FileError) -> Self {
        KeysError::from(error).into()
    }
}

impl From<No> for BookError {
    fn from(no: No) -> Self {
        KeysError::from(no).into()
    }
}

impl From<KeysError> for BookError {
    fn from(error: KeysError) -> Self {
        BookError::Verifier(Box::new(error))
    }
}

impl From<BatchError> for BookError {
    fn from(error: BatchError) -> Self {
        BookError::Batch(Box::new(error))
    }
}

impl From<ProverError> for BookError {
    fn from(error: ProverError) -> Self {
        BookError::Prover(Box::new(error))
    }
}

impl BookError {
    /// A file that is not the one that a book names by its digest.
    pub fn other_file(
        path: &std::path::Path,
        (found, named): (Fr, Fr),
        hint: &'static str,
    ) -> Self {
        let (found, named) = (format_element(&found), format_element(&named));
        let problem = format!(
            "not the file that the book was built with: its digest is {found}, book.json names \
             {named}"
        );
        BookError::folder(path, problem, hint)
    }

    pub(crate) fn folder(
        path: &std::path::Path,
        problem: impl ToString,
        hint: &'static str,
    ) -> Self {
        BookError::Folder {
            path: path.to_owned(),
            problem: problem.to_string(),
            hint,
        }
    }
}
