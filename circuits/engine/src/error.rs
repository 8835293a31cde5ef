//! What can be wrong with the inputs of the engine.
//!
//! Every message says what is wrong (file, field, value) and ends with a `hint:` line that says
//! what to do. No message shows a customer, nonce, identity, secret or salt.

use crate::policy::PolicyError;
use crate::units::UnitError;

/// An input that the engine cannot use, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A policy file is wrong.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The file is not JSON, or repeats a field.
    #[error(
        "{file}: line {line}, column {column}: {problem}\nhint: the file must be one JSON value, \
         complete, with every field written once"
    )]
    Syntax {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 when the line is empty.
        column: usize,
        /// What the reader stumbled on.
        problem: String,
    },
    /// A field is there that the format does not have.
    #[error("{file}: {field}: there is no such field\nhint: the fields are {known}")]
    UnknownField {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// The fields that there are.
        known: String,
    },
    /// A field that the format needs is not there.
    #[error("{file}: {field} is missing\nhint: {hint}")]
    MissingField {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// How to write it.
        hint: &'static str,
    },
    /// A number does not have its form or range.
    #[error("{file}: {field} = {value}: {problem}\nhint: {}", problem.hint())]
    Number {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// The value as written, cut short if long.
        value: String,
        /// Why it is refused.
        problem: UnitError,
    },
    /// A secret, nonce, identity or salt does not have its form or range; the value is not shown.
    #[error("{file}: {field}: {problem}\nhint: {}", problem.hint())]
    Secret {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// Why it is refused.
        problem: UnitError,
    },
    /// A secret, nonce or salt that can be guessed, or is another one; the value is not shown.
    #[error(
        "{file}: {field} {problem}\nhint: draw another: 0x and what `openssl rand -hex 31` prints"
    )]
    WeakKey {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An account with the trader's secret in it, as in files of the first version.
    #[error(
        "{file}: an account file of version 1, or one with a secret or an owner in it\nhint: that secret is burnt: \
         its trader draws another with `zkmargin identity new` and gives the identity away alone \
         (0x0: nobody can prove with the account); write the account anew, as version 2"
    )]
    OldAccount {
        /// Name of the file.
        file: String,
    },
    /// A field has a value that cannot be used.
    #[error("{file}: {field} = {value}: {problem}\nhint: {hint}")]
    Value {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// The value as written, cut short if long.
        value: String,
        /// Why it is refused.
        problem: &'static str,
        /// How to mend it.
        hint: String,
    },
    /// Two entries stand for the same instrument.
    #[error("{file}: {field} = {value}: repeats {first}\nhint: {hint}")]
    Repeated {
        /// Name of the file.
        file: String,
        /// Path of the second entry.
        field: String,
        /// Its instrument.
        value: String,
        /// Path of the first entry.
        first: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// A position is in an instrument that the market does not list.
    #[error("{file}: {field} = {value}: the market does not list this instrument\nhint: {hint}")]
    UnknownInstrument {
        /// Name of the file.
        file: String,
        /// Path of the field.
        field: String,
        /// The name as written, cut short if long.
        value: String,
        /// The nearest names of the market.
        hint: String,
    },
    /// A list is longer than a commitment can hold.
    #[error("{file}: {field}: {count} entries and at most {limit} fit\nhint: {hint}")]
    TooMany {
        /// Name of the file.
        file: String,
        /// Path of the list.
        field: String,
        /// Entries that it has.
        count: usize,
        /// Entries that fit.
        limit: usize,
        /// How to mend it.
        hint: &'static str,
    },
    /// An instrument expired before the time of the market.
    #[error(
        "{instrument}: expired: expiry {expiry} is not after the market's time {time}, and the market \
         has no settlement price for it\nhint: add the price to \"settlements\", as {{\"underlying\": \
         \"BTC\", \"expiry\": {expiry}, \"price\": \"77000\"}}, remove the instrument, or take a snapshot \
         from before its expiry"
    )]
    Expired {
        /// The instrument, with its file and field where it was read.
        instrument: String,
        /// Seconds since 1970.
        expiry: u32,
        /// Seconds since 1970.
        time: u32,
    },
    /// An instrument expires later than the policy's tables reach.
    #[error(
        "{instrument}: {days} days to expiry and the policy knows at most {max_days}\nhint: remove \
         it, or use a policy with a larger max_days"
    )]
    TooFar {
        /// The instrument, with its file and field where it was read.
        instrument: String,
        /// Whole days to expiry.
        days: u32,
        /// Days that the policy allows.
        max_days: u32,
    },
    /// The engine cannot evaluate an instrument or account at this market and policy.
    #[error("{subject}: {problem}\nhint: {hint}")]
    Engine {
        /// The instrument, underlying or account.
        subject: String,
        /// Why not.
        problem: &'static str,
        /// How to mend it.
        hint: &'static str,
    },
}

/// A value for a message: quoted, and cut after 64 characters; after twelve where it has so many
/// hexadecimal digits in a row that it may be a secret in the wrong place.
pub(crate) fn quoted(value: &str) -> String {
    if value.contains('@') {
        return "a text that may name somebody".to_owned();
    }
    let longest = match may_be_secret(value) {
        true => 12,
        false => 64,
    };
    match value.char_indices().nth(longest) {
        Some((end, _)) => format!("{:?}…", &value[..end]),
        None => format!("{value:?}"),
    }
}

fn may_be_secret(value: &str) -> bool {
    let digits = value.split(|c: char| !c.is_ascii_hexdigit());
    digits.into_iter().any(|run| run.len() >= 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_secrets_sooner() {
        assert_eq!(quoted("BTC-25SEP26-80000-C"), "\"BTC-25SEP26-80000-C\"");
        assert_eq!(quoted(&"x".repeat(65)), format!("\"{}\"…", "x".repeat(64)));
        let secret = "0x1f3c59d2a86b704e95d1c2780ab3f6e4";
        assert_eq!(quoted(secret), "\"0x1f3c59d2a8\"…");
        assert!(!quoted("ann@example.com").contains("ann"));
        assert_eq!(quoted(&secret[2..]), "\"1f3c59d2a86b\"…");
    }
}
