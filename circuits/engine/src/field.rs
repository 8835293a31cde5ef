//! Field elements as integers: powers of two, signs, bits of the canonical representative.

use std::sync::OnceLock;

use ff::{Field, PrimeField};

use crate::Fr;

/// `2^n` as a field element, for n below 254.
pub fn pow2(n: u32) -> Fr {
    static POWERS: OnceLock<Vec<Fr>> = OnceLock::new();
    POWERS.get_or_init(|| {
        std::iter::successors(Some(Fr::ONE), |p| Some(p.double()))
            .take(254)
            .collect()
    })[n as usize]
}

/// A signed integer as a field element.
pub fn signed(v: i128) -> Fr {
    let magnitude = Fr::from_u128(v.unsigned_abs());
    if v < 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// A boolean as a field element.
pub fn bit(b: bool) -> Fr {
    Fr::from(u64::from(b))
}

/// The low 128 bits of the canonical representative.
pub fn low_u128(v: Fr) -> u128 {
    let repr = v.to_repr();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&repr.as_ref()[..16]);
    u128::from_le_bytes(bytes)
}

/// The canonical representative, where it is below 2^128.
pub fn as_u128(v: Fr) -> Option<u128> {
    Some(low_u128(v)).filter(|low| Fr::from_u128(*low) == v)
}

/// The low 64 bits of the canonical representative.
pub fn low_u64(v: Fr) -> u64 {
    low_u128(v) as u64
}

/// `bits` bits of the canonical representative from bit `from`, at most 128 of them.
pub fn bits(v: Fr, from: u32, bits: u32) -> u128 {
    let repr = v.to_repr();
    let bytes = repr.as_ref();
    let mut out = 0u128;
    for i in 0..bits {
        let at = (from + i) as usize;
        if at < 256 && (bytes[at / 8] >> (at % 8)) & 1 == 1 {
            out |= 1 << i;
        }
    }
    out
}

/// Reads a small signed integer back: values above p/2 are negative.
pub fn to_i128(v: Fr) -> i128 {
    let positive = low_u128(v);
    if signed(positive as i128) == v {
        return positive as i128;
    }
    let negative = low_u128(-v);
    (negative as i128).wrapping_neg()
}

/// Whether the canonical representative is above p/2, that is, negative as a signed integer.
pub fn is_negative(v: Fr) -> bool {
    let a = v.to_repr();
    let b = (-v).to_repr();
    v != Fr::ZERO && a.as_ref().iter().rev().cmp(b.as_ref().iter().rev()).is_gt()
}
