//! What may be wrong with a book.

use crate::no::No;
use crate::time::older;

/// Something that is not as a book must be: a definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is about another policy or market than it was checked against.
    #[error("the book is of another {what}")]
    Other {
        /// `policy`, `market` or `time`.
        what: &'static str,
    },
    /// Accounts that were read after the market.
    #[error("the cut-off {cut_off} is after the market's time {time}")]
    CutOff {
        /// When the accounts were read, Unix seconds.
        cut_off: u64,
        /// Time of the market, Unix seconds.
        time: u64,
    },
    /// There are no batches.
    #[error("there are no batches")]
    NoBatches,
    /// More accounts than the tree has leaves.
    #[error("more accounts than a book holds")]
    TooMany,
    /// A batch is not of this book.
    #[error("batch {batch} is of another {what}")]
    Foreign {
        /// Number of the batch.
        batch: usize,
        /// `policy`, `market`, `book` or `ratio`.
        what: &'static str,
    },
    /// A batch does not begin where the one before it ends: accounts left out or counted twice.
    #[error("batch {batch} begins at account {found}, and must begin at {expected}: {}",
        if found > expected { "accounts are left out" } else { "accounts are counted twice" })]
    First {
        /// Number of the batch.
        batch: usize,
        /// Where it begins.
        found: u64,
        /// Where the one before it ends.
        expected: u64,
    },
    /// A batch begins inside a block.
    #[error("batch {batch} begins at account {first}, which is no multiple of 64")]
    Unaligned {
        /// Number of the batch.
        batch: usize,
        /// Where it begins.
        first: u64,
    },
    /// A batch without accounts, in a book with accounts.
    #[error("batch {batch} has no accounts")]
    Empty {
        /// Number of the batch.
        batch: usize,
    },
    /// A batch has roots for more or fewer accounts than it counts.
    #[error(
        "batch {batch} has {found} roots of 64 accounts, for its accounts it needs {expected}"
    )]
    Roots {
        /// Number of the batch.
        batch: usize,
        /// Roots that it has.
        found: usize,
        /// Roots that its accounts take.
        expected: u64,
    },
    /// More accounts fail than there are.
    #[error("more accounts fail than there are")]
    Failing,
    /// The batches hold another number of accounts than the book says.
    #[error("the batches hold {found} accounts, the book says {stated}")]
    Count {
        /// Accounts of the batches.
        found: u64,
        /// Accounts that the book says.
        stated: u64,
    },
    /// The roots of the batches do not lead to the root of the book.
    #[error("the roots of the batches do not lead to the root of the book")]
    Root,
    /// The masks of neighbouring batches are not of one secret, so that they need not cancel.
    #[error("the masks between batch {batch} and batch {next} are not the same on both sides")]
    Mask {
        /// Number of a batch.
        batch: usize,
        /// Number of the next; 0 after the last.
        next: usize,
    },
    /// Longs and shorts of some derivative are not equal.
    #[error("longs and shorts of the derivatives are not equal")]
    OpenInterest,
    /// The inventory lists what the market does not.
    #[error("the inventory lists an instrument twice, or one that the market does not list")]
    Inventory,
    /// A sum over the batches is no integer below 2^128.
    #[error("the sum of {what} over the batches is no number: masks do not cancel, or it is below zero or beyond 2^128")]
    NoNumber {
        /// What was summed.
        what: &'static str,
    },
    /// A sum is not what the book says.
    #[error("the batches do not add up to the {what} that the book says")]
    Totals {
        /// What was summed.
        what: &'static str,
    },
    /// A batch does not list the assets of the market.
    #[error("batch {batch} lists other assets than the market")]
    Assets {
        /// Number of the batch.
        batch: usize,
    },
    /// A proof is not the one that the book names.
    #[error("batch {batch}: the proof is not the one that the book names")]
    OtherProof {
        /// Number of the batch.
        batch: usize,
    },
    /// A proof does not hold.
    #[error("batch {batch}: {}", no.reason())]
    Proof {
        /// Number of the batch.
        batch: usize,
        /// Why not.
        no: No,
    },
    /// The book has another root than the verifier knows.
    #[error("the root of the book is {found}, not the one given")]
    OtherRoot {
        /// Root of the book.
        found: String,
    },
    /// The book is held against another ratio than the verifier wants.
    #[error("the book counts who meets {found} bp of the initial margin, not {wanted} bp")]
    OtherRatio {
        /// Ratio of the book, in basis points.
        found: u16,
        /// Ratio wanted, in basis points.
        wanted: u16,
    },
    /// The venue published no such book where everybody looks.
    #[error("{place} has no book with this root")]
    Unrecorded {
        /// Where it was looked for.
        place: String,
    },
    /// What stands where everybody looks is another book.
    #[error("{place} has another {what}")]
    Recorded {
        /// Where.
        place: String,
        /// What differs.
        what: &'static str,
    },
    /// The market is older than the verifier takes.
    #[error("the market is {}", older(*age, *most))]
    Old {
        /// Age of the market, in seconds.
        age: u64,
        /// The most that it may be, in seconds.
        most: u64,
    },
}
