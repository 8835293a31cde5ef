//! Agreements of custody: collateral in a vault that a venue counts in the accounts of its customers.
//!
//! A custody asset is covered by the agreements that the venue's file names, and by nothing else; and
//! they cover nothing else. One counts when
//!
//! | | who says so |
//! |---|---|
//! | its form is custody, beneficiary and venue are the venue whose book this is | its terms, whose hash is its name on chain |
//! | vault, token, oracle, registry and policy are known | the verifier's list ([`Keeper`]) |
//! | the code of every verifier that its terms name is known | the list, by hash; a node |
//! | it is open, no lapse is on record, and its end is not near | the vault, asked through a node |
//! | the account that it was credited to is in a book of this venue | the margin proof of the credit, checked by such a verifier |
//!
//! The proof binds chain, vault, agreement and the action `Credit`, which a vault never accepts, and its
//! nullifier is that of the terms: so nobody else's account can be named, and no agreement twice.
//! What counts is the collateral less what is announced. In sum it is at most what is owed in the
//! asset.

mod known;

use alloy_primitives::{Address, Bytes, B256, U256};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::policy::CUSTODY;

pub(super) use known::{keepers, KeeperFile};
pub use known::{Keeper, Place};

use crate::abi::MarginVault::{Status, Terms};
use crate::binding::agreement_id;

/// Whether an asset of this name is counted by agreements.
pub fn is_custody(asset: &str) -> bool {
    asset == CUSTODY
}

/// An agreement in the file of a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Where it stands in the file.
    pub path: String,
    /// The asset that it backs.
    pub asset: InstrumentId,
    /// Name of that.
    pub name: String,
    /// Vault and chain.
    pub place: Place,
    /// The block at which it counts.
    pub block: u64,
    /// Its terms.
    pub terms: Box<Terms>,
    /// The proof by which it was credited.
    pub credit: Credit,
}

impl Custody {
    /// Its name in its vault.
    pub fn id(&self) -> B256 {
        agreement_id(&self.terms)
    }
}

/// The margin proof by which an agreement was credited to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// Place of its verifier in the terms.
    pub verifier: u8,
    /// The venue's epoch in whose book the account was.
    pub epoch: u64,
    /// Digest of the market.
    pub market: U256,
    /// The proof, as contracts take it.
    pub proof: Bytes,
}

/// The venue of the book, and where it publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Venue {
    /// The registry's chain.
    pub chain: u64,
    /// The registry.
    pub registry: Address,
    /// The venue.
    pub address: Address,
}

/// Why an agreement does not count: a definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustodyFault {
    /// A pledge.
    #[error("a pledge, which is in no venue's book")]
    Form,
    /// Of somebody else.
    #[error("its {what} is {found}, not the venue {venue} of this book")]
    Other {
        /// Which party.
        what: &'static str,
        /// Whom the terms name.
        found: Address,
        /// The venue.
        venue: Address,
    },
    /// Its books are elsewhere.
    #[error(
        "its registry is {found} of chain {chain}, not {registry} of chain {at}, where this book is"
    )]
    OtherRegistry {
        /// What the terms name.
        found: Address,
        /// Chain of the agreement.
        chain: u64,
        /// The registry of this book.
        registry: Address,
        /// Its chain.
        at: u64,
    },
    /// Nothing is there, or not any more.
    #[error("there is no such agreement, or it is closed")]
    NotOpen,
    /// A lapse is on record: what is due is the venue's to seize.
    #[error("a lapse is on record")]
    Lapsed,
    /// It ends soon.
    #[error("it ends at {end}, and a venue stops counting it {before} seconds before")]
    Ending {
        /// End by its terms, Unix seconds.
        end: u64,
        /// Window, patience and notice.
        before: u64,
    },
    /// The credit names a verifier that the terms do not.
    #[error("its credit is for verifier {0}, which the terms do not name")]
    NoVerifier(u8),
    /// The credit is under no book of the venue.
    #[error("the venue has no book {0}, under which it was credited")]
    NoEpoch(u64),
    /// The credit is at no market of the oracle.
    #[error("the oracle did not record the market of its credit")]
    NoMarket,
    /// The proof does not hold.
    #[error("the proof of its credit does not hold: of another account, agreement or vault")]
    NotCredited,
    /// Vault and token do not agree.
    #[error("the vault holds less of the token than its agreements here are said to have")]
    Missing,
    /// Another venue's file names it, too.
    #[error("it stands in the file of another venue, and counts for neither")]
    Shared,
}

/// Why it cannot be told whether an agreement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustodyUntold {
    /// Nobody said who the venue is.
    #[error("whose agreement it must be is not known: name registry and venue")]
    NoVenue,
    /// The list has no such vault.
    #[error("your list of assets has no such vault for this asset")]
    NoKeeper,
    /// The list has another contract.
    #[error("its {0} is not the one in your list of assets")]
    Foreign(&'static str),
    /// No node was asked.
    #[error("no node of its chain was asked")]
    Unasked,
}

/// What contracts say. Which of them can be believed is not asked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How the vault says that the agreement stands; none where it gives no answer.
    pub status: Option<Status>,
    /// Collateral less what is announced, 1e-18.
    pub balance: u128,
    /// What the token says that the vault holds of it in all, 1e-18.
    pub in_vault: u128,
    /// Keccak-256 of the code of verifiers at their places; none where the terms name none.
    pub codes: [Option<B256>; 3],
    /// Whether the venue has the book of the credit.
    pub book: bool,
    /// Whether the oracle recorded the market of the credit.
    pub market: bool,
    /// Whether the verifier that it names accepts the proof of the credit.
    pub proven: bool,
    /// Time of the block, Unix seconds.
    pub time: u64,
}
