//! Lookup tables of a policy.

use super::error::{value, PolicyError};
use super::{
    RollTerms, Scenario, Underlying, VolTerms, MAX_CLASSES, MAX_DAYS, MAX_SCENARIOS,
    MAX_UNDERLYINGS,
};
use crate::certificate::covers;
use crate::math::{self, ceil_shift, round_shift, FRACTION_BITS, GRID_END, LN_2};
use crate::units::{format_decimal, BP};

/// Rows that the largest circuit of a policy has for its tables.
const ROW_LIMIT: usize = 15_000;
/// Rows of the largest policy: normal distribution, logarithms (with the roll rates beside them),
/// powers, days, an up and a down row per class and node, underlyings twice, an unused register.
const MOST_ROWS: usize = (2 * GRID_END as usize + 1)
    + 512
    + 69
    + (MAX_DAYS as usize + 1)
    + 2 * MAX_CLASSES * (MAX_SCENARIOS + 1)
    + 2 * MAX_UNDERLYINGS
    + 1;
const _: () = assert!(MOST_ROWS <= ROW_LIMIT && MAX_DAYS + 2 <= 512);

/// Bound on a volatility multiplier at scale 2^-29: less than 8.
const MULTIPLIER_LIMIT: u64 = 8 << 29;

/// The numbers of a policy that the circuit holds in fixed columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTables {
    /// Rows `(index, N, φ)` for index −3072 to 3072 at `d = index/512`: `N(d)` at 2^-36 and
    /// `φ(d)` at 2^-16, rounded to nearest. The two end rows are exactly `(0, 0)` and `(1, 0)`.
    pub normal: Vec<(i32, u64, u32)>,
    /// `ln(512 + j) + 59·ln 2` at 2^-35, for j = 0 to 511.
    pub log: Vec<i64>,
    /// `s·ln 2` at 2^-35, for s = 0 to 68.
    pub pow_ln: Vec<i64>,
    /// Volatility multipliers `(M_up, M_dn)` at 2^-29 by whole days, 0 to `max_days`;
    /// both positive and below 8.
    pub day: Vec<(u64, u64)>,
    /// Roll rate at 2^-32, rounded up, by days rounded up, 0 to `max_days + 1`; below 2^32. At
    /// most 512 rows.
    pub roll: Vec<u64>,
    /// Price nodes by class, then by scenario.
    pub node: Vec<Vec<NodeRow>>,
    /// Largest weighted gross move, in basis points, rounded up; 10000 to 65535.
    pub gmax: u64,
    /// Number of classes, that is of distinct ranges.
    pub classes: usize,
}

/// A scenario as an underlying of one class sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// `ln(gross)` at 2^-35, rounded to nearest.
    pub lambda: i64,
    /// Shocked forward over forward, in basis points, 1 to 65535.
    pub gross_bp: u32,
    /// Weight on the loss at 2^-24, rounded up, 1 to 2^24.
    pub weight: u32,
}

impl PolicyTables {
    /// `(N, φ)` at a grid index, which is clamped to the table.
    pub fn normal_at(&self, index: i32) -> (u64, u32) {
        let row = index.clamp(-GRID_END, GRID_END) + GRID_END;
        let (_, n, phi) = self.normal[row as usize];
        (n, phi)
    }

    /// Computes every table. The terms have been checked one by one; what is checked here is
    /// what follows from several together.
    pub(super) fn build(
        file: &str,
        max_days: u32,
        (vol, floor_vol, roll): (&VolTerms, u16, &RollTerms),
        (underlyings, scenarios): (&[Underlying], &[Scenario]),
    ) -> Result<Self, PolicyError> {
        let ranges = ranges(underlyings);
        let node = ranges
            .iter()
            .map(|&range| {
                scenarios
                    .iter()
                    .enumerate()
                    .map(|(s, x)| node(file, s, x, range))
                    .collect()
            })
            .collect::<Result<Vec<Vec<NodeRow>>, PolicyError>>()?;
        let gmax = node
            .iter()
            .flatten()
            .map(NodeRow::weighted_gross)
            .fold(BP.into(), u64::max);
        Ok(Self {
            normal: (-GRID_END..=GRID_END).map(normal_row).collect(),
            log: (512..1024).map(|m| to_35(ln(m) + 59 * LN_2)).collect(),
            pow_ln: (0..=68).map(|s| to_35(s * LN_2)).collect(),
            day: day_table(file, max_days, (vol, floor_vol))?,
            roll: roll_table(file, max_days, roll)?,
            classes: node.len(),
            node,
            gmax,
        })
    }
}

impl NodeRow {
    /// `weight·gross` in basis points, rounded up.
    fn weighted_gross(&self) -> u64 {
        (u64::from(self.weight) * u64::from(self.gross_bp)).div_ceil(1 << 24)
    }
}

/// Distinct ranges of the underlyings that are not cash, ascending: their places are the classes.
pub(super) fn ranges(underlyings: &[Underlying]) -> Vec<u32> {
    let mut ranges: Vec<u32> = underlyings
        .iter()
        .filter(|u| !u.cash)
        .map(|u| u.range_bp)
        .collect();
    ranges.sort_unstable();
    ranges.dedup();
    ranges
}

/// `ln x` at 2^-60 for a positive integer.
fn ln(x: u64) -> i128 {
    math::ln(x).expect("logarithms are taken of positive integers")
}

