//! End-to-end tests.

pub mod judge;
pub mod random;
pub mod reference;
