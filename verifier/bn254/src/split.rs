//! Scalars in two halves.
//!
//! The curve's endomorphism `φ(x, y) = (β·x, y)`, with a cube root of unity β modulo q, multiplies by a
//! cube root of unity ζ modulo r. Every scalar is `s = s1 + s2·ζ` with parts below `2^128`, so that a multiple takes
//! half as many doublings: `s·P = s1·P + s2·φ(P)` (Gallant, Lambert and Vanstone, 2001).

use super::curve::G1;
use super::field::{Fq, Fr};

/// Two short vectors `(a, b)` with `a + b·ζ = 0` modulo r: `(A, −B)` and `(B, C)`.
const A: u128 = 0x6f4d_8248_eeb8_59fc_8211_bbeb_7d4f_1128;
const B: u128 = 0x89d3_2568_94d2_13e3;
const C: u128 = 0x6f4d_8248_eeb8_59fd_0be4_e154_1221_250b;

/// `round(2^256·C/r)` and `round(2^256·B/r)`, least significant limb first.
const SCALED_C: [u64; 3] = [0x5398_fd03_00ff_6565, 0x4cce_f014_a773_d2d2, 0x2];
const SCALED_B: [u64; 3] = [0xd91d_232e_c7e0_b3d7, 0x2, 0];

/// β, least significant limb first.
const BETA: [u64; 4] = [
    0xe4bd_44e5_607c_fd48,
    0xc28f_069f_bb96_6e3d,
    0x5e6d_d9e7_e0ac_ccb0,
    0x3064_4e72_e131_a029,
];

/// Part of a scalar: whether it is negative, and its magnitude.
pub type Half = (bool, u128);

/// `s1` and `s2` of `s = s1 + s2·ζ`.
pub fn split(s: Fr) -> [Half; 2] {
    let limbs = s.to_limbs();
    let c1 = wide(high_product(&limbs, &SCALED_C));
    let c2 = wide(high_product(&limbs, &SCALED_B));
    let [a, b, c] = [A, B, C].map(wide);
    [signed(s - c1 * a - c2 * b), signed(c1 * b - c2 * c)]
}

/// `φ(P) = ζ·P`.
pub fn endomorphism(p: &G1) -> G1 {
    let beta = Fq::from_limbs(BETA).expect("below the prime");
    G1 {
        x: p.x * beta,
        y: p.y,
    }
}

fn wide(v: u128) -> Fr {
    Fr::from_limbs([v as u64, (v >> 64) as u64, 0, 0]).expect("below the prime")
}

/// `⌊x·y / 2^256⌋`. It is below `2^128` for the two constants that are passed.
fn high_product(x: &[u64; 4], y: &[u64; 3]) -> u128 {
    let mut product = [0u64; 7];
    for (i, a) in x.iter().enumerate() {
        let mut carry = 0u128;
        for (j, b) in y.iter().enumerate() {
            let sum = u128::from(product[i + j]) + u128::from(*a) * u128::from(*b) + carry;
            product[i + j] = sum as u64;
            carry = sum >> 64;
        }
        product[i + 3] = carry as u64;
    }
    u128::from(product[4]) | u128::from(product[5]) << 64
}

/// The representative of smallest absolute value, which is known to be below `2^128`.
fn signed(s: Fr) -> Half {
    let short = |s: Fr| {
        let [low, high, above, top] = s.to_limbs();
        (above == 0 && top == 0).then_some(u128::from(low) | u128::from(high) << 64)
    };
    match short(s) {
        Some(magnitude) => (false, magnitude),
        None => (
            true,
            short(-s).expect("the parts of a scalar have 128 bits"),
        ),
    }
}
