//! Margin without proofs.
//!
//! The flow: [`market`] + [`account`] + [`policy`] → [`pricing`] per scenario → [`risk`] →
//! [`statement`]; all accounts of a venue: [`book`]. No circuit, no key, no network: whoever
//! evaluates, reports or checks needs this crate alone.
//!
//! [`Fr`] is that of halo2's curves with the feature `full`, for whoever proves, and that of
//! `zkmargin-bn254` without: the same field, in a twentieth of the code. Nothing here depends on which.

// The other field has its constants without a trait.
#![cfg_attr(not(feature = "full"), allow(unused_imports))]

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

#[cfg(feature = "full")]
pub use halo2curves::bn256::Fr;
#[cfg(not(feature = "full"))]
pub use zkmargin_bn254::Fr;
