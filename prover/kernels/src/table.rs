//! All multiples `2^(cj)·Gᵢ` of a basis.

use ff::Field;
use halo2curves::bn256::{Fq, G1Affine};
use rayon::prelude::*;

use crate::complete::Points;
use crate::lanes::{invert, Lanes, Task, WIDTH};
use crate::large::large;

/// Blocks of points that share an inversion.
const SHARED: usize = 128;

/// The table of a basis without the identity, in the order of a column's blocks: window j of point i
/// at j·n + i.
pub(crate) fn table<L: Lanes>(basis: &[G1Affine], window: usize, windows: usize) -> Vec<L::Point> {
    let blocks = basis.len() / WIDTH;
    let first = (0..basis.len()).into_par_iter().map(|i| {
        let point = basis[i % WIDTH * blocks + i / WIDTH];
        L::pack(point.x, point.y)
    });
    let mut table: Vec<L::Point> = large(windows * basis.len());
    table.par_extend(first);
    for _ in 1..windows {
        let last = &table[table.len() - basis.len()..];
        let next = last.par_chunks(SHARED * WIDTH).flat_map_iter(|points| {
            let doublings = window;
            L::vectorize(Doubled::<L> { points, doublings })
        });
        let next: Vec<L::Point> = next.collect();
        table.extend(next);
    }
    table
}

/// Points, a multiple of eight, doubled so many times.
struct Doubled<'a, L: Lanes> {
    points: &'a [L::Point],
    doublings: usize,
}

impl<L: Lanes> Task for Doubled<'_, L> {
    type Output = Vec<L::Point>;

    #[inline(always)]
    fn run(self) -> Vec<L::Point> {
        let mut product = L::broadcast(&L::factor(Fq::ONE));
        let mut doubled = Vec::with_capacity(self.points.len() / WIDTH);
        for block in self.points.chunks_exact(WIDTH) {
            let mut refs = [&block[0]; WIDTH];
            for (place, point) in refs.iter_mut().zip(block) {
                *place = point;
            }
            let mut points = Points::<L>::affine(L::gather(refs));
            for _ in 0..self.doublings {
                points = points.double();
            }
            doubled.push((points, product));
            product = L::carry(L::mul(product, points.denominators()));
        }
        // The order of the curve is an odd prime, so no doubling of a point is the identity.
        let mut inverse = L::load(invert(L::store(product)).unwrap_or_default());
        let mut table = vec![self.points[0]; self.points.len()];
        let places = table.chunks_exact_mut(WIDTH);
        for (place, (points, before)) in places.zip(&doubled).rev() {
            let [x, y] = points.divided(L::carry(L::mul(inverse, *before)));
            place.copy_from_slice(&L::scatter(x, y));
            inverse = L::carry(L::mul(inverse, points.denominators()));
        }
        table
    }
}
