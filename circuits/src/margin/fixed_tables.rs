//! Where the fixed tables, the market nodes and the limbs stand: below the lanes and between them.

use ff::Field;

use super::columns::{fixed, kinds, ACC};
use super::hash::BLOCK_ROWS;
use super::range::LIMB_BITS;
use super::table::{rows, rows_of_underlying, Tag, FIRST_MARKET_NODE, MARKET_NODES};
use super::trace::{Trace, Var};
use zkmargin_engine::policy::{Policy, MAX_UNDERLYINGS};
use zkmargin_engine::Fr;

/// MMKT4: lays the market nodes, the fixed tables and the limbs; call once, when every lane is
/// full. Rows of the market nodes switch the range lane off and stand above it; those of the
/// table stand wherever their columns are free. How many rows that takes.
pub(super) fn lay_tables(t: &mut Trace, policy: &Policy, market_nodes: Vec<Var>) -> usize {
    let size = t.columns.size;
    let table = fixed::table(size);
    let tag_of = |tag: Tag| Fr::from(tag.number());
    t.number("MMKT4");
    for (at, node) in (FIRST_MARKET_NODE..).zip(market_nodes) {
        t.copy(ACC, at, node);
        t.fix(fixed::TABLE_TAG, at, tag_of(Tag::MarketNode));
        t.fix(fixed::ACTIVE, at, Fr::from(2));
    }
    let (mut at, mut end) = (0, 0);
    let mut tags = std::collections::BTreeSet::from([0, Tag::MarketNode.number()]);
    for row in rows(policy) {
        tags.insert(row.tag.number());
        at = next_free(t, at, true);
        t.fix(fixed::TABLE_TAG, at, tag_of(row.tag));
        for (column, value) in table.into_iter().zip([row.key, row.a, row.b]) {
            t.fix(column, at, value);
        }
        end = end.max(at + 1);
    }
    let limbs = fixed::limbs(size);
    let shared = limbs == fixed::TABLE_TAG;
    // Tags are limbs themselves: 0 stands on every row without any.
    let stands = |limb: &u64| shared && tags.contains(limb);
    at = 0;
    for limb in (0..1 << LIMB_BITS).filter(|limb| !stands(limb)) {
        if shared {
            at = next_free(t, at, false);
        }
        t.fix(limbs, at, Fr::from(limb));
        at += 1;
        end = end.max(at);
    }
    end
}

/// The first row from `at` on that has no tag yet and, if asked, room for key and values.
fn next_free(trace: &Trace, at: usize, values: bool) -> usize {
    let taken = |row| is_set(trace, fixed::TABLE_TAG, row) || values && is_constant(trace, row);
    (at..).find(|&row| !taken(row)).unwrap_or(at)
}

fn is_set(trace: &Trace, column: usize, row: usize) -> bool {
    let cell = trace.fixed[column].get(row);
    cell.is_some_and(|v| *v != Fr::ZERO)
}

/// Whether the gates of a hash read constants in a row: in all rows of a block, even where they are zero.
fn is_constant(trace: &Trace, row: usize) -> bool {
    let hashes = |row: usize| {
        let kind = trace.fixed[fixed::KIND].get(row);
        is_set(trace, fixed::SBOXES, row) || kind == Some(&Fr::from(kinds::INPUTS))
    };
    fixed::shared(trace.columns.size) && (row.saturating_sub(BLOCK_ROWS - 1)..=row).any(hashes)
}

/// Underlyings that a policy may have before its tables need more than the `active` rows of a laid trace, as
/// many as any may have at most.
pub(super) fn codes(trace: &Trace, policy: &Policy, active: usize) -> usize {
    let laid = rows(policy);
    let tags: std::collections::BTreeSet<u64> = laid.iter().map(|row| row.tag.number()).collect();
    let nodes = FIRST_MARKET_NODE..FIRST_MARKET_NODE + MARKET_NODES;
    let free = (0..active).filter(|row| !nodes.contains(row));
    let with_values = free.filter(|row| !is_constant(trace, *row)).count();
    // Limbs that are no tags stand in rows of their own: 0 and the tag of the market nodes are among the tags.
    let limbs = match fixed::limbs(trace.columns.size) == fixed::TABLE_TAG {
        true => (1 << LIMB_BITS) - tags.len() - 2,
        false => 0,
    };
    let most = with_values.min(active - MARKET_NODES - limbs);
    let more = (most - laid.len()) / rows_of_underlying(policy);
    MAX_UNDERLYINGS.min(policy.underlyings().len() + more)
}
