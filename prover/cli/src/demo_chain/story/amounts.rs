//! Amounts, digests and times in words.

use alloy_primitives::{B256, U256};
use zkmargin_desk::report::{grouped, grouped_size};

/// Units of a token in a whole one: a dollar, or a coin.
const DOLLAR: u64 = 1_000_000;

pub(super) fn dollars(whole: u64) -> U256 {
    U256::from(whole * DOLLAR)
}

pub(super) fn usd(whole: u64) -> String {
    format!("{} USD", grouped(whole.into(), 0, 0))
}

pub(super) fn in_dollars(units: U256) -> String {
    grouped_size(units.saturating_to(), 6, 0)
}

/// Dollars without cents of a decimal number.
pub(super) fn whole(decimal: &str) -> String {
    let dollars = decimal.split('.').next().unwrap_or(decimal);
    dollars
        .parse()
        .map_or_else(|_| decimal.to_owned(), |number| grouped(number, 0, 0))
}

/// The first and last digits of a word.
pub(super) fn short(word: B256) -> String {
    let digits = word.to_string();
    format!("{}…{}", &digits[..6], &digits[digits.len() - 4..])
}

pub(super) fn date(seconds: u64) -> String {
    time(seconds, "%Y-%m-%d at %H:%M:%S UTC")
}

pub(super) fn clock(seconds: u64) -> String {
    time(seconds, "%H:%M:%S")
}

pub(super) fn time(seconds: u64, format: &str) -> String {
    let at = i64::try_from(seconds).ok();
    let at = at.and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
    at.map_or_else(|| seconds.to_string(), |at| at.format(format).to_string())
}
