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
    let size = |nodes: [usize; 2]| {
        let sizes = nodes.map(|node| losses.signed[node].unsigned_abs());
        sizes[0].max(sizes[1])
    };
    let [delta, vega] = scaled(policy, terms, losses.underlying);
    charge(&delta, size(terms.exposure.delta)) + charge(&vega, size(terms.exposure.vega))
}

/// A line on the size of a loss, in which the move of its node is allowed for.
pub(crate) struct ScaledLine {
    /// `⌈2^24·slope/move⌉`.
    pub slope: u64,
    /// What is taken off, 1e-8 USD.
    pub less: u64,
}

/// The lines of an underlying on the losses of the delta and of the vega nodes; none where the policy has
/// none.
pub(crate) fn scaled(policy: &Policy, terms: &PortfolioTerms, code: u16) -> [Vec<ScaledLine>; 2] {
    let lines = terms.liquidity_of(code);
    let (Some(lines), Some(underlying)) = (lines, policy.by_code(code)) else {
        return [Vec::new(), Vec::new()];
    };
    // A slope is on the dollar delta, and the node moves the price by this part of it; a whole number
    // of basis points, which the policy's reader checks.
    let part = u64::from(terms.exposure.delta_part);
    let shock = part * u64::from(underlying.range_bp) / u64::from(BP);
    let of = |lines: &[Line], per: u64| {
        let scaled = |line: &Line| ScaledLine {
            slope: slope_24(line, per),
            less: line.less,
        };
        lines.iter().map(scaled).collect()
    };
    [of(&lines.delta, shock), of(&lines.vega, u64::from(BP))]
}

/// The largest of the lines on the size of a loss.
fn charge(lines: &[ScaledLine], size: u128) -> u128 {
    let of_line = |line: &ScaledLine| {
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
