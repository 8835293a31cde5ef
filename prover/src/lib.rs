//! Generators, imports, reports and the proving side of zkmargin.

pub mod document;
pub mod generate;
pub mod import;
