//! The second phase of a trace: words of positions, helpers of the keyed sums, and their running sum.

use std::collections::HashMap;

use ff::{BatchInvert, Field};
use rayon::prelude::*;

use super::columns::{challenge, fixed, Columns};
use super::instrument;
use super::message::{self, Sink, Tag};
use super::risk::addon::liquidity;
use super::sums;
use super::trace::{bytes, small, Bytes, Trace};
use zkmargin_engine::Fr;

/// Rows whose keys are inverted together.
const ROWS: usize = 64;

impl Trace {
    /// Second phase: the words per contract of every position slot, and those of the underlyings.
    pub fn words(&mut self, challenges: &[Fr]) {
        self.words_of_underlyings(challenges);
        let (columns, table) = (self.columns.clone(), self.table_words(challenges));
        let active = self.active;
        for slot in &columns.positions {
            for row in 0..active {
                let live = self.advice[slot.live][row] == Fr::ONE;
                let id = bytes(self.advice[slot.id][row]);
                let words = live.then(|| table.get(&id)).flatten();
                let words = words.copied().unwrap_or_default();
                let targets = [slot.losses, slot.signed, slot.absolute];
                for (column, word) in targets.into_iter().zip(words) {
                    self.advice[column][row] = word;
                }
            }
        }
    }

    /// Second phase: the words of the underlying of every row of the risk lane.
    fn words_of_underlyings(&mut self, challenges: &[Fr]) {
        let Some(lane) = self.columns.exposure else {
            return;
        };
        let Some(portfolio) = self.columns.portfolio_fixed() else {
            return;
        };
        let words: HashMap<Bytes, [Fr; 3]> = (0..self.active)
            .take_while(|&row| self.fixed[portfolio.code][row] != Fr::ZERO)
            .filter_map(|row| {
                let words = liquidity::words(&self.columns, &self.at(row, challenges))?;
                Some((bytes(self.fixed[portfolio.code][row]), words))
            })
            .collect();
        for row in 0..self.active {
            let code = bytes(self.advice[self.columns.risk.underlying][row]);
            let words = words.get(&code).copied().unwrap_or_default();
            for (column, word) in lane.words.into_iter().zip(words) {
                self.advice[column][row] = word;
            }
        }
    }

    /// The words of every listed instrument, by id.
    fn table_words(&self, challenges: &[Fr]) -> HashMap<Bytes, [Fr; 3]> {
        (0..self.active)
            .filter(|&row| self.fixed[fixed::LISTED][row] == Fr::ONE)
            .map(|row| {
                let words = instrument::words(&self.columns, &self.at(row, challenges));
                (bytes(self.fixed[fixed::ID][row]), words)
            })
            .collect()
    }

    /// Second phase: helpers and the running sum, which ends at zero when every key balances.
    pub fn sums(&mut self, challenges: &[Fr]) {
        let active = self.active;
        let plan = Plan::new(&self.columns, challenges);
        let starts: Vec<usize> = (0..active).step_by(ROWS).collect();
        let chunks: Vec<Vec<Fr>> = starts
            .par_iter()
            .map(|first| plan.helpers(self, challenges, *first..active.min(first + ROWS)))
            .collect();
        let (first, sum) = (self.columns.first_helper, self.columns.sum());
        let helpers = sum - first;
        self.advice[first..sum]
            .par_iter_mut()
            .enumerate()
            .for_each(|(helper, column)| {
                for (rows, values) in column.chunks_mut(ROWS).zip(&chunks) {
                    let values = values.iter().skip(helper).step_by(helpers);
                    rows.iter_mut()
                        .zip(values)
                        .for_each(|(to, value)| *to = *value);
                }
            });
        let totals: Vec<Fr> = chunks
            .par_iter()
            .flat_map_iter(|chunk| chunk.chunks(helpers).map(|row| row.iter().sum::<Fr>()))
            .collect();
        let mut total = Fr::ZERO;
        for (cell, more) in self.advice[sum].iter_mut().zip(&totals) {
            *cell = total;
            total += more;
        }
        self.advice[sum][active] = total;
    }
}

