//! Losses of every underlying in every scenario, and the charges that cover them.
//!
//! ```text
//! MREQ4:  gain = register_us − register_u0
//! MREQ5:  0 ≤ charge < 2^108
//! MREQ6:  0 ≤ unit·charge + weight·gain < 2^252
//! MREQ7:  Σ_u charge_us
//! ```
//!
//! Registers are what the pricing nodes added up ([`crate::margin::node`]); the weight is that of the
//! price class of the underlying in the scenario (MREQ1 to MREQ3).

use ff::Field;

use super::{floor_div, MONEY_BP};
use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::table::{Tag, NODE_STRIDE};
use crate::margin::trace::{Source, Var};
use crate::margin::wide::Wide;
use crate::margin::widths::{CHARGES, MONEY, SLACK};
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// The sum of positive losses by scenario, from registers by node (base first) and underlying.
pub(crate) fn charges(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    registers: &[Vec<Var>],
    codes: &[Var],
) -> Vec<Bounded<CHARGES>> {
    let bases: Vec<Var> = codes
        .iter()
        .map(|&code| {
            a.number("MREQ1");
            let [_, class, _] = wide.find(a, Tag::Register, Source::Old(code));
            a.number("MREQ2");
            a.linear(&[(Fr::from(u64::from(NODE_STRIDE)), class)], Fr::ZERO)
        })
        .collect();
    let [base, scenarios @ ..] = registers else {
        return Vec::new();
    };
    let mut sums = Vec::with_capacity(scenarios.len());
    for (s, scenario) in scenarios.iter().enumerate() {
        let charges: Vec<_> = bases
            .iter()
            .zip(scenario.iter().zip(base))
            .map(|(class, node)| charge(a, ranges, wide, (s, *class), node))
            .collect();
        a.number("MREQ7");
        sums.push(a.total(&charges));
    }
    sums
}

/// A charge of one underlying that is no less than its weighted loss and not negative.
fn charge(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    (s, class): (usize, Var),
    (node, base): (&Var, &Var),
) -> Bounded<MONEY> {
    a.number("MREQ3");
    let key = a.linear(&[(ONE, class)], Fr::from(s as u64));
    let [_, weight, _] = wide.find(a, Tag::Weight, Source::Old(key));
    a.number("MREQ4");
    let gain = a.linear(&[(ONE, *node), (-ONE, *base)], Fr::ZERO);
    let unit = Fr::from(MONEY_BP) * pow2(100);
    let loss = -floor_div(weight.value * gain.value, unit);
    let charge = a.witness(
        Free::ScenarioCharge,
        if is_negative(loss) { Fr::ZERO } else { loss },
    );
    a.number("MREQ5");
    let charge = ranges.bound(a, charge);
    a.number("MREQ6");
    let slack = a.product(ONE, weight, gain, Some((unit, charge.var())), Fr::ZERO);
    ranges.assert::<SLACK>(a, slack);
    charge
}
