//! The margin of one account of a book: the native twin of the batch circuit.
//!
//! Money is in 1e-16 USD (a quantity in 1e-8 times a price in 1e-8). Under format 1 the requirement is that
//! of [`crate::risk`] but for rounding: never below it, and above by less
//! than `Σ 6·abs(q)·1e-8` USD. Under format 2 it is never below it either, and gains of one underlying pay
//! for nothing in another ([`super::portfolio`]).

use std::collections::BTreeMap;

use super::exposure::Exposure;
use super::table::{Entry, InstrumentTable};
use crate::account::Position;
use crate::error::Error;
use crate::units::BP;

/// Equity, requirement and every certified number of an account lie below `2^MONEY_BITS` units of
/// 1e-16 USD: 3.8 billion USD.
pub(crate) const MONEY_BITS: u32 = 85;

/// What one account adds to its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRisk {
    /// Value of all positions at no shock less the certified error, 1e-16 USD.
    pub equity: i128,
    /// Certified error of that value, 1e-16 USD: it is at most `equity + 2·error`.
    pub error: i128,
    /// Scenario requirement, 1e-16 USD: of the worst scenario; under format 2 of the worst of every
    /// underlying.
    pub scenario: i128,
    /// Add-ons to it: roll, short options, haircuts, errors, 1e-16 USD; under format 2 also liquidity, half
    /// spreads and settlement.
    pub addons: i128,
    /// Exposures by underlying of the losses: format 2.
    pub exposures: BTreeMap<u16, Exposure>,
    /// Weighted losses by underlying and scenario, 1e-16 USD: where there is any loss or gain at all, under
    /// format 2 where there is a position that scenarios move.
    pub losses: BTreeMap<u16, Vec<i128>>,
    /// Net numbers, where not zero, of expiries and strikes with several positions each, 1e-16 USD.
    pub groups: BTreeMap<u32, i128>,
    /// Where every position stands.
    pub places: Vec<Place>,
}

/// Where a position stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Row of the market.
    pub row: usize,
    /// It nets with others of its expiry.
    pub netted: bool,
    /// It is an option that nets with others of its strike.
    pub joined: bool,
}

impl AccountRisk {
    /// What the account is owed at most, 1e-16 USD.
    pub fn owed(&self) -> u128 {
        (self.equity.max(0) + 2 * self.error).unsigned_abs()
    }

    /// Initial requirement, 1e-16 USD.
    pub fn requirement(&self) -> i128 {
        self.scenario + self.addons
    }

    /// `10^4·E − ratio·IM`, in basis points of 1e-16 USD: not negative when the ratio is met.
    pub fn excess(&self, ratio: u16) -> i128 {
        i128::from(BP) * self.equity - i128::from(ratio) * self.requirement()
    }
}

/// A sum that must stay within the bounds of a batch.
struct Checked<'a> {
    positions: &'a [Position],
}

impl Checked<'_> {
    fn add(&self, sum: &mut i128, price: i128, quantity: i128) -> Result<(), Error> {
        let product = price.checked_mul(quantity);
        *sum = product
            .and_then(|p| sum.checked_add(p))
            .filter(|sum| sum.unsigned_abs() >> 120 == 0)
            .ok_or_else(|| self.too_large())?;
        Ok(())
    }

    fn money(&self, value: i128) -> Result<i128, Error> {
        match value.unsigned_abs() >> MONEY_BITS {
            0 => Ok(value),
            _ => Err(self.too_large()),
        }
    }

    fn too_large(&self) -> Error {
        Error::Engine {
            subject: format!("an account of {} positions", self.positions.len()),
            problem: "equity, requirement or a loss is 3.8 billion USD or more",
            hint: "split the account",
        }
    }
}

/// Where positions stand, and with what they net: positions of one expiry or strike are neighbours,
/// since they are sorted by id.
fn places(positions: &[Position], found: &[(usize, &Entry)]) -> Vec<Place> {
    let any_beside = |i: usize, same: &dyn Fn(usize) -> bool| {
        let before = i.checked_sub(1);
        let after = Some(i + 1).filter(|i| *i < found.len());
        before.into_iter().chain(after).any(same)
    };
    let place = |(i, (row, entry)): (usize, &(usize, &Entry))| Place {
        row: *row,
        netted: entry.expiry != 0 && any_beside(i, &|j| found[j].1.expiry == entry.expiry),
        joined: entry.strike != 0
            && any_beside(i, &|j| positions[j].id.same_strike(positions[i].id)),
    };
    found.iter().enumerate().map(place).collect()
}

