//! Reading other people's formats into markets.

mod cells;
mod chain;
pub mod deribit_csv;
mod own;

use std::path::PathBuf;

use zkmargin_engine::market::{Market, Settlement};
use zkmargin_engine::units::DAY;

/// What a snapshot does not say, and what of it is wanted.
#[derive(Clone, Debug)]
pub struct ChainOptions {
    /// Symbols of the underlyings to keep; empty keeps all.
    pub only: Vec<String>,
    /// Cash assets with their marks in 1e-8 USD, beside those that are worth one dollar.
    pub cash: Vec<(String, u64)>,
    /// A market of before: what it listed and has expired since stays listed.
    pub earlier: Option<Market>,
    /// Settlement prices of that, where the earlier market does not have them.
    pub settlements: Vec<Settlement>,
    /// For how many seconds after its expiry an instrument stays listed.
    pub settled_for: u32,
}

impl Default for ChainOptions {
    fn default() -> Self {
        ChainOptions {
            only: Vec::new(),
            cash: Vec::new(),
            earlier: None,
            settlements: Vec::new(),
            settled_for: 30 * DAY,
        }
    }
}

/// A market read from a foreign file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What was read.
    pub market: Market,
    /// What a person should know: rows left out, and why.
    pub notes: Vec<String>,
}

/// Why a file could not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] zkmargin_engine::file::FileError),
    /// The file is not CSV.
    #[error("{}: not readable as CSV: {source}\nhint: expected a header line and comma-separated rows", file.display())]
    Csv {
        /// The file.
        file: PathBuf,
        /// What the CSV reader said.
        source: csv::Error,
    },
    /// A column is not there.
    #[error("{}: no column `{column}`\nhint: needed columns are {needed}", file.display())]
    MissingColumn {
        /// The file.
        file: PathBuf,
        /// The column looked for.
        column: &'static str,
        /// All that are needed.
        needed: String,
    },
    /// A value cannot be used.
    #[error("{} line {line}: {column} is `{value}`\nhint: {hint}", file.display())]
    BadValue {
        /// The file.
        file: PathBuf,
        /// Line number, from 1, header included.
        line: u64,
        /// The column.
        column: &'static str,
        /// The value found.
        value: String,
        /// What was expected.
        hint: &'static str,
    },
    /// An instrument comes twice.
    #[error("{} line {line}: {name} appears twice\nhint: import one snapshot at a time", file.display())]
    Repeated {
        /// The file.
        file: PathBuf,
        /// Line number of the second appearance.
        line: u64,
        /// The instrument.
        name: String,
    },
    /// A row's forward is not that of its expiry.
    #[error(
        "{} line {line}: underlying of {name} is {found}, and the rows of this expiry say {median}\n\
         hint: remove the row, or take another snapshot: an expiry has one forward",
        file.display()
    )]
    OtherForward {
        /// The file.
        file: PathBuf,
        /// Line number.
        line: u64,
        /// The instrument.
        name: String,
        /// The forward of the row, in USD.
        found: String,
        /// The median of its expiry, in USD.
        median: String,
    },
    /// No row was usable.
    #[error("{}: no usable row{}\nhint: rows need an expiry after the snapshot and an implied volatility", file.display(), aside(notes))]
    Empty {
        /// The file.
        file: PathBuf,
        /// What was left out, and why.
        notes: Vec<String>,
    },
    /// The policy does not know the underlying of a row.
    #[error(
        "{} line {line}: the underlying of {name} is {underlying}, which the policy does not know\n\
         hint: its underlyings are {known}; leave out the rows of others",
        file.display()
    )]
    UnknownUnderlying {
        /// The file.
        file: PathBuf,
        /// Line number.
        line: u64,
        /// The instrument.
        name: String,
        /// What its name begins with.
        underlying: String,
        /// The symbols that the policy knows.
        known: String,
    },
    /// The engine refuses the market.
    #[error("{} as imported: {source}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        source: Box<zkmargin_engine::error::Error>,
    },
}

/// Notes in parentheses, if there are any.
fn aside(notes: &[String]) -> String {
    match notes {
        [] => String::new(),
        notes => format!(" ({})", notes.join("; ")),
    }
}
