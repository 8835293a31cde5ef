//! The error type of this crate.
//!
//! Every message says what is wrong (file, place, value) and ends with a `hint:` line that says
//! what to do about it.

use crate::setup::SetupError;
use zkmargin_engine::file::FileError;
use zkmargin_verifier::verdict::No;

/// Why the verifier side could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A trusted setup is damaged, unsafe, or of the wrong size.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A key could not be described as data.
    #[error(transparent)]
    Protocol(#[from] zkmargin_verifier::protocol::ProtocolError),
    /// A policy that no circuit knows.
    #[error(transparent)]
    Policy(Box<zkmargin_engine::error::Error>),
    /// Key generation failed.
    #[error("key generation failed: {0}\nhint: the setup may be smaller than the circuit")]
    KeyGeneration(String),
    /// A batch of a book has no circuit.
    #[error(transparent)]
    Batch(#[from] zkmargin_circuits::book::BatchError),
    /// A proof does not hold: a definite no.
    #[error(transparent)]
    No(#[from] No),
}

impl From<zkmargin_engine::error::Error> for KeysError {
    fn from(error: zkmargin_engine::error::Error) -> Self {
        KeysError::Policy(Box::new(error))
    }
}
