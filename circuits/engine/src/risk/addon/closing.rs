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

/// Σ over positions, each rounded up, 1e-8 USD. `base` has the value of each at no shock.
pub(in crate::risk) fn closing(terms: Closing, positions: &[Priced], base: &[BigInt]) -> BigInt {
    let of = |(leg, base): (&Priced, &BigInt)| of_position(terms, leg, base);
    positions.iter().zip(base).map(of).sum()
}

fn of_position(terms: Closing, leg: &Priced, base: &BigInt) -> BigInt {
    // 1e-16 USD in basis points.
    let forward = leg.forward_value().abs();
    let unit = BigInt::from(MONEY);
    if !leg.shocked() {
        return BigInt::zero();
    }
    if leg.kind().is_linear() {
        return (forward * terms.linear).div_ceil(&unit);
    }
    let of_forward = (forward * terms.option_of_forward).div_ceil(&unit);
    // The value of one that is worth next to nothing may come out below zero, by its certified error.
    let value = base + (leg.constant_value() << VALUE_BITS) * BP;
    let value = value * leg.position.quantity.signum();
    let value = value.max(BigInt::zero());
    let of_value = (value * terms.option_of_value).div_ceil(&((unit << VALUE_BITS) * BP));
    of_forward.min(of_value)
}
