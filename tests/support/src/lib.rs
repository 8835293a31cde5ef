//! What the tests of all crates share. Only tests use it.

pub mod broker;
pub mod chain;
pub mod evm;
pub mod fixtures;
pub mod fuzz;
pub mod guarded;
pub mod judge;
pub mod malformed;
pub mod proofs;
pub mod random;
pub mod reference;
pub mod rules;
pub mod tabled;
