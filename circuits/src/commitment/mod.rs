//! commitment.
