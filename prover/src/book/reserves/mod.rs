//! What a venue holds, set against what its book says it owes.
//!
//! Whoever reads the report knows that the holder of each address's key says that it belongs to
//! the venue, for this very book. That the balances are true he sees from a node ([`node`]); that
//! they are not borrowed for the day, and that other venues do not show the same addresses,
//! nothing here can tell.
//!
//! Per asset, reserves must cover what customers hold less what they owe. An account under water
//! owes what it does not have, so beyond that the venue must own the total shortfall: what its
//! covered assets hold above their liabilities, at the book's prices, is counted for it.

mod file;
pub mod node;
pub mod ownership;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::{Address, B256};
use zkmargin_circuits::book::Totals;
use zkmargin_circuits::market::{InstrumentId, Market};

pub use file::{Addresses, Holding, DECIMALS};
use ownership::SignatureFault;

use super::public::{name_of, PublicBook};

/// Units of 1e-18 in one of 1e-8.
const PER_QUANTITY: u128 = 10_000_000_000;

/// Why an address does not count, or the reserves do not suffice: a definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The addresses stand for another book.
    #[error("the addresses are signed for book {found}, not for this one")]
    OtherBook {
        /// Root that they are signed for.
        found: B256,
    },
    /// An address has no signature.
    #[error("{path}: {address} is not signed")]
    Unsigned {
        /// Place in the file.
        path: String,
        /// The address.
        address: Address,
    },
    /// A signature does not show ownership.
    #[error("{path}: {address}: {fault}")]
    Signature {
        /// Place in the file.
        path: String,
        /// The address.
        address: Address,
        /// What is wrong with it.
        fault: SignatureFault,
    },
    /// An address is counted twice.
    #[error("{path}: {address} on chain {chain_id} is in the list already, at {first}")]
    Repeated {
        /// Place in the file.
        path: String,
        /// The address.
        address: Address,
        /// Its chain.
        chain_id: u64,
        /// Where it stands first.
        first: String,
    },
    /// A node says that the address holds less.
    #[error("{path}: {address} holds {actual} at block {block}, and {claimed} is claimed")]
    Balance {
        /// Place in the file.
        path: String,
        /// The address.
        address: Address,
        /// The block.
        block: u64,
        /// What the node says.
        actual: String,
        /// What the file says.
        claimed: String,
    },
    /// Reserves of an asset are less than its liabilities.
    #[error("{asset}: reserves are less than liabilities")]
    Uncovered {
        /// Name of the asset.
        asset: String,
    },
    /// What is left over does not cover the accounts under water.
    #[error("what the venue owns beyond its liabilities does not cover the accounts under water")]
    Shortfall,
}

/// One asset of the report. Quantities in 1e-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetLine {
    /// The asset.
    pub id: InstrumentId,
    /// Its name.
    pub name: String,
    /// What customers hold.
    pub long: u128,
    /// What customers owe.
    pub short: u128,
    /// What the venue owes in net: long less short; negative when customers owe more.
    pub liability: i128,
    /// What counted addresses hold.
    pub reserves: u128,
    /// Addresses that count.
    pub addresses: usize,
}

impl AssetLine {
    /// Whether reserves suffice.
    pub fn covered(&self) -> bool {
        i128::try_from(self.reserves).map_or(true, |reserves| reserves >= self.liability)
    }

    /// Reserves above the liability; what customers owe in net is not counted as owned.
    pub fn surplus(&self) -> u128 {
        let owed = u128::try_from(self.liability).unwrap_or(0);
        self.reserves.saturating_sub(owed)
    }
}

/// Assets against liabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Every asset with liabilities or reserves.
    pub assets: Vec<AssetLine>,
    /// What is above liabilities, at the book's prices, 1e-16 USD.
    pub surplus: u128,
    /// What accounts under water owe, 1e-16 USD.
    pub shortfall: u128,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

