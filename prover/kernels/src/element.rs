//! The two fields of BN254, as the kernels see them.

use ff::PrimeField;
use halo2curves::bn256::{Fq, Fr};
use halo2curves::serde::SerdeObject;

/// An element of a field of BN254, which the curve library holds as its product with 2^256.
pub trait Element: PrimeField + SerdeObject {
    /// The modulus p, lowest word first.
    const P: [u64; 4];
}

impl Element for Fr {
    const P: [u64; 4] = [
        0x43e1_f593_f000_0001,
        0x2833_e848_79b9_7091,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

impl Element for Fq {
    const P: [u64; 4] = [
        0x3c20_8c16_d87c_fd47,
        0x9781_6a91_6871_ca8d,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

/// `a − b` and whether it is negative, modulo 2^256.
#[inline(always)]
pub(crate) const fn subtract(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let (mut difference, mut borrow, mut i) = ([0; 4], false, 0);
    while i < 4 {
        let (word, first) = a[i].overflowing_sub(b[i]);
        let (word, second) = word.overflowing_sub(borrow as u64);
        difference[i] = word;
        borrow = first | second;
        i += 1;
    }
    (difference, borrow)
}
