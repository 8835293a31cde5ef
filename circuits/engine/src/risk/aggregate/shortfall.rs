//! Expected shortfall over joint points, and value at risk.
//!
//! `ES = t + ⌈10^4·Σ count·y / D⌉` with `D = (10^4 − level)·total`, `y = max(0, ⌈l/2^24⌉ − t)` and `t` the
//! loss at which the tail begins. For every `t ≥ 0` this is no less than the expected shortfall (Rockafellar
//! and Uryasev, *Optimization of conditional value-at-risk*, 2000), so whoever proves it may state any `t`.
//! Mass that is not listed loses nothing.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::ToPrimitive;

use crate::error::Error;
use crate::policy::{NodeShare, Shortfall};
use crate::risk::scenario::UnderlyingLosses;
use crate::units::BP;

/// Fraction bits of the loss of a point.
const SCALE: u32 = 24;

/// The tail of the joint points. Money in 1e-8 USD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Loss of every point, rounded up, in the order of the policy; a gain is negative.
    pub losses: Vec<i128>,
    /// Where the tail begins.
    pub threshold: i128,
    /// Excess of every point over the threshold, in the order of the policy.
    pub excess: Vec<i128>,
    /// Mean of the tail: expected shortfall.
    pub expected_shortfall: i128,
    /// Value at risk; reported, not charged.
    pub value_at_risk: i128,
}

/// Losses of all points at 2^-24, by interpolation between the losses of nodes.
pub(in crate::risk) fn point_losses(terms: &Shortfall, losses: &[UnderlyingLosses]) -> Vec<BigInt> {
    let of_path = |code: &u16, shares: &[NodeShare]| -> BigInt {
        let Some(losses) = losses.iter().find(|l| l.underlying == *code) else {
            return BigInt::from(0);
        };
        let of_node = |share: &NodeShare| BigInt::from(losses.signed[share.node]) * share.weight;
        shares.iter().map(of_node).sum()
    };
    let of_point = |paths: &Vec<Vec<NodeShare>>| {
        let pairs = terms.paths.iter().zip(paths);
        pairs.map(|(code, shares)| of_path(code, shares)).sum()
    };
    terms.weights.iter().map(of_point).collect()
}

/// The tail of losses at 2^-24, one for each point.
///
/// # Errors
/// When a sum is 2^126 units or more.
pub(in crate::risk) fn tail(terms: &Shortfall, points: &[BigInt]) -> Result<Tail, Error> {
    let money = |sum: BigInt| {
        let fits = sum.to_i128().filter(|sum| sum.unsigned_abs() >> 126 == 0);
        fits.ok_or_else(|| Error::Engine {
            subject: "the account".to_owned(),
            problem: "a loss in a joint point is 2^126 units of 1e-8 USD or more",
            hint: "reduce the quantities",
        })
    };
    let unit = BigInt::from(1) << SCALE;
    let losses: Vec<i128> = points
        .iter()
        .map(|loss| money(loss.div_ceil(&unit)))
        .collect::<Result<_, _>>()?;
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| points[*b].cmp(&points[*a]));
    // Mass of the tail, in 1e-4.
    let mass = u64::from(BP - terms.level) * u64::from(terms.total);
    let first = |ends: fn(u64, u64) -> bool| {
        let mut sum = 0u64;
        let place = order.iter().find(|place| {
            sum += u64::from(BP) * u64::from(terms.points[**place].count);
            ends(sum, mass)
        });
        place.map_or(0, |place| losses[*place].max(0))
    };
    let threshold = first(|sum, mass| sum >= mass);
    let value_at_risk = first(|sum, mass| sum > mass);
    let excess: Vec<i128> = losses
        .iter()
        .map(|loss| (loss - threshold).max(0))
        .collect();
    let weighted: BigInt = terms
        .points
        .iter()
        .zip(&excess)
        .map(|(point, excess)| BigInt::from(*excess) * point.count)
        .sum();
    let mean = (weighted * BP).div_ceil(&mass.into());
    Ok(Tail {
        expected_shortfall: threshold + money(mean)?,
        losses,
        threshold,
        excess,
        value_at_risk,
    })
}
