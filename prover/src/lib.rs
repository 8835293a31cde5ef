//! Generators, imports, reports and the proving side of zkmargin.

pub mod book;
pub mod chain;
pub mod document;
pub mod error;
pub mod generate;
pub mod import;
pub mod keys;
pub mod prove;
pub mod report;
