//! Generators of markets and accounts that look like a venue's, for demonstrations
//! and tests. Floating point is used here, before anything is rounded to ticks and
//! committed to.

pub mod account;
pub mod calendar;
mod draw;
pub mod market;
mod smile;
mod spec;
mod strikes;
pub mod venue;

use zkmargin_engine::error::Error as EngineError;

/// Why nothing could be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// Expiries are 32-bit seconds since 1970.
    #[error(
        "time {time} is too late: expiries up to a year later must fit 32 bits\n\
         hint: give a time in seconds since 1970, for example 1791855000"
    )]
    TimeOutOfRange {
        /// The snapshot time asked for.
        time: u32,
    },
    /// Accounts hold their collateral in USD.
    #[error(
        "the market lists no cash USD\n\
         hint: add {{\"id\": \"USD\", \"kind\": \"cash\", \"mark\": \"1\"}}"
    )]
    NoUsd,
    /// More accounts are to fail than there are.
    #[error(
        "{underwater} accounts under water and {short} short, of {accounts} accounts in all\n\
         hint: ask for fewer of them, or for more accounts"
    )]
    TooManyFail {
        /// Accounts under water asked for.
        underwater: u64,
        /// Short accounts asked for.
        short: u64,
        /// All accounts.
        accounts: u64,
    },
    /// The market has fewer fitting instruments than the account should hold.
    #[error(
        "{wanted} positions asked for, and the market has only {found} that fit\n\
         hint: ask for fewer positions, or another style"
    )]
    TooFewInstruments {
        /// Positions asked for.
        wanted: usize,
        /// Positions found.
        found: usize,
    },
    /// The collateral does not fit a quantity.
    #[error("the collateral needed is beyond 46116860184 USD\nhint: ask for fewer positions")]
    TooLarge,
    /// Nothing names the customer.
    #[error(
        "the id of the customer is empty, longer than 256 characters, or has characters that nobody \
         can see\nhint: name what the customer brought, such as a mail address"
    )]
    NoId,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness\nhint: try again")]
    NoRandomness,
    /// The numbers of a venue do not go together.
    #[error("{problem}\nhint: {hint}")]
    Venue {
        /// What does not.
        problem: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The engine refused what was generated.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
