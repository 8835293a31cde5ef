//! What one contract of every listed instrument adds to the numbers of an account.
//!
//! The market is public, so the verifier computes this table himself: prices need no proof. Every
//! number is an integer of 1e-8 USD per contract; times a quantity in 1e-8 contract it is 1e-16 USD.
//! A number that had to be rounded is off by at most one unit either way, and [`Entry::charge`]
//! carries one unit for each, so that a requirement from this table is never below the exact one.
//!
//! | number | adds to | per |
//! |---|---|---|
//! | [`Entry::mark`] | equity | q |
//! | [`Entry::mark_error`] | equity, negative | abs(q) |
//! | [`Entry::losses`] | loss of the underlying by scenario | q |
//! | [`Entry::roll`] | dollar delta of the expiry times its roll rate | q |
//! | [`Entry::short`] | half the short-option minimum of the strike | q |
//! | [`Entry::haircut`] | the haircut, of spot half | abs(q), of spot q + abs(q) |
//! | [`Entry::charge`] | requirement: certified errors of prices and deltas, and of rounding | abs(q) |
//! | [`Entry::closing`] | half the spread, under format 2 | abs(q) |
//! | [`Entry::fee`] | settlement of a position, under format 2 | position |
//!
//! Under format 2 losses are those of the market risk that a book proves ([`super::portfolio`]).

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use super::form::Form;
use super::portfolio::{share, weight_of_losses, PortfolioTable};
use crate::account::Position;
use crate::error::Error;
use crate::market::{Instrument, InstrumentId, Kind, Market};
use crate::policy::Policy;
use crate::risk::{PerContract, SLOPE_BITS};
use crate::units::BP;
use crate::Fr;

/// Number of the first strike group; expiries have the numbers below.
pub(crate) const FIRST_STRIKE: u32 = 1 << 13;

/// One instrument. Money is in 1e-8 USD per contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Instrument id.
    pub id: InstrumentId,
    /// Underlying; under format 2 it is 0 for what scenarios do not move: cash and what has expired.
    pub underlying: u16,
    /// Number of the underlying and expiry whose deltas net, from 1; 0 for cash, spot and what has
    /// expired.
    pub expiry: u32,
    /// Number of the strike whose options net, from `FIRST_STRIKE`; 0 for what is no option that lives.
    pub strike: u32,
    /// Number among the priced cash and spot of the market, from 1; 0 for a derivative.
    pub asset: u32,
    /// Price at no shock.
    pub mark: i128,
    /// Certified error of the price.
    pub mark_error: i128,
    /// Weighted loss by scenario; a gain is negative.
    pub losses: Vec<i128>,
    /// Roll rate times dollar delta.
    pub roll: i128,
    /// Half the short-option minimum.
    pub short: i128,
    /// The haircut of cash, half that of spot: see `per_signed`.
    pub haircut: i128,
    /// Certified errors in the requirement.
    pub charge: i128,
    /// Half the spread.
    pub closing: i128,
    /// Settlement, 1e-16 USD for a position of any size.
    pub fee: i128,
}

impl Entry {
    /// Cash and spot: what a venue owes and keeps in reserve.
    pub fn is_asset(&self) -> bool {
        self.id.kind().is_asset()
    }

    /// Adds to the requirement per unit of signed quantity. Half a haircut on it and half on the
    /// absolute quantity is the whole for a long position and none for a short one; cash is charged
    /// whole on the absolute quantity.
    pub(crate) fn per_signed(&self) -> i128 {
        let haircut = match self.id.kind() {
            Kind::Spot => self.haircut,
            _ => 0,
        };
        haircut - self.short
    }

    /// Adds to the requirement per unit of absolute quantity.
    pub(crate) fn per_absolute(&self) -> i128 {
        self.haircut + self.charge + self.closing
    }
}

