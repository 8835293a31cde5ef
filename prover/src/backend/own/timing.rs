//! Phases of a proof, printed under the feature `timings`.

/// Runs a phase.
#[cfg(feature = "timings")]
pub(super) fn timed<T>(name: &str, phase: impl FnOnce() -> T) -> T {
    use ark_std::{end_timer, start_timer};
    let timer = start_timer!(|| name);
    let result = phase();
    end_timer!(timer);
    result
}

/// Runs a phase.
#[cfg(not(feature = "timings"))]
pub(super) fn timed<T>(_name: &str, phase: impl FnOnce() -> T) -> T {
    phase()
}
