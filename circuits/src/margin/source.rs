//! Cells that a gadget takes over or makes, and look-ups of them.

use ff::Field;

use super::builder::{key_bytes, Builder};
use super::columns::{fixed, C0, C1, C2};
use super::table::Tag;
use super::trace::{Lane, Var};
use zkmargin_engine::Fr;

/// A cell of a lookup: an existing one, or a fresh one.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Copied.
    Old(Var),
    /// Assigned here.
    New(Fr),
}

impl Source {
    /// The value that will be there.
    pub fn value(self) -> Fr {
        match self {
            Source::Old(v) => v.value,
            Source::New(v) => v,
        }
    }
}

impl Builder<'_> {
    /// Looks `(key, a, b)` up in one row of the wide lane.
    pub fn look(&mut self, tag: Tag, key: Source, a: Source, b: Source) -> [Var; 3] {
        let at = self.wide_row;
        self.wide_row += 1;
        self.trace.laid(Lane::LookUp, at);
        self.trace.fix(fixed::TAG, at, Fr::from(tag as u64));
        [(C0, key), (C1, a), (C2, b)].map(|(column, source)| self.source(column, at, source))
    }

    /// Assigns a source.
    pub(super) fn source(&mut self, column: usize, row: usize, source: Source) -> Var {
        match source {
            Source::Old(v) => self.trace.copy(column, row, v),
            Source::New(v) => self.trace.put(column, row, v),
        }
    }

    /// Finds the values of a key in the fixed table; zeros when there is none.
    pub fn table_values(&self, tag: Tag, key: Fr) -> (Fr, Fr) {
        self.index
            .get(&(tag as u64, key_bytes(key)))
            .copied()
            .unwrap_or((Fr::ZERO, Fr::ZERO))
    }

    /// Looks a key up and returns its two values.
    pub fn find(&mut self, tag: Tag, key: Source) -> [Var; 3] {
        let (a, b) = self.table_values(tag, key.value());
        self.look(tag, key, Source::New(a), Source::New(b))
    }
}
