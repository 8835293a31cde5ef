//! What a person reads when a command could not do its work.

use zkmargin_chain::solidity::SolidityError;
use zkmargin_chain::terms::TermsError;
use zkmargin_chain::ChainError;
use zkmargin_desk::generate::GenerateError;
use zkmargin_desk::import::ImportError;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::file::FileError;
use zkmargin_keys::error::KeysError;
use zkmargin_prover::book::queue::QueueError;
use zkmargin_prover::book::BookError;
use zkmargin_prover::error::ProverError;
use zkmargin_verifier::command::wrong_option;
use zkmargin_verifier::error::{FieldError, VerifyError};
use zkmargin_verifier::verdict::No;

use super::hint::with_options;

/// Any failure of a command. The message names file, field and value and ends with a hint.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A policy, market or account is wrong.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Setup, key, bundle or file.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A contract could not be generated.
    #[error("{}", with_options(.0))]
    Solidity(#[from] SolidityError),
    /// Proving.
    #[error("{}", with_options(.0))]
    Prover(#[from] ProverError),
    /// A book.
    #[error("{}", with_options(.0.as_ref()))]
    Book(Box<BookError>),
    /// A check could not be made.
    #[error("{}", with_options(.0))]
    Verify(#[from] VerifyError),
    /// A chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Terms of an agreement.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// The queue of batches and its broker.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A generator.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// An import.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Standard output is gone for another reason than a closed pipe.
    #[error("standard output: {0}\nhint: check where the output goes")]
    Output(std::io::Error),
    /// A contract took what it must refuse, or the other way round.
    #[error("{0}\nhint: this is a fault of the contracts or of this program; please report it")]
    Demo(String),
    /// A key that was not named.
    #[error(
        "no key is named\nhint: --size is a key of margin proofs, --batch one of a book's batches"
    )]
    NoKey,
    /// A command that there is not.
    #[error("{parent} has no command {name:?}\nhint: {hint}")]
    NoCommand {
        /// The name given.
        name: String,
        /// The command that should have it.
        parent: String,
        /// What there is.
        hint: String,
    },
    /// A file where a folder is wanted.
    #[error("{path}: this is a file, and a folder is wanted here\nhint: {hint}")]
    NoFolder {
        /// The file.
        path: String,
        /// What to do.
        hint: &'static str,
    },
    /// The setup in the program is too small.
    #[error(
        "{what} needs 2^{needed} powers, and the setup in the program has 2^{there}\n\
         hint: `zkmargin setup import` a ceremony file and name it with --setup; to try it out, \
         `zkmargin setup insecure --k {needed}`"
    )]
    Powers {
        /// What needs them.
        what: String,
        /// log2 of the powers that are needed.
        needed: u32,
        /// log2 of those that are there.
        there: u32,
    },
    /// A line of a book's leaves cannot be used, or the leaf looked for is in none.
    #[error("{file}: line {line}: {value}: {problem}\nhint: {hint}")]
    Leaves {
        /// The list of leaves.
        file: String,
        /// Number of the line; one past the last when the whole list was searched.
        line: usize,
        /// What stands there, or the leaf looked for.
        value: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        KeysError::from(error).into()
    }
}

impl From<FieldError> for CliError {
    fn from(error: FieldError) -> Self {
        VerifyError::from(error).into()
    }
}

impl From<No> for CliError {
    fn from(no: No) -> Self {
        VerifyError::from(no).into()
    }
}

impl From<BookError> for CliError {
    fn from(error: BookError) -> Self {
        CliError::Book(Box::new(error))
    }
}

impl CliError {
    /// An option whose value cannot be used.
    pub(crate) fn option(
        option: &'static str,
        value: impl ToString,
        problem: impl ToString,
        hint: impl ToString,
    ) -> CliError {
        wrong_option(option, value, problem, hint).into()
    }
}
