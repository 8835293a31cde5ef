//! Certified errors of option prices: their constants, and which volatility multipliers they bear.
//!
//! The argument is in section 4 of `spec/margin.md`. Everything is an integer at scale 2^-60, relative to
//! the forward, with `w` at 2^-25 as `W`.

use crate::units::{DAY, YEAR};

/// Certified price error relative to the forward, per unit of `W` (1.97e-7 per unit of `w`),
/// at 2^-60.
pub const A_W: u64 = 6_770;
/// Certified price error relative to the forward (1.7e-8), at 2^-60.
pub const A_0: u64 = 19_600_000_000;
/// Certified price error relative to the strike (8.8e-9), at 2^-60.
pub const A_K: u64 = 10_150_000_000;
/// What the price of an option with less than the floor of maturity left may be off by, relative to the
/// forward, per unit of `W` at the floor (0.4 per unit of `w`), at 2^-60. A price rises with `w` by
/// `φ(d1) ≤ 0.39895` of the forward at most, and the true `w` lies between that of a second and that of
/// the floor.
pub const A_T: u64 = 13_743_895_348;
/// Certified delta error (7e-6), at 2^-60.
pub const ALPHA: u64 = 8_070_450_532_248;
/// Certified delta error per unit of `μ`, the part that grows with `1/w`, at 2^-60.
pub const BETA: u64 = 10_401_874;

/// Scale of the squared `t`: 10^8 times the seconds of a year.
pub(crate) const SQRT_SCALE: u128 = 100_000_000 * YEAR as u128;
/// Envelope: half of `φ(0)·((h/2)/(1 − 2^-6))²` per unit of `W`, rounded up.
const ENVELOPE: u64 = 6_746;
/// Vega at most: `φ(0)` per unit of 2^-25, rounded up.
const VEGA: u64 = 13_707_552_379;
/// `φ(0)` per unit of `W` and of 2^-30, the rounding of a multiplier at 2^-29, rounded up.
const VEGA_OF_ROUNDING: u64 = 6_853_776_190;
/// Rounding of the table of `N`, and what the error of `ln(F/K)` adds to the envelope.
const REST: u64 = 118_000_000;
/// Largest volatility, in 1e-4, at scale 2^-29.
const LARGEST_VOL: u128 = 65_535;
/// Every `W` is below this: options of `w = 12` and more are not priced.
const W_END: u128 = 12 << 25;

/// `√(tau / year) / 10^4` at scale 2^-44, rounded down; `tau` in seconds, of which the low
/// 32 bits count.
pub fn sqrt_time(tau: u64) -> u64 {
    let tau = u128::from(tau & u64::from(u32::MAX));
    ((tau << 88) / SQRT_SCALE).isqrt() as u64
}

/// `w = σ√T` at 2^-25 of a volatility (1e-4 at 2^-29, below 2^47) and of `tau` seconds, rounded down.
pub fn root_of_square(s: u64, tau: u32) -> u64 {
    let s = u128::from(s & ((1 << 47) - 1));
    (s * s * u128::from(tau) / (SQRT_SCALE << 8)).isqrt() as u64
}

/// Bound on the error of a price relative to the forward, at 2^-60; `floored` where less than the
/// floor of maturity is left.
pub fn relative_error(w: u64, floored: bool) -> u128 {
    let per_w = A_W + if floored { A_T } else { 0 };
    u128::from(per_w) * u128::from(w) + u128::from(A_0)
}

/// Bound on the error of a call or put of forward and strike in 1e-8 USD at `w`, in 1e-8 USD
/// at scale 2^-60; `floored` where less than the floor of maturity is left.
pub fn price_error(forward: u64, strike: u64, w: u64, floored: bool) -> u128 {
    u128::from(forward) * relative_error(w, floored) + u128::from(strike) * u128::from(A_K)
}

