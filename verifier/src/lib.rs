//! The verdict on a proof and on a venue's book, without a circuit: a key is data, a [`protocol`] file.
//!
//! | module | what |
//! |---|---|
//! | [`verify`] | the verdict on a margin proof, under any [`key`] |
//! | [`light`], [`protocol`], [`transcript`] | keys as files, and the proof system behind them |
//! | [`bundle`], [`packet`], [`book`] | readers and checks of what provers, venues and customers hand on |
//! | [`verdict`], [`error`] | a definite no, and why nobody could tell |

pub mod book;
pub mod bundle;
#[cfg(feature = "command")]
pub mod command;
pub mod error;
pub mod key;
pub mod light;
mod no;
pub mod packet;
pub mod protocol;
mod time;
pub mod transcript;
pub mod verdict;
pub mod verify;

pub use zkmargin_bn254 as bn254;
