//! The worst scenario: gains of one underlying pay for nothing in another.
//!
//! ```text
//! MREQ8:  0 ≤ R < 2^108
//! MREQ9:  0 ≤ R − Σ_u charge_us < 2^108, in every scenario s
//! ```

use ff::Field;

use crate::margin::lanes::Lanes;
use crate::margin::range::Bounded;
use crate::margin::trace::Var;
use crate::margin::widths::MONEY;
use zkmargin_engine::field::is_negative;
use zkmargin_engine::Fr;

/// A requirement no less than the sum of charges of any scenario.
pub(crate) fn worst(l: &mut Lanes<'_>, sums: &[Var]) -> Bounded<MONEY> {
    let worst = sums
        .iter()
        .map(|v| v.value)
        .reduce(|a, b| if is_negative(a - b) { b } else { a })
        .unwrap_or(Fr::ZERO);
    let requirement = l.witness("scenario requirement", worst);
    l.number("MREQ8");
    let requirement = l.range(requirement);
    l.number("MREQ9");
    for sum in sums {
        let room = l.linear(&[(Fr::ONE, requirement.var()), (-Fr::ONE, *sum)], Fr::ZERO);
        l.assert_range::<MONEY>(room);
    }
    requirement
}
