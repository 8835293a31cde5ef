//! The wide lane: cells that a gadget takes over or makes, and look-ups of them.
//!
//! Hashes are laid in it too ([`super::hash`]). Its first rows are those of the pricing nodes
//! ([`super::node`]), each at a place of its own; the unit of the arithmetic lane comes next.

use std::collections::HashMap;

use ff::{Field, PrimeField};

use super::arithmetic::Arithmetic;
use super::columns::{fixed, Column, C0, C1, C2};
use super::table::{self, Tag};
use super::trace::{Lane, Source, Trace, Var};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// Key of a look-up.
pub const KEY: Column = C0;
/// First value of a look-up.
pub const VALUE_A: Column = C1;
/// Second value of a look-up.
pub const VALUE_B: Column = C2;
/// Cells of a look-up in its row.
pub const LOOKED_UP: [Column; 3] = [KEY, VALUE_A, VALUE_B];

/// The lane, and the table that its rows look things up in.
pub(crate) struct Wide<'p> {
    /// The policy whose tables and grid are compiled in.
    pub(super) policy: &'p Policy,
    /// The next free row.
    pub(super) next: usize,
    /// Values of the fixed table by tag and key.
    index: HashMap<(u64, [u8; 32]), (Fr, Fr)>,
}

/// The cells of a row are looked up under a tag.
fn looks(t: &mut Trace, row: usize, tag: Tag) {
    t.laid(Lane::LookUp, row);
    t.fix(fixed::TAG, row, Fr::from(tag.number()));
}

/// `(key, a, b)` under a tag in one row.
fn look(t: &mut Trace, row: usize, tag: Tag, sources: [Source; 3]) -> [Var; 3] {
    looks(t, row, tag);
    std::array::from_fn(|i| sources[i].lay(t, LOOKED_UP[i], row))
}

/// MARI3: the unit, of which the arithmetic lane's constants are multiples, looked up in a row of the lane.
pub fn unit(t: &mut Trace, row: usize) -> Var {
    let before = t.number("MARI3");
    let sources = [Fr::ONE, Fr::ZERO, Fr::ZERO].map(Source::New);
    let [unit, ..] = look(t, row, Tag::Unit, sources);
    t.number(before);
    unit
}

impl<'p> Wide<'p> {
    /// The lane from a row on, below the pricing nodes and the unit.
    pub(super) fn new(policy: &'p Policy, next: usize) -> Self {
        let rows = table::rows(policy).into_iter();
        Wide {
            policy,
            next,
            index: rows
                .map(|r| ((r.tag.number(), r.key.to_repr()), (r.a, r.b)))
                .collect(),
        }
    }

    /// Looks `(key, a, b)` up in the next row.
    pub(crate) fn look(&mut self, a: &mut Arithmetic, tag: Tag, sources: [Source; 3]) -> [Var; 3] {
        let row = self.next;
        self.next += 1;
        look(&mut a.trace, row, tag, sources)
    }

    /// Finds the values of a key in the fixed table; zeros when there is none.
    fn table_values(&self, tag: Tag, key: Fr) -> (Fr, Fr) {
        self.index
            .get(&(tag.number(), key.to_repr()))
            .copied()
            .unwrap_or((Fr::ZERO, Fr::ZERO))
    }

    /// Looks a key up and returns its two values.
    pub(crate) fn find(&mut self, a: &mut Arithmetic, tag: Tag, key: Source) -> [Var; 3] {
        let (first, second) = self.table_values(tag, key.value());
        self.look(a, tag, [key, Source::New(first), Source::New(second)])
    }

    /// Looks up a key that stands in a row of a pricing node, and lays its two values beside it.
    pub(super) fn find_beside(&self, t: &mut Trace, tag: Tag, key: Var) -> [Var; 2] {
        let row = key.cell.row;
        looks(t, row, tag);
        let (a, b) = self.table_values(tag, key.value);
        [t.put(VALUE_A, row, a), t.put(VALUE_B, row, b)]
    }
}
