//! The file of a venue's addresses.
//!
//! ```json
//! {"venue": "Example Exchange", "book": "0x… root of the book …", "assets": [
//!   {"asset": "ETH", "addresses": [
//!     {"address": "0xf39F…2266", "chain_id": 1, "block": 25000000, "balance": "1250.5",
//!      "scheme": "personal_sign", "signature": "0x…"}]},
//!   {"asset": "BTC", "addresses": [
//!     {"address": "bc1q…", "chain": "bitcoin", "block": 930000, "balance": "12.5",
//!      "scheme": "bip322", "signature": "base64"}]},
//!   {"asset": "USDC", "token": "0xA0b8…eB48", "addresses": [ … ]}],
//!  "insurance_fund": [ … as assets … ],
//!  "custody": [ … agreements, see `file/agreements.rs` … ]}
//! ```
//!
//! `asset` is the name of a cash or spot asset that the market lists: the one that follows from its
//! id, not a text of the market file. Several entries may back one asset, with different tokens.
//! Without `token` the balance is the chain's own coin. `signature` is left out until it is made:
//! `zkmargin book reserves --messages` shows what to sign.
//!
//! The same coins must not count twice. So a file shows each chain at one block, an address once
//! for each token of a chain, the chain's own coin never as a token, and an address of the insurance
//! fund nowhere else.

mod agreements;
mod others;

use std::collections::HashMap;

use alloy_primitives::{hex, Address, B256};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde::Deserialize;
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::policy::{Policy, ENTRY_COSTS};
use zkmargin_engine::units::{parse_decimal, parse_element};

use super::bitcoin;
use super::custody::{is_custody, Custody};
use super::ownership::{Ownership, Part};
use super::place::{self, Chain, Holder, BITCOIN};
use super::signature::Scheme;
use crate::address::{parse_address, ADDRESS_HINT};
use agreements::CustodyFile;
pub use others::{others, Others};
use zkmargin_prover::book::error::BookError;
use zkmargin_verifier::error::FieldError;

/// Decimals of balances.
pub(crate) const DECIMALS: u32 = 18;
/// Longest name of a venue.
const LONGEST_NAME: usize = 100;
/// No signature is longer, in bytes.
const LONGEST_SIGNATURE: usize = 16 << 10;

/// A venue's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Name of the venue.
    pub venue: String,
    /// Root of the book that they stand for.
    pub book: B256,
    /// The holdings in the order of the file.
    pub holdings: Vec<Holding>,
    /// Agreements of custody in the order of the file.
    pub custody: Vec<Custody>,
}

/// An address and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Where it stands in the file.
    pub path: String,
    /// The asset that it backs.
    pub asset: InstrumentId,
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
    #[serde(default)]
    insurance_fund: Vec<AssetFile>,
    #[serde(default)]
    custody: Vec<CustodyFile>,
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
    chain_id: Option<u64>,
    chain: Option<String>,
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
        let file = read.file(text)?;
        let book = read.root(&file.book)?;
        let mut holdings = Vec::new();
        for (part, list, entries) in [
            (Part::Reserves, "assets", &file.assets),
            (Part::InsuranceFund, "insurance_fund", &file.insurance_fund),
        ] {
            for (n, entry) in entries.iter().enumerate() {
                let path = format!("{list}[{n}]");
                let asset = read.asset(&path, &entry.asset, (market, policy))?;
                if is_custody(&asset.name(policy)) {
                    let problem = format!("{:?} is counted by agreements", cut(&entry.asset));
                    let hint = "name the agreements under custody: addresses cannot back it";
                    return Err(read.wrong(&format!("{path}.asset"), problem, hint));
                }
                if asset.name(policy) == ENTRY_COSTS {
                    let problem = format!("{:?} is owed in USD", cut(&entry.asset));
                    let hint = "name USD: entry costs and dollars are one asset";
                    return Err(read.wrong(&format!("{path}.asset"), problem, hint));
                }
                let token = read.token(&path, entry.token.as_deref())?;
                for (i, address) in entry.addresses.iter().enumerate() {
                    let path = format!("{path}.addresses[{i}]");
                    let holder = read.holder(&path, address, token)?;
                    read.scheme(&path, address.scheme, holder.chain())?;
                    holdings.push(Holding {
                        asset,
                        ownership: Ownership {
                            venue: file.venue.clone(),
                            book,
                            part,
                            asset: asset.name(policy),
                            holder,
                            token,
                            block: address.block,
                        },
                        balance: read.balance(&path, &address.balance)?,
                        scheme: address.scheme,
                        signature: read.signature(&path, address)?,
                        path,
                    });
                }
            }
        }
        let custody = agreements::agreements(&read, &file.custody, (market, policy))?;
        read.one_block(&holdings, &custody)?;
        read.once(&holdings)?;
        Ok(Addresses {
            venue: file.venue,
            book,
            holdings,
            custody,
        })
    }
}

