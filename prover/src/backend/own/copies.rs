//! Which cells of a circuit are equal, as a permutation.
//!
//! Equal cells are the cycles of σ, which sends a cell to another one. Column i's share of it is the
//! polynomial that has in row j the name `δ^c·ω^r` of the cell (c, r) that σ sends (i, j) to.

use ff::PrimeField;
use halo2_proofs::plonk::{Any, Column, Error};
use halo2curves::bn256::Fr;

/// See the module documentation.
pub(super) struct Copies {
    columns: Vec<Column<Any>>,
    rows: usize,
    /// Where σ sends each cell, column by column.
    sigma: Vec<u32>,
    /// Leads from a cell to the one that stands for its cycle.
    toward: Vec<u32>,
}

impl Copies {
    /// No two cells of these columns are equal yet.
    pub(super) fn new(columns: Vec<Column<Any>>, rows: usize) -> Self {
        let cells = 0..(columns.len() * rows) as u32;
        Copies {
            sigma: cells.clone().collect(),
            toward: cells.collect(),
            columns,
            rows,
        }
    }

    /// Makes two cells equal: their cycles become one.
    ///
    /// # Errors
    /// For a column that is not under the permutation argument.
    pub(super) fn join(
        &mut self,
        a: (Column<Any>, usize),
        b: (Column<Any>, usize),
    ) -> Result<(), Error> {
        let (a, b) = (self.cell(a)?, self.cell(b)?);
        let (here, there) = (self.cycle(a), self.cycle(b));
        // Exchanging two images joins two cycles, and would cut one in two.
        if here != there {
            self.toward[there] = here as u32;
            self.sigma.swap(a, b);
        }
        Ok(())
    }

    fn cell(&self, (column, row): (Column<Any>, usize)) -> Result<usize, Error> {
        let place = self.columns.iter().position(|of| *of == column);
        let place = place.ok_or(Error::ColumnNotInPermutation(column))?;
        match row < self.rows {
            true => Ok(place * self.rows + row),
            false => Err(Error::BoundsFailure),
        }
    }

    /// The cell that stands for a cell's cycle; halves the way there.
    fn cycle(&mut self, mut cell: usize) -> usize {
        while self.toward[cell] as usize != cell {
            self.toward[cell] = self.toward[self.toward[cell] as usize];
            cell = self.toward[cell] as usize;
        }
        cell
    }

    /// `δ^i` for each column.
    pub(super) fn names(&self) -> Vec<Fr> {
        super::key::powers(Fr::DELTA, Fr::from(1), self.columns.len())
    }

    /// Rows of each column's share of σ; `roots` are the powers of ω.
    pub(super) fn columns(&self, roots: &[Fr]) -> Vec<Vec<Fr>> {
        let names = self.names();
        let name = |cell: &u32| {
            let cell = *cell as usize;
            names[cell / self.rows] * roots[cell % self.rows]
        };
        let shares = self.sigma.chunks(self.rows);
        shares
            .map(|share| share.iter().map(name).collect())
            .collect()
    }
}
