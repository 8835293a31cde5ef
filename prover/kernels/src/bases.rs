//! Commitments: multi-scalar multiplication over a basis that stays.
//!
//! ```text
//! Σ sᵢ·Gᵢ = Σ_b b·(Σ ±2^(cj)·Gᵢ over all i and j whose signed digit j of sᵢ is ±b)
//! ```
//!
//! With every 2^(cj)·Gᵢ in a table, all windows share one set of 2^(c−1) buckets. A scalar above p/2
//! counts as its inverse with the other sign, so small negative numbers are as cheap as small ones,
//! and zero costs nothing.

use halo2curves::bn256::{G1Affine, G1};
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::{Curve, Group};
use rayon::prelude::*;

use crate::buckets::{sums, Entry};
use crate::column::Column;
use crate::complete::Weighted;
use crate::digits::{windows, Digits};
use crate::lanes::{Lanes, Task, WIDTH};
use crate::table::table;

/// Windows that a digit of sixteen bits with its sign can hold.
const WINDOWS: std::ops::RangeInclusive<usize> = 2..=15;

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
        let points = table::<L>(basis, window, windows(window));
        Bases {
            window,
            rows,
            points,
            complete: None,
        }
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
        let shared = !columns.len().is_multiple_of(rayon::current_num_threads());
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
            return L::vectorize(OneByOne { basis, column });
        }
        let buckets = 1 << (self.window - 1);
        let mut counts = vec![0; buckets + 1];
        let digits = L::vectorize(Digits::<L> {
            column: &column.0,
            window: self.window,
            counts: &mut counts,
        });
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
        let sums = sums::<L>(&self.points, &entries, &starts, shared);
        L::vectorize(Weighted::<L>(&sums))
    }
}

/// The plain sum, for a basis with the identity in it.
struct OneByOne<'a, L: Lanes> {
    basis: &'a [G1Affine],
    column: &'a Column<L>,
}

impl<L: Lanes> Task for OneByOne<'_, L> {
    type Output = G1;

    #[inline(always)]
    fn run(self) -> G1 {
        let blocks = self.column.0.len();
        let mut sum = G1::identity();
        for (block, vector) in self.column.0.iter().enumerate() {
            for (lane, element) in L::store(*vector).into_iter().enumerate() {
                sum += self.basis[lane * blocks + block] * element;
            }
        }
        sum
    }
}