/// The table of a market under a policy.
#[derive(Clone, Debug)]
pub struct InstrumentTable {
    /// Ids of the market's rows, ascending.
    ids: Vec<InstrumentId>,
    /// One entry per row of the market, in its order, or why the row cannot be priced.
    pub entries: Vec<Result<Entry, Error>>,
    /// Scenarios of the policy.
    pub scenarios: usize,
    /// What format 2 adds.
    pub portfolio: Option<PortfolioTable>,
    /// Digest of the policy.
    pub policy: Fr,
    /// Digest of the market.
    pub market: Fr,
}

impl InstrumentTable {
    /// Prices every listed instrument. Rows that cannot be priced (beyond the policy's
    /// tables) keep their error: only an account that holds one is refused.
    pub fn new(policy: &Policy, market: &Market) -> Self {
        let mut groups = Groups::default();
        let mut assets = 0;
        let portfolio = PortfolioTable::new(policy);
        let entries = market
            .instruments()
            .iter()
            .map(|instrument| {
                let settled = instrument.id.settled_at(market.time());
                let (expiry, strike) = match settled {
                    true => (0, 0),
                    false => groups.of(instrument.id),
                };
                entry((policy, portfolio.as_ref()), market, instrument).map(|entry| {
                    assets += u32::from(entry.is_asset());
                    Entry {
                        expiry,
                        strike,
                        asset: if entry.is_asset() { assets } else { 0 },
                        ..entry
                    }
                })
            })
            .collect();
        InstrumentTable {
            ids: market.instruments().iter().map(|i| i.id).collect(),
            entries,
            scenarios: policy.scenarios().len(),
            portfolio,
            policy: policy.digest(),
            market: market.digest(),
        }
    }

    /// What decides the columns of its batches.
    pub fn form(&self) -> Form {
        Form {
            scenarios: self.scenarios,
            portfolio: self.portfolio.as_ref().map(|p| p.form),
        }
    }

    /// Row and entry of an instrument.
    ///
    /// # Errors
    /// When the market does not list it, or it cannot be priced.
    pub fn find(&self, id: InstrumentId) -> Result<(usize, &Entry), Error> {
        let row = self.ids.binary_search(&id).ok();
        match row.and_then(|row| Some((row, self.entries.get(row)?))) {
            Some((row, Ok(entry))) => Ok((row, entry)),
            Some((_, Err(error))) => Err(error.clone()),
            None => Err(Error::Engine {
                subject: id.to_string(),
                problem: "the market does not list the instrument",
                hint: "use the market of the accounts",
            }),
        }
    }

    /// Priced cash and spot, in the order of their numbers, with their rows.
    pub fn assets(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.priced().filter(|(_, entry)| entry.is_asset())
    }

    /// Rows that can be priced.
    pub fn priced(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(row, entry)| Some((row, entry.as_ref().ok()?)))
    }
}

/// Numbers of expiries and strikes, in the order of the market.
#[derive(Default)]
struct Groups {
    expiries: BTreeMap<(u16, u32), u32>,
    strikes: BTreeMap<(u16, u32, u64), u32>,
}

impl Groups {
    fn of(&mut self, id: InstrumentId) -> (u32, u32) {
        let (code, kind) = (id.underlying(), id.kind());
        let expiry = match kind {
            Kind::Cash | Kind::Spot => 0,
            _ => {
                let next = self.expiries.len() as u32 + 1;
                *self.expiries.entry((code, id.expiry())).or_insert(next)
            }
        };
        let strike = if kind.is_option() {
            let next = FIRST_STRIKE + self.strikes.len() as u32;
            *self
                .strikes
                .entry((code, id.expiry(), id.strike()))
                .or_insert(next)
        } else {
            0
        };
        (expiry, strike)
    }
}

/// To the nearest integer, and whether that is exact.
fn nearest(value: &BigInt, unit: &BigInt) -> (BigInt, bool) {
    let doubled: BigInt = value * 2 + unit;
    let (quotient, rest) = doubled.div_mod_floor(&(unit * 2));
    (quotient, rest == *unit)
}

/// `⌈value/unit⌉`.
fn ceil(value: &BigInt, unit: &BigInt) -> BigInt {
    -((-value).div_floor(unit))
}

