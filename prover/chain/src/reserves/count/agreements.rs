//! Which agreements of custody count, and what they hold together.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use super::super::custody::{Custody, CustodyFault, CustodyUntold, Facts, Place, Venue};
use super::super::{Addresses, Fault, Known, Untold};
use super::{Counted, State};
use crate::abi::MarginVault::{Form, Status, Terms};

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
pub(super) fn counted(addresses: &Addresses, known: &Known<'_>, counted: &mut Counted) {
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
                counted.held.keep(custody.asset, seen);
                counted.most.keep(custody.asset, seen);
                (State::Confirmed, seen)
            }
            Err(Why::Untold(what)) => {
                // Who was not asked might have said anything; the rule takes no more than is owed.
                let most = facts.map_or(u128::MAX, |facts| facts.balance);
                counted.most.keep(custody.asset, most);
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
