//! Pricing error: what certified option prices may be wrong by.

use num_bigint::BigInt;
use num_integer::Integer;

use crate::policy::Policy;
use crate::risk::position::Priced;
use crate::risk::units::MONEY;
use crate::units::BP;

/// Certified error of option prices in equity, in scenario losses and in the roll charge.
pub(in crate::risk) fn pricing_error(policy: &Policy, positions: &[Priced]) -> BigInt {
    let gmax = policy.tables().gmax;
    let total: BigInt = positions.iter().map(|leg| leg.charged_error(gmax)).sum();
    let once = total.div_ceil(&(BigInt::from(MONEY) << 92));
    // A shortfall that is scaled scales the errors of its prices too.
    match policy.portfolio() {
        None => once,
        Some(terms) => (once * terms.scale).div_ceil(&BP.into()),
    }
}
