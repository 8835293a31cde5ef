//! Phases of a proof, printed under the feature `timings`.

/// Runs a phase.
#[cfg(feature = "timings")]
pub(super) fn timed<T>(name: &str, phase: impl FnOnce() -> T) -> T {
    let timer = ark_std::start_timer!(|| name);
    let result = phase();
    ark_std::end_timer!(timer);
    result
}

/// Runs a phase.
#[cfg(not(feature = "timings"))]
pub(super) fn timed<T>(_name: &str, phase: impl FnOnce() -> T) -> T {
    phase()
}
