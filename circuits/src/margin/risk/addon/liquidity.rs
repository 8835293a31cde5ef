//! What it costs to close a net exposure: the largest of the policy's lines on losses of two nodes.
//!
//! ```text
//! MREQ53:  slope and what is taken off, of every line and register
//! MREQ54:  0 ≤ X − abs(ℓ) < 2^72, at both nodes
//! MREQ55:  0 ≤ charge < 2^84
//! MREQ56:  0 ≤ 2^24·(charge + less) − slope·X < 2^108, of every line
//! MREQ57:  their sum
//! ```

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::risk::scenario::Loss;
use crate::margin::risk::{ceil_of, larger};
use crate::margin::table::{lines, Tag, LINE_STRIDE};
use crate::margin::trace::{Source, Var};
use crate::margin::wide::Wide;
use crate::margin::widths::{EXPOSURE, LINE_REST, LIQUIDITY, LOSS, MONEY};
use zkmargin_engine::field::{is_negative, pow2, signed};
use zkmargin_engine::policy::PortfolioTerms;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// The charges of all registers, from losses by scenario and register.
pub(crate) fn charge(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    terms: &PortfolioTerms,
    (codes, losses): (&[Var], &[Vec<Loss>]),
) -> Bounded<MONEY> {
    let [delta, vega] = lines(wide.policy, terms);
    let kinds = [
        (terms.exposure.delta, 0..delta),
        (terms.exposure.vega, delta..delta + vega),
    ];
    let mut charges = Vec::new();
    for (register, &code) in codes.iter().enumerate() {
        for (nodes, lines) in kinds.clone() {
            let sizes = nodes.map(|node| losses[node][register].whole());
            let of_lines: Vec<[Var; 2]> = lines
                .map(|line| {
                    a.number("MREQ53");
                    let key = signed(LINE_STRIDE * line as i128);
                    let key = a.linear(&[(ONE, code)], key);
                    let [_, slope, less] = wide.find(a, Tag::Line, Source::Old(key));
                    [slope, less]
                })
                .collect();
            if !of_lines.is_empty() {
                charges.push(of_register(a, ranges, &sizes, &of_lines));
            }
        }
    }
    a.number("MREQ57");
    a.total(&charges)
}

/// The largest of some lines on the larger of two sizes.
fn of_register(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    sizes: &[Bounded<LOSS>; 2],
    lines: &[[Var; 2]],
) -> Bounded<LIQUIDITY> {
    let exposure = larger(sizes[0].value(), sizes[1].value());
    let exposure = a.witness(Free::Exposure, exposure);
    a.number("MREQ54");
    let exposure = ranges.no_less::<LOSS, LOSS, EXPOSURE>(a, exposure, sizes);
    let exposure = exposure.var();
    let least = lines.iter().fold(Fr::ZERO, |most, [slope, less]| {
        let cost = ceil_of(slope.value * exposure.value, pow2(24)) - less.value;
        larger(most, cost)
    });
    debug_assert!(!is_negative(least));
    let charge = a.witness(Free::LiquidityCharge, least);
    a.number("MREQ55");
    let charge: Bounded<LIQUIDITY> = ranges.bound(a, charge);
    for [slope, less] in lines {
        a.number("MREQ56");
        let room = a.linear(&[(pow2(24), charge.var()), (pow2(24), *less)], Fr::ZERO);
        let room = a.product(-ONE, *slope, exposure, Some((ONE, room)), Fr::ZERO);
        ranges.assert::<LINE_REST>(a, room);
    }
    charge
}