/// From 2^-60 to 2^-35, to nearest.
fn to_35(x: i128) -> i64 {
    round_shift(x, FRACTION_BITS - 35) as i64
}

fn normal_row(index: i32) -> (i32, u64, u32) {
    match index {
        i if i <= -GRID_END => (i, 0, 0),
        i if i >= GRID_END => (i, 1 << 36, 0),
        // N(−d) = 1 − N(d) holds for the rounded values too.
        i if i < 0 => {
            let (_, n, phi) = normal_row(-i);
            (i, (1 << 36) - n, phi)
        }
        i => (
            i,
            round_shift(math::normal_cdf(i), FRACTION_BITS - 36) as u64,
            round_shift(math::normal_pdf(i), FRACTION_BITS - 16) as u32,
        ),
    }
}

/// A fraction in 1e-4 as it is written.
pub(super) fn decimal_4(x: u32) -> String {
    format_decimal(i128::from(x), 4)
}

fn day_table(
    file: &str,
    max_days: u32,
    (vol, floor_vol): (&VolTerms, u16),
) -> Result<Vec<(u64, u64)>, PolicyError> {
    (0..=max_days)
        .map(|day| {
            let short = day < vol.reference_days;
            let (power, name) = match short {
                true => (vol.short_power, "vol.short_power"),
                false => (vol.long_power, "vol.long_power"),
            };
            let ratio = ln(u64::from(vol.reference_days)) - ln(u64::from(day.max(1)));
            let wrong = |field, written, problem: &str| {
                let problem = format!("at {day} days {problem}");
                let hint = format!("lower vol.up, vol.down or {name}");
                value(file, field, decimal_4(written), &problem, &hint)
            };
            let m = math::exp(ratio * i128::from(power) / i128::from(BP))
                .ok_or_else(|| wrong(name, power, "the shock has no bound"))?;
            let scaled = |by: u32| m * i128::from(by) / i128::from(BP);
            // Below zero counts as zero, which is refused.
            let to_29 =
                |x: i128| u64::try_from(round_shift(x, FRACTION_BITS - 29)).unwrap_or_default();
            let (up, down) = (
                to_29(math::ONE + scaled(vol.up)),
                to_29(math::ONE - scaled(vol.down)),
            );
            if up >= MULTIPLIER_LIMIT {
                return Err(wrong(
                    "vol.up",
                    vol.up,
                    "volatility would be multiplied by 8 or more",
                ));
            }
            if down == 0 {
                return Err(wrong("vol.down", vol.down, "volatility would fall to zero"));
            }
            // What the circuit charges for the error of a price must cover that error.
            let problem = "volatility would move by more than the certified price error covers";
            if !covers(up, floor_vol, day) {
                return Err(wrong("vol.up", vol.up, problem));
            }
            if !covers(down, 0, day) {
                return Err(wrong("vol.down", vol.down, problem));
            }
            Ok((up, down))
        })
        .collect()
}

fn roll_table(file: &str, max_days: u32, roll: &RollTerms) -> Result<Vec<u64>, PolicyError> {
    // The exact minimum, and the growth with more than its error added: rounding up is certain.
    let at_least = |share: u32| (u64::from(share) << 32).div_ceil(BP.into());
    let minimum = |days: u32| match days {
        // Perpetuals have row 0; what is dated has row 1 on its last day.
        1 => at_least(roll.minimum.max(roll.last_day)),
        _ => at_least(roll.minimum),
    };
    (0..=max_days + 1)
        .map(|days| {
            let exponent = ((i128::from(roll.rate) * i128::from(days)) << FRACTION_BITS)
                / i128::from(BP * 365);
            let growth = math::exp(exponent)
                .map(|e| ceil_shift(e - math::ONE + (1 << 10), FRACTION_BITS - 32))
                .and_then(|rate| u64::try_from(rate).ok())
                .filter(|rate| *rate < 1 << 32);
            growth.map(|rate| rate.max(minimum(days))).ok_or_else(|| {
                let problem = format!("at {days} days the charge would exceed the whole delta");
                value(
                    file,
                    "roll.rate",
                    decimal_4(roll.rate),
                    &problem,
                    "lower roll.rate or max_days",
                )
            })
        })
        .collect()
}

fn node(file: &str, index: usize, scenario: &Scenario, range: u32) -> Result<NodeRow, PolicyError> {
    let wrong = |problem: &str, hint| {
        let range = format!("{}.{:02}%", range / 100, range % 100);
        value(
            file,
            &format!("scenarios[{index}]"),
            scenario,
            &format!("for the range {range} {problem}"),
            hint,
        )
    };
    let shock = scenario.shock_bp(range).ok_or_else(|| {
        wrong(
            "the shock is not a whole number of basis points",
            "change the range or the fraction",
        )
    })?;
    let gross_bp = u32::try_from(BP as i32 + shock)
        .ok()
        .filter(|g| (1..1 << 16).contains(g))
        .ok_or_else(|| {
            wrong(
                "the price falls to zero, or rises by more than 555.35%",
                "use a smaller shock",
            )
        })?;
    Ok(NodeRow {
        lambda: to_35(ln(u64::from(gross_bp)) - ln(BP.into())),
        gross_bp,
        weight: scenario.weight_24(range),
    })
}
