//! The file of a venue's addresses.
//!
//! ```json
//! {"venue": "Example Exchange", "book": "0x… root of the book …", "assets": [
//!   {"asset": "ETH", "addresses": [
//!     {"address": "0xf39F…2266", "chain_id": 1, "block": 25000000, "balance": "1250.5",
//!      "scheme": "personal_sign", "signature": "0x…"}]},
//!   {"asset": "USDC", "token": "0xA0b8…eB48", "addresses": [ … ]}]}
//! ```
//!
//! `asset` is the name of a cash or spot asset that the market lists: the one that follows from its
//! id, not a text of the market file. Several entries may back one asset, with different tokens.
//! Without `token` the balance is the chain's own coin. `signature` is left out until it is made:
//! `zkmargin book reserves --messages` shows what to sign.
//!
//! The same coins must not count twice. So a file shows each chain at one block, an address once
//! for each token of a chain, and the chain's own coin never as a token.

use std::collections::HashMap;

use alloy_primitives::{address, hex, Address, B256};
use serde::Deserialize;
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{parse_decimal, parse_element};

use super::ownership::{Ownership, Scheme};
use crate::address::{parse_address, ADDRESS_HINT};
use zkmargin_prover::book::error::BookError;
use zkmargin_verifier::error::FieldError;

/// Decimals of balances.
pub(crate) const DECIMALS: u32 = 18;
/// Longest name of a venue.
const LONGEST_NAME: usize = 100;
/// Contracts through which a chain shows its own coin as a token, whatever the chain: what they
/// report is the balance that counts without a token. Those below 2^16 are system contracts.
const OWN_COIN: [Address; 3] = [
    address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"),
    address!("DeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000"),
    // CELO.
    address!("471EcE3750Da237f93B8E339c536989b8978a438"),
];

/// A venue's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Name of the venue.
    pub venue: String,
    /// Root of the book that they stand for.
    pub book: B256,
    /// The holdings in the order of the file.
    pub holdings: Vec<Holding>,
}

/// An address and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Where it stands in the file.
    pub path: String,
    /// The asset that it backs.
    pub asset: InstrumentId,
    /// The token; `None` for the chain's own coin.
    pub token: Option<Address>,
    /// What is signed.
    pub ownership: Ownership,
    /// Claimed balance, 1e-18.
    pub balance: u128,
    /// How it is signed.
    pub scheme: Scheme,
    /// The signature, where there is one yet.
    pub signature: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    venue: String,
    book: String,
    assets: Vec<AssetFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetFile {
    asset: String,
    token: Option<String>,
    addresses: Vec<AddressFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressFile {
    address: String,
    chain_id: u64,
    block: u64,
    balance: String,
    scheme: Scheme,
    signature: Option<String>,
}

impl Addresses {
    /// Reads a file; `name` is for messages.
    ///
    /// # Errors
    /// For what is not of the form above, an asset that the market does not have, a number or an
    /// address out of form, and coins that would count twice.
    pub fn from_json(
        text: &str,
        name: &str,
        (market, policy): (&Market, &Policy),
    ) -> Result<Self, BookError> {
        let read = Reading { file: name };
        let file: File = serde_json::from_str(text).map_err(|e| {
            let hint =
                "a list of addresses has the fields venue, book and assets; FORMATS.md shows one";
            read.wrong("(json)", e.to_string(), hint)
        })?;
        // The name is part of a text that people sign, and stands beside the verdict: it must not
        // look like another part of either, nor turn the direction of what follows.
        let plain = |c: char| c.is_alphanumeric() || c.is_ascii_punctuation() || c == ' ';
        let length = file.venue.chars().count();
        if length == 0 || length > LONGEST_NAME || !file.venue.chars().all(plain) {
            let hint = "1 to 100 letters, digits, blanks and marks such as . , - &";
            return Err(read.wrong("venue", "not a name".to_owned(), hint));
        }
        let book = read.root(&file.book)?;
        let mut holdings = Vec::new();
        for (n, entry) in file.assets.iter().enumerate() {
            let path = format!("assets[{n}]");
            let asset = read.asset(&path, &entry.asset, (market, policy))?;
            let token = entry.token.as_deref();
            let token = token.map(|text| read.token(&format!("{path}.token"), text));
            let token = token.transpose()?;
            for (i, address) in entry.addresses.iter().enumerate() {
                let path = format!("{path}.addresses[{i}]");
                holdings.push(Holding {
                    asset,
                    token,
                    ownership: Ownership {
                        venue: file.venue.clone(),
                        book,
                        address: read.address(&format!("{path}.address"), &address.address)?,
                        chain_id: address.chain_id,
                        block: address.block,
                    },
                    balance: read.balance(&path, &address.balance)?,
                    scheme: address.scheme,
                    signature: read.signature(&path, address.signature.as_deref())?,
                    path,
                });
            }
        }
        read.once(&holdings)?;
        Ok(Addresses {
            venue: file.venue,
            book,
            holdings,
        })
    }
}

struct Reading<'a> {
    file: &'a str,
}

