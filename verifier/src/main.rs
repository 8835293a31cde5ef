//! verifier.
fn main() {}
