//! Lanes, row counters and the constant pool: what every gadget builds on.

use std::collections::{BTreeMap, HashMap};

use ff::{Field, PrimeField};

use super::columns;
use super::table;
use super::trace::{Cell, Lane, Trace, Var};
use crate::system::circuit::active_rows;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

/// Rows taken by one part of the circuit, per lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Wide lane.
    pub wide: usize,
    /// Arithmetic lane.
    pub arithmetic: usize,
    /// Range lane.
    pub range: usize,
}

/// Builds a [`Trace`].
pub struct Builder<'p> {
    /// The assignment so far.
    pub trace: Trace,
    /// The policy whose tables and grid are compiled in.
    pub policy: &'p Policy,
    /// Capacity.
    pub size: Size,
    pub(super) wide_row: usize,
    pub(super) arithmetic_row: usize,
    pub(super) range_row: usize,
    pub(super) market_nodes: Vec<Var>,
    pub(super) table_rows: usize,
    /// Cells of the arithmetic lane that no gate reads yet, homes for free witnesses.
    pub(super) free: Vec<Cell>,
    pub(super) constants: Vec<(Fr, Var)>,
    pub(super) index: HashMap<(u64, [u8; 32]), (Fr, Fr)>,
    /// P&L registers after the last slot, by node (base first) and underlying.
    pub(super) registers: Vec<Vec<Fr>>,
    parts: BTreeMap<&'static str, Rows>,
    mark: Rows,
}

pub(super) fn key_bytes(key: Fr) -> [u8; 32] {
    let mut out = [0u8; 32];
    out.copy_from_slice(key.to_repr().as_ref());
    out
}

impl<'p> Builder<'p> {
    /// An empty circuit with its tables; `trace` may carry a lie.
    pub fn new(policy: &'p Policy, size: Size, trace: Trace) -> Self {
        let nodes = policy.scenarios().len() + 1;
        let mut builder = Builder {
            trace,
            policy,
            size,
            wide_row: (size.slots() + 1) * nodes * super::node::NODE_ROWS,
            arithmetic_row: Row::ALL.len(),
            range_row: Row::ALL.len(),
            market_nodes: Vec::new(),
            table_rows: 0,
            free: Vec::new(),
            constants: Vec::new(),
            index: table::rows(policy)
                .into_iter()
                .map(|r| ((r.tag as u64, key_bytes(r.key)), (r.a, r.b)))
                .collect(),
            registers: Vec::new(),
            parts: BTreeMap::new(),
            mark: Rows::default(),
        };
        let pricing = builder.wide_row;
        builder.parts.insert(
            "pricing nodes",
            Rows {
                wide: pricing,
                ..Rows::default()
            },
        );
        builder.mark = builder.here();
        builder
    }

    fn here(&self) -> Rows {
        Rows {
            wide: self.wide_row,
            arithmetic: self.arithmetic_row,
            range: self.range_row,
        }
    }

    /// Books the rows since the last call on a part.
    pub fn book(&mut self, part: &'static str) {
        let (now, then) = (self.here(), self.mark);
        let rows = self.parts.entry(part).or_default();
        rows.wide += now.wide - then.wide;
        rows.arithmetic += now.arithmetic - then.arithmetic;
        rows.range += now.range - then.range;
        self.mark = now;
    }

    /// Rows by part.
    pub fn parts(&self) -> &BTreeMap<&'static str, Rows> {
        &self.parts
    }

    /// Names the constraint of spec/margin.md that is laid from here on.
    pub(super) fn number(&mut self, number: &'static str) {
        self.trace.number(number);
    }

    /// Lays something of another number, and goes on with that of now.
    pub(super) fn under<T>(&mut self, number: &'static str, lay: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.trace.number(number);
        let laid = lay(self);
        self.trace.number(before);
        laid
    }

    /// Ties a cell to a row of the instance column: the gate of the arithmetic lane adds it there.
    pub(super) fn public(&mut self, var: Var, row: Row) {
        self.trace.laid(Lane::Arithmetic, row as usize);
        let tied = self.trace.copy(columns::G2, row as usize, var);
        self.trace.public(tied, row as usize);
    }

    /// Marks the active rows, once every lane is full. The gate of the arithmetic lane multiplies
    /// its result by the mark, so its coefficients are multiplied too.
    pub(super) fn activate(&mut self) {
        use columns::fixed::{ACTIVE, Q0, QK, QM, QP};
        self.trace.active = active_rows(&self.trace.columns, self.rows_used());
        for row in 0..self.trace.active {
            self.trace.grow(row);
            let mark = &mut self.trace.fixed[ACTIVE][row];
            if *mark == Fr::ZERO {
                *mark = Fr::ONE;
            }
            let mark = *mark;
            for column in [QM, Q0, QP, QK] {
                self.trace.fixed[column][row] *= mark;
            }
        }
    }

    /// Rows of the longest lane, tables included.
    pub fn rows_used(&self) -> usize {
        [
            self.wide_row,
            self.arithmetic_row,
            self.range_row,
            self.table_rows,
            1 << super::range::LIMB_BITS,
        ]
        .into_iter()
        .max()
        .unwrap_or(0)
    }
}
