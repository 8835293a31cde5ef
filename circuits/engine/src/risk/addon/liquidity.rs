//! Liquidity: what it costs to close a net exposure in a market of finite depth.
//!
//! Exposures are read from nodes of the grid: that of the delta from the least price move with the
//! volatility unmoved, that of the vega from the volatility up and down with the price unmoved. The cost
//! is the largest of the policy's lines, tangents of a square root of impact.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::ToPrimitive;

use crate::policy::{Line, Policy, PortfolioTerms};
use crate::risk::scenario::UnderlyingLosses;
use crate::units::BP;

/// Fraction bits of a slope.
pub(crate) const SCALE: u32 = 24;

/// The charge of one underlying, 1e-8 USD.
fn of_underlying(policy: &Policy, terms: &PortfolioTerms, losses: &UnderlyingLosses) -> u128 {
    let [delta, vega] = lines(policy, terms, losses.underlying);
    let size = |nodes: [usize; 2]| {
        let sizes = nodes.map(|node| losses.signed[node].unsigned_abs());
        sizes[0].max(sizes[1])
    };
    let exposure = terms.exposure;
    charge(&delta, size(exposure.delta)) + charge(&vega, size(exposure.vega))
}

/// A line on a loss at a node of exposure: the larger of 0 and `⌈slope·abs(loss)/2^24⌉ − less`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExposureLine {
    /// Slope at 2^-24, below 2^38.
    pub slope: u64,
    /// What is taken off, 1e-8 USD.
    pub less: u64,
}

/// Lines on the delta and on the vega of an underlying, those of the policy on the losses that tell them.
pub fn lines(policy: &Policy, terms: &PortfolioTerms, code: u16) -> [Vec<ExposureLine>; 2] {
    let (Some(lines), Some(underlying)) = (terms.liquidity_of(code), policy.by_code(code)) else {
        return [Vec::new(), Vec::new()];
    };
    // A slope is on the dollar delta, and the node moves the price by this part of it; a whole number
    // of basis points, which the policy's reader checks.
    let shock =
        u64::from(terms.exposure.delta_part) * u64::from(underlying.range_bp) / u64::from(BP);
    let of = |lines: &[Line], per: u64| {
        let of_line = |line: &Line| ExposureLine {
            slope: slope_24(line, per),
            less: line.less,
        };
        lines.iter().map(of_line).collect()
    };
    [of(&lines.delta, shock), of(&lines.vega, u64::from(BP))]
}

/// The largest of the lines on a loss of this size.
fn charge(lines: &[ExposureLine], size: u128) -> u128 {
    let of_line = |line: &ExposureLine| {
        let cost = (BigInt::from(line.slope) * size).div_ceil(&(BigInt::from(1) << SCALE));
        // A slope is below 2^38, a size below 2^69.
        cost.to_u128()
            .map_or(u128::MAX, |cost| cost.saturating_sub(line.less.into()))
    };
    lines.iter().map(of_line).fold(0, u128::max)
}

/// `⌈2^24·slope/per⌉`.
pub(in crate::risk) fn slope_24(line: &Line, per: u64) -> u64 {
    (u64::from(line.slope) << SCALE).div_ceil(per)
}

/// Liquidity of all underlyings, 1e-8 USD.
pub(in crate::risk) fn liquidity(
    policy: &Policy,
    terms: &PortfolioTerms,
    losses: &[UnderlyingLosses],
) -> BigInt {
    let of = |l: &UnderlyingLosses| BigInt::from(of_underlying(policy, terms, l));
    losses.iter().map(of).sum()
}
