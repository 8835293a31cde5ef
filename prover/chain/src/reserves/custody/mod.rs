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
//! asset ([`super::rule`]).

mod file;
mod known;
pub(super) mod node;

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, B256, U256};
use zkmargin_engine::market::InstrumentId;

pub(super) use file::{agreements, names, CustodyFile};
pub(super) use known::{keepers, KeeperFile};
pub use known::{Keeper, Place};
pub use node::Facts;

use super::count::{Counted, State};
use super::{Addresses, Fault, Known, Untold};
use crate::abi::MarginVault::{Form, Status, Terms};
use crate::binding::agreement_id;
use zkmargin_prover::book::error::BookError;

/// How names of custody assets end: they are counted by agreements alone.
const SUFFIX: &str = "-CUSTODY";

/// Whether an asset of this name is counted by agreements.
pub fn is_custody(asset: &str) -> bool {
    asset.ends_with(SUFFIX)
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

/// Why an agreement does not count.
enum Why {
    Not(CustodyFault),
    Untold(CustodyUntold),
}

/// Whether an agreement counts.
fn judge(custody: &Custody, known: &Known<'_>, facts: Option<&Facts>) -> Result<(), Why> {
    let terms = &custody.terms;
    if terms.form != Form::Custody {
        return Err(Why::Not(CustodyFault::Form));
    }
    if known
        .others
        .custody
        .contains(&(custody.place, custody.id()))
    {
        return Err(Why::Not(CustodyFault::Shared));
    }
    let venue = known.venue.ok_or(Why::Untold(CustodyUntold::NoVenue))?;
    of_venue(custody, venue).map_err(Why::Not)?;
    let keeper = known.assets.keeper(&custody.name, custody.place);
    let keeper = keeper.ok_or(Why::Untold(CustodyUntold::NoKeeper))?;
    if let Some(what) = keeper.foreign(terms) {
        return Err(Why::Untold(CustodyUntold::Foreign(what)));
    }
    let facts = facts.ok_or(Why::Untold(CustodyUntold::Unasked))?;
    let mut codes = facts.codes.iter().flatten();
    if !codes.all(|code| keeper.verifiers.contains(code)) {
        return Err(Why::Untold(CustodyUntold::Foreign("verifier")));
    }
    open(terms, facts).map_err(Why::Not)?;
    credited(custody, facts).map_err(Why::Not)
}

fn of_venue(custody: &Custody, venue: Venue) -> Result<(), CustodyFault> {
    let terms = &custody.terms;
    for (what, found) in [("beneficiary", terms.beneficiary), ("venue", terms.venue)] {
        if found != venue.address {
            return Err(CustodyFault::Other {
                what,
                found,
                venue: venue.address,
            });
        }
    }
    match (terms.registry, custody.place.chain) == (venue.registry, venue.chain) {
        true => Ok(()),
        false => Err(CustodyFault::OtherRegistry {
            found: terms.registry,
            chain: custody.place.chain,
            registry: venue.registry,
            at: venue.chain,
        }),
    }
}

fn open(terms: &Terms, facts: &Facts) -> Result<(), CustodyFault> {
    match facts.status {
        Some(Status::Active | Status::Called) => {}
        Some(Status::Lapsed) => return Err(CustodyFault::Lapsed),
        _ => return Err(CustodyFault::NotOpen),
    }
    let before = [terms.window, terms.patience, terms.notice];
    let before = before.into_iter().map(u64::from).sum();
    let end = terms.end;
    match facts.time.saturating_add(before) >= end {
        true => Err(CustodyFault::Ending { end, before }),
        false => Ok(()),
    }
}

fn credited(custody: &Custody, facts: &Facts) -> Result<(), CustodyFault> {
    let credit = &custody.credit;
    let named = facts.codes.get(usize::from(credit.verifier));
    if named.is_none_or(Option::is_none) {
        return Err(CustodyFault::NoVerifier(credit.verifier));
    }
    match facts {
        Facts { book: false, .. } => Err(CustodyFault::NoEpoch(credit.epoch)),
        Facts { market: false, .. } => Err(CustodyFault::NoMarket),
        Facts { proven: false, .. } => Err(CustodyFault::NotCredited),
        _ => Ok(()),
    }
}

/// Adds up what agreements hold. That none stands twice the file's reader saw to.
pub(super) fn counted(
    addresses: &Addresses,
    known: &Known<'_>,
    counted: &mut Counted,
) -> Result<(), BookError> {
    let facts: BTreeMap<usize, &Facts> = known
        .answers
        .iter()
        .flat_map(|answers| answers.custody.iter().map(|(at, facts)| (*at, facts)))
        .collect();
    let missing = overdrawn(addresses, &facts);
    for (at, custody) in addresses.custody.iter().enumerate() {
        let facts = facts.get(&at).copied();
        let mut verdict = judge(custody, known, facts);
        if verdict.is_ok() && missing.contains(&(custody.place, custody.terms.token)) {
            verdict = Err(Why::Not(CustodyFault::Missing));
        }
        let path = custody.path.clone();
        let seen = facts.map_or(0, |facts| facts.balance);
        let state = match verdict {
            Ok(()) => {
                counted.held.keep(custody.asset, seen)?;
                counted.most.keep(custody.asset, seen)?;
                (State::Confirmed, seen)
            }
            Err(Why::Untold(what)) => {
                // Who was not asked might have said anything; the rule takes no more than is owed.
                let most = facts.map_or(u128::MAX >> 1, |facts| facts.balance);
                counted.most.keep(custody.asset, most)?;
                counted.untold.push(Untold::Custody { path, what });
                (State::Untold, seen)
            }
            Err(Why::Not(fault)) => {
                counted.faults.push(Fault::Custody { path, fault });
                (State::Refused, seen)
            }
        };
        counted.custody.push(state);
    }
    Ok(())
}

/// Vaults that, by the word of a token, hold less of it than their agreements in the file add up to.
fn overdrawn(addresses: &Addresses, facts: &BTreeMap<usize, &Facts>) -> Vec<(Place, Address)> {
    let mut sums: BTreeMap<(Place, Address), (u128, u128)> = BTreeMap::new();
    for (at, custody) in addresses.custody.iter().enumerate() {
        let Some(facts) = facts.get(&at) else {
            continue;
        };
        let (sum, there) = sums
            .entry((custody.place, custody.terms.token))
            .or_default();
        *sum = sum.saturating_add(facts.balance);
        *there = facts.in_vault;
    }
    let short = sums.into_iter().filter(|(_, (sum, there))| sum > there);
    short.map(|(at, _)| at).collect()
}
