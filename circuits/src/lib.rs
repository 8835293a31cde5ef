//! Margin engine, commitments and margin circuit of zkmargin.
//!
//! The flow: [`market`] + [`account`] + [`policy`] → [`pricing`] per scenario →
//! [`requirement`] → [`statement`] → [`circuit`]; all accounts of a venue: [`book`].

pub mod account;
pub mod book;
mod certificate;
pub mod circuit;
pub mod commitment;
pub mod error;
pub mod market;
pub mod math;
pub mod policy;
pub mod pricing;
pub mod requirement;
pub mod statement;
pub mod units;

pub use halo2curves::bn256::Fr;
