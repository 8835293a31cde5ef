//! The assignment of a batch, in plain columns.

use std::collections::HashMap;

use ff::{Field, PrimeField};
use rayon::prelude::*;

use super::algebra::{Cells, Challenge};
use super::columns::Columns;
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

/// A field element as a key.
pub(super) type Bytes = [u8; 32];

pub(super) fn bytes(value: Fr) -> Bytes {
    let mut out = [0; 32];
    out.copy_from_slice(value.to_repr().as_ref());
    out
}

/// A small number.
pub(super) fn small(value: Fr) -> Option<usize> {
    // Most cells of limbs.
    if value == Fr::ZERO {
        return Some(0);
    }
    let repr = value.to_repr();
    let (low, high) = repr.as_ref().split_at_checked(8)?;
    let low = u64::from_le_bytes(low.try_into().ok()?);
    high.iter().all(|byte| *byte == 0).then_some(low as usize)
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

    /// How often every limb is used. What the table does not offer is left out; then the sum does
    /// not close.
    pub fn count_uses(&mut self) {
        let active = self.active_rows();
        let size = 1usize << self.columns.shape.limb_bits();
        let columns = self.columns.limbs();
        let limbs = columns
            .par_chunks(columns.len().div_ceil(4 * rayon::current_num_threads()))
            .map(|columns| {
                let mut uses = vec![0u64; size];
                for column in columns {
                    for value in &self.advice[*column][..active] {
                        if let Some(limb) = small(*value).filter(|limb| *limb < size) {
                            uses[limb] += 1;
                        }
                    }
                }
                uses
            })
            .reduce(
                || vec![0; size],
                |mut sum, uses| {
                    sum.iter_mut()
                        .zip(uses)
                        .for_each(|(sum, uses)| *sum += uses);
                    sum
                },
            );
        let first = self.columns.table.limb_uses;
        for (limb, count) in limbs.into_iter().enumerate() {
            self.advice[first + limb / active][limb % active] = Fr::from(count);
        }
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
