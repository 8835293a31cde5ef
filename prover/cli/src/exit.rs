//! Exit codes, decided here and nowhere else.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | yes: done, solvent, verified |
//! | 1 | a definite no: the account is short, the proof does not hold |
//! | 2 | could not tell: wrong usage, bad input, no disk space |

use std::process::ExitCode;

use zkmargin_prover::error::ProverError;

use super::error::CliError;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, or the answer is yes.
    Yes,
    /// The answer is no, and the command has said so.
    No,
}

/// The exit code of a command.
pub fn code(result: &Result<Answer, CliError>) -> ExitCode {
    ExitCode::from(match result {
        Ok(Answer::Yes) => 0,
        Ok(Answer::No) => 1,
        Err(error) if is_definite_no(error) => 1,
        Err(_) => 2,
    })
}

fn is_definite_no(error: &CliError) -> bool {
    match error {
        CliError::Prover(ProverError::Short { .. }) => true,
        CliError::Prover(ProverError::Verifier(e)) | CliError::Keys(e) => e.is_verdict(),
        CliError::Book(error) => error.is_verdict(),
        _ => false,
    }
}
