//! Tests of the verdicts.

mod book;
mod book_key;
mod command;
