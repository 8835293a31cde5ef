//! The batch circuit: honest venues, malicious witnesses, lies in every cell.

#[path = "../support/fixture.rs"]
#[allow(dead_code, reason = "the margin circuit's tests use the rest")]
mod fixture;
mod honest;
mod support;
