//! BN254 for verifiers: two prime fields, the curve, sums of multiples, the pairing check.
//!
//! Everything here handles public data, so nothing is constant-time. Names: `q` is the prime of
//! the coordinates, `r` the prime order of the group. Tests hold each operation against an
//! independent implementation of the curve.

pub mod curve;
pub mod field;
pub mod msm;
pub mod pairing;
pub mod split;
pub mod tower;
mod traits;

pub use curve::{G1, G2};
pub use field::{Fq, Fr};
