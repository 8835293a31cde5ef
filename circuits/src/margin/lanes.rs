//! Lanes: the next free row of each, the pool of constants, and the trace that they lay.
//!
//! Rows of a lane are laid by methods ([`super::arithmetic`], [`super::range`], [`super::source`],
//! [`super::hash`]); gadgets are functions that take the lanes and hand out cells.

use std::collections::{BTreeMap, HashMap};

use ff::{Field, PrimeField};

use super::columns;
use super::table;
use super::trace::{Cell, Lane, Trace, Var};
use crate::system::circuit::active_rows;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

/// A row in each lane, or rows of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Wide lane.
    pub wide: usize,
    /// Arithmetic lane.
    pub arithmetic: usize,
    /// Range lane.
    pub range: usize,
}

/// See the module documentation.
pub struct Lanes<'p> {
    /// The assignment so far.
    pub trace: Trace,
    /// The policy whose tables and grid are compiled in.
    pub policy: &'p Policy,
    /// The next free row of each lane.
    pub(super) next: Rows,
    /// Cells of the arithmetic lane that no gate reads yet, homes for free witnesses.
    pub(super) free: Vec<Cell>,
    pub(super) constants: Vec<(Fr, Var)>,
    /// Values of the fixed table by tag and key.
    pub(super) index: HashMap<(u64, [u8; 32]), (Fr, Fr)>,
    parts: BTreeMap<&'static str, Rows>,
    mark: Rows,
}

pub(super) fn key_bytes(key: Fr) -> [u8; 32] {
    let mut out = [0u8; 32];
    out.copy_from_slice(key.to_repr().as_ref());
    out
}

impl<'p> Lanes<'p> {
    /// Empty lanes below `wide` rows of pricing nodes; `trace` may carry a lie.
    pub fn new(policy: &'p Policy, trace: Trace, wide: usize) -> Self {
        let pricing = Rows {
            wide,
            ..Rows::default()
        };
        let next = Rows {
            wide,
            arithmetic: Row::ALL.len(),
            range: Row::ALL.len(),
        };
        Lanes {
            trace,
            policy,
            next,
            free: Vec::new(),
            constants: Vec::new(),
            index: table::rows(policy)
                .into_iter()
                .map(|r| ((r.tag as u64, key_bytes(r.key)), (r.a, r.b)))
                .collect(),
            parts: BTreeMap::from([("pricing nodes", pricing)]),
            mark: next,
        }
    }

    /// Books the rows since the last call on a part.
    pub(crate) fn book(&mut self, part: &'static str) {
        let (now, then) = (self.next, self.mark);
        let rows = self.parts.entry(part).or_default();
        rows.wide += now.wide - then.wide;
        rows.arithmetic += now.arithmetic - then.arithmetic;
        rows.range += now.range - then.range;
        self.mark = now;
    }

    /// The trace, and the rows of each part.
    pub(super) fn into_parts(self) -> (Trace, BTreeMap<&'static str, Rows>) {
        (self.trace, self.parts)
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

    /// Marks the active rows, of which `rows` are laid, once every lane is full. The gate of the
    /// arithmetic lane multiplies its result by the mark, so its coefficients are multiplied too.
    pub(super) fn activate(&mut self, rows: usize) {
        use columns::fixed::{ACTIVE, Q0, QK, QM, QP};
        self.trace.active = active_rows(&self.trace.columns, rows);
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
}
