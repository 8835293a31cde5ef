//! The worst scenario: gains of one underlying pay for nothing in another.
//!
//! ```text
//! MREQ9:  0 ≤ R − Σ_u charge_us < 2^108, in every scenario s
//! ```
//!
//! Charges are ranged (MREQ5), so R is an integer below 2^112 without a range of its own.

use ff::Field;

use crate::margin::arithmetic::Arithmetic;
use crate::margin::free::Free;
use crate::margin::range::{Bounded, Ranges};
use crate::margin::widths::{CHARGES, MONEY, WORST};
use zkmargin_engine::field::is_negative;
use zkmargin_engine::Fr;

/// A requirement no less than the sum of charges of any scenario.
pub(crate) fn worst(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    sums: &[Bounded<CHARGES>],
) -> Bounded<WORST> {
    let worst = sums
        .iter()
        .map(|sum| sum.value())
        .reduce(|a, b| if is_negative(a - b) { b } else { a })
        .unwrap_or(Fr::ZERO);
    let requirement = a.witness(Free::ScenarioRequirement, worst);
    a.number("MREQ9");
    ranges.no_less::<CHARGES, MONEY, WORST>(a, requirement, sums)
}
