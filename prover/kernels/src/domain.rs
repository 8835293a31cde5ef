//! The FFT over n = 8m points.
//!
//! In each lane it is an FFT over m points, between lanes one over eight; what joins them, and the
//! shift of a coset, is one table of factors. Between lanes the transform runs over bit-reversed
//! lanes, in a lane over bit-reversed blocks, so that nothing is ever moved.

use ff::{Field, PrimeField};
use halo2curves::bn256::Fr;

use crate::column::Column;
use crate::lanes::{Lanes, Task, WIDTH};

/// log2 of the largest domain. The forward transform does not reduce between layers: with 2^22 points its
/// values are above −29.7p and below 31.7p, and factors may be between −32p and 32p.
pub const MAX_K: u32 = 22;
/// log2 of the lanes.
const LANE_BITS: u32 = WIDTH.trailing_zeros();

/// The n-th roots of unity.
#[derive(Clone, Debug)]
pub struct Domain<L: Lanes> {
    k: u32,
    omega: Fr,
    inverse: Coset<L>,
}

/// Where a polynomial is evaluated: a shift of the roots of unity.
#[derive(Clone, Debug)]
pub struct Coset<L: Lanes> {
    /// In a lane: for blocks of 2t points t factors, behind one another from t = 1.
    layers: Vec<L::Factor<Fr>>,
    /// Between lanes, for each block.
    cross: Vec<L::Vector<Fr>>,
    /// Inside the transform over eight lanes.
    eighth: [L::Vector<Fr>; 2],
}

/// The number with its bits in reverse.
fn reversed(number: usize, bits: u32) -> usize {
    match bits {
        0 => 0,
        _ => number.reverse_bits() >> (usize::BITS - bits),
    }
}

/// Each lane gets what the one at a distance has, a power of two.
#[inline(always)]
fn swapped<L: Lanes, const DISTANCE: usize>(a: L::Vector<Fr>) -> L::Vector<Fr> {
    let mut places = [0; WIDTH];
    for (lane, place) in places.iter_mut().enumerate() {
        *place = lane ^ DISTANCE;
    }
    L::permute(a, places)
}

/// Powers of a number, from a start.
fn powers(x: Fr, start: Fr) -> [Fr; WIDTH] {
    let mut powers = [start; WIDTH];
    for i in 1..WIDTH {
        powers[i] = powers[i - 1] * x;
    }
    powers
}

impl<L: Lanes> Coset<L> {
    /// For a root of unity of order 2^k and a shift; `scale` multiplies every value.
    fn new(k: u32, root: Fr, shift: Fr, scale: Fr) -> Self {
        let blocks = 1 << (k - LANE_BITS);
        let eighth_power = |x: Fr| x.pow_vartime([WIDTH as u64]);
        let (lane_shift, lane_root) = (eighth_power(shift), eighth_power(root));
        let mut layers = vec![L::factor(Fr::ZERO); blocks];
        let mut half = 1;
        while half < blocks {
            let exponent = [(blocks / (2 * half)) as u64];
            let step = lane_root.pow_vartime(exponent);
            let mut factor = lane_shift.pow_vartime(exponent);
            for place in &mut layers[half..2 * half] {
                *place = L::factor(factor);
                factor *= step;
            }
            half *= 2;
        }
        let (mut factors, steps) = (powers(shift, scale), powers(root, Fr::ONE));
        let mut cross = Vec::with_capacity(blocks << LANE_BITS);
        for _ in 0..blocks {
            cross.extend((0..WIDTH).map(|lane| factors[reversed(lane, LANE_BITS)]));
            for (factor, step) in factors.iter_mut().zip(&steps) {
                *factor *= step;
            }
        }
        let cross = loaded::<L>(&cross, |block, lane| WIDTH * block + lane, blocks);
        let [one, a, b, c, ..] = powers(root.pow_vartime([blocks as u64]), Fr::ONE);
        let eighth = [
            one, one, one, one, one, a, b, c, one, one, one, b, one, one, one, b,
        ];
        let eighth = loaded::<L>(&eighth, |block, lane| WIDTH * block + lane, 2);
        let eighth = [eighth[0], eighth[1]];
        Coset {
            layers,
            cross,
            eighth,
        }
    }

    /// Over lanes, from their order to the reversed one; raw.
    #[inline(always)]
    fn split(&self, x: L::Vector<Fr>) -> L::Vector<Fr> {
        let x = L::butterfly(x, swapped::<L, 4>(x), 0xf0);
        let x = self.turned::<0>(x);
        let x = L::butterfly(x, swapped::<L, 2>(x), 0xcc);
        let x = self.turned::<1>(x);
        L::butterfly(x, swapped::<L, 1>(x), 0xaa)
    }

