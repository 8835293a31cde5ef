//! Closing: half the spread of every position, gross.
//!
//! Net exposure says nothing of a book that is flat in delta and vega and still has to be traded out of.
//! Options pay the lesser of a share of the forward and a share of their value; what is linear pays a
//! share of its mark. Cash and what has expired pay nothing.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use crate::policy::Closing;
use crate::risk::position::Priced;
use crate::risk::units::{MONEY, VALUE_BITS};
use crate::units::BP;

/// Σ over positions, rounded up, 1e-8 USD. `base` has the value of each at no shock.
///
/// It is rounded once, so that a circuit needs no range for a position. What an option that is worth next to
/// nothing may have below zero, by its certified error, stays in the sum.
pub(in crate::risk) fn closing(terms: Closing, positions: &[Priced], base: &[BigInt]) -> BigInt {
    let of = |(leg, base): (&Priced, &BigInt)| of_position(terms, leg, base);
    let sum: BigInt = positions.iter().zip(base).map(of).sum();
    sum.div_ceil(&((BigInt::from(MONEY) << VALUE_BITS) * BP))
        .max(BigInt::zero())
}

/// The half spread of a position, 1e-24·2^-76 USD: a value in basis points.
pub(in crate::risk) fn of_position(terms: Closing, leg: &Priced, base: &BigInt) -> BigInt {
    if !leg.shocked() {
        return BigInt::zero();
    }
    // 1e-16 USD.
    let forward = leg.forward_value().abs();
    let of_forward = |share: u32| ((&forward * share) << VALUE_BITS) * BP;
    if leg.kind().is_linear() {
        return of_forward(terms.linear);
    }
    let value = base + (leg.constant_value() << VALUE_BITS) * BP;
    let of_value = value * leg.position.quantity.signum() * terms.option_of_value;
    of_forward(terms.option_of_forward).min(of_value)
}
