//! The assignment of a batch, in plain columns.

use std::collections::HashMap;

use ff::{Field, PrimeField};
use rayon::prelude::*;

use super::columns::Columns;
use super::message::Tag;
use super::sums;
use zkmargin_engine::Fr;

/// The assignment of a batch; the advice of the second phase once the challenges are known.
pub type Trace = crate::system::trace::Trace<Columns>;

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
    /// How often every limb is used. What the table does not offer is left out; then the sum does
    /// not close.
    pub fn count_uses(&mut self) {
        let active = self.active;
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
    pub fn unbalanced(&self, challenges: &[Fr]) -> Vec<(Tag, Fr)> {
        let mut left: HashMap<Bytes, (Tag, Fr)> = HashMap::new();
        for row in 0..self.active {
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
