//! The whole assignment of a circuit, built in plain vectors before halo2 sees it.
//!
//! A [`Trace`] holds every advice and fixed cell and every copy constraint. Key generation,
//! proving, the mock prover and the judges of tests all read the same trace, so a lie in one
//! cell can be tested without any hook in the proof system.

use std::collections::{BTreeMap, HashMap};

use ff::Field;

use super::algebra::Cells;
use super::System;
use zkmargin_engine::Fr;

/// Position of an advice cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Advice column.
    pub column: usize,
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
pub struct Trace<S: System> {
    /// The columns, and what holds between them.
    pub columns: S,
    /// Rows with constraints; zero until they are all laid. One row more ends the running sum.
    pub active: usize,
    /// Advice cells by column, of both phases.
    pub advice: Vec<Vec<Fr>>,
    /// Fixed cells by column.
    pub fixed: Vec<Vec<Fr>>,
    /// Instance cells by column, where they are stated beforehand.
    pub instance: Vec<Vec<Fr>>,
    /// Pairs of advice cells that must be equal.
    pub copies: Vec<(Cell, Cell)>,
    /// Advice cells tied to rows of the instance column.
    pub publics: Vec<(Cell, usize)>,
    /// Assigned advice cells in order of assignment.
    pub order: Vec<Cell>,
    /// Free witnesses in order of assignment, with their names.
    pub names: Vec<(Cell, S::Free)>,
    /// Numbers of the spec that the rows of the lanes realise.
    pub numbers: BTreeMap<(S::Lane, usize), &'static str>,
    /// Numbers that the copies realise, in their order.
    pub copy_numbers: Vec<&'static str>,
    pub(crate) number: &'static str,
    lie: Option<Lie>,
    forged: HashMap<Cell, Fr>,
}

impl<S: System> Trace<S> {
    /// An empty trace of `rows` rows.
    pub(crate) fn new(columns: S, rows: usize) -> Self {
        let plan = columns.plan();
        Trace {
            columns,
            active: 0,
            advice: vec![vec![Fr::ZERO; rows]; plan.first + plan.second],
            fixed: vec![vec![Fr::ZERO; rows]; plan.fixed],
            instance: vec![Vec::new(); plan.instance],
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
    pub(crate) fn lying(mut self, lie: Lie) -> Self {
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

    /// The rows of an advice column that hold anything: the active ones and one more.
    pub fn assigned(&self, column: usize) -> &[Fr] {
        let values = &self.advice[column];
        &values[..values.len().min(self.active + 1)]
    }

    /// The cells around a row; beyond the trace they are zero. `challenges` are those drawn so far.
    pub fn at<'t>(&'t self, row: usize, challenges: &'t [Fr]) -> RowOf<'t, S> {
        RowOf {
            trace: self,
            row,
            challenges,
        }
    }

    /// Makes room for a row.
    pub(crate) fn grow(&mut self, row: usize) {
        if row >= self.rows() {
            let rows = (row + 1).next_power_of_two();
            for column in self.advice.iter_mut().chain(self.fixed.iter_mut()) {
                column.resize(rows, Fr::ZERO);
            }
        }
    }

    /// Assigns a fresh advice cell.
    pub(crate) fn put(&mut self, column: usize, row: usize, value: Fr) -> Var {
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
    pub(crate) fn copy(&mut self, column: usize, row: usize, source: Var) -> Var {
        let var = self.put(column, row, source.value);
        self.copies.push((var.cell, source.cell));
        self.copy_numbers.push(self.number);
        var
    }

    /// Names the constraint of the spec that the rows and copies from here on realise; returns the
    /// one before.
    pub fn number(&mut self, number: &'static str) -> &'static str {
        std::mem::replace(&mut self.number, number)
    }

    /// Notes that a row is laid.
    pub(crate) fn laid(&mut self, lane: S::Lane, row: usize) {
        self.numbers.insert((lane, row), self.number);
    }

    /// Sets a fixed cell.
    pub(crate) fn fix(&mut self, column: usize, row: usize, value: Fr) {
        self.grow(row);
        self.fixed[column][row] = value;
    }

    /// Ties an assigned cell to a row of the instance column.
    pub(crate) fn public(&mut self, var: Var, row: usize) {
        self.publics.push((var.cell, row));
    }
}

/// The cells around one row of a trace.
pub struct RowOf<'t, S: System> {
    trace: &'t Trace<S>,
    row: usize,
    challenges: &'t [Fr],
}

impl<S: System> RowOf<'_, S> {
    fn of(&self, column: &[Fr], rotation: i32) -> Fr {
        let row = self.row.checked_add_signed(rotation as isize);
        let cell = row.and_then(|row| column.get(row));
        cell.copied().unwrap_or(Fr::ZERO)
    }
}

impl<S: System> Cells<Fr> for RowOf<'_, S> {
    fn advice(&self, column: usize, rotation: i32) -> Fr {
        self.of(&self.trace.advice[column], rotation)
    }

    fn fixed(&self, column: usize, rotation: i32) -> Fr {
        self.of(&self.trace.fixed[column], rotation)
    }

    fn instance(&self, column: usize, rotation: i32) -> Fr {
        self.of(&self.trace.instance[column], rotation)
    }

    fn challenge(&self, index: usize) -> Fr {
        self.challenges[index]
    }
}
