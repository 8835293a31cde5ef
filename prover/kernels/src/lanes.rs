//! Eight elements at a time.

use std::fmt::Debug;

use halo2curves::bn256::{Fq, Fr, G1Affine};
use halo2curves::CurveAffine;

use crate::element::Element;

/// Elements of a vector.
pub const WIDTH: usize = 8;

/// Products of one sum that share a reduction.
pub(crate) const PRODUCTS: usize = 40;

/// Code over vectors.
///
/// Only what is inlined into [`run`](Task::run) is compiled for the lanes' instructions, anything else
/// calls a function for each of them. So `run` and what it calls is `#[inline(always)]`, and closures,
/// which cannot be, are left to a line.
pub trait Task {
    /// What comes out.
    type Output;
    /// Runs it.
    fn run(self) -> Self::Output;
}

/// What a machine computes with: vectors of eight elements of a field of BN254.
///
/// A vector is an integer below a small multiple of the modulus p in each lane. Its limbs may be
/// *raw*, as sums, differences and products leave them, or *carried*, as [`carry`](Lanes::carry) and
/// [`offset`](Lanes::offset) leave them; factors of a product are carried. Bounds are the caller's to
/// keep: a product of values below a·p and b·p is below (1 + a·b/84)·p.
pub trait Lanes: Copy + Debug + Send + Sync + 'static {
    /// Eight elements.
    type Vector<F: Element>: Copy + Debug + Send + Sync;
    /// One element that is the same in every lane.
    type Factor<F: Element>: Copy + Debug + Send + Sync;
    /// A sum of products before reduction.
    type Wide<F: Element>: Copy;
    /// A point of the curve other than the identity, packed.
    type Point: Copy + Debug + Send + Sync;

    /// Whether a vector is no register but memory, so that lane by lane is faster than vector by vector.
    const IN_MEMORY: bool = false;

    /// Runs a task, compiled for the lanes' instructions.
    fn vectorize<T: Task>(task: T) -> T::Output;

    /// Eight elements as a vector, below 2p.
    fn load<F: Element>(elements: [F; WIDTH]) -> Self::Vector<F>;
    /// The elements of a carried vector below 84p.
    fn store<F: Element>(vector: Self::Vector<F>) -> [F; WIDTH];
    /// An element for every lane.
    fn factor<F: Element>(element: F) -> Self::Factor<F>;
    /// A vector with one element in every lane.
    fn broadcast<F: Element>(factor: &Self::Factor<F>) -> Self::Vector<F>;
    /// Zeros.
    fn zero<F: Element>() -> Self::Vector<F>;

    /// Sum, raw.
    fn add<F: Element>(a: Self::Vector<F>, b: Self::Vector<F>) -> Self::Vector<F>;
    /// Difference, raw; may be negative until an [`offset`](Lanes::offset) is added.
    fn sub<F: Element>(a: Self::Vector<F>, b: Self::Vector<F>) -> Self::Vector<F>;
    /// Carries limbs.
    fn carry<F: Element>(a: Self::Vector<F>) -> Self::Vector<F>;
    /// Adds so many p, and carries.
    fn offset<F: Element>(a: Self::Vector<F>, multiple: u32) -> Self::Vector<F>;
    /// From below 16p, carried, to below 1.2p.
    fn reduce<F: Element>(a: Self::Vector<F>) -> Self::Vector<F>;
    /// Product of carried vectors, raw.
    fn mul<F: Element>(a: Self::Vector<F>, b: Self::Vector<F>) -> Self::Vector<F>;
    /// The same where `b` is one in all lanes but those of the mask.
    #[inline(always)]
    fn mul_some<F: Element>(_mask: u8, a: Self::Vector<F>, b: Self::Vector<F>) -> Self::Vector<F> {
        Self::mul(a, b)
    }
    /// Square of a carried vector, raw.
    fn square<F: Element>(a: Self::Vector<F>) -> Self::Vector<F>;

    /// Two layers of a transform from coefficients to values, in place; values above −32p and below 32p
    /// before a product. The factors are the first layer's, and the second layer's for both its pairs:
    ///
    /// ```text
    /// y₀,₁ = x₀ ± f₁·x₁   y₂,₃ = f₂,₃·(x₂ ± f₁·x₃)   x₀,₂ ← y₀ ± y₂   x₁,₃ ← y₁ ± y₃
    /// ```
    #[inline(always)]
    fn two_layers<F: Element>(
        [x0, x1, x2, x3]: [&mut Self::Vector<F>; 4],
        [f1, f2, f3]: [&Self::Factor<F>; 3],
    ) {
        let (x1f, x3f) = (Self::times(*x1, f1), Self::times(*x3, f1));
        let (y0, y1) = (Self::add(*x0, x1f), Self::sub(*x0, x1f));
        let y2 = Self::times(Self::add(*x2, x3f), f2);
        let y3 = Self::times(Self::sub(*x2, x3f), f3);
        (*x0, *x2) = (Self::add(y0, y2), Self::sub(y0, y2));
        (*x1, *x3) = (Self::add(y1, y3), Self::sub(y1, y3));
    }
    /// `(a + 32p)·factor`, carried, below 2p for a above −32p and below 32p.
    #[inline(always)]
    fn times<F: Element>(a: Self::Vector<F>, factor: &Self::Factor<F>) -> Self::Vector<F> {
        Self::carry(Self::mul(Self::offset(a, 32), Self::broadcast(factor)))
    }

    /// The empty sum of products.
    fn wide_zero<F: Element>() -> Self::Wide<F>;
    /// Adds a product of carried vectors; forty of values below 4p and p fit.
    fn wide_add<F: Element>(
        sum: Self::Wide<F>,
        a: Self::Vector<F>,
        b: Self::Vector<F>,
    ) -> Self::Wide<F>;
    /// The sum of products, raw.
    fn wide_reduce<F: Element>(sum: Self::Wide<F>) -> Self::Vector<F>;

    /// Lane i gets what lane `places[i]` has.
    fn permute<F: Element>(a: Self::Vector<F>, places: [usize; WIDTH]) -> Self::Vector<F>;
    /// Lanes of the mask get `other − own`, the others `own + other`; raw.
    fn butterfly<F: Element>(
        own: Self::Vector<F>,
        other: Self::Vector<F>,
        mask: u8,
    ) -> Self::Vector<F>;
    /// Lanes of the mask from `yes`, the others from `no`.
    fn select<F: Element>(mask: u8, yes: Self::Vector<F>, no: Self::Vector<F>) -> Self::Vector<F>;
    /// The elements of a carried vector as integers, word by word from the lowest: the shorter one of
    /// each and its negative, up to a tie, and the lanes that hold the negative.
    fn magnitudes(a: Self::Vector<Fr>) -> ([[u64; WIDTH]; 4], u8);

    /// A point that is not the identity.
    fn pack(x: Fq, y: Fq) -> Self::Point;
    /// Its coordinates.
    fn coordinates(point: &Self::Point) -> [Fq; 2];
    /// The point.
    fn unpack(point: &Self::Point) -> G1Affine {
        let [x, y] = Self::coordinates(point);
        // Points come from the curve and from its addition law, so they are on it.
        Option::from(G1Affine::from_xy(x, y)).unwrap_or_default()
    }
    /// Its inverse.
    fn negate(point: &Self::Point) -> Self::Point;
    /// Coordinates of eight points, below 2p.
    fn gather(points: [&Self::Point; WIDTH]) -> [Self::Vector<Fq>; 2];
    /// Points of carried coordinates below 2p.
    fn scatter(x: Self::Vector<Fq>, y: Self::Vector<Fq>) -> [Self::Point; WIDTH];
}

/// Eight inverses with one inversion; `None` when an element is zero.
pub(crate) fn invert<F: Element>(elements: [F; WIDTH]) -> Option<[F; WIDTH]> {
    let mut before = [F::ONE; WIDTH];
    let mut product = F::ONE;
    for (before, element) in before.iter_mut().zip(&elements) {
        *before = product;
        product *= element;
    }
    let mut inverse = Option::<F>::from(product.invert())?;
    for (before, element) in before.iter_mut().zip(&elements).rev() {
        *before *= inverse;
        inverse *= element;
    }
    Some(before)
}
