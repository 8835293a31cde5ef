//! Commitments: multi-scalar multiplication over a basis that stays.
//!
//! ```text
//! Σ sᵢ·Gᵢ = Σ_b b·(Σ ±2^(cj)·Gᵢ over all i and j whose signed digit j of sᵢ is ±b)
//! ```
//!
//! With every 2^(cj)·Gᵢ in a table, all windows share one set of 2^(c−1) buckets. A scalar above p/2
//! counts as its inverse with the other sign, so small negative numbers are as cheap as small ones,
//! and zero costs nothing.

use std::array::from_fn;

use ff::PrimeField;
use halo2curves::bn256::{Fr, G1Affine, G1};
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::{Curve, Group};
use halo2curves::serde::SerdeObject;
use rayon::prelude::*;

use crate::buckets::{sums, weighted, Entry};
use crate::column::Column;
use crate::lanes::{Lanes, WIDTH};

/// Bits of a scalar that counts as at most half the order, and its sign.
const BITS: usize = Fr::NUM_BITS as usize;
/// Windows that a digit of sixteen bits with its sign can hold.
const WINDOWS: std::ops::RangeInclusive<usize> = 2..=15;
/// Points that are made affine together.
const NORMALISED: usize = 1024;
/// Bytes of a point.
const POINT: usize = 64;

/// A basis with all multiples that its windows need.
#[derive(Clone, Debug)]
pub struct Bases<L: Lanes> {
    window: usize,
    rows: usize,
    /// Point i of window j at j·rows + i; a basis in the order of a column's blocks.
    points: Vec<L::Point>,
    /// Some point is the identity, which is not in the table: additions are done one by one.
    complete: Option<Vec<G1Affine>>,
}

impl<L: Lanes> Bases<L> {
    /// Window bits that are good for a basis of so many points.
    pub fn window(points: usize) -> usize {
        // Measured between 2^10 and 2^16: a bit less than half the cost of a bucket's entries.
        (points.max(8).ilog2() as usize - 1).clamp(4, 14)
    }

    /// The table of a basis of row points, as many as a column has rows.
    ///
    /// # Panics
    /// When the number of points is no power of two of at least 8, or the window has not 2 to 15 bits.
    pub fn new(basis: &[G1Affine], window: usize) -> Self {
        let rows = basis.len();
        assert!(
            rows.is_power_of_two() && rows >= WIDTH,
            "2^k points, k at least 3"
        );
        assert!(WINDOWS.contains(&window), "windows of 2 to 15 bits");
        if basis.iter().any(|point| bool::from(point.is_identity())) {
            let complete = Some(basis.to_vec());
            return Bases {
                window,
                rows,
                points: Vec::new(),
                complete,
            };
        }
        let blocks = rows / WIDTH;
        let ordered = (0..rows).map(|i| basis[i % WIDTH * blocks + i / WIDTH].into());
        let mut multiples: Vec<G1> = ordered.collect();
        let mut points = Vec::with_capacity(rows * BITS.div_ceil(window));
        for _ in 0..BITS.div_ceil(window) {
            let mut affine = vec![G1Affine::identity(); rows];
            let chunks = multiples.par_chunks_mut(NORMALISED);
            chunks
                .zip(affine.par_chunks_mut(NORMALISED))
                .for_each(|(multiples, affine)| {
                    G1::batch_normalize(multiples, affine);
                    for (multiple, affine) in multiples.iter_mut().zip(affine) {
                        *multiple = (0..window).fold((*affine).into(), |p: G1, _| p.double());
                    }
                });
            points.par_extend(affine.par_iter().map(packed::<L>));
        }
        Bases {
            window,
            rows,
            points,
            complete: None,
        }
    }

