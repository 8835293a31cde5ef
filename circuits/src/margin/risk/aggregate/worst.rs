//! The worst scenario: gains of one underlying pay for nothing in another.
//!
//! ```text
//! MREQ9:  0 ≤ R − Σ_u charge_us < 2^108, in every scenario s
//! ```
//!
//! Charges are ranged (MREQ5), so R is an integer below 2^112 without a range of its own.

use ff::Field;

use crate::margin::lanes::Lanes;
use crate::margin::range::Bounded;
use crate::margin::widths::{CHARGES, MONEY, WORST};
use zkmargin_engine::field::is_negative;
use zkmargin_engine::Fr;

/// A requirement no less than the sum of charges of any scenario.
pub(crate) fn worst(l: &mut Lanes<'_>, sums: &[Bounded<CHARGES>]) -> Bounded<WORST> {
    let worst = sums
        .iter()
        .map(|sum| sum.value())
        .reduce(|a, b| if is_negative(a - b) { b } else { a })
        .unwrap_or(Fr::ZERO);
    let requirement = l.witness("scenario requirement", worst);
    l.number("MREQ9");
    l.no_less::<CHARGES, MONEY, WORST>(requirement, sums)
}
