//! Shared by the circuit's tests.
#![allow(dead_code)]

pub mod attack;
pub mod checker;
pub mod deletion;
pub mod drop;
pub mod fixture;
pub mod spec;
