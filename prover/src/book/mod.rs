//! The book of a venue: proofs for all its accounts, batch by batch.

pub mod engine;
pub mod queue;
