//! Haircuts on long cash and spot.

use num_bigint::BigInt;
use num_integer::Integer;

use crate::risk::position::Priced;
use crate::risk::units::MONEY;

/// Σ value·haircut over long cash and spot.
pub(in crate::risk) fn haircut(positions: &[Priced]) -> BigInt {
    let total: BigInt = positions
        .iter()
        .filter(|leg| leg.kind().is_asset() && leg.position.quantity > 0)
        .map(|leg| leg.forward_value() * leg.underlying.haircut_bp)
        .sum();
    total.div_ceil(&MONEY.into())
}