    /// The table as bytes, to be kept; empty when it has none.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.points.len() * POINT];
        let chunks = bytes.par_chunks_exact_mut(POINT).zip(&self.points);
        chunks.for_each(|(bytes, point)| {
            let point = L::unpack(point);
            bytes[..POINT / 2].copy_from_slice(&point.x.to_raw_bytes());
            bytes[POINT / 2..].copy_from_slice(&point.y.to_raw_bytes());
        });
        bytes
    }

    /// A table that [`Bases::to_bytes`] wrote for a basis of so many points, and that has not changed
    /// since; nothing is checked but the length. A wrong table makes wrong commitments.
    pub fn from_bytes(bytes: &[u8], rows: usize, window: usize) -> Option<Self> {
        if !rows.is_power_of_two() || rows < WIDTH || !WINDOWS.contains(&window) {
            return None;
        }
        if bytes.len() != rows * BITS.div_ceil(window) * POINT {
            return None;
        }
        let coordinate = halo2curves::bn256::Fq::from_raw_bytes_unchecked;
        let chunks = bytes.par_chunks_exact(POINT);
        let points = chunks.map(|bytes| {
            let (x, y) = bytes.split_at(POINT / 2);
            L::pack(coordinate(x), coordinate(y))
        });
        Some(Bases {
            window,
            rows,
            points: points.collect(),
            complete: None,
        })
    }

    /// The commitment to a column of row values.
    ///
    /// # Panics
    /// When the column has another number of rows than the basis has points.
    pub fn commit(&self, column: &Column<L>) -> G1 {
        self.commitment(column, rayon::current_num_threads() > 1)
    }

    /// Commitments to columns of row values.
    ///
    /// # Panics
    /// As [`Bases::commit`].
    pub fn commit_all(&self, columns: &[&Column<L>]) -> Vec<G1Affine> {
        // One column on several threads costs more in all than a column on each.
        let shared = columns.len() % rayon::current_num_threads() != 0;
        let sums = columns
            .par_iter()
            .map(|column| self.commitment(column, shared));
        let sums: Vec<G1> = sums.collect();
        let mut affine = vec![G1Affine::identity(); sums.len()];
        G1::batch_normalize(&sums, &mut affine);
        affine
    }

    fn commitment(&self, column: &Column<L>, shared: bool) -> G1 {
        assert_eq!(
            column.0.len() * WIDTH,
            self.rows,
            "a column of the basis' length"
        );
        if let Some(basis) = &self.complete {
            return one_by_one::<L>(basis, column);
        }
        let buckets = 1 << (self.window - 1);
        let mut counts = vec![0; buckets + 1];
        let digits = self.digits(column, &mut counts);
        // Bucket b − 1 holds digits ±b.
        let mut starts = counts;
        starts[0] = 0;
        for bucket in 0..buckets {
            starts[bucket + 1] += starts[bucket];
        }
        let mut entries = vec![Entry::default(); starts[buckets] as usize];
        let mut next = starts.clone();
        for (point, digit) in digits.iter().enumerate().filter(|(_, digit)| **digit != 0) {
            let place = &mut next[usize::from(digit.unsigned_abs()) - 1];
            entries[*place as usize] = Entry::new(point, *digit < 0);
            *place += 1;
        }
        weighted(&sums::<L>(&self.points, &entries, &starts, shared))
    }

    /// The signed digits of a column's elements, in the order of the table, and how often each
    /// magnitude occurs (zeros of short scalars are not counted).
    fn digits(&self, column: &Column<L>, counts: &mut [u32]) -> Vec<i16> {
        let mut digits = vec![0; BITS.div_ceil(self.window) * self.rows];
        L::vectorize(|| {
            for (block, vector) in column.0.iter().enumerate() {
                self.block_digits(*vector, counts, &mut digits[block * WIDTH..]);
            }
        });
        digits
    }

    /// Those of a block; window j goes to j·rows.
    #[inline(always)]
    fn block_digits(&self, vector: L::Vector<Fr>, counts: &mut [u32], digits: &mut [i16]) {
        let (words, negative) = L::magnitudes(vector);
        let used = words.map(|word| word.iter().fold(0, |any, lane| any | lane));
        let Some(top) = used.iter().rposition(|word| *word != 0) else {
            return;
        };
        let sign: [i64; WIDTH] = from_fn(|lane| -i64::from(negative >> lane & 1));
        let windows = (64 * (top + 1) / self.window + 1).min(BITS.div_ceil(self.window));
        let (full, half) = (1 << self.window, 1 << (self.window - 1));
        let mut carry = [0; WIDTH];
        for window in 0..windows {
            let digit = bits(&words, window * self.window, self.window);
            let digit: [i64; WIDTH] = from_fn(|lane| digit[lane] + carry[lane]);
            carry = digit.map(|digit| i64::from(digit > half));
            let digit: [i64; WIDTH] = from_fn(|lane| digit[lane] - carry[lane] * full);
            for digit in digit {
                counts[digit.unsigned_abs() as usize] += 1;
            }
            let signed: [i16; WIDTH] =
                from_fn(|lane| ((digit[lane] ^ sign[lane]) - sign[lane]) as i16);
            digits[window * self.rows..][..WIDTH].copy_from_slice(&signed);
        }
    }
}

fn packed<L: Lanes>(point: &G1Affine) -> L::Point {
    L::pack(point.x, point.y)
}

/// So many bits of each lane's number, from a bit on.
#[inline(always)]
fn bits(words: &[[u64; WIDTH]; 4], start: usize, count: usize) -> [i64; WIDTH] {
    let (word, shift) = (start / 64, start % 64);
    let none = [0; WIDTH];
    let low = words.get(word).unwrap_or(&none);
    let high = words.get(word + 1).unwrap_or(&none);
    from_fn(|lane| {
        // In two steps, as the distance may be 64.
        let bits = low[lane] >> shift | high[lane] << 1 << (63 - shift);
        (bits & ((1 << count) - 1)) as i64
    })
}

/// The plain sum, for a basis with the identity in it.
fn one_by_one<L: Lanes>(basis: &[G1Affine], column: &Column<L>) -> G1 {
    let blocks = column.0.len();
    let mut sum = G1::identity();
    for (block, vector) in column.0.iter().enumerate() {
        for (lane, element) in L::store(*vector).into_iter().enumerate() {
            sum += basis[lane * blocks + block] * element;
        }
    }
    sum
}
