//! The batch circuit: honest venues, malicious witnesses, lies in every cell.

mod attacks;
#[path = "../support/fixture.rs"]
#[allow(dead_code, reason = "the margin circuit's tests use the rest")]
mod fixture;
mod held;
mod honest;
mod lies;
mod support;
