//! Columns: n = 8m elements, eight a block.
//!
//! As rows, block j holds rows j, j + m, …, j + 7m. As coefficients, block `reversed(q)` holds in lane
//! `reversed(s)` coefficient 8q + s. Both orders are those between which the FFT of
//! [`Domain`](crate::Domain) works in place.

use ff::Field;
use halo2curves::bn256::Fr;
use rayon::prelude::*;

use crate::lanes::{Lanes, Task, PRODUCTS, WIDTH};

/// Blocks that a task for another thread has at least.
const TASK: usize = 256;

/// A column of elements below 2p, carried.
#[derive(Clone, Debug)]
pub struct Column<L: Lanes>(pub(crate) Vec<L::Vector<Fr>>);

impl<L: Lanes> Column<L> {
    /// The block `at`, counted beyond both ends: what stands so many rows away is another block, with
    /// its lanes turned where the count wraps.
    #[inline(always)]
    pub(crate) fn block(&self, at: isize) -> L::Vector<Fr> {
        let blocks = self.0.len() as isize;
        if (0..blocks).contains(&at) {
            return self.0[at as usize];
        }
        let turn = at.div_euclid(blocks);
        let mut places = [0; WIDTH];
        for (lane, place) in places.iter_mut().enumerate() {
            *place = (lane as isize + turn).rem_euclid(WIDTH as isize) as usize;
        }
        L::permute(self.0[at.rem_euclid(blocks) as usize], places)
    }
}

/// The sum of columns with factors.
///
/// # Panics
/// Without columns, or when lengths differ.
pub fn combine<L: Lanes>(columns: &[&Column<L>], factors: &[Fr]) -> Column<L> {
    assert_eq!(columns.len(), factors.len(), "a factor for each column");
    let factors = factors.iter().map(|factor| L::factor(*factor)).collect();
    computed(columns, TASK, &Combination::<L> { factors })
}

/// What computes a column from columns.
pub(crate) trait Rows<L: Lanes>: Sync {
    /// Some blocks of it, which are zero before, given the number of the first.
    fn compute(&self, columns: &[&Column<L>], from: usize, out: &mut [L::Vector<Fr>]);
}

/// A new column, so many blocks of which are one task.
///
/// # Panics
/// Without columns, or when lengths differ.
pub(crate) fn computed<L: Lanes>(
    columns: &[&Column<L>],
    blocks: usize,
    rows: &impl Rows<L>,
) -> Column<L> {
    let length = columns.first().expect("a column").0.len();
    assert!(
        columns.iter().all(|c| c.0.len() == length),
        "columns of one length"
    );
    let mut computed = vec![L::zero(); length];
    let parts = computed.par_chunks_mut(blocks).enumerate();
    parts.for_each(|(part, out)| {
        L::vectorize(Part {
            columns,
            rows,
            from: part * blocks,
            out,
        });
    });
    Column(computed)
}

struct Part<'a, L: Lanes, R> {
    columns: &'a [&'a Column<L>],
    rows: &'a R,
    from: usize,
    out: &'a mut [L::Vector<Fr>],
}

impl<L: Lanes, R: Rows<L>> Task for Part<'_, L, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.rows.compute(self.columns, self.from, self.out);
    }
}

struct Combination<L: Lanes> {
    factors: Vec<L::Factor<Fr>>,
}

impl<L: Lanes> Rows<L> for Combination<L> {
    #[inline(always)]
    fn compute(&self, columns: &[&Column<L>], from: usize, out: &mut [L::Vector<Fr>]) {
        for (columns, factors) in columns.chunks(PRODUCTS).zip(self.factors.chunks(PRODUCTS)) {
            for (block, out) in out.iter_mut().enumerate() {
                let mut sum = L::wide_zero();
                for (column, factor) in columns.iter().zip(factors) {
                    sum = L::wide_add(sum, column.0[from + block], L::broadcast(factor));
                }
                *out = L::reduce(L::carry(L::add(*out, L::wide_reduce(sum))));
            }
        }
    }
}

/// The sum of the products of two columns' elements.
///
/// # Panics
/// When lengths differ.
pub fn inner<L: Lanes>(a: &Column<L>, b: &Column<L>) -> Fr {
    assert_eq!(a.0.len(), b.0.len(), "columns of one length");
    let chunks = a.0.par_chunks(TASK).zip(b.0.par_chunks(TASK));
    let sums = chunks.map(|(a, b)| L::vectorize(Inner::<L> { a, b }));
    sums.reduce(|| Fr::ZERO, |a, b| a + b)
}

struct Inner<'a, L: Lanes> {
    a: &'a [L::Vector<Fr>],
    b: &'a [L::Vector<Fr>],
}

impl<L: Lanes> Task for Inner<'_, L> {
    type Output = Fr;

    #[inline(always)]
    fn run(self) -> Fr {
        let mut total = L::zero();
        for (a, b) in self.a.chunks(PRODUCTS).zip(self.b.chunks(PRODUCTS)) {
            let mut sum = L::wide_zero();
            for (a, b) in a.iter().zip(b) {
                sum = L::wide_add(sum, *a, *b);
            }
            total = L::reduce(L::carry(L::add(total, L::wide_reduce(sum))));
        }
        L::store(total).iter().sum()
    }
}
