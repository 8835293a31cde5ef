//! What this machine computes with.

#[cfg(target_arch = "x86_64")]
use crate::limbs::avx512::Avx512;

/// The instructions that [`Lanes`](crate::Lanes) use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// Those of any machine: [`Scalar`](crate::Scalar).
    Scalar,
    /// AVX-512 with its multiplication of 52-bit integers: [`Ifma`](crate::Ifma).
    #[cfg(target_arch = "x86_64")]
    Ifma,
}

impl Cpu {
    /// The fastest instructions that this machine has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if Avx512::is_available() {
            return Cpu::Ifma;
        }
        Cpu::Scalar
    }
}