    /// Over lanes, from the reversed order to theirs; raw.
    #[inline(always)]
    fn join(&self, x: L::Vector<Fr>) -> L::Vector<Fr> {
        let x = L::butterfly(x, swapped::<L, 1>(x), 0xaa);
        let x = self.turned::<1>(x);
        let x = L::butterfly(x, swapped::<L, 2>(x), 0xcc);
        let x = self.turned::<0>(x);
        L::butterfly(x, swapped::<L, 4>(x), 0xf0)
    }

    /// Times roots of unity of order eight, or of order four; carried, for a raw vector above −16p.
    #[inline(always)]
    fn turned<const LAYER: usize>(&self, x: L::Vector<Fr>) -> L::Vector<Fr> {
        // Where the roots are not one.
        let mask = [0b1110_0000, 0b1000_1000][LAYER];
        L::carry(L::mul_some(mask, L::offset(x, 16), self.eighth[LAYER]))
    }
}

impl<L: Lanes> Domain<L> {
    /// Of 2^k points.
    ///
    /// # Panics
    /// When k is less than 3 or more than [`MAX_K`].
    pub fn new(k: u32) -> Self {
        assert!(
            (LANE_BITS..=MAX_K).contains(&k),
            "k from 3 to {MAX_K}, not {k}"
        );
        let omega = Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - k)]);
        let back = Fr::ROOT_OF_UNITY_INV.pow_vartime([1 << (Fr::S - k)]);
        let scale = Fr::TWO_INV.pow_vartime([u64::from(k)]);
        Domain {
            k,
            omega,
            inverse: Coset::new(k, back, Fr::ONE, scale),
        }
    }

    /// The root of unity that generates the rows.
    pub fn omega(&self) -> Fr {
        self.omega
    }

    /// The roots of unity times a shift.
    pub fn coset(&self, shift: Fr) -> Coset<L> {
        Coset::new(self.k, self.omega, shift, Fr::ONE)
    }

    fn blocks(&self) -> usize {
        1 << (self.k - LANE_BITS)
    }

    fn gathered(&self, values: &[Fr], place: impl Fn(usize, usize) -> usize) -> Column<L> {
        assert!(values.len() <= 1 << self.k, "more values than rows");
        Column(loaded::<L>(values, place, self.blocks()))
    }

    fn spread(&self, column: &Column<L>, place: impl Fn(usize, usize) -> usize) -> Vec<Fr> {
        let mut values = vec![Fr::ZERO; 1 << self.k];
        L::vectorize(Spread {
            column,
            place,
            values: &mut values,
        });
        values
    }

    fn row(&self) -> impl Fn(usize, usize) -> usize {
        let blocks = self.blocks();
        move |block, lane| lane * blocks + block
    }

    fn coefficient(&self) -> impl Fn(usize, usize) -> usize {
        let bits = self.k - LANE_BITS;
        move |block, lane| WIDTH * reversed(block, bits) + reversed(lane, LANE_BITS)
    }

    /// A column of row values; rows beyond the slice are zero.
    ///
    /// # Panics
    /// When there are more values than rows. So do the other conversions.
    pub fn from_values(&self, values: &[Fr]) -> Column<L> {
        self.gathered(values, self.row())
    }

    /// The row values.
    pub fn to_values(&self, column: &Column<L>) -> Vec<Fr> {
        self.spread(column, self.row())
    }

    /// A column of coefficients, lowest first; those beyond the slice are zero.
    pub fn from_coefficients(&self, coefficients: &[Fr]) -> Column<L> {
        self.gathered(coefficients, self.coefficient())
    }

    /// The coefficients.
    pub fn to_coefficients(&self, column: &Column<L>) -> Vec<Fr> {
        self.spread(column, self.coefficient())
    }

    /// From row values to coefficients, in place.
    pub fn inverse(&self, column: &mut Column<L>) {
        L::vectorize(Inverse(&self.inverse, &mut column.0));
    }

    /// From coefficients to the values on a coset.
    ///
    /// # Panics
    /// When lengths differ.
    pub fn forward(&self, polynomial: &Column<L>, coset: &Coset<L>, values: &mut Column<L>) {
        let (from, to) = (&polynomial.0[..], &mut values.0[..]);
        assert_eq!(from.len(), to.len(), "columns of one length");
        L::vectorize(Forward { coset, from, to });
    }
}

/// Blocks of values, whose places are by block and lane; zero where there is none.
fn loaded<L: Lanes>(
    values: &[Fr],
    place: impl Fn(usize, usize) -> usize,
    blocks: usize,
) -> Vec<L::Vector<Fr>> {
    let mut loaded = vec![L::zero(); blocks];
    L::vectorize(Load::<L, _> {
        values,
        place,
        blocks: &mut loaded,
    });
    loaded
}

struct Load<'a, L: Lanes, P> {
    values: &'a [Fr],
    place: P,
    blocks: &'a mut [L::Vector<Fr>],
}

