//! The verifying side of zkmargin: trusted setup, verifying keys, the verdict on a proof.

pub mod bn254;
#[cfg(feature = "keys")]
pub mod book;
#[cfg(feature = "keys")]
pub mod bundle;
#[cfg(feature = "keys")]
pub mod error;
#[cfg(feature = "keys")]
pub mod files;
#[cfg(feature = "keys")]
pub mod inclusion;
#[cfg(feature = "keys")]
pub mod keys;
pub mod light;
pub mod proof_file;
pub mod protocol;
#[cfg(feature = "keys")]
pub mod setup;
pub mod solidity;
pub mod transcript;
#[cfg(feature = "keys")]
pub mod verify;
