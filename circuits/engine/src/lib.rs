//! Margin without proofs.
//!
//! The flow: [`market`] + [`account`] + [`policy`] → [`pricing`] per scenario → [`risk`] →
//! [`statement`]; all accounts of a venue: [`book`]. No circuit, no key, no network: whoever
//! evaluates, reports or checks needs this crate alone.

pub mod account;
pub mod book;
mod certificate;
pub mod commitment;
pub mod error;
pub mod field;
pub mod file;
pub mod market;
pub mod math;
pub mod policy;
pub mod pricing;
pub mod risk;
pub mod size;
pub mod statement;
pub mod units;

pub use halo2curves::bn256::Fr;
