//! One description of every gate and sum, read three ways: as an expression for halo2, as a field
//! element for the witness and the tests, and as a degree for packing.

use std::ops::{Add, Mul, Sub};

use halo2_proofs::plonk::Expression;

use zkmargin_engine::Fr;

/// What gates compute with.
pub trait Value:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Sized
{
    /// A constant.
    fn constant(value: Fr) -> Self;
    /// Times a constant.
    fn scaled(self, by: Fr) -> Self;
    /// A small constant.
    fn small(value: u64) -> Self {
        Self::constant(Fr::from(value))
    }
}

impl Value for Fr {
    fn constant(value: Fr) -> Self {
        value
    }
    fn scaled(self, by: Fr) -> Self {
        self * by
    }
}

impl Value for Expression<Fr> {
    fn constant(value: Fr) -> Self {
        Expression::Constant(value)
    }
    fn scaled(self, by: Fr) -> Self {
        self * by
    }
}

/// The degree of an expression in the cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Degree(pub usize);

impl Add for Degree {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Sub for Degree {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Mul for Degree {
    type Output = Self;
    #[allow(
        clippy::suspicious_arithmetic_impl,
        reason = "degrees of factors add up"
    )]
    fn mul(self, other: Self) -> Self {
        Degree(self.0 + other.0)
    }
}

impl Value for Degree {
    fn constant(_: Fr) -> Self {
        Degree(0)
    }
    fn scaled(self, _: Fr) -> Self {
        self
    }
}

/// The cells around a row.
pub trait Cells<T: Value> {
    /// An advice cell, `rotation` rows below.
    fn advice(&self, column: usize, rotation: i32) -> T;
    /// A fixed cell, `rotation` rows below.
    fn fixed(&self, column: usize, rotation: i32) -> T;
    /// An instance cell.
    fn instance(&self, column: usize, rotation: i32) -> T;
    /// A challenge, in the order in which they are drawn.
    fn challenge(&self, index: usize) -> T;
}

/// Every cell has degree one.
pub struct Degrees;

impl Cells<Degree> for Degrees {
    fn advice(&self, _: usize, _: i32) -> Degree {
        Degree(1)
    }
    fn fixed(&self, _: usize, _: i32) -> Degree {
        Degree(1)
    }
    fn instance(&self, _: usize, _: i32) -> Degree {
        Degree(1)
    }
    fn challenge(&self, _: usize) -> Degree {
        Degree(0)
    }
}

/// A number that a gate demands to be zero, after the numbers of the spec that it realises.
pub(crate) type Gate<T> = (&'static str, T);

/// `Σ row_i·values_i`; zero without factors.
pub(crate) fn dot<T: Value>(row: &[Fr], values: &[T]) -> T {
    row.iter()
        .zip(values)
        .filter(|(factor, _)| **factor != Fr::zero())
        .map(|(factor, value)| value.clone().scaled(*factor))
        .reduce(|a, b| a + b)
        .unwrap_or_else(|| T::small(0))
}

/// `Σ values_i·base^i`, by Horner's rule; zero without values.
pub(crate) fn powers<T: Value>(base: T, values: impl DoubleEndedIterator<Item = T>) -> T {
    values
        .rev()
        .reduce(|sum, value| sum * base.clone() + value)
        .unwrap_or_else(|| T::small(0))
}

/// `Σ limbs_i·2^(bits·i)`.
pub(crate) fn joined<T: Value>(bits: u32, limbs: impl Iterator<Item = T>) -> T {
    let step = zkmargin_engine::field::pow2(bits);
    let mut scale = Fr::one();
    limbs
        .map(|limb| {
            let part = limb.scaled(scale);
            scale *= step;
            part
        })
        .reduce(|a, b| a + b)
        .unwrap_or_else(|| T::small(0))
}
