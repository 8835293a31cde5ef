//! Sums, products and assignments, by the operators of [`Fp`].

use std::iter::{Product, Sum};
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
