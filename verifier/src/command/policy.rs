//! Risk models: those in the program, and files.

use std::path::Path;
use std::sync::OnceLock;

use zkmargin_engine::file::{read_text, STANDARD};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

use super::kind::{self, FileKind, LONGEST_INPUT};
use super::options::wrong;
use crate::error::VerifyError;

/// The policies inside the program, by name.
pub const BUNDLED: [&str; 6] = ["rm1", "rm2", "rm2-compact", "spanlike", "deribit", "wide"];

/// A policy by the name of a bundled one or by its file.
///
/// # Errors
/// When there is none, or it is wrong.
pub fn load(named: &str) -> Result<Policy, VerifyError> {
    match (named, embedded(named)) {
        ("rm1", _) => Ok(Policy::rm1()),
        (_, Some(text)) => Ok(Policy::from_toml(text, named)?),
        (_, None) => kind::read(file(named)?, FileKind::Policy, Policy::from_toml),
    }
}

/// The file of a policy that [`load`] takes.
///
/// # Errors
/// When it cannot be read.
pub fn text(named: &str) -> Result<String, VerifyError> {
    match embedded(named) {
        Some(text) => Ok(text.to_owned()),
        None => Ok(read_text(file(named)?, LONGEST_INPUT)?),
    }
}

fn embedded(named: &str) -> Option<&'static str> {
    match named {
        "rm1" => Some(include_str!("../../../policies/rm1.toml")),
        "rm2" => Some(include_str!("../../../policies/rm2.toml")),
        "rm2-compact" => Some(include_str!("../../../policies/rm2-compact.toml")),
        "spanlike" => Some(include_str!("../../../policies/spanlike.toml")),
        "deribit" => Some(include_str!("../../../policies/deribit.toml")),
        "wide" => Some(include_str!("../../../policies/wide.toml")),
        _ => None,
    }
}

/// The file of a policy that is not bundled.
fn file(named: &str) -> Result<&Path, VerifyError> {
    let path = Path::new(named);
    if path.exists() || named.contains(['/', '.']) || named == STANDARD {
        return Ok(path);
    }
    let hint = format!("bundled are {}; or name a TOML file", BUNDLED.join(", "));
    let problem = "neither a bundled policy nor a file";
    Err(wrong("policy", named, problem, hint))
}

/// The bundled policy of a digest. Of another one, margins and what the codes of underlyings are
/// called are whatever its author wrote, also under a well-known name.
pub fn bundled(digest: Fr) -> Option<&'static Policy> {
    static ALL: OnceLock<Vec<Policy>> = OnceLock::new();
    let all = ALL.get_or_init(|| BUNDLED.iter().filter_map(|name| load(name).ok()).collect());
    all.iter().find(|policy| policy.digest() == digest)
}

/// Whether a policy is one of those in this program.
pub fn is_bundled(policy: &Policy) -> bool {
    bundled(policy.digest()).is_some()
}
