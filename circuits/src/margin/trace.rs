//! The whole assignment of a circuit, built in plain vectors before halo2 sees it.
//!
//! A [`Trace`] holds every advice and fixed cell and every copy constraint. Key generation,
//! proving, the mock prover and the soundness harness all read the same trace, so a lie in one
//! cell can be tested without any hook in the proof system.

use std::collections::{BTreeMap, HashMap};

use ff::Field;

use super::columns::{self, fixed, Column};
use zkmargin_engine::size::Size;

use zkmargin_engine::Fr;

/// Position of an advice cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Advice column.
    pub column: Column,
    /// Row.
    pub row: usize,
}

/// An assigned cell with its value. A gadget that takes a `Var` must copy it into its own region.
#[derive(Clone, Copy, Debug)]
pub struct Var {
    /// Where it was assigned.
    pub cell: Cell,
    /// The value there.
    pub value: Fr,
}

/// A `Var` that the range lane has proven to lie in `[0, 2^BITS)`.
#[derive(Clone, Copy, Debug)]
pub struct Bounded<const BITS: u32>(Var);

impl<const BITS: u32> Bounded<BITS> {
    /// Only the range lane calls this, after it has laid the decomposition.
    pub(super) fn proven(var: Var) -> Self {
        Bounded(var)
    }

    /// The cell.
    pub fn var(self) -> Var {
        self.0
    }
}

/// What a row is laid for; the gates of the lane read it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// A row of the arithmetic lane.
    Arithmetic,
    /// A row of the range lane.
    Range,
    /// A look-up in the table by a row of the wide lane.
    LookUp,
    /// Inputs of a hash, one of which is opened.
    Opening,
}

/// A lie told to the harness: the `index`-th assigned cell takes `value(honest)` instead.
#[derive(Clone, Copy)]
pub struct Lie {
    /// Index in order of assignment.
    pub index: usize,
    /// The replacement as a function of the honest value.
    pub value: fn(Fr) -> Fr,
}

/// See the module documentation.
#[derive(Clone)]
pub struct Trace {
    /// Capacity of the circuit.
    pub size: Size,
    /// Advice cells by column.
    pub advice: Vec<Vec<Fr>>,
    /// Fixed cells by column.
    pub fixed: Vec<Vec<Fr>>,
    /// Pairs of advice cells that must be equal.
    pub copies: Vec<(Cell, Cell)>,
    /// Advice cells tied to rows of the instance column.
    pub publics: Vec<(Cell, usize)>,
    /// Assigned advice cells in order of assignment.
    pub order: Vec<Cell>,
    /// Names of free witnesses: cells that nothing defines as a function of others.
    pub names: Vec<(Cell, &'static str)>,
    /// Numbers of spec/margin.md that the rows of the lanes realise.
    pub numbers: BTreeMap<(Lane, usize), &'static str>,
    /// Numbers that the copies realise, in their order.
    pub copy_numbers: Vec<&'static str>,
    pub(super) number: &'static str,
    lie: Option<Lie>,
    forged: HashMap<Cell, Fr>,
}

impl Trace {
    /// An empty trace of `rows` rows.
    pub fn new(size: Size, rows: usize) -> Self {
        Trace {
            size,
            advice: vec![vec![Fr::ZERO; rows]; columns::advice(size)],
            fixed: vec![vec![Fr::ZERO; rows]; fixed::count(size)],
            copies: Vec::new(),
            publics: Vec::new(),
            order: Vec::new(),
            names: Vec::new(),
            numbers: BTreeMap::new(),
            copy_numbers: Vec::new(),
            number: "",
            lie: None,
            forged: HashMap::new(),
        }
    }

    /// The same, with a lie that flows on into everything computed from the altered cell.
    pub fn lying(mut self, lie: Lie) -> Self {
        self.lie = Some(lie);
        self
    }

    /// The same, with several cells that take the given values; each flows on like a lie.
    pub fn forging(mut self, cells: HashMap<Cell, Fr>) -> Self {
        self.forged = cells;
        self
    }

    /// Rows of every column.
    pub fn rows(&self) -> usize {
        self.advice[0].len()
    }

    /// Makes room for a row.
    pub(super) fn grow(&mut self, row: usize) {
        if row >= self.rows() {
            let rows = (row + 1).next_power_of_two();
            for column in self.advice.iter_mut().chain(self.fixed.iter_mut()) {
                column.resize(rows, Fr::ZERO);
            }
        }
    }

    /// Assigns a fresh advice cell.
    pub fn put(&mut self, column: Column, row: usize, value: Fr) -> Var {
        self.grow(row);
        let value = match self.lie {
            Some(lie) if lie.index == self.order.len() => (lie.value)(value),
            _ => value,
        };
        let cell = Cell { column, row };
        let value = self.forged.get(&cell).copied().unwrap_or(value);
        self.advice[column][row] = value;
        self.order.push(cell);
        Var { cell, value }
    }

    /// Assigns a cell that must equal `source`.
    pub fn copy(&mut self, column: Column, row: usize, source: Var) -> Var {
        let var = self.put(column, row, source.value);
        self.copies.push((var.cell, source.cell));
        self.copy_numbers.push(self.number);
        var
    }

    /// Names the constraint of spec/margin.md that the rows and copies from here on realise; returns the
    /// one before.
    pub fn number(&mut self, number: &'static str) -> &'static str {
        std::mem::replace(&mut self.number, number)
    }

    /// Notes that a row is laid.
    pub(super) fn laid(&mut self, lane: Lane, row: usize) {
        self.numbers.insert((lane, row), self.number);
    }

    /// Sets a fixed cell.
    pub fn fix(&mut self, column: usize, row: usize, value: Fr) {
        self.grow(row);
        self.fixed[column][row] = value;
    }

    /// Ties an assigned cell to a row of the instance column.
    pub fn public(&mut self, var: Var, row: usize) {
        self.publics.push((var.cell, row));
    }
}
