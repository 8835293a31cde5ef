//! Shared by the circuit's tests.
#![allow(dead_code)]

pub mod checker;
pub mod fixture;
