//! Where the fixed tables, the market nodes and the limbs stand: below the lanes and between them.

use ff::Field;

use super::builder::Builder;
use super::columns::{fixed, ACC};
use super::hash::BLOCK_ROWS;
use super::range::LIMB_BITS;
use super::table::{rows, Tag};
use zkmargin_engine::Fr;

impl Builder<'_> {
    /// MMKT4: lays the market nodes, the fixed tables and the limbs; call once, when every lane is
    /// full. Rows of the table stand wherever their columns are free.
    pub(super) fn lay_tables(&mut self) {
        let [value_a, value_b] = fixed::table_values(self.size);
        let tag_of = |tag: Tag| Fr::from(tag as u64);
        // Below the lanes that these rows switch off.
        let mut at = self.arithmetic_row.max(self.range_row);
        self.number("MMKT4");
        for node in std::mem::take(&mut self.market_nodes) {
            at = self.next_free(at, true);
            self.trace.copy(ACC, at, node);
            self.trace
                .fix(fixed::TABLE_TAG, at, tag_of(Tag::MarketNode));
            self.trace.fix(fixed::ACTIVE, at, Fr::from(2));
        }
        let mut end = at + 1;
        at = 0;
        for row in rows(self.policy) {
            at = self.next_free(at, true);
            self.trace.fix(fixed::TABLE_TAG, at, tag_of(row.tag));
            self.trace.fix(fixed::TABLE_KEY, at, row.key);
            self.trace.fix(value_a, at, row.a);
            self.trace.fix(value_b, at, row.b);
            end = end.max(at + 1);
        }
        let limbs = fixed::limbs(self.size);
        let shared = limbs == fixed::TABLE_TAG;
        // Tags are limbs themselves: 0 stands on every row without any.
        let first = if shared { Tag::Log as u64 + 1 } else { 0 };
        at = 0;
        for limb in first..1 << LIMB_BITS {
            if shared {
                at = self.next_free(at, false);
            }
            self.trace.fix(limbs, at, Fr::from(limb));
            at += 1;
            end = end.max(at);
        }
        self.table_rows = end;
    }

    /// The first row from `at` on that has no tag yet and, if asked, room for values.
    fn next_free(&self, at: usize, values: bool) -> usize {
        let set = |column: usize, row: usize| {
            let cell = self.trace.fixed[column].get(row);
            cell.is_some_and(|v| *v != Fr::ZERO)
        };
        // The gates of a hash read constants in all rows of a block, even where they are zero.
        let hashes = |row: usize| {
            [fixed::KIND, fixed::FULL, fixed::PARTIAL]
                .iter()
                .any(|c| set(*c, row))
        };
        let is_constant = |row: usize| {
            fixed::shared(self.size) && (row.saturating_sub(BLOCK_ROWS - 1)..=row).any(hashes)
        };
        (at..)
            .find(|&row| !(set(fixed::TABLE_TAG, row) || values && is_constant(row)))
            .unwrap_or(at)
    }
}
