//! Cells that a gadget takes over or makes, and look-ups of them.

use ff::Field;

use super::columns::{fixed, Column, C0, C1, C2};
use super::lanes::{key_bytes, Lanes};
use super::table::Tag;
use super::trace::{Lane, Var};
use zkmargin_engine::Fr;

/// Key of a look-up.
pub const KEY: Column = C0;
/// First value of a look-up.
pub const VALUE_A: Column = C1;
/// Second value of a look-up.
pub const VALUE_B: Column = C2;
/// Cells of a look-up in its row.
pub const LOOKED_UP: [Column; 3] = [KEY, VALUE_A, VALUE_B];

/// A cell of a lookup: an existing one, or a fresh one.
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
}

impl Lanes<'_> {
    /// Looks `(key, a, b)` up in one row of the wide lane.
    pub(crate) fn look(&mut self, tag: Tag, key: Source, a: Source, b: Source) -> [Var; 3] {
        let at = self.next.wide;
        self.next.wide += 1;
        self.look_at(at, tag, key, a, b)
    }

    fn look_at(&mut self, row: usize, tag: Tag, key: Source, a: Source, b: Source) -> [Var; 3] {
        self.trace.laid(Lane::LookUp, row);
        self.trace.fix(fixed::TAG, row, Fr::from(tag as u64));
        [(KEY, key), (VALUE_A, a), (VALUE_B, b)]
            .map(|(column, source)| self.source(column, row, source))
    }

    /// Assigns a source.
    pub(super) fn source(&mut self, column: usize, row: usize, source: Source) -> Var {
        match source {
            Source::Old(v) => self.trace.copy(column, row, v),
            Source::New(v) => self.trace.put(column, row, v),
        }
    }

    /// Finds the values of a key in the fixed table; zeros when there is none.
    fn table_values(&self, tag: Tag, key: Fr) -> (Fr, Fr) {
        self.index
            .get(&(tag as u64, key_bytes(key)))
            .copied()
            .unwrap_or((Fr::ZERO, Fr::ZERO))
    }

    /// Looks a key up and returns its two values.
    pub(crate) fn find(&mut self, tag: Tag, key: Source) -> [Var; 3] {
        let (a, b) = self.table_values(tag, key.value());
        self.look(tag, key, Source::New(a), Source::New(b))
    }

    /// The same of a fresh key in a row of a pricing node.
    pub(super) fn find_at(&mut self, row: usize, tag: Tag, key: Fr) -> [Var; 3] {
        let (a, b) = self.table_values(tag, key);
        let [key, a, b] = [key, a, b].map(Source::New);
        self.look_at(row, tag, key, a, b)
    }
}
