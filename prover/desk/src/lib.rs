//! The desk: where markets and accounts come from, and what a person reads about them.

pub mod generate;
pub mod import;
pub mod report;
pub mod scene;
mod symbol;
