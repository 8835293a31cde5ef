//! `zkmargin-verify`: the verdict on a proof bundle, with no proving code in the program.
//!
//! Exit codes: 0 the proof holds, 1 it does not, 2 could not tell.

#[cfg(feature = "keys")]
#[path = "command/with_keys.rs"]
mod command;
#[cfg(not(feature = "keys"))]
#[path = "command/without_keys.rs"]
mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}
