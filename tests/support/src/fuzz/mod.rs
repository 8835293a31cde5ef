//! Fuzz targets: every reader of bytes that strangers write.
//!
//! A target gets any bytes and reads them. It panics when the reader breaks a promise, and a reader
//! promises more than not to panic: what it accepts is written and read back as the same, and what it
//! says about a file shows no secret of it. `tests/fuzz` runs the targets under libFuzzer, the
//! end-to-end tests run them over their seeds and some thousand mutations.

mod mutate;
mod promises;
mod seeds;
mod targets;

pub use mutate::Mutator;
pub use targets::TARGETS;

/// A reader and what it promises.
#[derive(Clone, Copy)]
pub struct Target {
    /// Name, also of its file in `tests/fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Reads; true when the bytes were accepted.
    ///
    /// # Panics
    /// When the reader broke a promise.
    pub read: fn(&[u8]) -> bool,
    /// Bytes that it accepts.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// The target of a name, for the programs of `tests/fuzz`.
///
/// # Panics
/// When there is none.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target's name").read)(bytes);
}