/// What all rows share.
struct Plan {
    /// Columns of limbs: the first fractions of a row.
    limbs: Vec<usize>,
    /// The helper of every fraction.
    helper: Vec<usize>,
    helpers: usize,
    /// `1/(α + limb)` of every limb of the table; zero where there is none.
    inverses: Vec<Fr>,
}

impl Plan {
    fn new(columns: &Columns, challenges: &[Fr]) -> Plan {
        let size = 1usize << columns.shape.limb_bits();
        let mut inverses = vec![Fr::ZERO; size];
        inverses
            .par_chunks_mut(1 << 10)
            .enumerate()
            .for_each(|(i, chunk)| {
                let mut key = challenges[challenge::ALPHA] + Fr::from((i << 10) as u64);
                for cell in chunk.iter_mut() {
                    *cell = key;
                    key += Fr::ONE;
                }
                chunk.batch_invert();
            });
        let helpers = columns.helpers.iter().enumerate();
        Plan {
            limbs: columns.limbs(),
            helper: helpers
                .flat_map(|(helper, run)| run.clone().map(move |_| helper))
                .collect(),
            helpers: columns.helpers.len(),
            inverses,
        }
    }

    /// The helpers of some rows, row by row.
    fn helpers(&self, trace: &Trace, challenges: &[Fr], rows: std::ops::Range<usize>) -> Vec<Fr> {
        let mut open = Open {
            plan: self,
            challenges,
            first: 0,
            fraction: 0,
            helpers: vec![Fr::ZERO; rows.len() * self.helpers],
            terms: Vec::new(),
            keys: Vec::new(),
        };
        for (fraction, column) in self.limbs.iter().enumerate() {
            let cells = &trace.advice[*column][rows.clone()];
            for (row, cell) in cells.iter().enumerate() {
                open.first = row * self.helpers;
                open.fraction = fraction;
                open.limb(Fr::ONE, *cell);
            }
        }
        for (i, row) in rows.enumerate() {
            open.first = i * self.helpers;
            open.fraction = self.limbs.len();
            sums::send(&trace.columns, &trace.at(row, challenges), &mut open);
        }
        open.close()
    }
}

/// Helpers whose keys are not all inverted.
struct Open<'a> {
    plan: &'a Plan,
    challenges: &'a [Fr],
    /// First helper of the row.
    first: usize,
    /// Number of the next fraction.
    fraction: usize,
    helpers: Vec<Fr>,
    /// Helper and weight of the fractions to be added, whose keys are these.
    terms: Vec<(usize, Fr)>,
    keys: Vec<Fr>,
}

impl Open<'_> {
    fn next(&mut self) -> usize {
        let helper = self.first + self.plan.helper[self.fraction];
        self.fraction += 1;
        helper
    }

    fn close(mut self) -> Vec<Fr> {
        self.keys.batch_invert();
        for ((helper, weight), inverse) in self.terms.iter().zip(&self.keys) {
            self.helpers[*helper] += *weight * inverse;
        }
        self.helpers
    }
}

impl Sink<Fr> for Open<'_> {
    fn limb(&mut self, weight: Fr, limb: Fr) {
        let helper = self.next();
        if weight == Fr::ZERO {
            return;
        }
        let known = small(limb).and_then(|limb| self.plan.inverses.get(limb));
        match known {
            Some(inverse) if weight == Fr::ONE => self.helpers[helper] += inverse,
            Some(inverse) => self.helpers[helper] += weight * inverse,
            // Not an honest trace.
            None => {
                self.terms.push((helper, weight));
                self.keys.push(self.challenges[challenge::ALPHA] + limb);
            }
        }
    }

    fn message(&mut self, _: Tag, weight: Fr, tag: Fr, parts: &[Fr]) {
        let helper = self.next();
        // Most messages of a row that is not full.
        if weight != Fr::ZERO {
            self.terms.push((helper, weight));
            let [alpha, theta] = [challenge::ALPHA, challenge::THETA].map(|c| self.challenges[c]);
            self.keys.push(message::key(alpha, theta, tag, parts));
        }
    }
}
