//! Strike grids as venues list them: multiples of round steps, fine about the
//! forward and coarser further out.

use std::collections::BTreeSet;

/// Bands of the grid: up to this many standard deviations from the forward, with
/// a step that is this many places further up the 1-2-5 ladder than the finest.
const BANDS: [(f64, u32); 4] = [(1.5, 0), (3.0, 1), (5.0, 2), (8.0, 3)];
/// Short expiries list strikes as if one standard deviation were at least this.
const LEAST_DEVIATION: f64 = 0.035;
/// Strikes stay within these multiples of the forward.
const REACH: (f64, f64) = (0.25, 4.0);

/// Strikes of one expiry, in USD (whole dollars), ascending. `deviation` is the
/// at-the-money standard deviation of the logarithm; the finest step is about
/// `deviation · spacing · forward` and at least `least_step`.
pub fn strikes(forward: f64, deviation: f64, spacing: f64, least_step: u64) -> Vec<u64> {
    let deviation = deviation.max(LEAST_DEVIATION);
    let finest = round_step(forward * deviation * spacing).max(least_step);
    let mut grid = BTreeSet::new();
    for (reach, coarser) in BANDS {
        let step = (0..coarser).fold(finest, |s, _| next_step(s));
        let low = forward * libm::exp(-reach * deviation).max(REACH.0);
        let high = forward * libm::exp(reach * deviation).min(REACH.1);
        let first = (low / step as f64).ceil().max(1.0) as u64;
        let last = (high / step as f64).floor() as u64;
        grid.extend((first..=last).map(|n| n * step));
    }
    grid.into_iter().collect()
}

/// The step of the ladder 1, 2, 5, 10, … nearest to `x` in ratio, at least 1.
fn round_step(x: f64) -> u64 {
    let mut step = 1;
    while (next_step(step) as f64) * (step as f64) < x * x {
        step = next_step(step);
    }
    step
}

/// The next step of the ladder 1, 2, 5, 10, ….
fn next_step(step: u64) -> u64 {
    let mut unit = 1;
    while step / unit >= 10 {
        unit *= 10;
    }
    match step / unit {
        1 => 2 * unit,
        2 => 5 * unit,
        _ => 10 * unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladder() {
        let steps: Vec<u64> = std::iter::successors(Some(1), |s| Some(next_step(*s)))
            .take(8)
            .collect();
        assert_eq!(steps, [1, 2, 5, 10, 20, 50, 100, 200]);
        assert_eq!(round_step(0.3), 1);
        assert_eq!(round_step(480.0), 500);
        assert_eq!(round_step(130.0), 100);
        assert_eq!(round_step(150.0), 200);
    }

    #[test]
    fn fine_inside_coarse_outside() {
        let grid = strikes(80_000.0, 0.2, 0.12, 500);
        let gap = |i: usize| grid[i + 1] - grid[i];
        let middle = grid.iter().position(|k| *k >= 80_000).unwrap();
        assert_eq!(gap(middle), 2_000);
        assert_eq!(gap(grid.len() - 2), 20_000);
        assert!(grid[0] >= 20_000 && *grid.last().unwrap() <= 320_000);
    }
}
