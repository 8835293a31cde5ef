//! [`Fr`] behind the traits that the engine is written against, so that it can do without another
//! library of curves. Nothing here is constant-time: `subtle`'s types are what the traits ask for.

use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Mul, MulAssign, Sub, SubAssign};

use ff::{Field, FromUniformBytes, PrimeField};
use rand_core::RngCore;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, CtOption};

use super::field::{Fr, TWO_ADICITY};

impl ConstantTimeEq for Fr {
    fn ct_eq(&self, other: &Self) -> Choice {
        Choice::from(u8::from(self == other))
    }
}

impl ConditionallySelectable for Fr {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        match bool::from(choice) {
            true => *b,
            false => *a,
        }
    }
}

macro_rules! by_reference {
    ($($operator:ident $method:ident, $assign:ident $assign_method:ident;)*) => {$(
        impl $operator<&Fr> for Fr {
            type Output = Fr;
            fn $method(self, b: &Fr) -> Fr {
                $operator::$method(self, *b)
            }
        }

        impl $assign<&Fr> for Fr {
            fn $assign_method(&mut self, b: &Fr) {
                $assign::$assign_method(self, *b);
            }
        }
    )*};
}

by_reference! {
    Add add, AddAssign add_assign;
    Sub sub, SubAssign sub_assign;
    Mul mul, MulAssign mul_assign;
}

impl<'a> Sum<&'a Fr> for Fr {
    fn sum<I: Iterator<Item = &'a Fr>>(iter: I) -> Fr {
        iter.copied().sum()
    }
}

impl<'a> Product<&'a Fr> for Fr {
    fn product<I: Iterator<Item = &'a Fr>>(iter: I) -> Fr {
        iter.copied().product()
    }
}

impl Field for Fr {
    const ZERO: Self = Fr::ZERO;
    const ONE: Self = Fr::ONE;

    fn random(mut rng: impl RngCore) -> Self {
        // 256 random bits below the modulus: one draw in about five holds.
        loop {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes[0] &= 0x3f;
            if let Some(element) = Fr::from_be_bytes(&bytes) {
                return element;
            }
        }
    }

    fn square(&self) -> Self {
        Fr::square(*self)
    }

    fn double(&self) -> Self {
        Fr::double(*self)
    }

    fn invert(&self) -> CtOption<Self> {
        let there = Choice::from(u8::from(!Fr::is_zero(*self)));
        CtOption::new(Fr::invert(*self), there)
    }

    fn sqrt_ratio(num: &Self, div: &Self) -> (Choice, Self) {
        ff::helpers::sqrt_ratio_generic(num, div)
    }

    fn sqrt(&self) -> CtOption<Self> {
        // (t − 1)/2 for r − 1 = t·2^28.
        let t_minus_1_over_2 = [
            0xcdcb_848a_1f0f_ac9f,
            0x0c0a_c2e9_419f_4243,
            0x098d_014d_c282_2db4,
            0x0000_0001_8322_7397,
        ];
        ff::helpers::sqrt_tonelli_shanks(self, t_minus_1_over_2)
    }
}

impl PrimeField for Fr {
    type Repr = [u8; 32];

    const MODULUS: &'static str =
        "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    const NUM_BITS: u32 = 254;
    const CAPACITY: u32 = 253;
    const TWO_INV: Self = Fr::HALF;
    const MULTIPLICATIVE_GENERATOR: Self = Fr::GENERATOR;
    const S: u32 = TWO_ADICITY;
    const ROOT_OF_UNITY: Self = Fr::ROOT;
    const ROOT_OF_UNITY_INV: Self = Fr::ROOT_INVERSE;
    const DELTA: Self = Fr::ODD_GENERATOR;

    fn from_repr(repr: [u8; 32]) -> CtOption<Self> {
        let element = Fr::from_le_bytes(&repr);
        let there = Choice::from(u8::from(element.is_some()));
        // The value of none, which `there` hides.
        CtOption::new(element.unwrap_or(Fr::ZERO), there)
    }

    fn to_repr(&self) -> [u8; 32] {
        self.to_le_bytes()
    }

    fn is_odd(&self) -> Choice {
        Choice::from(u8::from(Fr::is_odd(*self)))
    }
}

impl FromUniformBytes<64> for Fr {
    fn from_uniform_bytes(bytes: &[u8; 64]) -> Self {
        let half = |from: usize| {
            let mut half = [0; 32];
            half.copy_from_slice(&bytes[from..from + 32]);
            half.reverse();
            Fr::from_be_bytes_reduced(&half)
        };
        half(0) + half(32) * Fr::RADIX
    }
}
