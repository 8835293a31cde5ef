//! A constraint system and the numbers that follow from it.

use std::ops::Range;

use halo2_proofs::plonk::{Any, Column, ConstraintSystem};
use halo2curves::bn256::Fr;

use super::columns::Places;
use crate::error::ProverError;

/// See the module documentation.
pub(super) struct System {
    pub(super) cs: ConstraintSystem<Fr>,
    pub(super) places: Places,
    /// Columns under the permutation argument.
    pub(super) permuted: Vec<Column<Any>>,
    /// Products of the permutation argument.
    pub(super) sets: usize,
    /// Largest degree of a constraint, at least 3.
    pub(super) degree: usize,
    /// Rows after the last one, which only hide.
    pub(super) blinding: usize,
    /// Phases with advice of their own.
    pub(super) phases: u8,
    /// All rows.
    pub(super) rows: usize,
}

impl System {
    /// A constraint system over `2^k` rows.
    ///
    /// # Errors
    /// [`ProverError::Unsupported`] when it leaves no usable row.
    pub(super) fn new(cs: &ConstraintSystem<Fr>, k: u32) -> Result<Self, ProverError> {
        let permuted = cs.permutation().get_columns();
        let degree = cs.degree();
        let sets = permuted.len().div_ceil(degree - 2);
        let system = System {
            places: Places::new(cs, sets),
            permuted,
            sets,
            degree,
            blinding: cs.blinding_factors(),
            phases: cs.advice_column_phase().into_iter().max().unwrap_or(0) + 1,
            rows: 1 << k,
            cs: cs.clone(),
        };
        match system.rows > system.blinding + 2 {
            true => Ok(system),
            false => Err(ProverError::Unsupported("fewer rows than blinding takes")),
        }
    }

    /// Rows that a circuit may assign; the rest of an advice column is random.
    pub(super) fn usable(&self) -> usize {
        self.rows - self.blinding - 1
    }

    /// Pieces of the quotient.
    pub(super) fn pieces(&self) -> usize {
        self.degree - 1
    }

    /// From a row to the last one of the rows before it, where products end.
    pub(super) fn last_rotation(&self) -> i32 {
        -(self.blinding as i32 + 1)
    }

    /// Columns of a product of the permutation argument.
    pub(super) fn set(&self, number: usize) -> Range<usize> {
        let length = self.degree - 2;
        let start = number * length;
        start..self.permuted.len().min(start + length)
    }
}
