//! Permutations: inputs, squares, rounds, openings.

use ff::Field;
use zkmargin_circuits::margin::columns::{C0, C3, C4, C5};
use zkmargin_circuits::margin::hash::BLOCK_ROWS;
use zkmargin_circuits::margin::trace::Cell;
use zkmargin_circuits::system::poseidon::{BLOCKS, WIDTH};
use zkmargin_engine::commitment::params::params;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};

/// The first row of the hash that makes the book's root, which nothing but the claim compares.
fn root_hash(attack: &Attack) -> usize {
    attack.copies("MBOK3")[1].row
}

/// The input of an S-box, or its fourth power three columns further.
fn cell(first: usize, block: usize, lane: usize, power: bool) -> Cell {
    Cell {
        column: if power { C3 } else { C0 } + lane % 3,
        row: first + (block + 1) * BLOCK_ROWS + lane / 3,
    }
}

#[test]
fn state_of_a_permutation_invented() {
    // Block 0 follows from the inputs, 1 from a full round, 4 and 5 are partial rounds, of which the
    // last depends on all; block 15 is the final state.
    let blocks = [
        (0, "MHSH1"),
        (1, "MHSH3"),
        (15, "MHSH3"),
        (4, "MHSH4"),
        (5, "MHSH4"),
    ];
    for (block, number) in blocks {
        for lane in [0, WIDTH / 2, WIDTH - 1] {
            let mut attack = Attack::mixed();
            let at = cell(root_hash(&attack), block, lane, false);
            attack.forge(at, attack.honest(at) + Fr::ONE);
            let broken = attack.broken();
            // Later rounds of the same block read it too.
            let rows = if number == "MHSH4" { WIDTH - lane } else { 1 };
            assert_eq!(broken, only(number, rows), "block {block}, lane {lane}");
        }
    }
}

#[test]
fn fourth_power_of_another_number() {
    // In the last round, so that the final state follows by the matrix alone.
    for lane in [0, WIDTH / 2, WIDTH - 1] {
        let mut attack = Attack::mixed();
        let first = root_hash(&attack);
        let [u, s] = [false, true].map(|power| cell(first, BLOCKS - 1, lane, power));
        let lie = attack.honest(s) + Fr::ONE;
        let output = |s: Fr| s * attack.honest(u);
        let more = output(lie) - output(attack.honest(s));
        for (i, row) in params(WIDTH).mds.iter().enumerate() {
            let state = cell(first, BLOCKS, i, false);
            let value = attack.honest(state) + row[lane] * more;
            attack.forge(state, value);
        }
        attack.forge(s, lie);
        assert_eq!(attack.broken(), only("MHSH2", 1), "lane {lane}");
    }
}

#[test]
fn opening_with_an_invented_product() {
    // The opened leaf is none of the children; one of the products says that it is.
    for (column, row) in [(C4, 0), (C5, 0), (C3, 1), (C4, 1), (C5, 1), (C3, 2)] {
        let mut attack = Attack::mixed();
        attack.witness.book_path[0][1] += Fr::ONE;
        let mut node = attack.witness.book_path[0];
        for level in 1..attack.witness.book_path.len() {
            let digest = zkmargin_engine::commitment::hash8(
                zkmargin_engine::commitment::tag::BOOK_NODE,
                &node,
            );
            attack.witness.book_path[level][0] = digest;
            node = attack.witness.book_path[level];
        }
        assert_eq!(attack.broken(), only("MBOK1", 1));
        let first = attack.copies("MBOK2")[0].row;
        let product = Cell {
            column,
            row: first + row,
        };
        attack.forge(product, Fr::ZERO);
        assert_eq!(
            attack.broken(),
            only("MBOK1", 1),
            "column {column}, row {row}"
        );
    }
}
