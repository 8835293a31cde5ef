//! What is wrong with reserves, and what nobody can tell of them.

use alloy_primitives::{Address, B256};

use super::custody::{CustodyFault, CustodyUntold};
use super::place::{Chain, Holder};
use super::signature::SignatureFault;

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
