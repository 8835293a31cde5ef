//! The range lane: decompositions into limbs of 12 bits.
//!
//! ```text
//! MRNG1:  active·(active − 2)·(acc − range − 2^11·(active − 1)·acc⁺) = 0    (degree 4)
//! MRNG2:  range ∈ {0, …, 2^12 − 1}, by lookup on every row
//!
//! | acc          | range  | active |
//! | value        | limb 0 | 3      |   acc = range + 2^12·acc⁺
//! | value >> 12  | limb 1 | 3      |
//! | top limb     | limb 2 | 1      |   acc = range
//! | top·2^(36−B) | itself | 1      |   only when B is no multiple of 12
//! | 0            | 0      | 1      |   unused
//! | market node  | a limb | 2      |   acc is free: see [`super::lookup`]
//! ```
//!
//! The last row bounds the top limb by `2^(B mod 12)`: a multiple of it must fit a limb too, and
//! so must the limb itself, which excludes fractions. `B ≤ 252 < log2(p) − 1`, so the sum of the
//! limbs never wraps and the represented integer is the cell's canonical value.

use ff::{Field, PrimeField};
use halo2_proofs::plonk::Expression;

use super::builder::Builder;
use super::columns::{fixed, ACC, RANGE};
use super::trace::{Bounded, Lane, Var};
use zkmargin_engine::field::{bits, pow2};
use zkmargin_engine::Fr;

/// State of a row whose running value continues on the next.
const LINKED: Fr = Fr::from_raw([3, 0, 0, 0]);
/// Bits of a limb.
pub const LIMB_BITS: u32 = 12;

/// Columns of the lane over queries.
pub struct LaneQueries {
    /// `active`.
    pub active: Expression<Fr>,
    /// Running value.
    pub acc: Expression<Fr>,
    /// Running value one row below.
    pub acc_next: Expression<Fr>,
    /// Limb.
    pub range: Expression<Fr>,
}

impl LaneQueries {
    /// `(3 − active)·(acc − range)`: zero along the lane by MRNG1, free on the rows of the market
    /// nodes.
    pub fn excess(&self) -> Expression<Fr> {
        let three = Expression::Constant(Fr::from(3));
        (three - self.active.clone()) * (self.acc.clone() - self.range.clone())
    }

    /// MRNG1.
    pub fn gate(&self) -> Expression<Fr> {
        let minus = |n: u64| self.active.clone() - Expression::Constant(Fr::from(n));
        let rest = minus(1) * self.acc_next.clone() * pow2(LIMB_BITS - 1);
        self.active.clone() * minus(2) * (self.acc.clone() - self.range.clone() - rest)
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
            self.trace.laid(Lane::Range, at);
            let running = if i == 0 {
                self.trace.copy(ACC, at, v)
            } else {
                self.trace.put(ACC, at, shifted(v.value, i * LIMB_BITS))
            };
            let limb = bits(v.value, i * LIMB_BITS, LIMB_BITS) as u64;
            self.trace.put(RANGE, at, Fr::from(limb));
            if i + 1 < limbs {
                self.trace.fix(fixed::ACTIVE, at, LINKED);
            }
            top = running;
        }
        if BITS % LIMB_BITS != 0 {
            let scale = pow2(LIMB_BITS - BITS % LIMB_BITS);
            let scaled = self.linear(&[(scale, top)], Fr::ZERO);
            let at = self.range_row;
            self.range_row += 1;
            self.trace.laid(Lane::Range, at);
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
