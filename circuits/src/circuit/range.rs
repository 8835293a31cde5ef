//! The range lane: decompositions into limbs of 12 bits.
//!
//! ```text
//! R1:  active·(2 − active)·(acc − range) − next·acc⁺ = 0    (degree 3)
//! R2:  range ∈ {0, …, 2^12 − 1}, by lookup on every row
//!
//! | acc          | range  | next |
//! | value        | limb 0 | 2^12 |
//! | value >> 12  | limb 1 | 2^12 |
//! | top limb     | limb 2 | 0    |
//! | top·2^(36−B) | itself | 0    |   only when B is no multiple of 12
//! ```
//!
//! `active` is 1 along the lane, so that `acc = range = 0` on unused rows. Below the lane come the
//! market nodes, where it is 2 and `acc` is free: see [`super::lookup`].
//!
//! The last row bounds the top limb by `2^(B mod 12)`: a multiple of it must fit a limb too, and
//! so must the limb itself, which excludes fractions. `B ≤ 252 < log2(p) − 1`, so the sum of the
//! limbs never wraps and the represented integer is the cell's canonical value.

use ff::{Field, PrimeField};
use halo2_proofs::plonk::Expression;

use super::builder::Builder;
use super::columns::{fixed, ACC, RANGE};
use super::trace::{bits, pow2, Bounded, Var};
use crate::Fr;

/// Bits of a limb.
pub const LIMB_BITS: u32 = 12;

/// Columns of the lane over queries.
pub struct LaneQueries {
    /// `active`.
    pub active: Expression<Fr>,
    /// Coefficient of the next running value.
    pub next: Expression<Fr>,
    /// Running value.
    pub acc: Expression<Fr>,
    /// Running value one row below.
    pub acc_next: Expression<Fr>,
    /// Limb.
    pub range: Expression<Fr>,
}

impl LaneQueries {
    /// What a running value holds beyond its limb and the rest below: zero along the lane, free
    /// on the rows of the market nodes.
    pub fn excess(&self) -> Expression<Fr> {
        self.acc.clone() - self.range.clone() - self.next.clone() * self.acc_next.clone()
    }

    /// R1.
    pub fn gate(&self) -> Expression<Fr> {
        let two = Expression::Constant(Fr::from(2));
        let lane = self.active.clone() * (two - self.active.clone());
        lane * (self.acc.clone() - self.range.clone()) - self.next.clone() * self.acc_next.clone()
    }
}

impl Builder<'_> {
    /// Proves `0 ≤ v < 2^BITS`.
    pub fn range<const BITS: u32>(&mut self, v: Var) -> Bounded<BITS> {
        const { assert!(BITS >= 1 && BITS <= 252) };
        let limbs = BITS.div_ceil(LIMB_BITS);
        let mut top = v;
        for i in 0..limbs {
            let at = self.range_row;
            self.range_row += 1;
            let running = if i == 0 {
                self.trace.copy(ACC, at, v)
            } else {
                self.trace.put(ACC, at, shifted(v.value, i * LIMB_BITS))
            };
            let limb = bits(v.value, i * LIMB_BITS, LIMB_BITS) as u64;
            self.trace.put(RANGE, at, Fr::from(limb));
            if i + 1 < limbs {
                self.trace.fix(fixed::RANGE_NEXT, at, pow2(LIMB_BITS));
            }
            top = running;
        }
        if BITS % LIMB_BITS != 0 {
            let scale = pow2(LIMB_BITS - BITS % LIMB_BITS);
            let scaled = self.linear(&[(scale, top)], Fr::ZERO);
            let at = self.range_row;
            self.range_row += 1;
            self.trace.copy(ACC, at, scaled);
            let limb = bits(scaled.value, 0, LIMB_BITS) as u64;
            self.trace.put(RANGE, at, Fr::from(limb));
        }
        Bounded::proven(v)
    }
}

/// `⌊v / 2^shift⌋` of the canonical representative.
fn shifted(v: Fr, shift: u32) -> Fr {
    let low = bits(v, shift, 128);
    let high = bits(v, shift + 128, 128);
    Fr::from_u128(low) + pow2(128) * Fr::from_u128(high)
}
