//! What follows from the constants and operators of [`Fp`]: zero by default, small numbers, assignments,
//! sums and products.

use std::iter::{Product, Sum};
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Mul, MulAssign, SubAssign};

use super::{Fp, Prime};

impl<M: Prime> AddAssign for Fp<M> {
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl<M: Prime> SubAssign for Fp<M> {
    fn sub_assign(&mut self, b: Self) {
        *self = *self - b;
    }
}

impl<M: Prime> MulAssign for Fp<M> {
    fn mul_assign(&mut self, b: Self) {
        *self = *self * b;
    }
}

impl<M: Prime> Sum for Fp<M> {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl<M: Prime> Product for Fp<M> {
    fn product<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ONE, Mul::mul)
    }
}

impl<M: Prime> Default for Fp<M> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<M: Prime> From<u64> for Fp<M> {
    fn from(v: u64) -> Self {
        Fp([v, 0, 0, 0], PhantomData) * Fp(Self::SQUARED_RADIX, PhantomData)
    }
}
