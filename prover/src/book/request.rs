//! What a venue asks to be built.

use std::path::Path;

use zkmargin_engine::account::Position;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::read::Format;

/// What to build a book from.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// File of accounts.
    pub accounts: &'a Path,
    /// How they are written; `None` goes by the file's name.
    pub format: Option<Format>,
    /// The market, and its file as it is.
    pub market: (&'a Market, &'a str),
    /// The policy, and its file as it is.
    pub policy: (&'a Policy, &'a str),
    /// Rows of a batch, as a power of two.
    pub k: u32,
    /// Ratio in basis points.
    pub ratio: u16,
    /// The moment at which the accounts were read, Unix seconds; none: the time of the market.
    pub cut_off: Option<u64>,
    /// What the venue holds itself.
    pub inventory: &'a [Position],
    /// Accounts that there must be at least.
    pub at_least: u64,
    /// Build also with fewer, and with fewer than half of those of the book that is there.
    pub force: bool,
    /// Build the book that is in the folder once more, with its salts, out of the same files.
    pub resume: bool,
}
