//! Arithmetic of a prover over BN254: columns of field elements, their FFT, programs over their rows,
//! and commitments over a fixed basis.
//!
//! Everything works on eight elements at a time through [`Lanes`]. Columns keep one layout from first
//! to last, so that a rotation is another block and no FFT reverses bits.
//!
//! Nothing here is constant-time: multi-scalar multiplication skips zeros, and its time depends on
//! how long scalars are.

mod bases;
mod buckets;
mod column;
mod domain;
mod lanes;
pub mod program;
mod scalar;

pub use bases::Bases;
pub use column::{combine, inner, Column};
pub use domain::{Coset, Domain};
pub use lanes::Lanes;
pub use scalar::Scalar;
