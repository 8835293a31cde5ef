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

use super::columns::{fixed, ACC, RANGE};
use super::lanes::Lanes;
use super::trace::{Lane, Var};
use crate::system::algebra::{Cells, Gate, Value};
use zkmargin_engine::field::{bits, pow2};
use zkmargin_engine::Fr;

/// State of a row whose running value continues on the next.
const LINKED: Fr = Fr::from_raw([3, 0, 0, 0]);
/// Bits of a limb.
pub(crate) const LIMB_BITS: u32 = 12;
/// Most bits that are proven: 2^252 < p/2, so neither the number nor its negative wraps.
pub(crate) const MOST_BITS: u32 = 252;

/// The cells of a row of the lane.
pub struct LaneCells<T> {
    /// `active`.
    pub active: T,
    /// Running value.
    pub acc: T,
    /// Running value one row below.
    pub acc_next: T,
    /// Limb.
    pub range: T,
}

impl<T: Value> LaneCells<T> {
    /// Those of a row.
    pub(crate) fn of<C: Cells<T>>(cells: &C) -> Self {
        LaneCells {
            active: cells.fixed(fixed::ACTIVE, 0),
            acc: cells.advice(ACC, 0),
            acc_next: cells.advice(ACC, 1),
            range: cells.advice(RANGE, 0),
        }
    }

    /// `(3 − active)·(acc − range)`: zero along the lane by MRNG1, free on the rows of the market
    /// nodes.
    pub fn excess(&self) -> T {
        (T::small(3) - self.active.clone()) * (self.acc.clone() - self.range.clone())
    }

    /// MRNG1.
    pub fn gate(&self) -> T {
        let minus = |n: u64| self.active.clone() - T::small(n);
        let rest = (minus(1) * self.acc_next.clone()).scaled(pow2(LIMB_BITS - 1));
        self.active.clone() * minus(2) * (self.acc.clone() - self.range.clone() - rest)
    }
}

/// MRNG1.
pub(crate) fn gates<T: Value, C: Cells<T>>(cells: &C) -> Vec<Gate<T>> {
    vec![("MRNG1", LaneCells::of(cells).gate())]
}

/// A cell that the lane has proven to lie in `[0, 2^BITS)`.
#[derive(Clone, Copy, Debug)]
#[must_use = "whoever needs the bound takes it; a cell that is read nowhere else has `assert_range`"]
pub struct Bounded<const BITS: u32>(Var);

impl<const BITS: u32> Bounded<BITS> {
    /// The cell.
    pub(crate) fn var(self) -> Var {
        self.0
    }

    /// The value there.
    pub(crate) fn value(self) -> Fr {
        self.0.value
    }
}

impl Lanes<'_> {
    /// Proves `0 ≤ v < 2^BITS`.
    pub(crate) fn range<const BITS: u32>(&mut self, v: Var) -> Bounded<BITS> {
        const { assert!(BITS >= 1 && BITS <= MOST_BITS) };
        let limbs = BITS.div_ceil(LIMB_BITS);
        let mut top = v;
        for i in 0..limbs {
            let at = self.next.range;
            self.next.range += 1;
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
            let at = self.next.range;
            self.next.range += 1;
            self.trace.laid(Lane::Range, at);
            self.trace.copy(ACC, at, scaled);
            let limb = bits(scaled.value, 0, LIMB_BITS) as u64;
            self.trace.put(RANGE, at, Fr::from(limb));
        }
        Bounded(v)
    }

    /// Demands `0 ≤ v < 2^BITS` of a cell that says an inequality and is read nowhere else.
    pub(crate) fn assert_range<const BITS: u32>(&mut self, v: Var) {
        let _: Bounded<BITS> = self.range(v);
    }

    /// The sum of cells.
    ///
    /// # Panics
    /// With more cells than the bits of the sum have room for.
    pub(crate) fn total<const EACH: u32, const SUM: u32>(
        &mut self,
        terms: &[Bounded<EACH>],
    ) -> Bounded<SUM> {
        const { assert!(SUM <= MOST_BITS && EACH <= SUM) };
        assert!(terms.len() <= 1 << (SUM - EACH), "too many terms");
        let terms: Vec<_> = terms.iter().map(|term| (Fr::ONE, term.var())).collect();
        Bounded(self.linear(&terms, Fr::ZERO))
    }

    /// Demands `0 ≤ v − least < 2^ROOM` for every `least`. Then `v` is a number below `2^MOST`: an
    /// integer, the sum of two.
    ///
    /// # Panics
    /// Without a `least`, where nothing would be demanded.
    pub(crate) fn no_less<const LEAST: u32, const ROOM: u32, const MOST: u32>(
        &mut self,
        v: Var,
        least: &[Bounded<LEAST>],
    ) -> Bounded<MOST> {
        const { assert!(LEAST < MOST && ROOM < MOST && MOST <= MOST_BITS) };
        assert!(!least.is_empty(), "nothing bounds the number");
        for least in least {
            let room = self.linear(&[(Fr::ONE, v), (-Fr::ONE, least.var())], Fr::ZERO);
            self.assert_range::<ROOM>(room);
        }
        Bounded(v)
    }

    /// `a·b`.
    pub(crate) fn times<const A: u32, const B: u32, const PRODUCT: u32>(
        &mut self,
        a: Bounded<A>,
        b: Bounded<B>,
    ) -> Bounded<PRODUCT> {
        const { assert!(PRODUCT <= MOST_BITS && A + B <= PRODUCT) };
        Bounded(self.mul(a.var(), b.var()))
    }
}

/// `⌊v / 2^shift⌋` of the canonical representative.
fn shifted(v: Fr, shift: u32) -> Fr {
    let low = bits(v, shift, 128);
    let high = bits(v, shift + 128, 128);
    Fr::from_u128(low) + pow2(128) * Fr::from_u128(high)
}
