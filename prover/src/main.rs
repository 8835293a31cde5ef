//! prover.
fn main() {}
