//! End-to-end tests.

pub mod judge;
pub mod proofs;
pub mod random;
pub mod reference;
