//! Tests of the verdicts.

mod book;
mod command;