impl<L: Lanes, P: Fn(usize, usize) -> usize> Task for Load<'_, L, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (block, vector) in self.blocks.iter_mut().enumerate() {
            let mut elements = [Fr::ZERO; WIDTH];
            for (lane, element) in elements.iter_mut().enumerate() {
                if let Some(value) = self.values.get((self.place)(block, lane)) {
                    *element = *value;
                }
            }
            *vector = L::load(elements);
        }
    }
}

struct Spread<'a, L: Lanes, P> {
    column: &'a Column<L>,
    place: P,
    values: &'a mut [Fr],
}

impl<L: Lanes, P: Fn(usize, usize) -> usize> Task for Spread<'_, L, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (block, vector) in self.column.0.iter().enumerate() {
            for (lane, value) in L::store(*vector).into_iter().enumerate() {
                self.values[(self.place)(block, lane)] = value;
            }
        }
    }
}

/// See [`Domain::inverse`].
struct Inverse<'a, L: Lanes>(&'a Coset<L>, &'a mut [L::Vector<Fr>]);

/// See [`Domain::forward`].
struct Forward<'a, L: Lanes> {
    coset: &'a Coset<L>,
    from: &'a [L::Vector<Fr>],
    to: &'a mut [L::Vector<Fr>],
}

impl<L: Lanes> Forward<'_, L> {
    /// Two layers of four times `half` blocks, the first one over a distance of `half`.
    #[inline(always)]
    fn layers(coset: &Coset<L>, half: usize, a: &mut [L::Vector<Fr>]) {
        let (x0, a) = a.split_at_mut(half);
        let (x1, a) = a.split_at_mut(half);
        let (x2, x3) = a.split_at_mut(half);
        let factors = &coset.layers;
        for j in 0..half {
            let x = [&mut x0[j], &mut x1[j], &mut x2[j], &mut x3[j]];
            let places = [half + j, 2 * half + j, 3 * half + j];
            L::two_layers(x, places.map(|place| &factors[place]));
        }
    }
}

impl<L: Lanes> Task for Inverse<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Inverse(coset, a) = self;
        let blocks = a.len();
        for (x, factor) in a.iter_mut().zip(&coset.cross) {
            *x = L::carry(L::mul(L::offset(coset.split(*x), 16), *factor));
        }
        // Two layers at once.
        let mut half = blocks / 2;
        while half >= 2 {
            let quarter = half / 2;
            for base in (0..blocks).step_by(2 * half) {
                for j in 0..quarter {
                    let at = base + j;
                    let at = [at, at + quarter, at + half, at + half + quarter];
                    let [x0, x1, x2, x3] = [a[at[0]], a[at[1]], a[at[2]], a[at[3]]];
                    let (y0, y1) = (L::add(x0, x2), L::add(x1, x3));
                    let y2 = L::times(L::sub(x0, x2), &coset.layers[half + j]);
                    let y3 = L::times(L::sub(x1, x3), &coset.layers[half + j + quarter]);
                    let factor = &coset.layers[quarter + j];
                    a[at[0]] = L::reduce(L::carry(L::add(y0, y1)));
                    a[at[1]] = L::times(L::sub(y0, y1), factor);
                    a[at[2]] = L::carry(L::add(y2, y3));
                    a[at[3]] = L::times(L::sub(y2, y3), factor);
                }
            }
            half /= 4;
        }
        if half == 1 {
            for pair in a.chunks_exact_mut(2) {
                let [x0, x1] = [pair[0], pair[1]];
                (pair[0], pair[1]) = (L::add(x0, x1), L::sub(x0, x1));
            }
        }
        // Above −3p and below 6p.
        for x in a.iter_mut() {
            *x = L::reduce(L::offset(*x, 3));
        }
    }
}

impl<L: Lanes> Task for Forward<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Forward { coset, from, to: a } = self;
        let blocks = a.len();
        // The first layer, or the first two, go from one column to the other.
        let mut half = match blocks.trailing_zeros() {
            0 => {
                a[0] = from[0];
                1
            }
            layers if layers % 2 == 1 => {
                for (pair, from) in a.chunks_exact_mut(2).zip(from.chunks_exact(2)) {
                    let (x0, x1) = (from[0], L::times(from[1], &coset.layers[1]));
                    (pair[0], pair[1]) = (L::add(x0, x1), L::sub(x0, x1));
                }
                2
            }
            _ => {
                for (four, from) in a.chunks_exact_mut(4).zip(from.chunks_exact(4)) {
                    four.copy_from_slice(from);
                    Self::layers(coset, 1, four);
                }
                4
            }
        };
        while half < blocks {
            for four in a.chunks_exact_mut(4 * half) {
                Self::layers(coset, half, four);
            }
            half *= 4;
        }
        for (x, factor) in a.iter_mut().zip(&coset.cross) {
            let y = L::carry(L::mul(L::offset(*x, 32), *factor));
            // Above −2p and below 3p.
            *x = L::reduce(L::offset(coset.join(y), 2));
        }
    }
}
