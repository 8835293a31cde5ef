//! Haircuts on long spot, and on cash owned or owed.
//!
//! A debt in a foreign currency is at risk as its possession is; that of a coin is shocked by the
//! scenarios. The unit of account has no haircut.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Signed;

use crate::market::Kind;
use crate::risk::position::Priced;
use crate::risk::units::MONEY;

/// Σ abs(value)·haircut over cash and long spot.
pub(in crate::risk) fn haircut(positions: &[Priced]) -> BigInt {
    let total: BigInt = positions
        .iter()
        .filter(|leg| match leg.kind() {
            Kind::Cash => true,
            kind => kind.is_asset() && leg.position.quantity > 0,
        })
        .map(|leg| leg.forward_value().abs() * leg.underlying.haircut_bp)
        .sum();
    total.div_ceil(&MONEY.into())
}
