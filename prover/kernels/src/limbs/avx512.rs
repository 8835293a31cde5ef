//! [`Words`] of a processor with AVX-512 and its multiplication of 52-bit integers (IFMA).

use std::arch::x86_64::*;
use std::sync::atomic::{AtomicBool, Ordering};

use super::words::Words;
use crate::lanes::{Task, WIDTH};

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

    /// Words 0, 2, 4, 6 of two rows in turn, and words 1, 3, 5, 7.
    #[inline(always)]
    fn paired(self, other: Self) -> [Self; 2] {
        [
            instructions!(_mm512_unpacklo_epi64(self.0, other.0)),
            instructions!(_mm512_unpackhi_epi64(self.0, other.0)),
        ]
    }

    /// Quarters 0 and 2 of both.
    #[inline(always)]
    fn even(self, other: Self) -> Self {
        instructions!(_mm512_shuffle_i64x2::<0b10_00_10_00>(self.0, other.0))
    }

    /// Quarters 1 and 3 of both.
    #[inline(always)]
    fn odd(self, other: Self) -> Self {
        instructions!(_mm512_shuffle_i64x2::<0b11_01_11_01>(self.0, other.0))
    }

    /// Words, by whoever has some already.
    #[inline(always)]
    fn beside(self, words: &[u64; WIDTH]) -> Self {
        // SAFETY: eight words are the 64 bytes that are read, at any alignment. The extensions are
        // there since `self` is.
        unsafe { Avx512(_mm512_loadu_si512(words.as_ptr().cast())) }
    }
}

/// The four columns of four pairs of rows.
#[inline(always)]
fn columns([a, b, c, d]: [Avx512; 4]) -> [Avx512; 4] {
    let (up, down) = (a.even(b), c.even(d));
    let (up2, down2) = (a.odd(b), c.odd(d));
    [up.even(down), up2.even(down2), up.odd(down), up2.odd(down2)]
}

/// Compiled for the extensions, as is whatever is inlined into it.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn compiled<T: Task>(task: T) -> T::Output {
    task.run()
}

impl Words for Avx512 {
    #[inline(always)]
    fn vectorize<T: Task>(task: T) -> T::Output {
        Self::demand();
        // SAFETY: the extensions are there.
        unsafe { compiled(task) }
    }

    #[inline(always)]
    fn zero() -> Self {
        Self::demand();
        instructions!(_mm512_setzero_si512())
    }

    #[inline(always)]
    fn read(words: &[u64; WIDTH]) -> Self {
        Self::zero().beside(words)
    }

    #[inline(always)]
    fn write(self, words: &mut [u64; WIDTH]) {
        // SAFETY: eight words have room for the 64 bytes that are written, at any alignment. The
        // extensions are there since `self` is.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) };
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
        let mut words = [0; WIDTH];
        for (word, place) in words.iter_mut().zip(places) {
            *word = place as u64;
        }
        let places = self.beside(&words);
        instructions!(_mm512_permutexvar_epi64(places.0, self.0))
    }

    #[inline(always)]
    fn look_up(self, table: &[u64; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, high @ ..] = *table;
        let (low, high) = (self.beside(&[a, b, c, d, e, f, g, h]), self.beside(&high));
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
        let [a, b, c, d, e, f, g, h] = rows;
        let (ab, cd, ef, gh) = (a.paired(b), c.paired(d), e.paired(f), g.paired(h));
        let ([c0, c2, c4, c6], [c1, c3, c5, c7]) = (
            columns([ab[0], cd[0], ef[0], gh[0]]),
            columns([ab[1], cd[1], ef[1], gh[1]]),
        );
        [c0, c1, c2, c3, c4, c5, c6, c7]
    }
}
