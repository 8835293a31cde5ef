//! From the terms of the requirement to the verdict: requirement, equity, comparison.
//!
//! ```text
//! MREQ26:          IM = Σ of the five terms
//! MREQ27-MREQ29:   E = ⌊value/unit⌋
//! MREQ30, MREQ31:  0 ≤ 10^4·E − ratio·IM − 10^4·buffer < 2^132
//! ```
//!
//! Money cells are integers of 1e-8 USD, rounded against the account.

use ff::Field;

use super::lanes::Lanes;
use super::netting::Netted;
use super::range::Bounded;
use super::risk::addon::short_option::IndexWitness;
use super::risk::addon::{haircut, pricing_error, roll, short_option};
use super::risk::aggregate::worst::worst;
use super::risk::{floor_div, scenario, MONEY_BP};
use super::trace::Var;
use super::widths::MONEY;
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

/// Public terms of the comparison.
pub(crate) struct Terms {
    /// Ratio in basis points.
    pub ratio: Bounded<16>,
    /// Buffer in 1e-8 USD.
    pub buffer: Bounded<90>,
}

const ONE: Fr = Fr::ONE;

/// MREQ1 to MREQ31: requirement, equity and the comparison.
pub(crate) fn verdict(
    l: &mut Lanes<'_>,
    registers: &[Vec<Var>],
    netted: &Netted,
    indices: &[IndexWitness],
    terms: &Terms,
) {
    let sums = scenario::charges(l, registers, &netted.codes);
    let scenario = worst(l, &sums);
    let short_options = short_option::charge(l, &netted.codes, &netted.short_options, indices);
    let roll = roll::charge(l, netted.roll);
    let haircut = haircut::charge(l, netted.haircut);
    let error = pricing_error::charge(l, netted.error);
    l.number("MREQ26");
    let initial: Bounded<INITIAL> = l.total([scenario, roll, short_options, haircut, error]);
    let equity = equity(l, &registers[0], netted);
    // 10^4·E ≥ ratio·IM + 10^4·buffer.
    let bp = Fr::from(10_000);
    l.number("MREQ30");
    let required: Bounded<REQUIRED> = l.times(terms.ratio, initial);
    l.number("MREQ31");
    let excess = l.linear(
        &[
            (bp, equity),
            (-ONE, required.var()),
            (-bp, terms.buffer.var()),
        ],
        Fr::ZERO,
    );
    l.assert_range::<132>(excess);
    l.book("requirement");
}

/// Bits of five terms of money.
const INITIAL: u32 = MONEY + 3;
/// Bits of the ratio times that.
const REQUIRED: u32 = INITIAL + 16;

/// The equity, rounded down: its absolute value is below 2^108.
fn equity(l: &mut Lanes<'_>, registers: &[Var], netted: &Netted) -> Var {
    let unit = Fr::from(MONEY_BP) * pow2(76);
    let bp = Fr::from(10_000);
    let mut value: Vec<_> = registers.iter().map(|&v| (ONE, v)).collect();
    value.push((bp * pow2(76), netted.constant_value));
    value.push((-bp * pow2(16), netted.mark_error));
    l.number("MREQ27");
    let value = l.linear(&value, Fr::ZERO);
    let equity = l.witness("equity", floor_div(value.value, unit));
    l.number("MREQ28");
    let lifted = l.linear(&[(ONE, equity)], pow2(MONEY));
    l.assert_range::<110>(lifted);
    l.number("MREQ29");
    let rest = l.linear(&[(ONE, value), (-unit, equity)], Fr::ZERO);
    l.assert_range::<120>(rest);
    equity
}
