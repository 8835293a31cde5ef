//! The terms of an agreement as a file, what follows from them in words, and whether their
//! verifiers are what they should be.

mod code;
mod file;
mod words;

pub use code::{examine, Finding};
pub use file::{read, TermsError};
pub use words::said;
