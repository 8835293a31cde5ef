//! The verdict on a bundle: key, expected rows, proof.

use super::LightVerifier;
use crate::bn254::Fr;
use crate::proof_file::{ProofFile, ProofFileError, ROWS};
use crate::protocol::{Protocol, ProtocolError};
use crate::transcript::Encoding;

/// Why there is no verdict, or a definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LightError {
    /// The bundle is malformed.
    #[error(transparent)]
    File(#[from] ProofFileError),
    /// The protocol is malformed.
    #[error("{file}: {fault}")]
    Protocol {
        /// File name.
        file: String,
        /// What is wrong with it.
        fault: ProtocolError,
    },
    /// The program holds no protocol of this size.
    #[error("no key of size `{size}` is in the program\nhint: give the key with --protocol")]
    NoKey {
        /// Size of the bundle.
        size: String,
    },
    /// The protocol has other public inputs than a margin proof.
    #[error("the key has {0} public inputs, a margin proof has 8\nhint: another kind of key")]
    PublicInputs(u32),
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

impl LightError {
    /// Whether this is a definite no about a proof.
    pub fn is_verdict(&self) -> bool {
        matches!(
            self,
            LightError::OtherKey { .. } | LightError::OtherRow { .. } | LightError::Rejected
        )
    }
}

/// A bundle that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Rows that the verifier knew himself.
    pub checked: Vec<&'static str>,
    /// Rows that he took from the bundle.
    pub trusted: Vec<&'static str>,
    /// The setup is insecure: the proof proves nothing to a stranger.
    pub insecure: bool,
}

/// The protocol of a size under RM-1 and the Ignition setup, which the program holds.
///
/// # Errors
/// [`LightError::NoKey`].
pub fn embedded(size: &str) -> Result<Protocol, LightError> {
    let bytes: &[u8] = match size {
        "small" => include_bytes!("../../assets/protocols/rm1-small.zkprotocol"),
        "standard" => include_bytes!("../../assets/protocols/rm1-standard.zkprotocol"),
        _ => {
            let size = size.to_owned();
            return Err(LightError::NoKey { size });
        }
    };
    Protocol::from_bytes(bytes).map_err(|fault| LightError::Protocol {
        file: format!("rm1-{size}.zkprotocol"),
        fault,
    })
}

impl LightVerifier {
    /// Checks a bundle. `expected` holds what the verifier knows of each row; the policy is always
    /// known, the key insists on it.
    ///
    /// # Errors
    /// [`LightError`].
    pub fn check(
        &self,
        bundle: &ProofFile,
        file: &str,
        expected: &[Option<Fr>; 8],
    ) -> Result<Verdict, LightError> {
        let label = &self.protocol().label;
        if self.protocol().public_inputs as usize != ROWS.len() {
            return Err(LightError::PublicInputs(self.protocol().public_inputs));
        }
        if bundle.key != label.key || bundle.size != label.size {
            return Err(LightError::OtherKey {
                expected: label.key.clone(),
                found: bundle.key.clone(),
            });
        }
        let rows = bundle.statement.rows(file)?;
        let (mut checked, mut trusted) = (Vec::new(), Vec::new());
        for (i, row) in ROWS.into_iter().enumerate() {
            let known = if i == 0 {
                Some(label.policy)
            } else {
                expected[i]
            };
            match known {
                Some(value) if value == rows[i] => checked.push(row),
                Some(_) => return Err(LightError::OtherRow { row }),
                None => trusted.push(row),
            }
        }
        self.verify(&rows, &bundle.proof, Encoding::Compact)
            .map_err(|_| LightError::Rejected)?;
        Ok(Verdict {
            checked,
            trusted,
            insecure: label.insecure,
        })
    }
}
