//! The batch circuit: honest venues, malicious witnesses, lies in every cell.

mod alone;
mod attacks;
#[path = "../support/deletion.rs"]
mod delete;
mod deletion;
#[path = "../support/drop.rs"]
mod drop;
#[path = "../support/fixture.rs"]
#[allow(dead_code, reason = "the margin circuit's tests use the rest")]
mod fixture;
mod held;
mod honest;
mod lies;
mod masks;
mod portfolio;
#[path = "../support/spec.rs"]
#[allow(dead_code, reason = "the test of the specs uses the rest")]
mod spec;
mod support;