/// Evaluates an account against a price table.
///
/// # Errors
/// When a position is not listed or cannot be priced, or a sum is too large for a batch.
pub fn evaluate(table: &InstrumentTable, positions: &[Position]) -> Result<AccountRisk, Error> {
    let checked = Checked { positions };
    let (mut equity, mut error, mut addons) = (0, 0, 0);
    let mut losses: BTreeMap<u16, (u32, Vec<i128>)> = BTreeMap::new();
    let mut groups: BTreeMap<u32, i128> = BTreeMap::new();
    let found = positions.iter().map(|position| table.find(position.id));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let places = places(positions, &found);
    for ((position, place), (_, entry)) in positions.iter().zip(&places).zip(found) {
        let quantity = i128::from(position.quantity);
        let size = quantity.abs();
        checked.add(&mut equity, entry.mark, quantity)?;
        checked.add(&mut error, entry.mark_error, size)?;
        checked.add(&mut addons, entry.per_signed(), quantity)?;
        checked.add(&mut addons, entry.per_absolute(), size)?;
        addons += entry.fee;
        if entry.underlying != 0 {
            let new = || (0, vec![0; table.scenarios]);
            let (count, sums) = losses.entry(entry.underlying).or_insert_with(new);
            *count += 1;
            for (sum, loss) in sums.iter_mut().zip(&entry.losses) {
                checked.add(sum, *loss, quantity)?;
            }
        }
        if place.netted {
            let net = groups.entry(entry.expiry).or_default();
            checked.add(net, entry.roll, quantity)?;
        } else {
            checked.add(&mut addons, entry.roll.abs(), size)?;
        }
        if place.joined {
            let net = groups.entry(entry.strike).or_default();
            checked.add(net, entry.short, quantity)?;
        } else {
            checked.add(&mut addons, entry.short, size)?;
        }
    }
    groups.retain(|_, net| *net != 0);
    for net in groups.values() {
        addons += checked.money(net.abs())?;
    }
    let exposures = exposures(table, &losses, &checked)?;
    let fees = |e: &Exposure| e.charges.iter().sum::<i128>();
    addons += exposures.values().map(fees).sum::<i128>();
    addons += table.portfolio.as_ref().map_or(0, |terms| terms.account);
    let (scenario, losses) = scenario(table, &exposures, losses, &checked)?;
    let risk = AccountRisk {
        exposures,
        equity: checked.money(equity - error)?,
        error: checked.money(error)?,
        scenario: checked.money(scenario)?,
        addons: checked.money(addons)?,
        losses,
        groups,
        places,
    };
    checked.money(risk.requirement())?;
    Ok(risk)
}

/// Exposures of every underlying under format 2.
fn exposures(
    table: &InstrumentTable,
    losses: &BTreeMap<u16, (u32, Vec<i128>)>,
    checked: &Checked<'_>,
) -> Result<BTreeMap<u16, Exposure>, Error> {
    let Some(portfolio) = &table.portfolio else {
        return Ok(BTreeMap::new());
    };
    let form = &portfolio.form;
    let of = |(&code, (positions, losses)): (&u16, &(u32, Vec<i128>))| {
        for loss in losses {
            checked.money(*loss)?;
        }
        let terms = portfolio.of(code)?;
        let exposure = Exposure::new(form, terms, losses, *positions);
        let above = exposure.above(form, losses);
        for slack in above.chain(exposure.over_lines(terms)) {
            checked.money(slack)?;
        }
        Ok((code, exposure))
    };
    losses.iter().map(of).collect()
}

/// The scenario requirement, with the losses by underlying that it answers for.
fn scenario(
    table: &InstrumentTable,
    exposures: &BTreeMap<u16, Exposure>,
    losses: BTreeMap<u16, (u32, Vec<i128>)>,
    checked: &Checked<'_>,
) -> Result<(i128, BTreeMap<u16, Vec<i128>>), Error> {
    let sums = losses.into_iter().map(|(u, (_, sums))| (u, sums));
    let mut losses: BTreeMap<u16, Vec<i128>> = sums.collect();
    let scenario = match table.portfolio {
        Some(_) => exposures.values().map(|e| e.required).sum(),
        None => {
            losses.retain(|_, sums| sums.iter().any(|loss| *loss != 0));
            worst(table.scenarios, &losses)
        }
    };
    for loss in losses.values().flatten() {
        // What a charge leaves above a loss is at most this.
        checked.money(scenario + loss.abs())?;
    }
    Ok((scenario, losses))
}

/// The largest sum of charges over the underlyings, in any scenario.
fn worst(scenarios: usize, losses: &BTreeMap<u16, Vec<i128>>) -> i128 {
    let charge = |s: usize| losses.values().map(|sums| sums[s].max(0)).sum();
    (0..scenarios).map(charge).fold(0, i128::max)
}
