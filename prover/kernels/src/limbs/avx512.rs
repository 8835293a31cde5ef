//! [`Words`] of a processor with AVX-512 and its multiplication of 52-bit integers (IFMA).

use std::arch::x86_64::*;
use std::sync::atomic::{AtomicBool, Ordering};

use super::words::Words;
use crate::lanes::WIDTH;

/// Eight words in a register.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(__m512i);

/// Runs intrinsics of the extensions that [`Avx512::is_available`] asks for.
macro_rules! instructions {
    ($($code:tt)*) => {
        // SAFETY: the intrinsics need nothing but the processor's extensions. Words come into being
        // in `zero` alone, which looks for these, and from other words: every other method takes words
        // or calls it.
        unsafe { Avx512($($code)*) }
    };
}

/// Set when the processor was found to have the instructions.
static FOUND: AtomicBool = AtomicBool::new(false);

impl Avx512 {
    /// Whether this processor has the instructions.
    pub(crate) fn is_available() -> bool {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma");
        FOUND.store(found, Ordering::Relaxed);
        found
    }

    #[inline(always)]
    fn demand() {
        #[cold]
        #[inline(never)]
        fn look() {
            assert!(Avx512::is_available(), "a processor with AVX-512 IFMA");
        }
        if !FOUND.load(Ordering::Relaxed) {
            look();
        }
    }

    /// Words, by whoever has some already.
    #[inline(always)]
    fn beside(self, words: [u64; WIDTH]) -> Self {
        // SAFETY: eight words are the 64 bytes that are read, at any alignment. The extensions are
        // there since `self` is.
        unsafe { Avx512(_mm512_loadu_si512(words.as_ptr().cast())) }
    }
}

/// Compiled for the extensions, as is whatever is inlined into it.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn compiled<R>(code: impl FnOnce() -> R) -> R {
    code()
}

impl Words for Avx512 {
    #[inline(always)]
    fn vectorize<R>(code: impl FnOnce() -> R) -> R {
        Self::demand();
        // SAFETY: the extensions are there.
        unsafe { compiled(code) }
    }

    #[inline(always)]
    fn zero() -> Self {
        Self::demand();
        instructions!(_mm512_setzero_si512())
    }

    #[inline(always)]
    fn new(words: [u64; WIDTH]) -> Self {
        Self::zero().beside(words)
    }

    #[inline(always)]
    fn get(self) -> [u64; WIDTH] {
        let mut words = [0; WIDTH];
        // SAFETY: eight words have room for the 64 bytes that are written, at any alignment. The
        // extensions are there since `self` is.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) };
        words
    }

    #[inline(always)]
    fn splat(self, word: u64) -> Self {
        instructions!(_mm512_set1_epi64(word as i64))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        instructions!(_mm512_add_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        instructions!(_mm512_sub_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        instructions!(_mm512_and_si512(self.0, other.0))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        instructions!(_mm512_or_si512(self.0, other.0))
    }

    #[inline(always)]
    fn left<const N: u32>(self) -> Self {
        instructions!(_mm512_slli_epi64::<N>(self.0))
    }

    #[inline(always)]
    fn right<const N: u32>(self) -> Self {
        instructions!(_mm512_srli_epi64::<N>(self.0))
    }

    #[inline(always)]
    fn signed_right<const N: u32>(self) -> Self {
        instructions!(_mm512_srai_epi64::<N>(self.0))
    }

    #[inline(always)]
    fn multiply_low(self, a: Self, b: Self) -> Self {
        instructions!(_mm512_madd52lo_epu64(self.0, a.0, b.0))
    }

    #[inline(always)]
    fn low_product(self, other: Self) -> Self {
        let zero = self.sub(self);
        instructions!(_mm512_madd52lo_epu64(zero.0, self.0, other.0))
    }

    #[inline(always)]
    fn multiply_high(self, a: Self, b: Self) -> Self {
        instructions!(_mm512_madd52hi_epu64(self.0, a.0, b.0))
    }

    #[inline(always)]
    fn permute(self, places: [usize; WIDTH]) -> Self {
        let places = self.beside(places.map(|place| place as u64));
        instructions!(_mm512_permutexvar_epi64(places.0, self.0))
    }

    #[inline(always)]
    fn look_up(self, table: &[u64; 16]) -> Self {
        let [low, high] = [0, 8].map(|at| self.beside(std::array::from_fn(|i| table[at + i])));
        instructions!(_mm512_permutex2var_epi64(low.0, self.0, high.0))
    }

    #[inline(always)]
    fn select(self, mask: u8, no: Self) -> Self {
        instructions!(_mm512_mask_mov_epi64(no.0, mask, self.0))
    }

    #[inline(always)]
    fn negative(self) -> u8 {
        // SAFETY: the extensions are there since `self` is.
        unsafe { _mm512_movepi64_mask(self.0) }
    }

    #[inline(always)]
    fn transpose(rows: [Self; WIDTH]) -> [Self; WIDTH] {
        // Pairs of rows: words 0, 2, 4, 6 of both, then words 1, 3, 5, 7.
        let pair = |a: Self, b: Self| {
            [
                instructions!(_mm512_unpacklo_epi64(a.0, b.0)),
                instructions!(_mm512_unpackhi_epi64(a.0, b.0)),
            ]
        };
        let [a, b, c, d, e, f, g, h] = rows;
        let (ab, cd, ef, gh) = (pair(a, b), pair(c, d), pair(e, f), pair(g, h));
        // Quarters of registers, two words of two rows each: rows 0 to 3, then rows 4 to 7.
        let even =
            |x: Self, y: Self| instructions!(_mm512_shuffle_i64x2::<0b10_00_10_00>(x.0, y.0));
        let odd = |x: Self, y: Self| instructions!(_mm512_shuffle_i64x2::<0b11_01_11_01>(x.0, y.0));
        let column = |side: usize| {
            let (upper, lower) = ((ab[side], cd[side]), (ef[side], gh[side]));
            // Words s and s + 4 of each pair, then words s + 2 and s + 6.
            let (up, down) = (even(upper.0, upper.1), even(lower.0, lower.1));
            let (up2, down2) = (odd(upper.0, upper.1), odd(lower.0, lower.1));
            [
                even(up, down),
                even(up2, down2),
                odd(up, down),
                odd(up2, down2),
            ]
        };
        let ([c0, c2, c4, c6], [c1, c3, c5, c7]) = (column(0), column(1));
        [c0, c1, c2, c3, c4, c5, c6, c7]
    }
}
