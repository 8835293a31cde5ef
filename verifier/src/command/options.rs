//! Values of options.

use std::path::Path;

use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::kind::{self, FileKind};
use crate::error::VerifyError;

/// No input file comes near this many bytes.
pub(super) const LONGEST_INPUT: u64 = 64 << 20;

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

/// Reads and checks a market file.
pub(super) fn market(path: &Path, policy: &Policy) -> Result<Market, VerifyError> {
    kind::read(path, FileKind::Market, |text, file| {
        Market::from_json(text, file, policy)
    })
}
