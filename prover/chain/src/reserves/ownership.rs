//! Statements by which the holder of a key says that an address belongs to a venue's reserves, or to its
//! insurance fund.
//!
//! | scheme | what is signed |
//! |---|---|
//! | `personal_sign` | EIP-191 version 0x45 over [`Ownership::text`], as wallets sign messages |
//! | `typed_data` | EIP-712 over the fields of the text in the domain `zkmargin Reserves`, version 2 |
//! | `eip1271` | the same document, for a contract that says itself what it signed (EIP-1271) |
//! | `bip137` | [`Ownership::text`] as a message of Bitcoin, with the key recovered (BIP-137) |
//! | `bip322` | the same text as a witness that spends nothing (BIP-322, simple) |
//!
//! Everything that the holding counts for stands in what is signed: venue, book, part, asset, chain,
//! token, address and block. So nobody can show it for another book, another asset or another token.

use alloy_primitives::{eip191_hash_message, Address, B256, U256};
use alloy_sol_types::{eip712_domain, sol, SolStruct};
use serde::Serialize;

use super::place::Holder;
use super::signature::{recover, Scheme, SignatureFault, Signed};

mod typed {
    #![allow(missing_docs)]
    super::sol! {
        struct Ownership {
            string venue;
            bytes32 bookRoot;
            string part;
            string asset;
            address token;
            address account;
            uint256 chainId;
            uint256 blockNumber;
        }
    }
}

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What customers are paid from.
    Reserves,
    /// What pays for accounts under water.
    InsuranceFund,
}

impl Part {
    /// In what is signed.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Reserves => "reserves",
            Part::InsuranceFund => "insurance fund",
        }
    }
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Name of the venue: one line.
    pub venue: String,
    /// Root of the book whose liabilities the address stands for.
    pub book: B256,
    /// What it is for.
    pub part: Part,
    /// Name of the asset that it backs.
    pub asset: String,
    /// The address.
    pub holder: Holder,
    /// The token; `None` for the chain's own coin.
    pub token: Option<Address>,
    /// The block at which its balance counts.
    pub block: u64,
}

impl Ownership {
    /// The text that people read and sign.
    pub fn text(&self) -> String {
        let token = match self.token {
            Some(token) => token.to_string(),
            None => "the chain's own coin".to_owned(),
        };
        format!(
            "zkmargin reserves\n\nI control this address, and what it holds at this block is part \
             of the {} of the venue.\n\nVenue: {}\nBook root: {}\nAsset: {}\nToken: {token}\n\
             Address: {}\nChain: {}\nBlock: {}",
            self.part.name(),
            self.venue,
            self.book,
            self.asset,
            self.holder,
            self.holder.chain(),
            self.block
        )
    }

    /// The typed document, as `eth_signTypedData_v4` takes it; `None` for Bitcoin, which has none.
    pub fn typed_data(&self) -> Option<serde_json::Value> {
        let Holder::Account { chain, address } = self.holder else {
            return None;
        };
        let field = |name: &str, kind: &str| serde_json::json!({ "name": name, "type": kind });
        Some(serde_json::json!({
            "types": {
                "EIP712Domain": [field("name", "string"), field("version", "string")],
                "Ownership": [
                    field("venue", "string"),
                    field("bookRoot", "bytes32"),
                    field("part", "string"),
                    field("asset", "string"),
                    field("token", "address"),
                    field("account", "address"),
                    field("chainId", "uint256"),
                    field("blockNumber", "uint256"),
                ],
            },
            "primaryType": "Ownership",
            "domain": { "name": "zkmargin Reserves", "version": "2" },
            "message": {
                "venue": self.venue,
                "bookRoot": self.book,
                "part": self.part.name(),
                "asset": self.asset,
                "token": self.token.unwrap_or_default(),
                "account": address,
                "chainId": chain.to_string(),
                "blockNumber": self.block.to_string(),
            },
        }))
    }

    /// The hash of the typed document of an address.
    pub(super) fn typed_hash(&self, chain: u64, account: Address) -> B256 {
        let domain = eip712_domain! { name: "zkmargin Reserves", version: "2", };
        let typed = typed::Ownership {
            venue: self.venue.clone(),
            bookRoot: self.book,
            part: self.part.name().to_owned(),
            asset: self.asset.clone(),
            token: self.token.unwrap_or_default(),
            account,
            chainId: U256::from(chain),
            blockNumber: U256::from(self.block),
        };
        typed.eip712_signing_hash(&domain)
    }

    /// Whether the key of the address signed this statement.
    pub(super) fn check(&self, scheme: Scheme, signature: &[u8]) -> Signed {
        let by_key = |hash: B256, address: Address| match recover(&hash, signature) {
            Ok(signer) if signer == address => Signed::Yes,
            Ok(signer) => Signed::No(SignatureFault::Other(signer)),
            Err(fault) => Signed::No(fault),
        };
        match (scheme, &self.holder) {
            (Scheme::PersonalSign, Holder::Account { address, .. }) => {
                by_key(eip191_hash_message(self.text()), *address)
            }
            (Scheme::TypedData, Holder::Account { chain, address }) => {
                by_key(self.typed_hash(*chain, *address), *address)
            }
            (Scheme::Eip1271, Holder::Account { .. }) => Signed::Ask,
            (Scheme::Bip137 | Scheme::Bip322, Holder::Bitcoin(address)) => {
                super::bitcoin::check(scheme, address, &self.text(), signature)
            }
            // The reader of the file lets no other pair through.
            _ => Signed::No(SignatureFault::Form("no way to sign of this chain")),
        }
    }
}
