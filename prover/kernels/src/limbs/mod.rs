//! Lanes of five limbs: integers `Σ lᵢ·2^(52i)` that stand for elements times 2^260.
//!
//! ```text
//! product   t = a·b, then five times: q = −t₀/p mod 2^52,  t ← (t + q·p)/2^52
//! ```
//!
//! The result is below `a·b/2^260 + p`, so values may stay above p through sums and products and are
//! brought down only where somebody asks. Limbs of a carried vector are 52 bits; in a raw one they
//! are words with a sign, so sums and differences need no carries.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(crate) mod avx512;
#[cfg(any(test, feature = "checked"))]
pub(crate) mod checked;
mod constants;
pub(crate) mod raw;
pub(crate) mod words;

use std::array::from_fn;
use std::fmt::Debug;
use std::marker::PhantomData;

use halo2curves::bn256::{Fq, Fr};

use crate::element::{subtract, Element};
use crate::lanes::{Lanes, Task, WIDTH};
use constants::{split, Constants, Limbs5, LIMBS};
use raw::{from_raw, raw};
use words::{Words, BITS};

/// [`Lanes`] over some instructions.
#[derive(Clone, Copy, Debug)]
pub struct Limbs<W>(PhantomData<W>);

/// Eight elements.
#[derive(Clone, Copy, Debug)]
pub struct Vector<W, F> {
    limbs: [W; LIMBS],
    field: PhantomData<F>,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub struct Factor<F> {
    limbs: Limbs5,
    field: PhantomData<F>,
}

/// A sum of products.
#[derive(Clone, Copy, Debug)]
pub struct Wide<W, F> {
    limbs: [W; 2 * LIMBS],
    field: PhantomData<F>,
}

/// Coordinates below 2p, times 2^260, four words each: a line of a processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Point([u64; WIDTH]);

#[inline(always)]
fn vector<W, F>(limbs: [W; LIMBS]) -> Vector<W, F> {
    let field = PhantomData;
    Vector { limbs, field }
}

/// Limbs of `16·x·2^256`.
#[inline(always)]
fn shifted<F: Element>(x: F) -> [u64; 4] {
    raw(&x.double().double().double().double())
}

/// The element of which this number below 4p is 2^260 times.
fn unshifted<F: Element>(mut words: [u64; 4]) -> F {
    while let (less, false) = subtract(words, F::P) {
        words = less;
    }
    from_raw::<F>(words) * F::TWO_INV.square().square()
}

impl<W: Words, F: Element> Vector<W, F> {
    /// Limb by limb, for functions of an instruction or two.
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(W, W) -> W) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            *limb = f(*limb, other);
        }
        vector(limbs)
    }

    /// A number in every lane.
    #[inline(always)]
    fn splat(self, number: &Limbs5) -> Self {
        let mut limbs = self.limbs;
        for (limb, number) in limbs.iter_mut().zip(number) {
            *limb = limb.splat(*number);
        }
        vector(limbs)
    }

    #[inline(always)]
    fn carried(self) -> Self {
        let mask = self.limbs[0].splat((1 << BITS) - 1);
        let mut limbs = self.limbs;
        for i in 0..LIMBS - 1 {
            limbs[i + 1] = limbs[i + 1].add(limbs[i].signed_right::<BITS>());
            limbs[i] = limbs[i].and(mask);
        }
        vector(limbs)
    }

    /// From below 2p, carried, to below p.
    #[inline(always)]
    fn canonical(self) -> Self {
        let less = self.with(self.splat(&F::LIMBS_OF_P), W::sub).carried();
        let is_less = less.limbs[LIMBS - 1].negative();
        self.with(less, |own, less| own.select(is_less, less))
    }

    /// Words of a carried vector below 2^256.
    #[inline(always)]
    fn words(self) -> [W; 4] {
        let [a, b, c, d, e] = self.limbs;
        [
            a.or(b.left::<52>()),
            b.right::<12>().or(c.left::<40>()),
            c.right::<24>().or(d.left::<28>()),
            d.right::<36>().or(e.left::<16>()),
        ]
    }

    #[inline(always)]
    fn of_words([a, b, c, d]: [W; 4]) -> Self {
        let mask = a.splat((1 << BITS) - 1);
        vector([
            a.and(mask),
            a.right::<52>().or(b.left::<12>()).and(mask),
            b.right::<40>().or(c.left::<24>()).and(mask),
            c.right::<28>().or(d.left::<36>()).and(mask),
            d.right::<16>(),
        ])
    }
}

