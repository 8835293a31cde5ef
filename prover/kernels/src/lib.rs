//! Arithmetic of a prover over BN254: columns of field elements, their FFT, programs over their rows,
//! and commitments over a fixed basis.
//!
//! Everything works on eight elements at a time through [`Lanes`]. Columns keep one layout from first
//! to last, so that a rotation is another block and no FFT reverses bits.
//!
//! Nothing here is constant-time: multi-scalar multiplication skips zeros, and its time depends on
//! how long scalars are.
//!
//! # Unsafe code
//!
//! Two modules have some: `limbs::avx512` calls a processor's instructions, after it was found to have
//! them, and `large` asks the system for large pages and the processor for what is read next.

mod bases;
mod buckets;
mod column;
mod complete;
mod cpu;
mod digits;
mod domain;
mod element;
mod lanes;
mod large;
#[cfg(any(target_arch = "x86_64", test, feature = "checked"))]
mod limbs;
pub mod program;
mod scalar;
mod table;
#[cfg(test)]
mod tests;

pub use bases::Bases;
pub use column::{combine, inner, Column};
pub use cpu::Cpu;
pub use domain::{Coset, Domain, MAX_K};
pub use element::Element;
pub use lanes::{Lanes, Task};
pub use scalar::Scalar;

/// Lanes in registers of AVX-512, on processors with its multiplication of 52-bit integers.
#[cfg(target_arch = "x86_64")]
pub type Ifma = limbs::Limbs<limbs::avx512::Avx512>;

/// The arithmetic of [`Ifma`] on any machine, which panics where a bound of its limbs is broken. For
/// tests: it is slow.
#[cfg(any(test, feature = "checked"))]
pub type Checked = limbs::Limbs<limbs::checked::Checked>;
