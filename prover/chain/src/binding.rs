//! What ties a proof to a vault, computed from public data as the vault does.

use alloy_primitives::{keccak256, Address, B256, U256};
use alloy_sol_types::SolValue;
use ff::PrimeField;
use zkmargin_engine::Fr;

use super::abi::MarginVault::{Action, Terms};

/// A field element as a word of the chain.
pub fn word(element: Fr) -> U256 {
    U256::from_le_bytes::<32>(element.to_repr())
}

/// The high 248 bits of a hash.
fn to_field(hash: B256) -> Fr {
    let high: U256 = U256::from_be_bytes(hash.0) >> 8;
    Option::from(Fr::from_repr(high.to_le_bytes())).expect("248 bits are below the modulus")
}

/// Scope of a vault.
pub fn scope(chain_id: u64, vault: Address) -> Fr {
    let tag = keccak256("zkmargin MarginVault scope v2");
    to_field(keccak256((tag, U256::from(chain_id), vault).abi_encode()))
}

/// Identity of an agreement.
pub fn agreement_id(terms: &Terms) -> B256 {
    keccak256(terms.abi_encode())
}

/// What a proof is for.
#[derive(Clone, Copy, Debug)]
pub struct Intent {
    /// Identity of the agreement.
    pub id: B256,
    /// What will be done.
    pub action: Action,
    /// Units of the token that leave or are announced, zero otherwise.
    pub amount: U256,
    /// The agreement's nonce.
    pub nonce: u32,
    /// Last second at which the proof may be used, Unix seconds.
    pub deadline: u64,
    /// Who is paid; zero where nobody is.
    pub recipient: Address,
    /// Of the call, for an answer; of the announcement, for its payment or cancellation; zero otherwise.
    pub number: u32,
}

impl Intent {
    /// What a venue is shown when it credits an agreement: one message for each, since it does so once.
    pub fn credit(id: B256) -> Self {
        Intent {
            id,
            action: Action::Credit,
            amount: U256::ZERO,
            nonce: 0,
            deadline: 0,
            recipient: Address::ZERO,
            number: 0,
        }
    }

    /// Message that binds a proof to this, on a chain, for a vault.
    pub fn message(&self, chain_id: u64, vault: Address) -> Fr {
        let tag = keccak256("zkmargin MarginVault message v2");
        let words = (
            tag,
            U256::from(chain_id),
            vault,
            self.id,
            U256::from(self.action as u8),
            self.amount,
            U256::from(self.nonce),
            U256::from(self.deadline),
            self.recipient,
            U256::from(self.number),
        );
        to_field(keccak256(words.abi_encode()))
    }
}
