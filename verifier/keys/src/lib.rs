//! Keys: trusted setups, verifying keys of both circuits, and halo2's own verdict under them.
//!
//! The flow: [`setup`] + circuit → [`key`] → [`verify`] of a bundle, [`batch`] of a book; [`extract`]
//! turns a key into a protocol file, which verifiers without circuits read.

pub mod batch;
pub mod error;
pub mod extract;
pub mod key;
pub mod setup;
pub mod transcript;
pub mod verify;
