//! What benchmarks share.

#![allow(dead_code, reason = "not every benchmark takes all of it")]

pub mod book;
pub mod lanes;

use std::time::Duration;

/// The most memory that this process has had.
pub fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .map_or_else(|| "unknown".to_owned(), |v| v.trim().to_owned())
}

/// A prover.
#[derive(Clone, Copy)]
pub enum Backend {
    /// Ours.
    Own,
    /// halo2's.
    Halo2,
}

impl Backend {
    /// As `ZKMARGIN_PROVER` has it.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Own => "own",
            Backend::Halo2 => "halo2",
        }
    }

    /// Makes the keys that follow those of this prover.
    pub fn select(self) {
        std::env::set_var("ZKMARGIN_PROVER", self.name());
    }
}

/// Both provers; with `--own` only ours.
pub fn own_and_halo2() -> Vec<Backend> {
    match std::env::args().any(|argument| argument == "--own") {
        true => vec![Backend::Own],
        false => vec![Backend::Own, Backend::Halo2],
    }
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A line about the medians of our prover and, where it was asked, halo2's.
pub fn ratio(medians: &[Duration]) -> String {
    match medians {
        [own, halo2] => format!(
            "own {own:.3?}, halo2 {halo2:.3?}, witness included: {:.2} times",
            halo2.as_secs_f64() / own.as_secs_f64()
        ),
        _ => format!("{medians:.3?}, witness included"),
    }
}
