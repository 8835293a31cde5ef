//! Logarithms of prices.

use crate::policy::PolicyTables;

/// A positive integer taken apart for its logarithm:
/// `v·2^s = m·2^26·(2^33 + e) + delta`, that is `v·2^s ≈ m·2^59·(1 + e·2^-33)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogWitness {
    /// Shift that brings `v` to 69 bits, 5 to 68.
    pub s: u32,
    /// Leading ten bits, 512 to 1023.
    pub m: u32,
    /// What is left, relative to `m`, below 2^24.
    pub e: u64,
    /// Remainder, below `m·2^26`.
    pub delta: u64,
}

/// Takes a positive integer apart; zero is taken for one.
pub fn log_witness(v: u64) -> LogWitness {
    let v = v.max(1);
    let s = 68 - v.ilog2();
    let scaled = u128::from(v) << s;
    let m = scaled >> 59;
    let rest = scaled - (m << 59);
    // rest < 2^59 and m·2^26 ≥ 2^35, so that e < 2^24.
    let e = rest / (m << 26);
    LogWitness {
        s,
        m: m as u32,
        e: e as u64,
        delta: (rest - e * (m << 26)) as u64,
    }
}

/// Logarithm at scale 2^-67: table values and the first two terms of `ln(1 + e·2^-33)`. But for what
/// the table is rounded by, 2^-36 for each of two values, it is never above the true one, and below it by
/// at most 2^-28.5: the third term (2^-28.6) and the remainder (2^-32).
pub(crate) fn ln_hp(witness: &LogWitness, tables: &PolicyTables) -> i128 {
    // Only `log_witness` makes one, and the tables have a row for each `m` and `s` of its ranges.
    let [log, shift] = [
        tables.log[witness.m as usize - 512],
        tables.pow_ln[witness.s as usize],
    ];
    let leading = i128::from(log) - i128::from(shift);
    let e = i128::from(witness.e);
    (leading << 32) + (e << 34) - e * e
}