pub(super) struct Reading<'a> {
    file: &'a str,
}

impl Reading<'_> {
    pub(super) fn wrong(&self, field: &str, problem: String, hint: &'static str) -> BookError {
        FieldError::new(self.file, field, problem, hint).into()
    }

    /// The form of a file, with a name that can be signed.
    fn file(&self, text: &str) -> Result<File, BookError> {
        let file: File = serde_json::from_str(text).map_err(|e| {
            let hint =
                "a list of addresses has the fields venue, book and assets; FORMATS.md shows one";
            self.wrong("(json)", e.to_string(), hint)
        })?;
        // The name is part of a text that people sign, and stands beside the verdict: it must not
        // look like another part of either, nor turn the direction of what follows.
        let plain = |c: char| c.is_alphanumeric() || c.is_ascii_punctuation() || c == ' ';
        let length = file.venue.chars().count();
        if length == 0 || length > LONGEST_NAME || !file.venue.chars().all(plain) {
            let hint = "1 to 100 letters, digits, blanks and marks such as . , - &";
            return Err(self.wrong("venue", "not a name".to_owned(), hint));
        }
        Ok(file)
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

    /// Every chain is shown at one block.
    fn one_block(&self, holdings: &[Holding], custody: &[Custody]) -> Result<(), BookError> {
        let addresses = holdings.iter().map(|holding| {
            let chain = holding.ownership.holder.chain();
            (&holding.path, chain, holding.ownership.block)
        });
        let agreements = custody.iter().map(|custody| {
            let chain = Chain::Numbered(custody.place.chain);
            (&custody.path, chain, custody.block)
        });
        let mut blocks: HashMap<Chain, (&str, u64)> = HashMap::new();
        for (path, chain, block) in addresses.chain(agreements) {
            let (first, shown) = *blocks.entry(chain).or_insert((path, block));
            if shown != block {
                let problem = format!(
                    "block {block} of chain {chain}, which {first} shows at block {shown}: coins that \
                     moved in between would count twice"
                );
                let hint = "show every address of a chain at one block, and sign again";
                return Err(self.wrong(&format!("{path}.block"), problem, hint));
            }
        }
        Ok(())
    }

    /// No coin counts twice, whatever asset it is listed under.
    fn once(&self, holdings: &[Holding]) -> Result<(), BookError> {
        let mut parts: HashMap<&Holder, &Holding> = HashMap::new();
        let mut seen: HashMap<(&Holder, Option<Address>), &str> = HashMap::new();
        for holding in holdings {
            let Ownership {
                ref holder,
                token,
                part,
                ..
            } = holding.ownership;
            let (path, chain) = (&holding.path, holder.chain());
            let first = *parts.entry(holder).or_insert(holding);
            if first.ownership.part != part {
                let problem = format!(
                    "{holder} stands under another part already, at {}",
                    first.path
                );
                let hint = "keep the insurance fund at addresses of its own";
                return Err(self.wrong(&format!("{path}.address"), problem, hint));
            }
            if let Some(first) = seen.insert((holder, token), path) {
                let problem = format!(
                    "{holder} on chain {chain} is in the list already, at {first}, with the same {}",
                    token.map_or("coin", |_| "token")
                );
                let hint = "list an address once for each token of a chain";
                return Err(self.wrong(&format!("{path}.address"), problem, hint));
            }
        }
        Ok(())
    }

    pub(super) fn asset(
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

    fn token(&self, path: &str, text: Option<&str>) -> Result<Option<Address>, BookError> {
        let token = text.map(place::token).transpose();
        token.map_err(|(problem, hint)| self.wrong(&format!("{path}.token"), problem, hint))
    }

    /// The address on the chain that its fields name.
    fn holder(
        &self,
        path: &str,
        file: &AddressFile,
        token: Option<Address>,
    ) -> Result<Holder, BookError> {
        let bad = |problem: &str, hint| {
            let problem = format!("{:?}: {problem}", cut(&file.address));
            self.wrong(&format!("{path}.address"), problem, hint)
        };
        match (file.chain_id, file.chain.as_deref()) {
            (Some(chain), None) => {
                let address = parse_address(&file.address).map_err(|e| bad(e, ADDRESS_HINT))?;
                Ok(Holder::Account { chain, address })
            }
            (None, Some(BITCOIN)) if token.is_none() => {
                let hint = "an address of Bitcoin's main chain, as the wallet shows it";
                let address = bitcoin::address(&file.address).map_err(|e| bad(e, hint))?;
                Ok(Holder::Bitcoin(address))
            }
            (None, Some(BITCOIN)) => {
                let hint = "leave token out for the chain's own coin";
                Err(self.wrong(path, "Bitcoin has no tokens".to_owned(), hint))
            }
            _ => {
                let hint = "the number of a chain in chain_id, or \"chain\": \"bitcoin\"";
                Err(self.wrong(path, "names no chain, or two".to_owned(), hint))
            }
        }
    }

    fn scheme(&self, path: &str, scheme: Scheme, chain: Chain) -> Result<(), BookError> {
        if scheme.is_of(chain) {
            return Ok(());
        }
        let problem = format!("no way to sign of chain {chain}");
        let hint = "bip137 or bip322 on Bitcoin; personal_sign, typed_data or eip1271 elsewhere";
        Err(self.wrong(&format!("{path}.scheme"), problem, hint))
    }

    fn balance(&self, path: &str, text: &str) -> Result<u128, BookError> {
        parse_decimal(text, DECIMALS).map_err(|e| {
            let problem = format!("{:?}: {e}", cut(text));
            let hint = "units of the asset in a string, at most 18 decimals, such as \"1250.5\"";
            self.wrong(&format!("{path}.balance"), problem, hint)
        })
    }

    /// Hexadecimal; for Bitcoin the base64 that its wallets give.
    fn signature(&self, path: &str, file: &AddressFile) -> Result<Option<Vec<u8>>, BookError> {
        let Some(text) = &file.signature else {
            return Ok(None);
        };
        let short = Some(text.as_str()).filter(|text| text.len() <= 2 * LONGEST_SIGNATURE);
        let (bytes, problem) = match file.scheme {
            Scheme::Bip137 | Scheme::Bip322 => (
                short.and_then(|text| BASE64_STANDARD.decode(text).ok()),
                "not base64",
            ),
            _ => (
                short.and_then(|text| hex::decode(text.strip_prefix("0x")?).ok()),
                "not 0x and hexadecimal digits",
            ),
        };
        let hint = "the signature as the wallet gives it";
        let wrong = || self.wrong(&format!("{path}.signature"), problem.to_owned(), hint);
        bytes.map(Some).ok_or_else(wrong)
    }
}

/// A value for a message.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
