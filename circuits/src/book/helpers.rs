//! Which fractions of the keyed sums share a helper column.

use std::ops::Range;

use zkmargin_engine::book::shape::Shape;

use super::columns::Columns;
use super::sums::{fractions, DEGREE};
use crate::system::algebra::{Degree, Degrees};

impl Columns {
    /// The columns of a shape.
    pub fn new(shape: Shape) -> Columns {
        let mut columns = Columns::lanes(shape);
        let degrees: Vec<[Degree; 2]> = fractions(&columns, &Degrees)
            .into_iter()
            .map(|f| [f.weight, f.key])
            .collect();
        columns.helpers = pack(&degrees);
        columns
    }
}

/// Cuts the fractions into runs that one helper column holds each.
pub(crate) fn pack(degrees: &[[Degree; 2]]) -> Vec<Range<usize>> {
    let fits = |run: &[[Degree; 2]]| {
        let keys: usize = run.iter().map(|[_, key]| key.0).sum();
        let weighted = run.iter().map(|[weight, key]| weight.0 + keys - key.0);
        // One more for the column of active rows.
        weighted.fold(keys + 1, usize::max) < DEGREE
    };
    let mut runs: Vec<Range<usize>> = Vec::new();
    for i in 0..degrees.len() {
        match runs.last_mut() {
            Some(run) if fits(&degrees[run.start..=i]) => run.end = i + 1,
            _ => runs.push(i..i + 1),
        }
    }
    runs
}
