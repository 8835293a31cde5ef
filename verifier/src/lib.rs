//! The verifying side of zkmargin: trusted setup, verifying keys, the verdict on a proof.

pub mod bn254;
pub mod bundle;
pub mod error;
pub mod files;
pub mod keys;
pub mod light;
pub mod protocol;
pub mod setup;
pub mod solidity;
pub mod transcript;
pub mod verify;
