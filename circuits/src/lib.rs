//! The circuits of zkmargin: what is proven of one account and of a book.
//!
//! [`margin`]: an account meets its requirement. [`book`]: a batch of accounts of a venue adds up.
//! The native twins of all gadgets are in `zkmargin_engine`.

pub mod book;
pub mod margin;
pub mod system;
