//! Signed digits of scalars.

use std::array::from_fn;

use ff::PrimeField;
use halo2curves::bn256::Fr;

use crate::lanes::{Lanes, Task, WIDTH};

/// Bits of a scalar that counts as at most half the order, and its sign.
const BITS: usize = Fr::NUM_BITS as usize;

/// Windows of so many bits in a scalar.
pub(crate) fn windows(bits: usize) -> usize {
    BITS.div_ceil(bits)
}

/// The digits of a column's elements: window j of the element i, in the order of the blocks, at j·n + i,
/// up to the last window that some element needs.
///
/// A digit is at most half the window's range, on either side of zero; an element above half the order
/// (by its highest word) counts as its negative with the other sign.
pub(crate) struct Digits<'a, L: Lanes> {
    /// The column.
    pub(crate) column: &'a [L::Vector<Fr>],
    /// Bits of a window.
    pub(crate) window: usize,
    /// Where to count how often each magnitude occurs; not all zeros are counted.
    pub(crate) counts: &'a mut [u32],
}

impl<L: Lanes> Task for Digits<'_, L> {
    type Output = Vec<i16>;

    #[inline(always)]
    fn run(self) -> Vec<i16> {
        let rows = self.column.len() * WIDTH;
        let mut digits = vec![0; windows(self.window) * rows];
        let mut used = 0;
        for (block, vector) in self.column.iter().enumerate() {
            let (words, negative) = L::magnitudes(*vector);
            let digits = &mut digits[block * WIDTH..];
            let windows = of_block(&words, negative, self.window, self.counts, digits, rows);
            used = used.max(windows);
        }
        digits.truncate(used * rows);
        digits
    }
}

/// Those of a block; returns how many windows they take.
#[inline(always)]
fn of_block(
    words: &[[u64; WIDTH]; 4],
    negative: u8,
    window: usize,
    counts: &mut [u32],
    digits: &mut [i16],
    rows: usize,
) -> usize {
    let used = words.map(|word| word.iter().fold(0, |any, lane| any | lane));
    let Some(top) = used.iter().rposition(|word| *word != 0) else {
        return 0;
    };
    let sign: [i64; WIDTH] = from_fn(|lane| -i64::from(negative >> lane & 1));
    let (full, half) = (1 << window, 1 << (window - 1));
    let mut carry = [0; WIDTH];
    let windows = (64 * (top + 1) / window + 1).min(windows(window));
    for number in 0..windows {
        let mut digit = bits(words, number * window, window);
        for (digit, carry) in digit.iter_mut().zip(&mut carry) {
            *digit += *carry;
            *carry = i64::from(*digit > half);
            *digit -= *carry * full;
        }
        for digit in digit {
            counts[digit.unsigned_abs() as usize] += 1;
        }
        let places = &mut digits[number * rows..][..WIDTH];
        for (lane, place) in places.iter_mut().enumerate() {
            *place = ((digit[lane] ^ sign[lane]) - sign[lane]) as i16;
        }
    }
    windows
}

/// So many bits of each lane's number, from a bit on.
#[inline(always)]
fn bits(words: &[[u64; WIDTH]; 4], start: usize, count: usize) -> [i64; WIDTH] {
    let (word, shift) = (start / 64, start % 64);
    let none = [0; WIDTH];
    let low = words.get(word).unwrap_or(&none);
    let high = words.get(word + 1).unwrap_or(&none);
    from_fn(|lane| {
        // In two steps, as the distance may be 64.
        let bits = low[lane] >> shift | high[lane] << 1 << (63 - shift);
        (bits & ((1 << count) - 1)) as i64
    })
}
