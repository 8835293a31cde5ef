//! Values of options.

use crate::error::VerifyError;

/// The most characters of a value that a message shows.
const LONGEST_SHOWN: usize = 80;

/// A value in a message: in quotes where it would not be seen as it is, and cut if long.
fn shown(value: &str) -> String {
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    let cut: String = value.chars().take(LONGEST_SHOWN).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    match !cut.is_empty() && cut.chars().all(plain) {
        true => cut + more,
        false => format!("{cut:?}{more}"),
    }
}

/// An option whose value cannot be used.
pub fn wrong(
    option: &'static str,
    value: impl ToString,
    problem: impl ToString,
    hint: impl ToString,
) -> VerifyError {
    VerifyError::Option {
        option,
        value: shown(&value.to_string()),
        problem: problem.to_string(),
        hint: hint.to_string(),
    }
}
