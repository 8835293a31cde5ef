//! The verdict on a proof, without a circuit: a key is data, a [`protocol`] file.
//!
//! With the feature `engine` also the files around a proof: [`bundle`]s, and [`packet`]s that show a
//! customer his account in a venue's book.

pub mod bn254;
#[cfg(feature = "engine")]
pub mod bundle;
pub mod light;
#[cfg(feature = "engine")]
pub mod packet;
pub mod proof_file;
pub mod protocol;
pub mod transcript;
