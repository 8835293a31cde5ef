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

use super::arithmetic::{Arithmetic, Term};
use super::columns::{fixed, ACC, RANGE};
use super::free::Free;
use super::table::{FIRST_MARKET_NODE, MARKET_NODES};
use super::trace::{Cell, Lane, Source, Trace, Var};
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
#[must_use = "whoever needs the bound takes it; a cell that is read nowhere else has `Ranges::assert`"]
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

/// A number below `2^BITS`, and the part of it that a bit lets through: all of it or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Parted<const BITS: u32> {
    whole: Bounded<BITS>,
    part: Var,
}

impl<const BITS: u32> Parted<BITS> {
    /// The number.
    pub(crate) fn whole(&self) -> Bounded<BITS> {
        self.whole
    }

    /// The part that is let through.
    pub(crate) fn part(&self) -> Var {
        self.part
    }
}

/// The lane.
pub(crate) struct Ranges {
    /// The next free row.
    pub(super) next: usize,
}

impl Ranges {
    /// The lane, which begins below the market nodes.
    pub(super) fn new() -> Self {
        let next = FIRST_MARKET_NODE + MARKET_NODES;
        Ranges { next }
    }

    /// A row that holds a running value and its lowest limb.
    fn lay(&mut self, t: &mut Trace, running: Source) -> Var {
        let at = self.next;
        self.next += 1;
        t.laid(Lane::Range, at);
        let limb = bits(running.value(), 0, LIMB_BITS) as u64;
        let running = running.lay(t, ACC, at);
        t.put(RANGE, at, Fr::from(limb));
        running
    }

    /// Proves `0 ≤ v < 2^BITS`.
    pub(crate) fn bound<const BITS: u32>(&mut self, a: &mut Arithmetic, v: Var) -> Bounded<BITS> {
        const { assert!(BITS >= 1 && BITS <= MOST_BITS) };
        let limbs = BITS.div_ceil(LIMB_BITS);
        let mut top = v;
        for i in 0..limbs {
            let running = match i {
                0 => Source::Old(v),
                i => Source::New(shifted(v.value, i * LIMB_BITS)),
            };
            top = self.lay(&mut a.trace, running);
            if i + 1 < limbs {
                a.trace.fix(fixed::ACTIVE, top.cell.row, LINKED);
            }
        }
        if BITS % LIMB_BITS != 0 {
            let scale = pow2(LIMB_BITS - BITS % LIMB_BITS);
            let scaled = a.linear(&[(scale, top)], Fr::ZERO);
            self.lay(&mut a.trace, Source::Old(scaled));
        }
        Bounded(v)
    }

    /// Proves `0 ≤ v < 2^BITS`, for whole limbs, and returns `⌊v / 2^24⌋`: the running value above two
    /// limbs, which those that are left bound.
    pub(crate) fn split<const BITS: u32, const HIGH: u32>(
        &mut self,
        a: &mut Arithmetic,
        v: Var,
    ) -> Bounded<HIGH> {
        const { assert!(BITS % LIMB_BITS == 0 && HIGH >= 1 && HIGH + 2 * LIMB_BITS == BITS) };
        let row = self.next + 2;
        let _: Bounded<BITS> = self.bound(a, v);
        let value = a.trace.advice[ACC][row];
        let cell = Cell { column: ACC, row };
        Bounded(Var { cell, value })
    }

    /// Demands `0 ≤ v < 2^BITS` of a cell that says an inequality and is read nowhere else.
    pub(crate) fn assert<const BITS: u32>(&mut self, a: &mut Arithmetic, v: Var) {
        let _: Bounded<BITS> = self.bound(a, v);
    }

    /// Demands `0 ≤ v − least < 2^ROOM` for every `least`. Then `v` is a number below `2^MOST`: an
    /// integer, the sum of two.
    ///
    /// # Panics
    /// Without a `least`, where nothing would be demanded.
    pub(crate) fn no_less<const LEAST: u32, const ROOM: u32, const MOST: u32>(
        &mut self,
        a: &mut Arithmetic,
        v: Var,
        least: &[Bounded<LEAST>],
    ) -> Bounded<MOST> {
        const { assert!(LEAST < MOST && ROOM < MOST && MOST <= MOST_BITS) };
        assert!(!least.is_empty(), "nothing bounds the number");
        for least in least {
            let room = a.linear(&[(Fr::ONE, v), (-Fr::ONE, least.var())], Fr::ZERO);
            self.assert::<ROOM>(a, room);
        }
        Bounded(v)
    }
}

impl Arithmetic {
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

    /// A number in two parts, under two numbers: a fresh bit, and its product with the number.
    pub(crate) fn parted<const BITS: u32>(
        &mut self,
        name: Free,
        [bit, product]: [&'static str; 2],
        whole: Bounded<BITS>,
        through: bool,
    ) -> Parted<BITS> {
        self.number(bit);
        let bit = self.bit(name, through);
        self.number(product);
        let part = self.mul(bit, whole.var());
        Parted { whole, part }
    }

    /// The sum of the parts that bits keep back.
    ///
    /// # Panics
    /// With more parts than the bits of the sum have room for.
    pub(crate) fn total_kept<const EACH: u32, const SUM: u32>(
        &mut self,
        parted: &[Parted<EACH>],
    ) -> Bounded<SUM> {
        const { assert!(SUM <= MOST_BITS && EACH <= SUM) };
        assert!(parted.len() <= 1 << (SUM - EACH), "too many parts");
        let of = |p: &Parted<EACH>| [(Fr::ONE, p.whole.var()), (-Fr::ONE, p.part)];
        let terms: Vec<_> = parted.iter().flat_map(of).collect();
        Bounded(self.linear(&terms, Fr::ZERO))
    }

    /// `Σ qi·ti + k`, of which the caller shows that it is not negative, and that no term has more than
    /// `EACH` bits.
    ///
    /// # Panics
    /// With more terms than the bits of the sum have room for.
    pub(crate) fn not_negative<const EACH: u32, const SUM: u32>(
        &mut self,
        terms: &[Term],
        k: Fr,
    ) -> Bounded<SUM> {
        const { assert!(SUM <= MOST_BITS && EACH <= SUM) };
        assert!(terms.len() < 1 << (SUM - EACH), "too many terms");
        Bounded(self.linear(terms, k))
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
