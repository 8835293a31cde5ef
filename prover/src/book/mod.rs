//! The book of a venue: every account in batches, each with its own proof.

pub mod queue;
