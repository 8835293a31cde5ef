//! Risk models: those in the program, and files.

use std::path::Path;
use std::sync::OnceLock;

use zkmargin_engine::file::read_text;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

use super::options::{wrong, LONGEST_INPUT};
use crate::error::VerifyError;

/// The policies inside the program, by name.
pub const BUNDLED: [&str; 2] = ["rm1", "wide"];

/// A policy by the name of a bundled one or by its file.
///
/// # Errors
/// When there is none, or it is wrong.
pub fn load(named: &str) -> Result<Policy, VerifyError> {
    match named {
        "rm1" => Ok(Policy::rm1()),
        _ => Ok(Policy::from_toml(&text(named)?, named)?),
    }
}

/// The file of a policy that [`load`] takes.
///
/// # Errors
/// When it cannot be read.
pub fn text(named: &str) -> Result<String, VerifyError> {
    Ok(match named {
        "rm1" => include_str!("../../../policies/rm1.toml").to_owned(),
        "wide" => include_str!("../../../policies/wide.toml").to_owned(),
        path if !Path::new(path).exists() && !path.contains(['/', '.']) => {
            let hint = format!("bundled are {}; or name a TOML file", BUNDLED.join(" and "));
            let problem = "neither a bundled policy nor a file";
            return Err(wrong("policy", path, problem, hint));
        }
        path => read_text(Path::new(path), LONGEST_INPUT)?,
    })
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