impl Reading<'_> {
    fn wrong(&self, field: &str, problem: String, hint: &'static str) -> BookError {
        FieldError::new(self.file, field, problem, hint).into()
    }

    fn root(&self, text: &str) -> Result<B256, BookError> {
        let root = parse_element(text).map_err(|e| {
            let hint = "the root of the book, as `zkmargin book verify` shows it";
            self.wrong("book", format!("{:?}: {e}", cut(text)), hint)
        })?;
        let mut bytes: [u8; 32] = ff::PrimeField::to_repr(&root);
        bytes.reverse();
        Ok(B256::from(bytes))
    }

    /// No coin counts twice, whatever asset it is listed under.
    fn once(&self, holdings: &[Holding]) -> Result<(), BookError> {
        let mut blocks: HashMap<u64, &Holding> = HashMap::new();
        let mut seen: HashMap<(u64, Address, Option<Address>), &str> = HashMap::new();
        for holding in holdings {
            let Ownership {
                address,
                chain_id,
                block,
                ..
            } = holding.ownership;
            let path = &holding.path;
            let first = *blocks.entry(chain_id).or_insert(holding);
            if first.ownership.block != block {
                let problem = format!(
                    "block {block} of chain {chain_id}, which {} shows at block {}: coins that \
                     moved in between would count twice",
                    first.path, first.ownership.block
                );
                let hint = "show every address of a chain at one block, and sign again";
                return Err(self.wrong(&format!("{path}.block"), problem, hint));
            }
            if let Some(first) = seen.insert((chain_id, address, holding.token), path) {
                let problem = format!(
                    "{address} on chain {chain_id} is in the list already, at {first}, with the \
                     same {}",
                    holding.token.map_or("coin", |_| "token")
                );
                let hint = "list an address once for each token of a chain";
                return Err(self.wrong(&format!("{path}.address"), problem, hint));
            }
        }
        Ok(())
    }

    fn asset(
        &self,
        path: &str,
        name: &str,
        (market, policy): (&Market, &Policy),
    ) -> Result<InstrumentId, BookError> {
        let id = InstrumentId::from_name(name, policy);
        let asset = id.filter(|id| id.kind().is_asset());
        asset
            .filter(|id| market.find(*id).is_some())
            .ok_or_else(|| {
                let problem = format!("{:?}: the market has no such cash or spot", cut(name));
                let hint = "name an asset as `zkmargin book verify` does, such as BTC or USD";
                self.wrong(&format!("{path}.asset"), problem, hint)
            })
    }

    fn token(&self, field: &str, text: &str) -> Result<Address, BookError> {
        let token = self.address(field, text)?;
        let system = token.as_slice()[..18].iter().all(|byte| *byte == 0);
        match system || OWN_COIN.contains(&token) {
            false => Ok(token),
            true => {
                let problem = format!("{:?}: no token but the chain's own coin", cut(text));
                let hint = "leave token out for the chain's own coin, and list that once";
                Err(self.wrong(field, problem, hint))
            }
        }
    }

    fn address(&self, field: &str, text: &str) -> Result<Address, BookError> {
        parse_address(text).map_err(|problem| {
            self.wrong(field, format!("{:?}: {problem}", cut(text)), ADDRESS_HINT)
        })
    }

    fn balance(&self, path: &str, text: &str) -> Result<u128, BookError> {
        parse_decimal(text, DECIMALS).map_err(|e| {
            let problem = format!("{:?}: {e}", cut(text));
            let hint = "units of the asset in a string, at most 18 decimals, such as \"1250.5\"";
            self.wrong(&format!("{path}.balance"), problem, hint)
        })
    }

    fn signature(&self, path: &str, text: Option<&str>) -> Result<Option<Vec<u8>>, BookError> {
        let Some(text) = text else {
            return Ok(None);
        };
        let digits = text.strip_prefix("0x").filter(|d| d.len() <= 2 * 1024);
        match digits.map(hex::decode) {
            Some(Ok(bytes)) => Ok(Some(bytes)),
            _ => Err(self.wrong(
                &format!("{path}.signature"),
                "not 0x and hexadecimal digits".to_owned(),
                "65 bytes as the wallet gives them",
            )),
        }
    }
}

/// A value for a message.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