/// Words in memory.
#[inline(always)]
fn arrays<W: Words>(words: [W; 4]) -> [[u64; WIDTH]; 4] {
    let mut arrays = [[0; WIDTH]; 4];
    for (array, words) in arrays.iter_mut().zip(words) {
        words.write(array);
    }
    arrays
}

impl<W: Words, F: Element> Wide<W, F> {
    /// Adds products of limbs.
    #[inline(always)]
    fn plus(mut self, a: Vector<W, F>, b: Vector<W, F>) -> Self {
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                let (a, b) = (a.limbs[i], b.limbs[j]);
                self.limbs[i + j] = self.limbs[i + j].multiply_low(a, b);
                self.limbs[i + j + 1] = self.limbs[i + j + 1].multiply_high(a, b);
            }
        }
        self
    }

    /// Divides by 2^260 modulo p; raw.
    #[inline(always)]
    fn reduced(self) -> Vector<W, F> {
        let mut t = self.limbs;
        let zero = t[0].sub(t[0]);
        let inverse = zero.splat(F::MINUS_INVERSE);
        let mut p = [zero; LIMBS];
        for (p, limb) in p.iter_mut().zip(F::LIMBS_OF_P) {
            *p = zero.splat(limb);
        }
        for i in 0..LIMBS {
            let q = t[i].low_product(inverse);
            for j in 0..LIMBS {
                t[i + j] = t[i + j].multiply_low(q, p[j]);
                t[i + j + 1] = t[i + j + 1].multiply_high(q, p[j]);
            }
            // The low bits are zero now.
            t[i + 1] = t[i + 1].add(t[i].right::<BITS>());
        }
        let [_, _, _, _, _, high @ ..] = t;
        vector(high)
    }
}

impl<W: Words> Lanes for Limbs<W> {
    type Vector<F: Element> = Vector<W, F>;
    type Factor<F: Element> = Factor<F>;
    type Wide<F: Element> = Wide<W, F>;
    type Point = Point;

    #[inline(always)]
    fn vectorize<T: Task>(task: T) -> T::Output {
        W::vectorize(task)
    }

    #[inline(always)]
    fn load<F: Element>(elements: [F; WIDTH]) -> Vector<W, F> {
        let mut words = [[0; WIDTH]; 4];
        for (lane, element) in elements.iter().enumerate() {
            for (words, word) in words.iter_mut().zip(raw(element)) {
                words[lane] = word;
            }
        }
        let [a, b, c, d] = words;
        let raw = Vector::of_words([W::read(&a), W::read(&b), W::read(&c), W::read(&d)]);
        Self::carry(Self::mul(raw, raw.splat(&F::INTO)))
    }

    #[inline(always)]
    fn store<F: Element>(vector: Vector<W, F>) -> [F; WIDTH] {
        let raw = Self::carry(Self::mul(vector, vector.splat(&F::OUT_OF)));
        let [a, b, c, d] = arrays(raw.canonical().words());
        from_fn(|lane| from_raw([a[lane], b[lane], c[lane], d[lane]]))
    }

    #[inline(always)]
    fn factor<F: Element>(element: F) -> Factor<F> {
        Factor {
            limbs: split(shifted(element)),
            field: PhantomData,
        }
    }

    #[inline(always)]
    fn broadcast<F: Element>(factor: &Factor<F>) -> Vector<W, F> {
        Self::zero().splat(&factor.limbs)
    }

    #[inline(always)]
    fn zero<F: Element>() -> Vector<W, F> {
        vector([W::zero(); LIMBS])
    }

    #[inline(always)]
    fn add<F: Element>(a: Vector<W, F>, b: Vector<W, F>) -> Vector<W, F> {
        a.with(b, W::add)
    }

    #[inline(always)]
    fn sub<F: Element>(a: Vector<W, F>, b: Vector<W, F>) -> Vector<W, F> {
        a.with(b, W::sub)
    }

    #[inline(always)]
    fn carry<F: Element>(a: Vector<W, F>) -> Vector<W, F> {
        a.carried()
    }

    #[inline(always)]
    fn offset<F: Element>(a: Vector<W, F>, multiple: u32) -> Vector<W, F> {
        let mut limbs = F::LIMBS_OF_P;
        for limb in &mut limbs {
            *limb *= u64::from(multiple);
        }
        Self::add(a, a.splat(&limbs)).carried()
    }

    #[inline(always)]
    fn reduce<F: Element>(a: Vector<W, F>) -> Vector<W, F> {
        // How often p is in it, or one less.
        let top = a.limbs[LIMBS - 1];
        let often = top.splat(0).multiply_high(top, top.splat(F::RECIPROCAL));
        let mut limbs = a.limbs;
        for (limb, multiples) in limbs.iter_mut().zip(&F::MULTIPLES) {
            *limb = limb.sub(often.look_up(multiples));
        }
        vector(limbs).carried()
    }

