//! An account after a move of one's own, every position priced anew: what the grid and the joint points
//! only interpolate.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use super::position::{Node, Priced};
use super::units::{money, value_unit};
use crate::account::Position;
use crate::error::Error;
use crate::market::Market;
use crate::math;
use crate::policy::Policy;
use crate::pricing::OptionPoint;
use crate::units::BP;

/// Largest gross move, in basis points: prices move by less than +555.36%.
const MOST_GROSS: i64 = (1 << 16) - 1;
/// Volatilities may be multiplied by up to ten, in 1e-4.
const MOST_MULTIPLE: u32 = 10 * BP;

/// How volatilities move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolMove {
    /// All by one multiple, in 1e-4.
    Multiple(u32),
    /// By underlying: a share, in 1e-4, of the way from the mark to the up node (positive) or to the down
    /// node (negative) of each maturity. What is not listed does not move.
    OfWay(BTreeMap<u16, i32>),
}

/// A joint move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Price shocks in basis points by code; what is not listed does not move.
    pub prices: BTreeMap<u16, i32>,
    /// How volatilities move.
    pub vol: VolMove,
    /// Days that pass.
    pub days: u32,
}

/// What an underlying loses, 1e-8 USD, rounded up; a gain is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderlyingMove {
    /// Its code.
    pub underlying: u16,
    /// Its price shock in basis points.
    pub shock_bp: i32,
    /// What is lost on it.
    pub loss: i128,
    /// Σ abs(quantity)·forward, 1e-8 USD, rounded up: the unit of errors.
    pub gross: i128,
}

/// An account after a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revaluation {
    /// By underlying, ascending by code.
    pub underlyings: Vec<UnderlyingMove>,
    /// Loss of each position in the order of the account, 1e-8 USD, rounded up.
    pub positions: Vec<i128>,
    /// Loss of all, 1e-8 USD.
    pub loss: i128,
}

/// Prices every position after a move. Cash does not move, nor does what has expired.
///
/// # Errors
/// When a position cannot be priced, before or after the move, or a price falls to zero or rises by more
/// than 555.35%.
pub fn revalue(
    policy: &Policy,
    market: &Market,
    positions: &[Position],
    moved: &Move,
) -> Result<Revaluation, Error> {
    let mut sums: BTreeMap<u16, (i32, BigInt, BigInt)> = BTreeMap::new();
    let mut losses = Vec::with_capacity(positions.len());
    let unit = value_unit();
    for position in positions {
        let leg = Priced::new(policy, market, position)?;
        if !leg.shocked() {
            losses.push(0);
            continue;
        }
        let code = leg.underlying.code;
        let shock_bp = moved.prices.get(&code).copied().unwrap_or(0);
        let gross_bp = gross(&leg, shock_bp)?;
        let lambda = log_35(gross_bp) - log_35(BP);
        let point = leg
            .option
            .as_ref()
            .map(|option| point(policy, &leg, option, moved));
        let point = point.transpose()?;
        let base = leg.value(policy, &Node::BASE);
        let loss = base - leg.value_at(policy, (lambda, gross_bp), point.as_ref());
        losses.push(money(loss.div_ceil(&unit))?);
        let zero = || (shock_bp, BigInt::zero(), BigInt::zero());
        let (_, sum, notional) = sums.entry(code).or_insert_with(zero);
        *sum += loss;
        *notional += BigInt::from(leg.forward_value().magnitude().clone());
    }
    let underlyings = sums
        .into_iter()
        .map(|(underlying, (shock_bp, loss, notional))| {
            Ok(UnderlyingMove {
                underlying,
                shock_bp,
                loss: money(loss.div_ceil(&unit))?,
                gross: money(notional.div_ceil(&BigInt::from(crate::units::ONE_USD)))?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Revaluation {
        loss: underlyings.iter().map(|u| u.loss).sum(),
        underlyings,
        positions: losses,
    })
}

/// Shocked forward over forward, in basis points.
fn gross(leg: &Priced, shock_bp: i32) -> Result<u32, Error> {
    let gross = i64::from(BP) + i64::from(shock_bp);
    let fits = Some(gross).filter(|gross| (1..=MOST_GROSS).contains(gross));
    // 16 bits.
    fits.map(|gross| gross as u32).ok_or_else(|| Error::Engine {
        subject: leg.underlying.symbol.clone(),
        problem: "its price would fall to zero, or rise by more than 555.35%",
        hint: "choose a smaller move",
    })
}

/// `ln x` at 2^-35, to nearest; 0 of 0.
fn log_35(x: u32) -> i64 {
    let log = math::ln(u64::from(x)).unwrap_or(0);
    // Below 12·2^35.
    math::round_shift(log, math::FRACTION_BITS - 35) as i64
}

/// An option after the move.
fn point(
    policy: &Policy,
    leg: &Priced,
    option: &OptionPoint,
    moved: &Move,
) -> Result<crate::pricing::VolPoint, Error> {
    let error = |problem, hint| Error::Engine {
        subject: leg.instrument.name.clone(),
        problem,
        hint,
    };
    let [mark, up, down] = option.vols.map(|vol| vol.s);
    let part = |of: u64, share: u32| u128::from(of) * u128::from(share) / u128::from(BP);
    let s = match &moved.vol {
        VolMove::Multiple(multiple) if *multiple > MOST_MULTIPLE => {
            let hint = "volatilities may be multiplied by up to 10";
            return Err(error("its volatility moves too far", hint));
        }
        VolMove::Multiple(multiple) => part(mark, *multiple),
        VolMove::OfWay(ways) => {
            let way = ways.get(&leg.underlying.code).copied().unwrap_or(0);
            let share = way.unsigned_abs();
            let (mark, end) = (u128::from(mark), if way > 0 { up } else { down });
            match u128::from(end) >= mark {
                true => mark + part(end - option.vols[0].s, share),
                false => mark.saturating_sub(part(option.vols[0].s - end, share)),
            }
        }
    };
    let s = u64::try_from(s).ok();
    s.and_then(|s| option.moved(s, moved.days, policy))
        .ok_or_else(|| {
            let hint = "choose a smaller move of volatility, or fewer days";
            error(
                "volatility and time after the move are too large or too small to price",
                hint,
            )
        })
}
