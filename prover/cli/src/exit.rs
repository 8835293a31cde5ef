//! Exit codes, decided here and nowhere else.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | yes: done, solvent, verified |
//! | 1 | a definite no: the account is short, the proof does not hold |
//! | 2 | could not tell: wrong usage, bad input, no disk space |
//! | 3 | a packet fits its own root, and none was named from elsewhere |

use std::process::ExitCode;

use zkmargin_keys::error::KeysError;
use zkmargin_prover::book::BookError;
use zkmargin_prover::error::ProverError;
pub use zkmargin_verifier::command::Answer;
use zkmargin_verifier::error::VerifyError;

use super::error::CliError;

/// The exit code of an answer.
pub(crate) fn code(answer: Answer) -> ExitCode {
    ExitCode::from(answer.code())
}

/// The answer that a failure is.
pub fn answer(error: &CliError) -> Answer {
    match is_definite_no(error) {
        true => Answer::No,
        false => Answer::Untold,
    }
}

fn is_definite_no(error: &CliError) -> bool {
    let keys = |error: &KeysError| matches!(error, KeysError::No(_));
    match error {
        CliError::Verify(VerifyError::No(_)) => true,
        CliError::Keys(error) => keys(error),
        CliError::Prover(ProverError::Short { .. }) => true,
        CliError::Prover(ProverError::Verifier(error)) => keys(error),
        CliError::Book(error) => match error.as_ref() {
            BookError::Verifier(error) => keys(error),
            error => matches!(error, BookError::Proof { .. }),
        },
        _ => false,
    }
}
