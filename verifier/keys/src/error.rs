//! The error type of this crate.
//!
//! Every message says what is wrong (file, place, value) and ends with a `hint:` line that says
//! what to do about it.

use crate::setup::SetupError;
use zkmargin_engine::file::FileError;

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
    /// Key generation failed.
    #[error("key generation failed: {0}\nhint: the setup may be smaller than the circuit")]
    KeyGeneration(String),
    /// A proof bundle is malformed.
    #[error(transparent)]
    Bundle(#[from] zkmargin_verifier::proof_file::ProofFileError),
    /// A batch of a book has no circuit.
    #[error(transparent)]
    Batch(#[from] zkmargin_circuits::book::BatchError),
    /// The proof was made with another key.
    #[error("the proof was made with key `{found}`, not `{expected}`\nhint: another policy, size, setup or version of zkmargin")]
    OtherKey {
        /// Key of this verifier.
        expected: String,
        /// Key named by the bundle.
        found: String,
    },
    /// A public input is not what the verifier expects.
    #[error("the proof's {row} is not the expected one\nhint: it was made for another {row}")]
    OtherRow {
        /// Row by name.
        row: &'static str,
    },
    /// The proof does not hold.
    #[error("the proof does not hold for its statement\nhint: it was altered, cut, or never was a proof")]
    Rejected,
}

impl KeysError {
    /// Whether this is a definite no about a proof, as opposed to a failure to look at it.
    pub fn is_verdict(&self) -> bool {
        matches!(
            self,
            KeysError::OtherKey { .. } | KeysError::OtherRow { .. } | KeysError::Rejected
        )
    }
}
