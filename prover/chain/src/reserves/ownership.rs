//! Statements by which the holder of a key says that an address belongs to a venue's reserves.
//!
//! | scheme | what is signed |
//! |---|---|
//! | `personal_sign` | EIP-191 version 0x45 over [`Ownership::text`], as wallets sign messages |
//! | `typed_data` | EIP-712 over `Ownership(string venue,bytes32 bookRoot,address account,uint256 chainId,uint256 blockNumber)` in the domain `zkmargin Reserves`, version 1 |
//!
//! A signature is 65 bytes: r, s in the lower half of the group order, and 27 or 28.

use alloy_primitives::{eip191_hash_message, Address, B256, U256};
use alloy_sol_types::{eip712_domain, sol, SolStruct};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

mod typed {
    #![allow(missing_docs)]
    super::sol! {
        struct Ownership {
            string venue;
            bytes32 bookRoot;
            address account;
            uint256 chainId;
            uint256 blockNumber;
        }
    }
}

/// How a statement is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// EIP-191 over a text that people can read.
    PersonalSign,
    /// EIP-712 over the same fields.
    TypedData,
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Name of the venue: one line.
    pub venue: String,
    /// Root of the book whose liabilities the address stands for.
    pub book: B256,
    /// The address.
    pub address: Address,
    /// The chain that it is on.
    pub chain_id: u64,
    /// The block at which its balance counts.
    pub block: u64,
}

/// Why a signature does not show that an address belongs to a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
}

impl Ownership {
    /// The text for [`Scheme::PersonalSign`].
    pub fn text(&self) -> String {
        format!(
            "zkmargin reserves\n\nI control this address, and what it holds at this block is part \
             of the reserves of the venue.\n\nVenue: {}\nBook root: {}\nAddress: {}\n\
             Chain id: {}\nBlock: {}",
            self.venue, self.book, self.address, self.chain_id, self.block
        )
    }

    /// The document for [`Scheme::TypedData`], as `eth_signTypedData_v4` takes it.
    pub fn typed_data(&self) -> serde_json::Value {
        let field = |name: &str, kind: &str| serde_json::json!({ "name": name, "type": kind });
        serde_json::json!({
            "types": {
                "EIP712Domain": [field("name", "string"), field("version", "string")],
                "Ownership": [
                    field("venue", "string"),
                    field("bookRoot", "bytes32"),
                    field("account", "address"),
                    field("chainId", "uint256"),
                    field("blockNumber", "uint256"),
                ],
            },
            "primaryType": "Ownership",
            "domain": { "name": "zkmargin Reserves", "version": "1" },
            "message": {
                "venue": self.venue,
                "bookRoot": self.book,
                "account": self.address,
                "chainId": self.chain_id.to_string(),
                "blockNumber": self.block.to_string(),
            },
        })
    }

    /// The hash that is signed.
    pub(crate) fn hash(&self, scheme: Scheme) -> B256 {
        match scheme {
            Scheme::PersonalSign => eip191_hash_message(self.text()),
            Scheme::TypedData => {
                let domain = eip712_domain! { name: "zkmargin Reserves", version: "1", };
                let typed = typed::Ownership {
                    venue: self.venue.clone(),
                    bookRoot: self.book,
                    account: self.address,
                    chainId: U256::from(self.chain_id),
                    blockNumber: U256::from(self.block),
                };
                typed.eip712_signing_hash(&domain)
            }
        }
    }

    /// Whether the key of the address signed this statement.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn check(&self, scheme: Scheme, signature: &[u8]) -> Result<(), SignatureFault> {
        match recover(&self.hash(scheme), signature)? {
            signer if signer == self.address => Ok(()),
            signer => Err(SignatureFault::Other(signer)),
        }
    }
}

/// The address whose key gave a signature.
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
