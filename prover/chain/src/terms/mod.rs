//! The terms of an agreement as a file, what follows from them in words, and whether their
//! verifiers are what they should be.

mod code;
mod file;
mod words;

pub use code::{examine, Finding};
#[cfg(feature = "proofs")]
pub(crate) use file::TermsFile;
pub use file::{read, written, TermsError};
pub use words::said;
