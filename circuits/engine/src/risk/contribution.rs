//! What each position adds to the stress and to the expected shortfall: what to cut first.
//!
//! Both are sums over positions at moves that are held fixed (Euler's allocation: the derivative of a
//! homogeneous risk measure in the size of a position, times the size). The stress is taken at its worst
//! node, the shortfall over the points beyond its threshold, the one at the threshold by the mass that is
//! left for it. A negative contribution is a hedge. For reports: requirements are not computed from it.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use super::aggregate::market_risk::MarketRisk;
use super::aggregate::worst::worst;
use super::position::Priced;
use super::scenario::nodes;
use super::units::{money, value_unit};
use crate::error::Error;
use crate::policy::{Policy, Shortfall};
use crate::units::BP;

/// Shares of one position, 1e-8 USD, rounded down; negative where it hedges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Weighted loss at the worst node of the stress.
    pub stress: i128,
    /// Share of the expected shortfall.
    pub shortfall: i128,
}

/// Contributions in the order of the positions.
pub(super) fn contributions(
    policy: &Policy,
    positions: &[Priced],
    base: &[BigInt],
    market: &MarketRisk,
) -> Result<Vec<Contribution>, Error> {
    let Some(terms) = policy.portfolio().map(|terms| &terms.shortfall) else {
        return Ok(Vec::new());
    };
    let tail = tail_masses(terms, market);
    let (worst, _) = worst(&market.stress_by_node);
    positions
        .iter()
        .zip(base)
        .map(|(leg, base)| of_position(policy, terms, &tail, (leg, base, worst)))
        .collect()
}

/// Mass of each point in the tail, in 1e-4 of counts; their sum is at most that of the tail.
fn tail_masses(terms: &Shortfall, market: &MarketRisk) -> Vec<u64> {
    let whole = |(point, excess): (&crate::policy::Point, &i128)| match *excess > 0 {
        true => u64::from(point.count) * u64::from(BP),
        false => 0,
    };
    let tail = &market.tail;
    let mut masses: Vec<u64> = terms.points.iter().zip(&tail.excess).map(whole).collect();
    let mass = u64::from(BP - terms.level) * u64::from(terms.total);
    let mut left = mass.saturating_sub(masses.iter().sum());
    // Nothing is lost at a threshold of zero.
    for (place, loss) in tail.losses.iter().enumerate() {
        if *loss == tail.threshold && tail.threshold > 0 {
            let count = u64::from(terms.points[place].count) * u64::from(BP);
            masses[place] = count.min(left);
            left -= masses[place];
        }
    }
    masses
}

fn of_position(
    policy: &Policy,
    terms: &Shortfall,
    tail: &[u64],
    (leg, base, worst): (&Priced, &BigInt, usize),
) -> Result<Contribution, Error> {
    if !leg.shocked() {
        return Ok(Contribution {
            stress: 0,
            shortfall: 0,
        });
    }
    let losses: Vec<BigInt> = nodes(policy, leg.underlying)?
        .map(|node| (base - leg.value(policy, &node)) * node.weight)
        .collect();
    let unit = value_unit() << 24u32;
    let stress = losses
        .get(worst)
        .map_or_else(BigInt::zero, |l| l.div_floor(&unit));
    let path = terms
        .paths
        .iter()
        .position(|code| *code == leg.underlying.code);
    let mut shortfall = BigInt::zero();
    for (weights, mass) in terms.weights.iter().zip(tail) {
        let shares = path
            .and_then(|path| weights.get(path))
            .into_iter()
            .flatten();
        for share in shares {
            shortfall += &losses[share.node] * share.weight * *mass;
        }
    }
    let mass = u64::from(BP - terms.level) * u64::from(terms.total);
    let shortfall = shortfall.div_floor(&((unit << 24u32) * mass));
    Ok(Contribution {
        stress: money(stress)?,
        shortfall: money(shortfall)?,
    })
}
