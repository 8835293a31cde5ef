//! The proving side of zkmargin: proofs of margin, and of all accounts of a venue.

mod backend;
pub mod book;
pub mod error;
pub mod keys;
pub mod prove;

pub use backend::Backend;
