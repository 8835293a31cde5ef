//! Lanes for any machine: arrays of field elements, always reduced.

use std::array::from_fn;

use ff::PrimeField;
use halo2curves::bn256::{Fq, Fr};

use crate::element::{subtract, Element};
use crate::lanes::{Lanes, Task, WIDTH};

/// One element after another, with the field arithmetic of the curve library.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

/// Coordinates: a line of a processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Point([Fq; 2]);

#[inline(always)]
fn both<F: Element>(a: [F; WIDTH], b: [F; WIDTH], f: impl Fn(F, F) -> F) -> [F; WIDTH] {
    from_fn(|i| f(a[i], b[i]))
}

#[inline(always)]
fn in_mask(mask: u8, lane: usize) -> bool {
    mask >> lane & 1 == 1
}

impl Lanes for Scalar {
    type Vector<F: Element> = [F; WIDTH];
    type Factor<F: Element> = F;
    type Wide<F: Element> = [F; WIDTH];
    type Point = Point;

    const IN_MEMORY: bool = true;

    #[inline(always)]
    fn vectorize<T: Task>(task: T) -> T::Output {
        task.run()
    }

    #[inline(always)]
    fn load<F: Element>(elements: [F; WIDTH]) -> [F; WIDTH] {
        elements
    }

    #[inline(always)]
    fn store<F: Element>(vector: [F; WIDTH]) -> [F; WIDTH] {
        vector
    }

    #[inline(always)]
    fn factor<F: Element>(element: F) -> F {
        element
    }

    #[inline(always)]
    fn broadcast<F: Element>(factor: &F) -> [F; WIDTH] {
        [*factor; WIDTH]
    }

    #[inline(always)]
    fn zero<F: Element>() -> [F; WIDTH] {
        [F::ZERO; WIDTH]
    }

    #[inline(always)]
    fn add<F: Element>(a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        both(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub<F: Element>(a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        both(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn carry<F: Element>(a: [F; WIDTH]) -> [F; WIDTH] {
        a
    }

    #[inline(always)]
    fn offset<F: Element>(a: [F; WIDTH], _multiple: u32) -> [F; WIDTH] {
        a
    }

    #[inline(always)]
    fn reduce<F: Element>(a: [F; WIDTH]) -> [F; WIDTH] {
        a
    }

    #[inline(always)]
    fn mul<F: Element>(a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        both(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_some<F: Element>(mask: u8, a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        from_fn(|i| if in_mask(mask, i) { a[i] * b[i] } else { a[i] })
    }

    #[inline(always)]
    fn square<F: Element>(a: [F; WIDTH]) -> [F; WIDTH] {
        // The library's square takes longer than its product.
        Self::mul(a, a)
    }

    #[inline(always)]
    fn two_layers<F: Element>([x0, x1, x2, x3]: [&mut [F; WIDTH]; 4], [f1, f2, f3]: [&F; 3]) {
        for i in 0..WIDTH {
            let (x1f, x3f) = (x1[i] * f1, x3[i] * f1);
            let (y0, y1) = (x0[i] + x1f, x0[i] - x1f);
            let (y2, y3) = ((x2[i] + x3f) * f2, (x2[i] - x3f) * f3);
            (x0[i], x2[i]) = (y0 + y2, y0 - y2);
            (x1[i], x3[i]) = (y1 + y3, y1 - y3);
        }
    }

    #[inline(always)]
    fn wide_zero<F: Element>() -> [F; WIDTH] {
        [F::ZERO; WIDTH]
    }

    #[inline(always)]
    fn wide_add<F: Element>(sum: [F; WIDTH], a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        from_fn(|i| sum[i] + a[i] * b[i])
    }

    #[inline(always)]
    fn wide_reduce<F: Element>(sum: [F; WIDTH]) -> [F; WIDTH] {
        sum
    }

    #[inline(always)]
    fn permute<F: Element>(a: [F; WIDTH], places: [usize; WIDTH]) -> [F; WIDTH] {
        places.map(|place| a[place])
    }

    #[inline(always)]
    fn butterfly<F: Element>(own: [F; WIDTH], other: [F; WIDTH], mask: u8) -> [F; WIDTH] {
        from_fn(|i| match in_mask(mask, i) {
            true => other[i] - own[i],
            false => own[i] + other[i],
        })
    }

    #[inline(always)]
    fn select<F: Element>(mask: u8, yes: [F; WIDTH], no: [F; WIDTH]) -> [F; WIDTH] {
        from_fn(|i| if in_mask(mask, i) { yes[i] } else { no[i] })
    }

    #[inline(always)]
    fn magnitudes(a: [Fr; WIDTH]) -> ([[u64; WIDTH]; 4], u8) {
        let (mut words, mut negative) = ([[0; WIDTH]; 4], 0);
        for (lane, element) in a.iter().enumerate() {
            let bytes = element.to_repr();
            let own = from_fn(|word| from_fn(|byte| bytes[8 * word + byte]));
            let own: [u64; 4] = own.map(u64::from_le_bytes);
            let (other, _) = subtract(Fr::P, own);
            let (magnitude, is_other) = match other[3] < own[3] {
                true => (other, 1),
                false => (own, 0),
            };
            negative |= is_other << lane;
            for (words, word) in words.iter_mut().zip(magnitude) {
                words[lane] = word;
            }
        }
        (words, negative)
    }

    #[inline(always)]
    fn pack(x: Fq, y: Fq) -> Point {
        Point([x, y])
    }

    #[inline(always)]
    fn coordinates(point: &Point) -> [Fq; 2] {
        point.0
    }

    #[inline(always)]
    fn negate(Point([x, y]): &Point) -> Point {
        Point([*x, -y])
    }

    #[inline(always)]
    fn gather(points: [&Point; WIDTH]) -> [[Fq; WIDTH]; 2] {
        [points.map(|p| p.0[0]), points.map(|p| p.0[1])]
    }

    #[inline(always)]
    fn scatter(x: [Fq; WIDTH], y: [Fq; WIDTH]) -> [Point; WIDTH] {
        from_fn(|i| Point([x[i], y[i]]))
    }
}
