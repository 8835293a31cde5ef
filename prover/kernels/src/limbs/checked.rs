//! [`Words`] in plain arithmetic that panics wherever a bound of the limbs is broken.
//!
//! The processor's instructions take factors modulo 2^52 and wrap sums, without a word. Tests run
//! everything over these as well, which proves that no factor is without its carries and that no sum
//! overflows.

use std::array::from_fn;

use super::words::{Words, BITS};
use crate::lanes::{Task, WIDTH};

/// Eight words in memory.
#[derive(Clone, Copy, Debug)]
pub struct Checked([u64; WIDTH]);

fn both(a: Checked, b: Checked, f: impl Fn(u64, u64) -> u64) -> Checked {
    Checked(from_fn(|i| f(a.0[i], b.0[i])))
}

/// The product of two limbs.
fn product(a: u64, b: u64) -> u128 {
    assert!(
        a >> BITS == 0 && b >> BITS == 0,
        "factors have their carries"
    );
    u128::from(a) * u128::from(b)
}

impl Checked {
    fn plus(self, summand: impl Fn(usize) -> u64) -> Self {
        let sum = |i: usize| self.0[i].checked_add(summand(i));
        Checked(from_fn(|i| sum(i).expect("a sum of products of 64 bits")))
    }
}

impl Words for Checked {
    fn vectorize<T: Task>(task: T) -> T::Output {
        task.run()
    }

    fn zero() -> Self {
        Checked([0; WIDTH])
    }

    fn read(words: &[u64; WIDTH]) -> Self {
        Checked(*words)
    }

    fn write(self, words: &mut [u64; WIDTH]) {
        *words = self.0;
    }

    fn splat(self, word: u64) -> Self {
        Checked([word; WIDTH])
    }

    fn add(self, other: Self) -> Self {
        both(self, other, |a, b| {
            let sum = (a as i64).checked_add(b as i64);
            sum.expect("a sum of 63 bits and a sign") as u64
        })
    }

    fn sub(self, other: Self) -> Self {
        both(self, other, |a, b| {
            let difference = (a as i64).checked_sub(b as i64);
            difference.expect("a difference of 63 bits and a sign") as u64
        })
    }

    fn and(self, other: Self) -> Self {
        both(self, other, |a, b| a & b)
    }

    fn or(self, other: Self) -> Self {
        both(self, other, |a, b| a | b)
    }

    fn left<const N: u32>(self) -> Self {
        Checked(self.0.map(|a| a << N))
    }

    fn right<const N: u32>(self) -> Self {
        Checked(self.0.map(|a| a >> N))
    }

    fn signed_right<const N: u32>(self) -> Self {
        Checked(self.0.map(|a| ((a as i64) >> N) as u64))
    }

    fn multiply_low(self, a: Self, b: Self) -> Self {
        self.plus(|i| product(a.0[i], b.0[i]) as u64 & ((1 << BITS) - 1))
    }

    fn low_product(self, other: Self) -> Self {
        both(self, other, |a, b| a.wrapping_mul(b) & ((1 << BITS) - 1))
    }

    fn multiply_high(self, a: Self, b: Self) -> Self {
        self.plus(|i| (product(a.0[i], b.0[i]) >> BITS) as u64)
    }

    fn permute(self, places: [usize; WIDTH]) -> Self {
        Checked(places.map(|place| self.0[place]))
    }

    fn look_up(self, table: &[u64; 16]) -> Self {
        Checked(self.0.map(|at| table[at as usize]))
    }

    fn select(self, mask: u8, no: Self) -> Self {
        Checked(from_fn(|i| {
            if mask >> i & 1 == 1 {
                self.0[i]
            } else {
                no.0[i]
            }
        }))
    }

    fn negative(self) -> u8 {
        (0..WIDTH).fold(0, |mask, i| mask | ((self.0[i] >> 63) as u8) << i)
    }

    fn transpose(rows: [Self; WIDTH]) -> [Self; WIDTH] {
        from_fn(|i| Checked(from_fn(|j| rows[j].0[i])))
    }
}
