//! The assignment of a batch, in plain columns.

use std::collections::HashMap;
use std::ops::Range;

use ff::{BatchInvert, Field, PrimeField};
use rayon::prelude::*;

use super::algebra::{Cells, Challenge};
use super::columns::{fixed, Columns};
use super::instrument;
use super::sums::{self, Tag};
use zkmargin_engine::Fr;

/// The challenges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Challenges {
    /// See [`Challenge::Gamma`].
    pub gamma: Fr,
    /// See [`Challenge::Theta`].
    pub theta: Fr,
    /// See [`Challenge::Alpha`].
    pub alpha: Fr,
}

/// Advice, fixed and instance cells of a batch; the advice of the second phase once the challenges
/// are known.
#[derive(Clone)]
pub struct Trace {
    /// The columns.
    pub columns: Columns,
    /// Advice cells by column, one more row than there are active ones.
    pub advice: Vec<Vec<Fr>>,
    /// Fixed cells by column.
    pub fixed: Vec<Vec<Fr>>,
    /// Instance cells by column.
    pub instance: Vec<Vec<Fr>>,
}

/// The cells around one row of a trace.
pub struct RowOf<'t> {
    trace: &'t Trace,
    row: usize,
    challenges: &'t Challenges,
}

impl Cells<Fr> for RowOf<'_> {
    fn advice(&self, column: usize, rotation: i32) -> Fr {
        let row = self.row.checked_add_signed(rotation as isize);
        let column = &self.trace.advice[column];
        row.and_then(|row| column.get(row))
            .copied()
            .unwrap_or_default()
    }

    fn fixed(&self, column: usize) -> Fr {
        self.trace.fixed[column]
            .get(self.row)
            .copied()
            .unwrap_or_default()
    }

    fn instance(&self, column: usize, rotation: i32) -> Fr {
        let row = self.row.checked_add_signed(rotation as isize);
        let column = &self.trace.instance[column];
        row.and_then(|row| column.get(row))
            .copied()
            .unwrap_or_default()
    }

    fn challenge(&self, challenge: Challenge) -> Fr {
        match challenge {
            Challenge::Gamma => self.challenges.gamma,
            Challenge::Theta => self.challenges.theta,
            Challenge::Alpha => self.challenges.alpha,
        }
    }
}

/// A tuple of the table as a key.
type Bytes = [u8; 32];

fn bytes(value: Fr) -> Bytes {
    let mut out = [0; 32];
    out.copy_from_slice(value.to_repr().as_ref());
    out
}

impl Trace {
    /// Rows with constraints.
    pub fn active_rows(&self) -> usize {
        self.columns.shape.active_rows()
    }

    /// The cells around a row.
    pub fn at<'t>(&'t self, row: usize, challenges: &'t Challenges) -> RowOf<'t> {
        RowOf {
            trace: self,
            row,
            challenges,
        }
    }

    /// Second phase: the words per contract of every position slot.
    pub fn words(&mut self, gamma: Fr) {
        let (columns, table) = (self.columns.clone(), self.table_words(gamma));
        let active = self.active_rows();
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

    /// The words of every listed instrument, by id.
    fn table_words(&self, gamma: Fr) -> HashMap<Bytes, [Fr; 3]> {
        let challenges = Challenges {
            gamma,
            ..Challenges::default()
        };
        (0..self.active_rows())
            .filter(|&row| self.fixed[fixed::LISTED][row] == Fr::ONE)
            .map(|row| {
                let words = instrument::words(&self.columns, &self.at(row, &challenges));
                (bytes(self.fixed[fixed::ID][row]), words)
            })
            .collect()
    }

    /// How often every limb is used. What the table does not offer is left out; then the sum does
    /// not close.
    pub fn count_uses(&mut self) {
        let active = self.active_rows();
        let size = 1u64 << self.columns.shape.limb_bits();
        let mut limbs = vec![0u64; size as usize];
        for column in self.columns.limbs() {
            for value in &self.advice[column][..active] {
                let low = zkmargin_engine::field::low_u64(*value);
                if low < size && Fr::from(low) == *value {
                    limbs[low as usize] += 1;
                }
            }
        }
        let first = self.columns.table.limb_uses;
        for (limb, count) in limbs.into_iter().enumerate() {
            self.advice[first + limb / active][limb % active] = Fr::from(count);
        }
    }

    /// Second phase: helpers and the running sum, which ends at zero when every key balances.
    pub fn sums(&mut self, challenges: &Challenges) {
        let active = self.active_rows();
        let helpers = self.columns.helpers.clone();
        let rows: Vec<Vec<Fr>> = (0..active)
            .into_par_iter()
            .with_min_len(64)
            .map(|row| {
                let fractions = sums::fractions(&self.columns, &self.at(row, challenges));
                let mut inverses: Vec<Fr> = fractions.iter().map(|f| f.key).collect();
                inverses.iter_mut().batch_invert();
                let part = |run: &Range<usize>| {
                    run.clone().map(|i| fractions[i].weight * inverses[i]).sum()
                };
                helpers.iter().map(part).collect()
            })
            .collect();
        let sum = self.columns.sum();
        let mut total = Fr::ZERO;
        for (row, values) in rows.iter().enumerate() {
            self.advice[sum][row] = total;
            for (i, value) in values.iter().enumerate() {
                self.advice[self.columns.helper(i)][row] = *value;
                total += value;
            }
        }
        self.advice[sum][active] = total;
    }

    /// Weights that are left under each key, without those of limbs, which are looked up: what does not balance, and where.
    pub fn unbalanced(&self, challenges: &Challenges) -> Vec<(Tag, Fr)> {
        let mut left: HashMap<Bytes, (Tag, Fr)> = HashMap::new();
        for row in 0..self.active_rows() {
            for f in sums::fractions(&self.columns, &self.at(row, challenges)) {
                if f.tag != Tag::Limb && f.weight != Fr::ZERO {
                    left.entry(bytes(f.key)).or_insert((f.tag, Fr::ZERO)).1 += f.weight;
                }
            }
        }
        left.into_values()
            .filter(|(_, weight)| *weight != Fr::ZERO)
            .collect()
    }
}
