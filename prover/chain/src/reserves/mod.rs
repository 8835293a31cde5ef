//! What a venue holds, set against what its book says it owes.
//!
//! Whoever reads the report knows that the holder of each address's key says that it belongs to
//! the venue, for this very book, asset and token. That the balances are true he sees from a node
//! ([`node`], [`unspent`]); that they are not borrowed for the day nothing here can tell. Nor are the
//! proofs of the book checked here. Which coin or contract is which asset, and which assets keep their
//! worth when the venue fails, is the verifier's to say ([`assets`]).
//!
//! Reserves suffice when all of this holds ([`rule`]):
//!
//! | | |
//! |---|---|
//! | (a) | of every asset they are at least what is owed in net |
//! | (b) | those of independent assets are worth at the book's prices at least `Σ max(0, E)` over all accounts |
//! | (c) | the insurance fund, at addresses of its own, is worth at least the shortfall of the accounts under water |
//! | (d) | what (b) leaves is at least the initial margin of the venue's disclosed inventory |
//!
//! The inventory itself is never a reserve. No sum is rounded here in favour of the venue, and one
//! that does not fit is an error. The book's own equity is low by the certified error of option
//! prices, and so is (b).
//!
//! The conditions are asked twice: of what is known to count, and of that with what might. Where only
//! the second holds nobody can tell.

pub mod assets;
mod bitcoin;
#[cfg(feature = "bitcoin")]
mod bitcoin_node;
#[cfg(feature = "bitcoin")]
mod bitcoin_script;
pub mod blocks;
mod count;
pub mod custody;
mod file;
pub mod moment;
pub mod node;
pub mod ownership;
pub mod place;
pub mod rule;
pub mod signature;
#[cfg(test)]
mod tests;

use alloy_primitives::{Address, B256};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

pub use assets::Assets;
pub use count::State;
pub(crate) use file::DECIMALS;
pub use file::{others, Addresses, Holding, Others};
pub use rule::{AssetLine, Inventory, Sums};

use count::Held;
use custody::{CustodyFault, CustodyUntold, Venue};
use node::Answers;
use place::{Chain, Holder};
use signature::SignatureFault;

use crate::ChainError;
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
    #[error("{path}: {holder} is not signed")]
    Unsigned {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
    },
    /// A signature does not show ownership.
    #[error("{path}: {holder}: {fault}")]
    Signature {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
        /// What is wrong with it.
        fault: SignatureFault,
    },
    /// A node says that the address holds less.
    #[error("{path}: {holder} holds {actual} at block {block}, and {claimed} is claimed")]
    Balance {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
        /// The block.
        block: u64,
        /// What the node says.
        actual: String,
        /// What the file says.
        claimed: String,
    },
    /// Balances are of another moment than the book.
    #[error(
        "block {block} of chain {chain}, of time {time}, is not the last one at or before the cut-off of \
         the book, {cut_off}"
    )]
    OtherBlock {
        /// The chain.
        chain: Chain,
        /// The block.
        block: u64,
        /// Its time in seconds since 1970.
        time: u64,
        /// When the accounts were read.
        cut_off: u64,
    },
    /// The market is of another moment than the book.
    #[error(
        "the book is at another market than the first one that oracle {oracle} recorded of a time at or \
         after its cut-off, {cut_off}: that is of {time}"
    )]
    OtherMarket {
        /// The oracle.
        oracle: Address,
        /// Time of the first market, in seconds since 1970.
        time: u64,
        /// When the accounts were read.
        cut_off: u64,
    },
    /// The oracle has no market for the book.
    #[error("oracle {oracle} recorded no market of a time at or after the cut-off of the book")]
    NoMarket {
        /// The oracle.
        oracle: Address,
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
        "reserves of independent assets are worth {reserves} USD, less than the {equity} USD that \
         accounts are worth"
    )]
    Equity {
        /// Worth of the reserves.
        reserves: String,
        /// `Σ max(0, E)`.
        equity: String,
    },
    /// (c): the insurance fund does not cover the accounts under water.
    #[error(
        "the insurance fund is worth {fund} USD, less than the {shortfall} USD by which accounts are \
         under water"
    )]
    Fund {
        /// Worth of the fund.
        fund: String,
        /// `Σ max(0, −E)`.
        shortfall: String,
    },
    /// (d): what is left does not carry the venue's own risk.
    #[error(
        "what reserves are worth beyond the accounts, {surplus} USD, does not cover the initial \
         margin of the venue's own inventory, {margin} USD"
    )]
    Inventory {
        /// Worth of the reserves less `Σ max(0, E)`.
        surplus: String,
        /// Initial margin of the inventory.
        margin: String,
    },
    /// An agreement of custody does not count.
    #[error("{path}: {fault}")]
    Custody {
        /// Place in the file.
        path: String,
        /// Why.
        fault: CustodyFault,
    },
    /// Customers owe what only agreements of their own can hold.
    #[error("{asset}: accounts owe {owed} of it, and nobody can owe what lies in custody")]
    CustodyOwed {
        /// Name of the asset.
        asset: String,
        /// Gross short.
        owed: String,
    },
    /// Another venue shows the address, too.
    #[error("{path}: {holder} stands in the file of another venue, and counts for neither")]
    Shared {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
    },
}

