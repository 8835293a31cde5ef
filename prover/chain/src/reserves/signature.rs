//! Ways to sign, and what may be wrong with a signature.

use alloy_primitives::{Address, B256};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::place::Chain;

/// How a statement is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// EIP-191 over a text that people can read.
    PersonalSign,
    /// EIP-712 over the same fields.
    TypedData,
    /// The same document, which a contract says that it signed.
    Eip1271,
    /// A message of Bitcoin, signed with a key that is recovered.
    Bip137,
    /// A message of Bitcoin, signed as a witness.
    Bip322,
}

impl Scheme {
    /// Whether addresses of a chain sign so.
    pub(super) fn is_of(self, chain: Chain) -> bool {
        let bitcoin = matches!(self, Scheme::Bip137 | Scheme::Bip322);
        bitcoin == (chain == Chain::Bitcoin)
    }

    /// Whether what is signed is the typed document.
    pub fn is_typed(self) -> bool {
        matches!(self, Scheme::TypedData | Scheme::Eip1271)
    }
}

/// Why a signature does not show that an address belongs to a venue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// Another length.
    #[error("a signature has 65 bytes, this one has {0}")]
    Length(usize),
    /// The last byte.
    #[error("the last byte of a signature is 27 or 28, here it is {0}")]
    Parity(u8),
    /// r or s is zero or beyond the group order.
    #[error("r or s is out of range")]
    Range,
    /// s is in the upper half: a second signature for the same statement.
    #[error("s is in the upper half of its range")]
    HighS,
    /// No key gives this signature.
    #[error("no key gives this signature")]
    NoKey,
    /// Another key signed, or something else was signed.
    #[error("the signature is that of {0}: another key, or another statement")]
    Other(Address),
    /// The contract says that it signed no such thing.
    #[error("the contract says that it did not sign this statement")]
    Contract,
    /// A signature of Bitcoin is out of form.
    #[error("{0}")]
    Form(&'static str),
    /// The key of a Bitcoin address did not sign this.
    #[error("the signature is that of another key, or of another statement")]
    Foreign,
}

/// Whether a statement is signed, as far as it can be told without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Yes,
    No(SignatureFault),
    /// A contract has to be asked.
    Ask,
    /// This program cannot tell.
    Untold(&'static str),
}

/// The address whose key gave a signature of r, s in the lower half of the group order, and 27 or 28.
///
/// # Errors
/// When it is not in its one canonical form.
pub(crate) fn recover(hash: &B256, signature: &[u8]) -> Result<Address, SignatureFault> {
    let (rs, parity) = match signature {
        [rs @ .., parity] if rs.len() == 64 => (rs, *parity),
        other => return Err(SignatureFault::Length(other.len())),
    };
    let recovery = match parity {
        27 | 28 => RecoveryId::new(parity == 28, false),
        other => return Err(SignatureFault::Parity(other)),
    };
    let signature = Signature::from_slice(rs).map_err(|_| SignatureFault::Range)?;
    if signature.normalize_s().is_some() {
        return Err(SignatureFault::HighS);
    }
    let key = VerifyingKey::recover_from_prehash(hash.as_slice(), &signature, recovery);
    let point = key
        .map_err(|_| SignatureFault::NoKey)?
        .to_encoded_point(false);
    // The first byte says that both coordinates follow.
    Ok(Address::from_raw_public_key(&point.as_bytes()[1..]))
}
