//! Who signs instead of sending: an oracle's signers a market, parties of an agreement what they grant.
//! All by EIP-712.

use alloy_primitives::{eip191_hash_message, Address, Bytes, B256, U256};
use alloy_sol_types::{eip712_domain, sol, SolStruct};
use k256::ecdsa::SigningKey;

use super::error::ChainError;

sol! {
    /// What is signed.
    #[allow(missing_docs)]
    struct Market {
        uint64 time;
        uint256 digest;
    }

    /// A beneficiary needs no proof to end this call.
    #[allow(missing_docs)]
    struct Acknowledgement {
        bytes32 id;
        uint32 call;
        uint64 deadline;
    }

    /// A venue pays what was announced.
    #[allow(missing_docs)]
    struct Payment {
        bytes32 id;
        uint32 announcement;
        uint256 amount;
        address recipient;
        uint64 deadline;
    }
}

/// What a party signs for a vault instead of sending it: the same as the vault's `…Hash`.
pub fn vault_hash(chain_id: u64, vault: Address, signed: &impl SolStruct) -> B256 {
    let domain = eip712_domain! {
        name: "zkmargin MarginVault",
        version: "2",
        chain_id: chain_id,
        verifying_contract: vault,
    };
    signed.eip712_signing_hash(&domain)
}

/// A key that signs markets. `Debug` shows the address only.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
}

impl Signer {
    /// A signer from a secret key.
    ///
    /// # Errors
    /// When the secret is zero or beyond the group order.
    pub(crate) fn new(secret: &B256) -> Result<Self, ChainError> {
        let key = SigningKey::from_slice(secret.as_slice()).map_err(|_| ChainError::SecretKey)?;
        Ok(Signer { key })
    }

    /// The address that its signatures recover to.
    pub fn address(&self) -> Address {
        let point = self.key.verifying_key().to_encoded_point(false);
        // The first byte says that both coordinates follow.
        Address::from_raw_public_key(&point.as_bytes()[1..])
    }

    /// A signature over a text, as wallets sign messages (EIP-191).
    ///
    /// # Errors
    /// Practically never, see `sign`.
    pub fn sign_message(&self, text: &str) -> Result<Bytes, ChainError> {
        Ok(self.sign(&eip191_hash_message(text))?.into())
    }

    /// A 65-byte signature over a hash: r, s below half the group order, 27 or 28.
    ///
    /// # Errors
    /// Practically never: when r or s would be zero.
    pub(crate) fn sign(&self, hash: &B256) -> Result<[u8; 65], ChainError> {
        let (signature, parity) = self
            .key
            .sign_prehash_recoverable(hash.as_slice())
            .map_err(|_| ChainError::SecretKey)?;
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = 27 + parity.to_byte();
        Ok(bytes)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.address())
    }
}

/// What a signer signs for a market: the same as the oracle's `hashOf`.
pub fn market_hash(chain_id: u64, oracle: Address, time: u64, digest: U256) -> B256 {
    let domain = eip712_domain! {
        name: "zkmargin MarketOracle",
        version: "1",
        chain_id: chain_id,
        verifying_contract: oracle,
    };
    Market { time, digest }.eip712_signing_hash(&domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_key() {
        // The first account of every local chain, whose key is public.
        let secret = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        let signer = Signer::new(&secret.parse().unwrap()).unwrap();
        let address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        assert_eq!(signer.address().to_string(), address);
        assert_eq!(format!("{signer:?}"), format!("Signer({address})"));
        assert!(Signer::new(&B256::ZERO).is_err());
    }
}
