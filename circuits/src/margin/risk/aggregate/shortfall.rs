//! Expected shortfall of joint points.
//!
//! ```text
//! MREQ44:  0 ≤ t < 2^72
//! MREQ45:  l = Σ weight·ℓ over paths and nodes, at 2^-24
//! MREQ46:  V = 2^24·t + 2^25·y − l,  0 ≤ V < 2^96
//! MREQ47:  `in tail` is a bit
//! MREQ48:  y = in tail·⌊V/2^24⌋
//! MREQ49:  0 ≤ ES < 2^72
//! MREQ50:  0 ≤ D·(ES − t) − 10^4·Σ count·y < 2^108
//! ```
//!
//! Where the bit is 1, `V = 2^24·y + e` makes `2^24·(t + y) = l + e`; where it is 0, `y = 0` and `2^24·t ≥ l`. So
//! `y ≥ max(0, l/2^24 − t)` either way, with one decomposition for both.

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::{ceil_of, less};
use crate::margin::trace::Var;
use crate::margin::widths::{LOSS, POINT, TAIL_REST};
use zkmargin_engine::field::{bit, is_negative, pow2};
use zkmargin_engine::policy::Shortfall;
use zkmargin_engine::units::BP;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// A number no less than the expected shortfall, from signed losses by node and path.
pub(crate) fn shortfall(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    terms: &Shortfall,
    losses: &[Vec<Var>],
) -> Bounded<LOSS> {
    let points: Vec<Fr> = terms
        .weights
        .iter()
        .map(|paths| {
            let parts = paths
                .iter()
                .enumerate()
                .flat_map(|(path, shares)| shares.iter().map(move |share| (path, share)));
            parts
                .map(|(path, share)| {
                    losses[share.node][path].value * Fr::from(u64::from(share.weight))
                })
                .sum()
        })
        .collect();
    let threshold = a.witness(Free::TailThreshold, threshold(terms, &points));
    a.number("MREQ44");
    let threshold: Bounded<LOSS> = ranges.bound(a, threshold);
    let mut sum = Vec::with_capacity(points.len());
    for (paths, point) in terms.weights.iter().zip(&terms.points) {
        a.number("MREQ45");
        let parts: Vec<_> = paths
            .iter()
            .enumerate()
            .flat_map(|(path, shares)| shares.iter().map(move |share| (path, share)))
            .map(|(path, share)| (Fr::from(u64::from(share.weight)), losses[share.node][path]))
            .collect();
        let loss = a.linear(&parts, Fr::ZERO);
        let excess = excess(a, ranges, threshold.var(), loss);
        sum.push((
            -Fr::from(u64::from(BP)) * Fr::from(u64::from(point.count)),
            excess,
        ));
    }
    let mass = Fr::from(u64::from(BP - terms.level)) * Fr::from(u64::from(terms.total));
    let weighted: Fr = sum.iter().map(|(q, v)| -*q * v.value).sum();
    let least = threshold.value() + ceil_of(weighted, mass);
    let shortfall = a.witness(Free::Shortfall, least);
    a.number("MREQ49");
    let shortfall: Bounded<LOSS> = ranges.bound(a, shortfall);
    a.number("MREQ50");
    sum.extend([(mass, shortfall.var()), (-mass, threshold.var())]);
    let room = a.linear(&sum, Fr::ZERO);
    ranges.assert::<TAIL_REST>(a, room);
    shortfall
}

/// What a point loses beyond the threshold, at least.
fn excess(a: &mut Arithmetic, ranges: &mut Ranges, threshold: Var, loss: Var) -> Var {
    let beyond = loss.value - pow2(24) * threshold.value;
    let inside = beyond == Fr::ZERO || is_negative(beyond);
    let least = if inside {
        Fr::ZERO
    } else {
        ceil_of(beyond, pow2(24))
    };
    let excess = a.witness(Free::Excess, least);
    a.number("MREQ46");
    let terms = [(-ONE, loss), (pow2(24), threshold), (pow2(25), excess)];
    let value = a.linear(&terms, Fr::ZERO);
    let high: Bounded<LOSS> = ranges.split::<POINT, LOSS>(a, value);
    a.number("MREQ47");
    let in_tail = a.witness(Free::InTail, bit(!inside));
    a.assert_bit(in_tail);
    a.number("MREQ48");
    let high = (Fr::ZERO, high.var());
    a.assert_full(ONE, (Fr::ZERO, in_tail), high, None, Fr::ZERO, excess);
    excess
}

/// Where the tail of losses begins: `max(0, ⌈l/2^24⌉)` of the first point, by falling losses, with which the mass of
/// the tail is full.
fn threshold(terms: &Shortfall, losses: &[Fr]) -> Fr {
    let mass = u64::from(BP - terms.level) * u64::from(terms.total);
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| less(losses[*b], losses[*a]));
    let mut sum = 0;
    let first = order.into_iter().find(|point| {
        sum += u64::from(BP) * u64::from(terms.points[*point].count);
        sum >= mass
    });
    let at = first.map_or(Fr::ZERO, |point| ceil_of(losses[point], pow2(24)));
    if is_negative(at) {
        Fr::ZERO
    } else {
        at
    }
}
