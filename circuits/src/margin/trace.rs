//! The trace of the margin circuit.

use super::shape::Shape;
pub use crate::system::trace::{Cell, Lie, Var};
use zkmargin_engine::Fr;

/// The assignment of a margin circuit.
pub type Trace = crate::system::trace::Trace<Shape>;

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

/// What a gadget puts into a cell of its own: an existing cell, or a fresh value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Copied.
    Old(Var),
    /// Assigned here.
    New(Fr),
}

impl Source {
    /// The value that will be there.
    pub(crate) fn value(self) -> Fr {
        match self {
            Source::Old(v) => v.value,
            Source::New(v) => v,
        }
    }

    /// Lays the cell.
    pub(super) fn lay(self, t: &mut Trace, column: usize, row: usize) -> Var {
        match self {
            Source::Old(v) => t.copy(column, row, v),
            Source::New(v) => t.put(column, row, v),
        }
    }
}
