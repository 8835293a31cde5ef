//! Numbers of a field in limbs.

use super::raw::power_of_two;
use super::words::BITS;
use crate::element::Element;

/// Limbs of a number.
pub(super) const LIMBS: usize = 5;

/// A number in limbs, lowest first.
pub(super) type Limbs5 = [u64; LIMBS];

/// What the arithmetic needs to know of a field.
pub(super) trait Constants: Element {
    /// p.
    const LIMBS_OF_P: Limbs5 = split(Self::P);
    /// `−1/p` modulo 2^52.
    const MINUS_INVERSE: u64 = minus_inverse(Self::P[0]);
    /// 2^264: the factor from the curve library's form to ours.
    const INTO: Limbs5 = split(power_of_two(264, Self::P));
    /// 2^256: the factor back.
    const OUT_OF: Limbs5 = split(power_of_two(256, Self::P));
    /// `2^260/p`, rounded down: times the highest limb over 2^52, how often p is in a number.
    const RECIPROCAL: u64 = (1 << BITS) / (Self::LIMBS_OF_P[LIMBS - 1] + 1);
    /// 0 to 15 times p, limb by limb.
    const MULTIPLES: [[u64; 16]; LIMBS] = multiples(Self::LIMBS_OF_P);
}

impl<F: Element> Constants for F {}

/// Words to limbs.
pub(super) const fn split([a, b, c, d]: [u64; 4]) -> Limbs5 {
    let mask = (1 << BITS) - 1;
    [
        a & mask,
        (a >> 52 | b << 12) & mask,
        (b >> 40 | c << 24) & mask,
        (c >> 28 | d << 36) & mask,
        d >> 16,
    ]
}

/// Twice a number below 2^255.
pub(super) const fn twice([a, b, c, d]: [u64; 4]) -> [u64; 4] {
    [a << 1, b << 1 | a >> 63, c << 1 | b >> 63, d << 1 | c >> 63]
}

/// Newton's iteration: every step doubles the bits that are right.
const fn minus_inverse(p: u64) -> u64 {
    let (mut inverse, mut bits) = (1_u64, 1);
    while bits < 64 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(p.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse.wrapping_neg() & ((1 << BITS) - 1)
}

const fn multiples(p: Limbs5) -> [[u64; 16]; LIMBS] {
    let (mut multiples, mut limb) = ([[0; 16]; LIMBS], 0);
    while limb < LIMBS {
        let mut times = 0;
        while times < 16 {
            multiples[limb][times] = p[limb] * times as u64;
            times += 1;
        }
        limb += 1;
    }
    multiples
}
