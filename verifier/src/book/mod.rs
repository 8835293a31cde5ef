//! The verifying side of a book: keys of batches, and the verdict on their proofs.

pub mod batch;

pub use batch::BatchVerifier;
