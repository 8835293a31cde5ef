//! What can be wrong with a policy file.

use thiserror::Error;

/// A policy file that cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The file is not TOML, or has a missing, unknown, repeated or wrongly typed field.
    #[error(
        "{file}: not a policy file: {problem}\nhint: numbers with a fraction are decimal strings \
         (range = \"0.16\"); codes and days are integers; `zkmargin policy show` prints a complete example"
    )]
    Syntax {
        /// Name of the file.
        file: String,
        /// Line, column and cause, as the TOML reader tells them.
        problem: String,
    },
    /// A field has a value that the model cannot use.
    #[error("{file}: {field} = {value:?}: {problem}\nhint: {hint}")]
    Value {
        /// Name of the file.
        file: String,
        /// Path of the field inside the file.
        field: String,
        /// The value as written.
        value: String,
        /// Why it is refused.
        problem: String,
        /// How to mend it.
        hint: String,
    },
}

/// A [`PolicyError::Value`].
pub(super) fn value(
    file: &str,
    field: &str,
    value: impl ToString,
    problem: &str,
    hint: &str,
) -> PolicyError {
    PolicyError::Value {
        file: file.into(),
        field: field.into(),
        value: value.to_string(),
        problem: problem.into(),
        hint: hint.into(),
    }
}
