//! A definite no.

use zkmargin_engine::units::{apart, format_money};

use crate::time::older;

/// A definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum No {
    /// The proof was made with another key.
    #[error("the proof was made with key `{found}`, not `{expected}`\nhint: another policy, size, setup or version of zkmargin")]
    OtherKey {
        /// Key of this verifier.
        expected: String,
        /// Key named by the bundle.
        found: String,
    },
    /// A public input is not what the verifier expects.
    #[error("the proof's {row} is not the expected one\nhint: it was made for another {row}")]
    OtherRow {
        /// Row by name.
        row: &'static str,
    },
    /// The proof is for a lower ratio than the verifier wants.
    #[error(
        "the proof is for a ratio of {found} bp, and {least} bp are wanted at least\nhint: whoever \
         proves must prove a higher ratio"
    )]
    Ratio {
        /// Ratio of the proof, in basis points.
        found: u16,
        /// Least ratio wanted, in basis points.
        least: u16,
    },
    /// The proof is for a lower buffer than the verifier wants.
    #[error(
        "the proof is for a buffer of {} USD, and {} USD are wanted at least\nhint: whoever proves \
         must prove a higher buffer", apart(&usd(*found), 2), apart(&usd(*least), 2)
    )]
    Buffer {
        /// Buffer of the proof, in 1e-8 USD, below 2^90.
        found: u128,
        /// Least buffer wanted, in 1e-8 USD, below 2^90.
        least: u128,
    },
    /// The market is older than the verifier takes.
    #[error(
        "the market is {}\nhint: whoever proves must prove against a later market",
        older(*age, *most)
    )]
    Old {
        /// Age of the market, in seconds.
        age: u64,
        /// The most that it may be, in seconds.
        most: u64,
    },
    /// The proof does not hold.
    #[error("the proof does not hold for its statement\nhint: it was altered, cut, or never was a proof")]
    Rejected,
}

impl No {
    /// What is said in one line, without the hint.
    pub(crate) fn reason(&self) -> String {
        let text = self.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    }
}

/// An amount below 2^127 in USD.
pub(crate) fn usd(units: u128) -> String {
    i128::try_from(units).map_or_else(|_| format!("{units}e-8"), format_money)
}
