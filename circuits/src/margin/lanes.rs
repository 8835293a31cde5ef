//! Three lanes, each a cursor that owns its rows: [`Arithmetic`], `Ranges` and `Wide`. A gadget is
//! a function that takes the lanes in which it lays, and hands out cells.
//!
//! Every gadget needs sums, so the arithmetic lane owns the trace, and the others lay theirs
//! through it.

use std::collections::BTreeMap;

use super::arithmetic::Arithmetic;
use super::range::Ranges;
use super::wide::Wide;

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

impl Rows {
    /// The next free row of each lane.
    pub(super) fn next(a: &Arithmetic, ranges: &Ranges, wide: &Wide<'_>) -> Self {
        Rows {
            wide: wide.next,
            arithmetic: a.next,
            range: ranges.next,
        }
    }
}

/// How many rows each part takes.
pub(super) struct Parts {
    pub(super) rows: BTreeMap<&'static str, Rows>,
    mark: Rows,
}

impl Parts {
    /// Begins where the lanes are; the wide lane is below the pricing nodes.
    pub(super) fn new(begin: Rows) -> Self {
        let pricing = Rows {
            wide: begin.wide,
            ..Rows::default()
        };
        Parts {
            rows: BTreeMap::from([("pricing nodes", pricing)]),
            mark: begin,
        }
    }

    /// Books the rows since the last call on a part.
    pub(super) fn book(&mut self, part: &'static str, now: Rows) {
        let rows = self.rows.entry(part).or_default();
        rows.wide += now.wide - self.mark.wide;
        rows.arithmetic += now.arithmetic - self.mark.arithmetic;
        rows.range += now.range - self.mark.range;
        self.mark = now;
    }
}