/// Sets addresses against the liabilities of a book. `wrong` are faults found elsewhere, by the
/// place in the file that does not count because of them.
pub fn report(
    addresses: &Addresses,
    book: &PublicBook,
    market: &Market,
    wrong: Vec<(usize, Fault)>,
) -> Report {
    let mut faults = Vec::new();
    if addresses.book != root_bytes(book) {
        let found = addresses.book;
        faults.push(Fault::OtherBook { found });
    }
    let mut uncounted = vec![false; addresses.holdings.len()];
    for (place, fault) in signatures(addresses).into_iter().chain(wrong) {
        uncounted[place] = true;
        faults.push(fault);
    }
    let mut held: BTreeMap<InstrumentId, (u128, usize)> = BTreeMap::new();
    for (holding, _) in addresses
        .holdings
        .iter()
        .zip(&uncounted)
        .filter(|(_, no)| !**no)
    {
        let (sum, count) = held.entry(holding.asset).or_default();
        *sum = sum.saturating_add(holding.balance);
        *count += 1;
    }
    let assets = lines(book, market, &held);
    let uncovered = assets.iter().filter(|line| !line.covered());
    faults.extend(uncovered.map(|line| Fault::Uncovered {
        asset: line.name.clone(),
    }));
    let surplus = assets.iter().map(|line| worth(line, market));
    let surplus = surplus.fold(0, u128::saturating_add);
    let Totals { shortfall, .. } = book.totals;
    if surplus < shortfall {
        faults.push(Fault::Shortfall);
    }
    Report {
        assets,
        surplus,
        shortfall,
        faults,
    }
}

/// Root of a book as it is signed: most significant byte first.
fn root_bytes(book: &PublicBook) -> B256 {
    let mut bytes: [u8; 32] = ff::PrimeField::to_repr(&book.root);
    bytes.reverse();
    B256::from(bytes)
}

/// Addresses that do not count for what the file itself says.
fn signatures(addresses: &Addresses) -> Vec<(usize, Fault)> {
    let mut faults = Vec::new();
    let mut seen: HashMap<(u64, Address, Option<Address>), &str> = HashMap::new();
    for (place, holding) in addresses.holdings.iter().enumerate() {
        let (path, address) = (holding.path.clone(), holding.ownership.address);
        let checked = match &holding.signature {
            None => Some(Fault::Unsigned { path, address }),
            Some(signature) => {
                let checked = holding.ownership.check(holding.scheme, signature);
                checked.err().map(|fault| Fault::Signature {
                    path,
                    address,
                    fault,
                })
            }
        };
        if let Some(fault) = checked {
            faults.push((place, fault));
            continue;
        }
        let chain_id = holding.ownership.chain_id;
        let key = (chain_id, address, holding.token);
        // Whatever the block and the asset: what an address holds counts once.
        match seen.get(&key) {
            None => drop(seen.insert(key, &holding.path)),
            Some(first) => faults.push((
                place,
                Fault::Repeated {
                    path: holding.path.clone(),
                    address,
                    chain_id,
                    first: (*first).to_owned(),
                },
            )),
        }
    }
    faults
}

fn lines(
    book: &PublicBook,
    market: &Market,
    held: &BTreeMap<InstrumentId, (u128, usize)>,
) -> Vec<AssetLine> {
    let mut owed: BTreeMap<InstrumentId, (u128, u128)> = BTreeMap::new();
    for asset in &book.assets {
        owed.insert(asset.id, (asset.long, asset.short));
    }
    for id in held.keys() {
        owed.entry(*id).or_default();
    }
    let line = |(id, (long, short)): (InstrumentId, (u128, u128))| {
        let (reserves, addresses) = held.get(&id).copied().unwrap_or_default();
        let signed = |sum: u128| i128::try_from(sum).unwrap_or(i128::MAX);
        AssetLine {
            id,
            name: name_of(id, market),
            long,
            short,
            // Saturates against the venue.
            liability: signed(long).saturating_sub(signed(short)),
            reserves: reserves / PER_QUANTITY,
            addresses,
        }
    };
    let lines = owed.into_iter().map(line);
    lines
        .filter(|line| line.long != 0 || line.short != 0 || line.addresses != 0)
        .collect()
}

/// What an asset holds above its liability at the market's price, 1e-16 USD.
fn worth(line: &AssetLine, market: &Market) -> u128 {
    let row = market.find(line.id);
    let price = row.and_then(|row| market.instruments.get(row));
    let price = price.map_or(0, |i| u128::from(i.forward));
    line.surplus().saturating_mul(price)
}
