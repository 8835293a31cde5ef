//! Cutting the columns of a batch into parts that are laid at the same time.
//!
//! Accounts follow each other in every lane, each lane at its own pace: a run of accounts has a run
//! of rows in each column, which starts where the accounts before it end.

use zkmargin_engine::book::shape::{Needs, GROUPS_PER_ROW, POSITIONS_PER_ROW};
use zkmargin_engine::Fr;

use crate::book::columns::Columns;

/// Rows of every column of the first phase that one task lays.
pub(super) struct Part<'t> {
    /// First row and rows, by column.
    columns: Vec<(usize, &'t mut [Fr])>,
}

impl Part<'_> {
    /// Lays a cell; nowhere else than in the part.
    pub(super) fn set(&mut self, column: usize, row: usize, value: Fr) {
        let (first, cells) = &mut self.columns[column];
        cells[row - *first] = value;
    }
}

/// Whose pace a column follows.
#[derive(Clone, Copy)]
enum Lane {
    Stream,
    Position(usize),
    Group(usize),
    Risk,
    Table,
}

impl Lane {
    /// The row of a column from which on it is free when so much has been laid.
    fn row(self, laid: &Needs) -> usize {
        // Slot s of a row is taken by the items s, s + slots, s + 2·slots, …
        let row = |items: usize, slots: usize, slot| items.saturating_sub(slot).div_ceil(slots);
        match self {
            Lane::Stream => laid.stream,
            Lane::Position(slot) => row(laid.positions, POSITIONS_PER_ROW, slot),
            Lane::Group(slot) => row(laid.groups, GROUPS_PER_ROW, slot),
            Lane::Risk => laid.risk,
            Lane::Table => 0,
        }
    }
}

/// The lane of every column of the first phase.
fn lanes(columns: &Columns) -> Vec<Lane> {
    // In the order in which the columns were handed out: first columns of runs, and their lanes.
    let mut runs = vec![(columns.hash.sboxes, Lane::Stream)];
    let positions = columns.positions.iter().enumerate();
    runs.extend(positions.map(|(slot, p)| (p.live, Lane::Position(slot))));
    let groups = columns.groups.iter().enumerate();
    runs.extend(groups.map(|(slot, g)| (g.key, Lane::Group(slot))));
    runs.push((columns.risk.key, Lane::Risk));
    runs.push((columns.table.power, Lane::Table));
    let lane = |column: usize| runs.iter().rev().find(|(first, _)| *first <= column);
    (0..columns.first_phase)
        .map(|column| lane(column).map_or(Lane::Table, |(_, lane)| *lane))
        .collect()
}

/// The parts between cuts; each cut is what has been laid before the next part.
pub(super) fn parts<'t>(
    columns: &Columns,
    advice: &'t mut [Vec<Fr>],
    cuts: &[Needs],
) -> Vec<Part<'t>> {
    let count = cuts.len().saturating_sub(1);
    let mut parts: Vec<Part<'t>> = (0..count)
        .map(|_| Part {
            columns: Vec::with_capacity(columns.first_phase),
        })
        .collect();
    for (column, lane) in advice.iter_mut().zip(lanes(columns)) {
        let (mut rest, mut at) = (&mut column[..], 0);
        for (part, pair) in parts.iter_mut().zip(cuts.windows(2)) {
            let (from, to) = (lane.row(&pair[0]), lane.row(&pair[1]));
            let (_, after) = rest.split_at_mut(from - at);
            let (own, after) = after.split_at_mut(to - from);
            part.columns.push((from, own));
            (rest, at) = (after, to);
        }
    }
    parts
}
