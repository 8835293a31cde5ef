//! The verifying side of zkmargin: trusted setup, verifying keys, the verdict on a proof.

pub mod bundle;
pub mod error;
pub mod files;
pub mod keys;
pub mod setup;
pub mod verify;
