//! `zkmargin-verify`: the verdict on a proof bundle, with no proving code in the program.
//!
//! Exit codes: 0 the proof holds, 1 it does not, 2 could not tell.

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}
