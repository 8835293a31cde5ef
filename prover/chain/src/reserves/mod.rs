//! What a venue holds, set against what its book says it owes.
//!
//! Whoever reads the report knows that the holder of each address's key says that it belongs to
//! the venue, for this very book. That the balances are true he sees from a node ([`node`]); that
//! they are not borrowed for the day, and that other venues do not show the same addresses,
//! nothing here can tell. Nor are the proofs of the book checked here.
//!
//! Reserves suffice when all of this holds ([`rule`]):
//!
//! | | |
//! |---|---|
//! | (a) | of every asset they are at least what is owed in net |
//! | (b) | at the book's prices they are worth at least `Σ max(0, E)` over all accounts |
//! | (c) | what they are worth beyond that is at least the shortfall of the accounts under water |
//! | (d) | what is left then is at least the initial margin of the venue's disclosed inventory |
//!
//! The inventory itself is never a reserve. No sum is rounded here in favour of the venue, and one
//! that does not fit is an error. The book's own equity is low by the certified error of option
//! prices, and so is (b).

mod count;
mod file;
pub mod node;
pub mod ownership;
pub mod rule;
#[cfg(test)]
mod tests;

use alloy_primitives::{Address, B256};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

pub(crate) use file::DECIMALS;
pub use file::{Addresses, Holding};
pub use rule::{AssetLine, Inventory, Sums};

use node::Answers;
use ownership::SignatureFault;

use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::PublicBook;

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
    /// Balances are of another time than the book.
    #[error(
        "block {block} of chain {chain_id} is of time {time}, more than an hour from the book's \
         market, which is of {market}"
    )]
    OtherTime {
        /// The chain.
        chain_id: u64,
        /// The block.
        block: u64,
        /// Its time in seconds since 1970.
        time: u64,
        /// Time of the market.
        market: u32,
    },
    /// USD, in which everything is owed, has another price than 1, or none.
    #[error("the market {0}, and derivatives are priced and paid in USD")]
    Unit(&'static str),
    /// (a): reserves of an asset are less than what is owed.
    #[error("{asset}: reserves of {reserves} are less than the {owed} that are owed in net")]
    Uncovered {
        /// Name of the asset.
        asset: String,
        /// What counted addresses hold.
        reserves: String,
        /// Net liability.
        owed: String,
    },
    /// (b): reserves are worth less than the accounts.
    #[error(
        "reserves are worth {reserves} USD, less than the {equity} USD that accounts are worth"
    )]
    Equity {
        /// Worth of the reserves.
        reserves: String,
        /// `Σ max(0, E)`.
        equity: String,
    },
    /// (c): what is beyond that does not cover the accounts under water.
    #[error(
        "what reserves are worth beyond the accounts, {surplus} USD, does not cover the \
         {shortfall} USD by which accounts are under water"
    )]
    Shortfall {
        /// Worth of the reserves less `Σ max(0, E)`.
        surplus: String,
        /// `Σ max(0, −E)`.
        shortfall: String,
    },
    /// (d): what is left does not carry the venue's own risk.
    #[error(
        "what is left after accounts under water, {left} USD, does not cover the initial margin \
         of the venue's own inventory, {margin} USD"
    )]
    Inventory {
        /// The surplus less the shortfall.
        left: String,
        /// Initial margin of the inventory.
        margin: String,
    },
}

/// What reserves are set against: a published book, with the market and the policy that it names.
#[derive(Clone, Copy, Debug)]
pub struct Liabilities<'a> {
    /// The book.
    pub book: &'a PublicBook,
    /// Its market.
    pub market: &'a Market,
    /// Its policy.
    pub policy: &'a Policy,
}

/// Assets against liabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Every asset with liabilities or reserves.
    pub assets: Vec<AssetLine>,
    /// What the venue holds itself, outside its book.
    pub inventory: Inventory,
    /// Everything in USD.
    pub sums: Sums,
    /// Addresses that count and whose balance a node confirmed.
    pub confirmed: usize,
    /// Addresses that count by what the file says.
    pub claimed: usize,
    /// Chains about whose block no node was asked.
    pub unasked: Vec<u64>,
    /// Everything that is wrong. None: reserves suffice, if what was not checked is true.
    pub faults: Vec<Fault>,
}

/// Sets addresses against the liabilities of a book. `answers` are those of nodes.
///
/// # Errors
/// When the market does not list or price what the book holds, or a sum does not fit.
pub fn report(
    addresses: &Addresses,
    liabilities: &Liabilities<'_>,
    answers: &[Answers],
) -> Result<Report, BookError> {
    let mut faults = Vec::new();
    if addresses.book != root_bytes(liabilities.book) {
        let found = addresses.book;
        faults.push(Fault::OtherBook { found });
    }
    let counted = count::counted(addresses, answers)?;
    faults.extend(counted.faults);
    faults.extend(count::other_times(answers, liabilities.market.time()));
    let inventory = Inventory::of(liabilities)?;
    let assets = rule::assets(liabilities, &inventory, &counted.held)?;
    let sums = Sums::of(liabilities.book, &inventory, &assets)?;
    faults.extend(rule::unit(liabilities));
    faults.extend(rule::faults(&assets, &sums));
    Ok(Report {
        assets,
        inventory,
        sums,
        confirmed: counted.confirmed,
        claimed: counted.claimed,
        unasked: count::unasked(addresses, answers),
        faults,
    })
}

/// Root of a book as it is signed: most significant byte first.
fn root_bytes(book: &PublicBook) -> B256 {
    let mut bytes: [u8; 32] = ff::PrimeField::to_repr(&book.root);
    bytes.reverse();
    B256::from(bytes)
}