/// Why it cannot be told whether an address counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Untold {
    /// A contract was not asked whether it signed.
    #[error(
        "{path}: {holder} is a contract, and no node of its chain was asked whether it signed"
    )]
    Contract {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
    },
    /// A signature that this program does not check.
    #[error("{path}: {holder}: {what}")]
    Signature {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
        /// What it does not check.
        what: &'static str,
    },
    /// The list of assets has the asset elsewhere.
    #[error("{path}: {coin} is not {asset} in your list of assets, and does not count")]
    Foreign {
        /// Place in the file.
        path: String,
        /// The coin or token.
        coin: String,
        /// The asset that it is shown for.
        asset: String,
    },
    /// Coins were not there at a moment that nobody chose.
    #[error(
        "{path}: {holder} held {held} at block {block}, which was drawn after the book was published; that \
         counts"
    )]
    Drawn {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
        /// The block.
        block: u64,
        /// What was there.
        held: String,
    },
    /// An agreement of custody.
    #[error("{path}: {what}")]
    Custody {
        /// Place in the file.
        path: String,
        /// What is not known.
        what: CustodyUntold,
    },
    /// Coins that were there may have moved.
    #[error("{path}: {holder}: less is there now than is claimed; what is there counts")]
    Moved {
        /// Place in the file.
        path: String,
        /// The address.
        holder: Holder,
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

/// What a verifier knows, and hears from nodes.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// His list of assets.
    pub assets: &'a Assets,
    /// What nodes say.
    pub answers: &'a [Answers],
    /// What stands in the files of other venues.
    pub others: &'a Others,
    /// The venue, where the verifier names it: whose agreements of custody count.
    pub venue: Option<Venue>,
}

/// Whether reserves suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// They do, if what was not checked is true.
    Yes,
    /// They do not.
    No,
    /// They do only with what might count, and might not.
    Untold,
}

/// Assets against liabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Every asset with liabilities or reserves, of what is known to count.
    pub assets: Vec<AssetLine>,
    /// What the venue holds itself, outside its book.
    pub inventory: Inventory,
    /// Everything in USD, of what is known to count.
    pub sums: Sums,
    /// How each address of the file stands, and what of its balance counts or might, 1e-18.
    pub states: Vec<(State, u128)>,
    /// How each agreement of custody stands, and what it holds, 1e-18.
    pub custody: Vec<(State, u128)>,
    /// Chains about whose block no node was asked.
    pub unasked: Vec<Chain>,
    /// The verdict.
    pub covered: Covered,
    /// Everything that is wrong; where the verdict is [`Covered::Untold`], what would be without
    /// that which might count.
    pub faults: Vec<Fault>,
    /// What could not be told of addresses.
    pub untold: Vec<Untold>,
}

/// Sets addresses against the liabilities of a book.
///
/// # Errors
/// When the market does not list or price what the book holds, or a sum does not fit.
pub fn report(
    addresses: &Addresses,
    liabilities: &Liabilities<'_>,
    known: Known<'_>,
) -> Result<Report, BookError> {
    let mut faults = Vec::new();
    if addresses.book != root_bytes(liabilities.book) {
        let found = addresses.book;
        faults.push(Fault::OtherBook { found });
    }
    let counted = count::counted(addresses, &known)?;
    faults.extend(counted.faults);
    faults.extend(count::other_blocks(known.answers, liabilities.book.cut_off));
    faults.extend(rule::unit(liabilities));
    let inventory = Inventory::of(liabilities)?;
    let of = |held: &Held| -> Result<(Vec<AssetLine>, Sums, Vec<Fault>), BookError> {
        let assets = rule::assets(liabilities, &inventory, known.assets, held)?;
        let sums = Sums::of(liabilities.book, &inventory, &assets)?;
        let faults = rule::faults(&assets, &sums);
        Ok((assets, sums, faults))
    };
    let (assets, sums, fail) = of(&counted.held)?;
    let (_, _, fail_at_most) = of(&counted.most)?;
    let covered = match (
        faults.is_empty() && fail_at_most.is_empty(),
        fail.is_empty(),
    ) {
        (false, _) => Covered::No,
        (true, false) => Covered::Untold,
        (true, true) => Covered::Yes,
    };
    faults.extend(fail);
    Ok(Report {
        assets,
        inventory,
        sums,
        states: counted.states,
        custody: counted.custody,
        unasked: count::unasked(addresses, known.answers),
        covered,
        faults,
        untold: counted.untold,
    })
}

/// What a node of Bitcoin says of the addresses there, for a book that was cut then.
///
/// # Errors
/// When the node cannot be reached or cannot tell, and in a program that was built without Bitcoin.
pub fn unspent(addresses: &Addresses, cut_off: u64, url: &str) -> Result<Answers, ChainError> {
    #[cfg(feature = "bitcoin")]
    return bitcoin_node::unspent(addresses, cut_off, &crate::rpc::Rpc::patient(url));
    #[cfg(not(feature = "bitcoin"))]
    {
        let _ = (addresses, cut_off);
        let problem = "this program was built without Bitcoin";
        Err(ChainError::answer(url, problem))
    }
}

/// Root of a book as it is signed: most significant byte first.
fn root_bytes(book: &PublicBook) -> B256 {
    let mut bytes: [u8; 32] = ff::PrimeField::to_repr(&book.root);
    bytes.reverse();
    B256::from(bytes)
}
