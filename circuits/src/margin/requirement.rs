//! From the terms of the requirement to the verdict: requirement, equity, comparison.
//!
//! ```text
//! MREQ26:          IM = Σ of the terms
//! MREQ27, MREQ29:  0 ≤ value − unit·E < 2^120
//! MREQ30, MREQ31:  0 ≤ 10^4·E − ratio·IM − 10^4·buffer < 2^132
//! ```
//!
//! Money cells are integers of 1e-8 USD, rounded against the account. An honest E is ⌊value/unit⌋; MREQ31
//! makes 10^4·E an integer, and MREQ29 keeps it from exceeding the value.

use ff::Field;

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::netting::Netted;
use super::range::{Bounded, Ranges};
use super::risk::addon::short_option::IndexWitness;
use super::risk::addon::{
    closing, haircut, liquidity, pricing_error, roll, settlement, short_option,
};
use super::risk::aggregate::market_risk::market_risk;
use super::risk::aggregate::worst::worst;
use super::risk::{floor_div, scenario, MONEY_BP};
use super::trace::Var;
use super::wide::Wide;
use super::widths::{BUFFER, EQUITY_REST, EXCESS, INITIAL, MONEY, RATIO, REQUIRED, WORST};
use zkmargin_engine::field::pow2;
use zkmargin_engine::policy::PortfolioTerms;
use zkmargin_engine::Fr;

/// Public terms of the comparison.
pub(crate) struct Terms {
    /// Ratio in basis points.
    pub ratio: Bounded<RATIO>,
    /// Buffer in 1e-8 USD.
    pub buffer: Bounded<BUFFER>,
}

const ONE: Fr = Fr::ONE;

/// MREQ1 to MREQ31: requirement, equity and the comparison.
pub(crate) fn verdict(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    registers: &[Vec<Var>],
    netted: &Netted,
    indices: &[IndexWitness],
    terms: &Terms,
) {
    let policy = wide.policy;
    let codes = &netted.codes;
    let (scenario, beside) = match policy.portfolio() {
        None => {
            let sums = scenario::charges(a, ranges, wide, registers, codes);
            (worst(a, ranges, &sums), Vec::new())
        }
        Some(terms) => of_portfolio(a, ranges, wide, terms, registers, netted),
    };
    let short_options = short_option::charge(
        a,
        ranges,
        wide,
        &netted.codes,
        &netted.short_options,
        indices,
    );
    let roll = roll::charge(a, ranges, netted.roll);
    let haircut = haircut::charge(a, ranges, netted.haircut);
    let error = pricing_error::charge(a, ranges, netted.error);
    let error = match policy.portfolio() {
        None => error,
        Some(terms) => pricing_error::scaled(a, ranges, error, terms.scale),
    };
    a.number("MREQ26");
    let addons: Bounded<WORST> =
        a.total(&[vec![roll, short_options, haircut, error], beside].concat());
    let initial: Bounded<INITIAL> = a.total(&[scenario, addons]);
    let equity = equity(a, ranges, &registers[0], netted);
    // 10^4·E ≥ ratio·IM + 10^4·buffer.
    let bp = Fr::from(10_000);
    a.number("MREQ30");
    let required: Bounded<REQUIRED> = a.times(terms.ratio, initial);
    a.number("MREQ31");
    let excess = a.linear(
        &[
            (bp, equity),
            (-ONE, required.var()),
            (-bp, terms.buffer.var()),
        ],
        Fr::ZERO,
    );
    ranges.assert::<EXCESS>(a, excess);
}

/// Market risk under format 2, and the terms that it has beside those of format 1.
fn of_portfolio(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    wide: &mut Wide<'_>,
    terms: &PortfolioTerms,
    registers: &[Vec<Var>],
    netted: &Netted,
) -> (Bounded<WORST>, Vec<Bounded<MONEY>>) {
    let losses = scenario::losses(a, ranges, wide, registers, &netted.codes);
    let at = (netted.codes.as_slice(), losses.as_slice());
    let risk = market_risk(a, ranges, wide, terms, at);
    let liquidity = liquidity::charge(a, ranges, wide, terms, at);
    let counts = [netted.count, netted.unused];
    let fees = settlement::charge(a, terms.settlement, counts, netted.exempt);
    let closing = netted.half_spread;
    let closing = closing.map(|sum| closing::charge(a, ranges, sum));
    let beside = [Some(liquidity), Some(fees), closing];
    (risk, beside.into_iter().flatten().collect())
}

/// The equity, rounded down. It has no range of its own: see section 6 of spec/margin.md.
fn equity(a: &mut Arithmetic, ranges: &mut Ranges, registers: &[Var], netted: &Netted) -> Var {
    let unit = Fr::from(MONEY_BP) * pow2(76);
    let bp = Fr::from(10_000);
    let mut value: Vec<_> = registers.iter().map(|&v| (ONE, v)).collect();
    value.push((bp * pow2(76), netted.constant_value));
    value.push((-bp * pow2(16), netted.mark_error));
    a.number("MREQ27");
    let value = a.linear(&value, Fr::ZERO);
    let equity = a.witness(Free::Equity, floor_div(value.value, unit));
    a.number("MREQ29");
    let rest = a.linear(&[(ONE, value), (-unit, equity)], Fr::ZERO);
    ranges.assert::<EQUITY_REST>(a, rest);
    equity
}
