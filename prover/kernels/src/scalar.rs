//! Lanes for any machine: arrays of field elements, always reduced.

use std::array::from_fn;

use ff::PrimeField;
use halo2curves::bn256::{Fq, G1Affine};
use halo2curves::CurveAffine;

use crate::lanes::{Lanes, WIDTH};

/// One element after another, with the field arithmetic of the curve library.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

#[inline(always)]
fn both<F: PrimeField>(a: [F; WIDTH], b: [F; WIDTH], f: impl Fn(F, F) -> F) -> [F; WIDTH] {
    from_fn(|i| f(a[i], b[i]))
}

#[inline(always)]
fn in_mask(mask: u8, lane: usize) -> bool {
    mask >> lane & 1 == 1
}

impl Lanes for Scalar {
    type Vector<F: PrimeField> = [F; WIDTH];
    type Factor<F: PrimeField> = F;
    type Wide<F: PrimeField> = [F; WIDTH];
    type Point = [Fq; 2];

    #[inline(always)]
    fn vectorize<R>(code: impl FnOnce() -> R) -> R {
        code()
    }

    #[inline(always)]
    fn load<F: PrimeField>(elements: [F; WIDTH]) -> [F; WIDTH] {
        elements
    }

    #[inline(always)]
    fn store<F: PrimeField>(vector: [F; WIDTH]) -> [F; WIDTH] {
        vector
    }

    #[inline(always)]
    fn factor<F: PrimeField>(element: F) -> F {
        element
    }

    #[inline(always)]
    fn broadcast<F: PrimeField>(factor: &F) -> [F; WIDTH] {
        [*factor; WIDTH]
    }

    #[inline(always)]
    fn zero<F: PrimeField>() -> [F; WIDTH] {
        [F::ZERO; WIDTH]
    }

    #[inline(always)]
    fn add<F: PrimeField>(a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        both(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub<F: PrimeField>(a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        both(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn carry<F: PrimeField>(a: [F; WIDTH]) -> [F; WIDTH] {
        a
    }

    #[inline(always)]
    fn offset<F: PrimeField>(a: [F; WIDTH], _multiple: u32) -> [F; WIDTH] {
        a
    }

    #[inline(always)]
    fn reduce<F: PrimeField>(a: [F; WIDTH]) -> [F; WIDTH] {
        a
    }

    #[inline(always)]
    fn mul<F: PrimeField>(a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        both(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn square<F: PrimeField>(a: [F; WIDTH]) -> [F; WIDTH] {
        a.map(|a| a.square())
    }

    #[inline(always)]
    fn wide_zero<F: PrimeField>() -> [F; WIDTH] {
        [F::ZERO; WIDTH]
    }

    #[inline(always)]
    fn wide_add<F: PrimeField>(sum: [F; WIDTH], a: [F; WIDTH], b: [F; WIDTH]) -> [F; WIDTH] {
        from_fn(|i| sum[i] + a[i] * b[i])
    }

    #[inline(always)]
    fn wide_reduce<F: PrimeField>(sum: [F; WIDTH]) -> [F; WIDTH] {
        sum
    }

    #[inline(always)]
    fn permute<F: PrimeField>(a: [F; WIDTH], places: [usize; WIDTH]) -> [F; WIDTH] {
        places.map(|place| a[place])
    }

    #[inline(always)]
    fn butterfly<F: PrimeField>(own: [F; WIDTH], other: [F; WIDTH], mask: u8) -> [F; WIDTH] {
        from_fn(|i| match in_mask(mask, i) {
            true => other[i] - own[i],
            false => own[i] + other[i],
        })
    }

    #[inline(always)]
    fn select<F: PrimeField>(mask: u8, yes: [F; WIDTH], no: [F; WIDTH]) -> [F; WIDTH] {
        from_fn(|i| if in_mask(mask, i) { yes[i] } else { no[i] })
    }

    #[inline(always)]
    fn zeros<F: PrimeField>(a: [F; WIDTH]) -> u8 {
        let bits = a.iter().enumerate();
        bits.fold(0, |mask, (i, a)| mask | u8::from(*a == F::ZERO) << i)
    }

    #[inline(always)]
    fn pack(x: Fq, y: Fq) -> [Fq; 2] {
        [x, y]
    }

    fn unpack([x, y]: &[Fq; 2]) -> G1Affine {
        // Points come from the curve and from its addition law, so they are on it.
        Option::from(G1Affine::from_xy(*x, *y)).unwrap_or_default()
    }

    #[inline(always)]
    fn negate([x, y]: &[Fq; 2]) -> [Fq; 2] {
        [*x, -y]
    }

    #[inline(always)]
    fn gather(points: [&[Fq; 2]; WIDTH]) -> [[Fq; WIDTH]; 2] {
        [points.map(|p| p[0]), points.map(|p| p[1])]
    }

    #[inline(always)]
    fn scatter(x: [Fq; WIDTH], y: [Fq; WIDTH]) -> [[Fq; 2]; WIDTH] {
        from_fn(|i| [x[i], y[i]])
    }
}