/// Weighted losses times what the requirement charges of them, and whether any was rounded.
fn losses(policy: &Policy, code: u16, one: &PerContract) -> (Vec<BigInt>, bool) {
    let (share, unit) = match policy.portfolio() {
        None => (1, one.loss_unit.clone()),
        Some(_) => (share(policy, code), &one.loss_unit * BP * BP),
    };
    let losses: Vec<(BigInt, bool)> = one
        .losses
        .iter()
        .map(|loss| nearest(&(loss * share), &unit))
        .collect();
    let rounded = !losses.iter().all(|(_, exact)| *exact);
    (losses.into_iter().map(|(loss, _)| loss).collect(), rounded)
}

/// Certified errors in the requirement, and of the rounding of losses and the roll.
fn charge(policy: &Policy, code: u16, one: &PerContract, rounded: [bool; 2]) -> BigInt {
    let [losses, roll] = rounded.map(i32::from);
    let Some(terms) = policy.portfolio() else {
        return ceil(&one.charged_error, &one.charged_error_unit) + losses + roll;
    };
    // A shortfall that is scaled scales the errors of its prices too.
    let error = ceil(
        &(&one.charged_error * terms.scale),
        &(&one.charged_error_unit * BP),
    );
    let weight = ceil(
        &weight_of_losses(policy, code).into(),
        &(BigInt::from(1) << SLOPE_BITS),
    );
    error + weight * losses + roll
}

/// Half the short-option minimum.
fn short(policy: &Policy, market: &Market, instrument: &Instrument) -> Result<BigInt, Error> {
    let id = instrument.id;
    if !id.kind().is_option() || id.settled_at(market.time()) {
        return Ok(BigInt::zero());
    }
    let index = market.index_price(id.underlying());
    let index = index.ok_or_else(|| Error::Engine {
        subject: instrument.name.clone(),
        problem: "options need the index, and the market lists no spot of the underlying",
        hint: "add the spot instrument to the market",
    })?;
    Ok(ceil(&(BigInt::from(index) * policy.som_bp), &20_000.into()))
}

fn entry(
    (policy, portfolio): (&Policy, Option<&PortfolioTable>),
    market: &Market,
    instrument: &Instrument,
) -> Result<Entry, Error> {
    let position = Position {
        id: instrument.id,
        quantity: 1,
    };
    let one = PerContract::new(policy, market, &position)?;
    let id = instrument.id;
    let code = id.underlying();
    let fits = |value: BigInt| {
        value
            .to_i128()
            .filter(|v| v.unsigned_abs() >> 72 == 0)
            .ok_or_else(|| Error::Engine {
                subject: instrument.name.clone(),
                problem: "a price or a loss of one contract is 2^72 units of 1e-8 USD or more",
                hint: "check the prices of the market",
            })
    };
    let (mark, exact) = nearest(&one.value, &one.value_unit);
    let mark_error = ceil(&one.mark_error, &one.mark_error_unit) + i32::from(!exact);
    let (losses, rounded) = losses(policy, code, &one);
    let (roll, exact) = nearest(&one.roll, &one.roll_unit);
    let charge = charge(policy, code, &one, [rounded, !exact]);
    let parts = if id.kind() == Kind::Spot { 2 } else { 1 };
    let haircut = ceil(&one.haircut, &(parts * 10_000).into());
    // What an option that is worth next to nothing may have below zero is no gain.
    let closing = ceil(&one.closing, &one.closing_unit).max(BigInt::zero());
    let fee = |terms: &PortfolioTable| terms.position * i128::from(one.counts);
    debug_assert!(!mark_error.is_negative() && !charge.is_negative());
    Ok(Entry {
        id,
        underlying: match portfolio {
            Some(_) if !one.shocked => 0,
            _ => code,
        },
        expiry: 0,
        strike: 0,
        asset: 0,
        mark: fits(mark)?,
        mark_error: fits(mark_error)?,
        losses: losses.into_iter().map(fits).collect::<Result<_, _>>()?,
        roll: fits(roll)?,
        short: fits(short(policy, market, instrument)?)?,
        haircut: fits(haircut)?,
        charge: fits(charge)?,
        closing: fits(closing)?,
        fee: portfolio.map_or(0, fee),
    })
}