/// Whether the certified error covers every price at a volatility that is multiplied by `multiplier`
/// (scale 2^-29, not zero) and at least `floor` (1e-4), `day` whole days before expiry.
///
/// A large multiplier makes `w` low by more, since the root of time is rounded down; a small one
/// makes its own rounding weigh more. The errors are linear in `W`, so the two ends of its range
/// decide. The limit is 3.36 at any maturity.
pub(crate) fn covers(multiplier: u64, floor: u16, day: u32) -> bool {
    let shocked = LARGEST_VOL * u128::from(multiplier);
    let s = shocked.max(u128::from(floor) << 29);
    // t is low by less than one, and W by less than one more.
    let constant = (u128::from(VEGA) * ((1 << 48) + s)).div_ceil(1 << 48) + u128::from(REST);
    let rounding = u128::from(VEGA_OF_ROUNDING).div_ceil(u128::from(multiplier.max(1)));
    let root = u128::from(sqrt_time((u64::from(day) + 1) * u64::from(DAY))) + 1;
    let farthest = (((s * root) >> 48) + 1).min(W_END);
    [0, farthest].into_iter().all(|w| {
        constant + (u128::from(ENVELOPE) + rounding) * w <= u128::from(A_0) + u128::from(A_W) * w
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scale of a multiplier.
    const ONE: u64 = 1 << 29;

    #[test]
    fn multipliers_of_the_shipped_policies_are_covered() {
        // RM-1 a day before expiry: 2.39 and 0.31; `wide`: 2.55 and 0.22.
        for multiplier in [
            ONE * 239 / 100,
            ONE * 31 / 100,
            ONE * 255 / 100,
            ONE * 22 / 100,
        ] {
            assert!(covers(multiplier, 5_000, 1));
        }
    }

    #[test]
    fn large_multipliers_are_not_and_small_ones_are() {
        // 3.43 and more: the search of the audit found prices outside their certified error.
        for multiplier in [ONE * 343 / 100, ONE * 5, 8 * ONE - 1] {
            assert!(!covers(multiplier, 5_000, 1), "{multiplier}");
        }
        assert!(covers(ONE * 336 / 100, 5_000, 510));
        // A small one is known to few parts, and its volatility matters as little.
        for multiplier in [32, ONE / 100, ONE / 3] {
            assert!(covers(multiplier, 0, 510), "{multiplier}");
        }
        // One unit may be half a unit or one and a half.
        assert!(!covers(1, 0, 510));
        // The floor alone never asks for more than the certified error has.
        assert!(covers(ONE, u16::MAX, 510));
    }

    /// Where a day has passed `W` is proven by its square: low by less than 1.026 units, with a reciprocal that is low
    /// by 1 in 64. That leaves more of `A_0` than the roundings of two `W` take of `A_W`.
    #[test]
    fn a_price_a_day_later_is_covered() {
        let low =
            2f64.powi(96) / (362.0 * SQRT_SCALE as f64 * (2f64.powi(35) - 2f64.powi(29))) / 2.0;
        assert!(low < 1.026, "{low}");
        let constant = 1.03 * VEGA as f64 + REST as f64;
        assert!(constant + 4.0 * A_W as f64 <= A_0 as f64 && ENVELOPE < A_W);
        // An honest floor of every W that is read fits: at one second and the least volatility it is 59.
        let least = root_of_square(100 << 29, 1);
        assert_eq!(least, 59);
        let honest = 362.0 * 2f64.powi(35) * SQRT_SCALE as f64 * (2.0 + 1.0 / least as f64);
        assert!(honest < 2f64.powi(96), "{honest}");
    }

    /// `A_T·W` is no less than what a price can differ by between one second and the floor, at every
    /// floor and volatility that are read. `W` is low by less than one and a half.
    #[test]
    fn the_charge_below_the_floor_covers_every_time_that_is_left() {
        let vega = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
        for floor in (1u32..=200).chain([3_600, DAY]) {
            for vol in [100u128, 4_198, 65_535] {
                let w = ((vol << 29) * u128::from(sqrt_time(u64::from(floor)))) >> 48;
                let share = 1.0 - 1.0 / f64::from(floor).sqrt();
                let apart = vega * 2f64.powi(35) * (w as f64 + 1.5) * share;
                assert!(apart <= A_T as f64 * w as f64, "{floor} s, {vol}: {w}");
            }
        }
        let charged = 0.4 * 2f64.powi(35);
        assert!(A_T as f64 >= charged && A_T as f64 - charged < 1.0);
    }

    /// The constants against their formulas in floating point, each rounded against us.
    #[test]
    fn constants_by_their_formulas() {
        let phi = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
        let reach = 2f64.powi(-10) / (1.0 - 2f64.powi(-6));
        let above = |constant: u64, exact: f64| {
            let constant = constant as f64;
            constant >= exact && constant <= exact * 1.01 + 1.0
        };
        assert!(above(ENVELOPE, 0.5 * phi * reach * reach * 2f64.powi(35)));
        assert!(above(VEGA, phi * 2f64.powi(35)));
        assert!(above(VEGA_OF_ROUNDING, phi * 2f64.powi(34)));
        let table = 2f64.powi(-37);
        let cross = phi * reach * 2f64.powi(-28);
        let square = 0.5 * phi * 2f64.powi(-56) * 2f64.powi(25);
        assert!(above(REST, (table + cross + square) * 2f64.powi(60)));
    }
}
