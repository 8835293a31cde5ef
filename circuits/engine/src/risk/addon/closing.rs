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
    unrounded(terms, leg, base).div_ceil(&(unit() * MONEY))
}

/// Units of [`unrounded`] in 1e-20 USD.
pub(in crate::risk) fn unit() -> BigInt {
    BigInt::from(BP) << VALUE_BITS
}

/// Half the spread of a position before it is rounded, 1e-24·2^-76 USD. `base` is its value at no shock.
pub(in crate::risk) fn unrounded(terms: Closing, leg: &Priced, base: &BigInt) -> BigInt {
    let forward = leg.forward_value().abs() * unit();
    if !leg.shocked() {
        return BigInt::zero();
    }
    if leg.kind().is_linear() {
        return forward * terms.linear;
    }
    // The value of one that is worth next to nothing may come out below zero, by its certified error.
    let value = base + (leg.constant_value() << VALUE_BITS) * BP;
    let value = value * leg.position.quantity.signum();
    (forward * terms.option_of_forward).min(value.max(BigInt::zero()) * terms.option_of_value)
}
