//! What the arithmetic of [`Limbs`](super::Limbs) asks of a machine.

use std::fmt::Debug;

use crate::lanes::{Task, WIDTH};

/// Bits of a limb.
pub(crate) const BITS: u32 = 52;

/// Eight words of 64 bits, and single instructions over them.
pub trait Words: Copy + Debug + Send + Sync + 'static {
    /// Runs a task, compiled for these instructions.
    ///
    /// # Panics
    /// When the machine does not have them.
    fn vectorize<T: Task>(task: T) -> T::Output;

    /// Zeros.
    ///
    /// # Panics
    /// When the machine does not have the instructions, as whatever makes words out of nothing.
    fn zero() -> Self;
    /// Words in memory.
    ///
    /// # Panics
    /// As [`Words::zero`].
    fn read(words: &[u64; WIDTH]) -> Self;
    /// Writes the words to memory.
    fn write(self, words: &mut [u64; WIDTH]);
    /// One word in every lane; `self` is only there so that words exist.
    fn splat(self, word: u64) -> Self;

    /// Sums.
    fn add(self, other: Self) -> Self;
    /// Differences, in two's complement.
    fn sub(self, other: Self) -> Self;
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// Bitwise or.
    fn or(self, other: Self) -> Self;
    /// Left by so many bits.
    fn left<const N: u32>(self) -> Self;
    /// Right by so many bits, without sign.
    fn right<const N: u32>(self) -> Self;
    /// Right by so many bits, with sign.
    fn signed_right<const N: u32>(self) -> Self;
    /// Adds the low 52 bits of the product of two limbs.
    fn multiply_low(self, a: Self, b: Self) -> Self;
    /// The low 52 bits of the product of the words' low 52 bits.
    fn low_product(self, other: Self) -> Self;
    /// Adds the high 52 bits of the product of two limbs.
    fn multiply_high(self, a: Self, b: Self) -> Self;
    /// Lane i gets what lane `places[i]` has.
    fn permute(self, places: [usize; WIDTH]) -> Self;
    /// Every lane gets the entry that it names, of sixteen.
    fn look_up(self, table: &[u64; 16]) -> Self;
    /// Lanes of the mask from `self`, the others from `no`.
    fn select(self, mask: u8, no: Self) -> Self;
    /// The lanes whose highest bit is set.
    fn negative(self) -> u8;
    /// Rows to columns: word j of row i becomes word i of row j.
    fn transpose(rows: [Self; WIDTH]) -> [Self; WIDTH];
}
