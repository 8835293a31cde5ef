//! The lookup argument: every limb and every tabled tuple of the lanes in one sum of fractions.
//!
//! ```text
//! MLKP1:  active·(h·(α+l)(α+r)(α+t) − (α+r)(α+t) − (α+l)(α+t) + m1·(α+l)(α+r)) = 0    (degree 5)
//! MLKP2:  active·((s⁺ − s − h)·f·e − tag·e + m2·f) = 0                                (degree 5)
//! MLKP3:  active·(active⁻ − 1)(active⁻ − 2)(active⁻ − 3)·s = 0                        (degree 5)
//! MLKP4:  active⁻·(active − 1)(active − 2)(active − 3)·s = 0                          (degree 5)
//!
//! f = α + θ·c0 + θ²·c1 + θ³·c2 + θ⁴·tag        what a row of the wide lane looks up
//! e = α + θ·(key + excess) + θ²·a + θ³·b + θ⁴·t    what a row of the table offers
//! ```
//!
//! `l` and `r` are the limbs of the wide and the range lane, `t` the column of all limbs, `m1` how
//! often each is used. MLKP1 makes `h = 1/(α+l) + 1/(α+r) − m1/(α+t)`; MLKP2 adds `h + tag/f − m2/e` to
//! the running sum `s` on every active row; MLKP3 and MLKP4 start and end it at zero (`active⁻` is one
//! row above, where it is zero before the first row and on no other active row). So
//!
//! ```text
//! Σ 1/(α+l) + Σ 1/(α+r) + Σ tag/f  =  Σ m1/(α+t) + Σ m2/e
//! ```
//!
//! Multiplicities and all looked-up cells are committed before θ and α are drawn. As rational
//! functions of α both sides have the same poles: a tuple that no table row offers leaves a pole
//! with a coefficient between 1 and `144·2^k`, not zero modulo p. Tuples are told apart by their
//! polynomials in θ; a limb has no θ in it and a tuple has a θ⁴, so neither stands in for the other.
//! Both fail with probability below `2^36/p` (spec/margin.md, section 4). A row with tag 0 looks up nothing,
//! and what a row offers under a tag that nobody looks up is harmless: so tables share columns with
//! constants.
//!
//! The argument costs four columns and no sorted copies: `m1`, `m2` in the first phase, `h`, `s` in
//! the second.

use std::collections::HashMap;

use ff::{BatchInvert, Field};

use super::columns::{argument, challenge, fixed, ACC, C0, C1, C2, LIMB, RANGE};
use super::range::LaneCells;
use super::trace::Trace;
use crate::system::algebra::{Cells, Gate, Value};
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;

/// Limbs of the wide lane.
pub const NODE_LIMBS: &str = "MNOD15 node limbs";
/// Limbs of the range lane.
pub const RANGE_LIMBS: &str = "MRNG2 range limbs";
/// Tuples of the wide lane.
pub const TABLES: &str = "MTAB1 tables";

/// `α + θ·x1 + θ²·x2 + θ³·x3 + θ⁴·tag` of `(tag, x1, x2, x3)`.
fn compress<T: Value>(theta: &T, alpha: T, [tag, x1, x2, x3]: [T; 4]) -> T {
    let theta = || theta.clone();
    alpha + theta() * (x1 + theta() * (x2 + theta() * (x3 + theta() * tag)))
}

/// MLKP1 to MLKP4.
pub(crate) fn gates<T: Value, C: Cells<T>>(size: Size, cells: &C) -> Vec<Gate<T>> {
    let [theta, alpha] = [challenge::THETA, challenge::ALPHA].map(|c| cells.challenge(c));
    let excess = LaneCells::of(cells).excess();
    let a = |column| cells.advice(column, 0);
    let f = |column| cells.fixed(column, 0);
    let (above, active) = (cells.fixed(fixed::ACTIVE, -1), f(fixed::ACTIVE));
    let [l, r] = [LIMB, RANGE].map(|limb| alpha.clone() + a(limb));
    let t = alpha.clone() + f(fixed::limbs(size));
    let looked_up = [f(fixed::TAG), a(C0), a(C1), a(C2)];
    let [key, value_a, value_b] = fixed::table(size).map(f);
    let table = [f(fixed::TABLE_TAG), key + excess, value_a, value_b];
    let [m1, m2, h, s] = argument(size);
    let ([m1, m2, h, s], s_next) = ([m1, m2, h, s].map(a), cells.advice(s, 1));

    let [tag, ..] = looked_up.clone();
    let (f, e) = (
        compress(&theta, alpha.clone(), looked_up),
        compress(&theta, alpha, table),
    );
    let fractions =
        h.clone() * l.clone() * r.clone() * t.clone() - (l.clone() + r.clone()) * t + m1 * l * r;
    let step = (s_next - s.clone() - h) * f.clone() * e.clone() - tag * e + m2 * f;
    // Zero at 1, 2 and 3.
    let idle = |v: &T| {
        let minus = |n: u64| v.clone() - T::small(n);
        minus(1) * minus(2) * minus(3)
    };
    vec![
        ("MLKP1 limbs", active.clone() * fractions),
        ("MLKP2 sum", active.clone() * step),
        ("MLKP3 start", active.clone() * idle(&above) * s.clone()),
        ("MLKP4 end", above * idle(&active) * s),
    ]
}