    #[inline(always)]
    fn mul<F: Element>(a: Vector<W, F>, b: Vector<W, F>) -> Vector<W, F> {
        Self::wide_reduce(Self::wide_add(Self::wide_zero(), a, b))
    }

    #[inline(always)]
    fn square<F: Element>(a: Vector<W, F>) -> Vector<W, F> {
        let a = a.limbs;
        let mut t = [W::zero(); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                t[i + j] = t[i + j].multiply_low(a[i], a[j]);
                t[i + j + 1] = t[i + j + 1].multiply_high(a[i], a[j]);
            }
        }
        for limb in &mut t {
            *limb = limb.add(*limb);
        }
        for i in 0..LIMBS {
            t[2 * i] = t[2 * i].multiply_low(a[i], a[i]);
            t[2 * i + 1] = t[2 * i + 1].multiply_high(a[i], a[i]);
        }
        let (limbs, field) = (t, PhantomData);
        Wide { limbs, field }.reduced()
    }

    #[inline(always)]
    fn wide_zero<F: Element>() -> Wide<W, F> {
        Wide {
            limbs: [W::zero(); 2 * LIMBS],
            field: PhantomData,
        }
    }

    #[inline(always)]
    fn wide_add<F: Element>(sum: Wide<W, F>, a: Vector<W, F>, b: Vector<W, F>) -> Wide<W, F> {
        sum.plus(a, b)
    }

    #[inline(always)]
    fn wide_reduce<F: Element>(sum: Wide<W, F>) -> Vector<W, F> {
        sum.reduced()
    }

    #[inline(always)]
    fn permute<F: Element>(a: Vector<W, F>, places: [usize; WIDTH]) -> Vector<W, F> {
        a.with(a, |limb, _| limb.permute(places))
    }

    #[inline(always)]
    fn butterfly<F: Element>(own: Vector<W, F>, other: Vector<W, F>, mask: u8) -> Vector<W, F> {
        own.with(other, |own, other| {
            other.sub(own).select(mask, own.add(other))
        })
    }

    #[inline(always)]
    fn select<F: Element>(mask: u8, yes: Vector<W, F>, no: Vector<W, F>) -> Vector<W, F> {
        yes.with(no, |yes, no| yes.select(mask, no))
    }

    #[inline(always)]
    fn magnitudes(a: Vector<W, Fr>) -> ([[u64; WIDTH]; 4], u8) {
        // Times 1, not 2^260.
        let one = a.splat(&[1, 0, 0, 0, 0]);
        let own = Self::carry(Self::mul(a, one)).canonical();
        let other = Self::offset(Self::sub(Self::zero(), own), 1);
        // By the highest limb.
        let top = LIMBS - 1;
        let negative = other.limbs[top].sub(own.limbs[top]).negative();
        let magnitude = other.with(own, |other, own| other.select(negative, own));
        (arrays(magnitude.words()), negative)
    }

    #[inline(always)]
    fn pack(x: Fq, y: Fq) -> Point {
        let [x, y] = [x, y].map(shifted);
        Point(from_fn(|i| if i < 4 { x[i] } else { y[i - 4] }))
    }

    fn coordinates(Point(words): &Point) -> [Fq; 2] {
        [0, 4].map(|at| unshifted(from_fn(|i| words[at + i])))
    }

    #[inline(always)]
    fn negate(Point(words): &Point) -> Point {
        const TWICE: [u64; 4] = constants::twice(Fq::P);
        let (y, _) = subtract(TWICE, from_fn(|i| words[4 + i]));
        Point(from_fn(|i| if i < 4 { words[i] } else { y[i - 4] }))
    }

    #[inline(always)]
    fn gather(points: [&Point; WIDTH]) -> [Vector<W, Fq>; 2] {
        let mut rows = [W::zero(); WIDTH];
        for (row, point) in rows.iter_mut().zip(points) {
            *row = W::read(&point.0);
        }
        let [a, b, c, d, e, f, g, h] = W::transpose(rows);
        [
            Vector::of_words([a, b, c, d]),
            Vector::of_words([e, f, g, h]),
        ]
    }

    #[inline(always)]
    fn scatter(x: Vector<W, Fq>, y: Vector<W, Fq>) -> [Point; WIDTH] {
        let ([a, b, c, d], [e, f, g, h]) = (x.words(), y.words());
        let mut points = [Point([0; WIDTH]); WIDTH];
        let rows = W::transpose([a, b, c, d, e, f, g, h]);
        for lane in 0..WIDTH {
            rows[lane].write(&mut points[lane].0);
        }
        points
    }
}