/// The tables of a trace: which tuple stands in which row.
pub struct Tables {
    rows: HashMap<[Fr; 4], usize>,
    limbs: HashMap<Fr, usize>,
}

fn tuple(trace: &Trace, row: usize) -> [Fr; 4] {
    let at = |column: usize| trace.advice[column][row];
    [trace.fixed[fixed::TAG][row], at(C0), at(C1), at(C2)]
}

/// What a row of the table offers. MRNG1 makes the excess zero but for the rows of the market nodes.
fn offered(trace: &Trace, row: usize) -> [Fr; 4] {
    let at = |column: usize| trace.fixed[column][row];
    let market = at(fixed::ACTIVE) == Fr::from(2);
    let excess = if market {
        trace.advice[ACC][row] - trace.advice[RANGE][row]
    } else {
        Fr::ZERO
    };
    let [key, a, b] = fixed::table(trace.columns.size).map(at);
    [at(fixed::TABLE_TAG), key + excess, a, b]
}

impl Tables {
    /// Reads the tables of a trace.
    pub fn new(trace: &Trace) -> Self {
        let is_row = |row: &usize| trace.fixed[fixed::TABLE_TAG][*row] != Fr::ZERO;
        Tables {
            rows: (0..trace.rows())
                .rev()
                .filter(is_row)
                .map(|row| (offered(trace, row), row))
                .collect(),
            limbs: trace.fixed[fixed::limbs(trace.columns.size)]
                .iter()
                .enumerate()
                .rev()
                .map(|(row, limb)| (*limb, row))
                .collect(),
        }
    }

    /// The lookups of a row that their tables do not hold, by name.
    pub fn missing(&self, trace: &Trace, row: usize) -> impl Iterator<Item = &'static str> {
        let no_limb = |column: usize| !self.limbs.contains_key(&trace.advice[column][row]);
        let tuple = tuple(trace, row);
        let no_tuple = tuple[0] != Fr::ZERO && !self.rows.contains_key(&tuple);
        [
            (TABLES, no_tuple),
            (NODE_LIMBS, no_limb(LIMB)),
            (RANGE_LIMBS, no_limb(RANGE)),
        ]
        .into_iter()
        .filter_map(|(name, missing)| missing.then_some(name))
    }
}

/// How often each row of the tables is used by the active rows: `m1`, and `m2` weighted by tag.
/// What no table holds is left out; then the sum does not close.
pub fn count_uses(trace: &mut Trace) {
    let tables = Tables::new(trace);
    let last = trace.active;
    let mut limbs = vec![0u64; last];
    let mut table = vec![Fr::ZERO; last];
    for row in 0..last {
        for column in [LIMB, RANGE] {
            if let Some(&at) = tables.limbs.get(&trace.advice[column][row]) {
                limbs[at] += 1;
            }
        }
        let tuple = tuple(trace, row);
        if let Some(&at) = tables.rows.get(&tuple) {
            table[at] += tuple[0];
        }
    }
    let [m1, m2, ..] = argument(trace.columns.size);
    for (cell, uses) in trace.advice[m1].iter_mut().zip(limbs) {
        *cell = Fr::from(uses);
    }
    trace.advice[m2][..last].copy_from_slice(&table);
}

/// Lays `h` in the active rows and `s` in one row more.
pub fn sums(trace: &mut Trace, challenges: &[Fr]) {
    let [theta, alpha] = [challenge::THETA, challenge::ALPHA].map(|c| challenges[c]);
    let (size, last) = (trace.columns.size, trace.active);
    let limbs = fixed::limbs(size);
    let mut inverses: Vec<Fr> = (0..last)
        .flat_map(|row| {
            [
                alpha + trace.advice[LIMB][row],
                alpha + trace.advice[RANGE][row],
                alpha + trace.fixed[limbs][row],
                compress(&theta, alpha, tuple(trace, row)),
                compress(&theta, alpha, offered(trace, row)),
            ]
        })
        .collect();
    inverses.iter_mut().batch_invert();
    let [m1, m2, helper, sum] = argument(size);
    let mut total = Fr::ZERO;
    for (row, inverse) in inverses.chunks(5).enumerate() {
        let uses = [m1, m2].map(|column| trace.advice[column][row]);
        let h = inverse[0] + inverse[1] - uses[0] * inverse[2];
        trace.advice[helper][row] = h;
        trace.advice[sum][row] = total;
        total += h + trace.fixed[fixed::TAG][row] * inverse[3] - uses[1] * inverse[4];
    }
    trace.advice[sum][last] = total;
}
