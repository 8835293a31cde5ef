//! Opened rows and the market column: I1, I2, R1.

use zkmargin_circuits::circuit::columns::{fixed, ACC};
use zkmargin_circuits::circuit::trace::pow2;
use zkmargin_circuits::commitment::{hash8, tag};
use zkmargin_circuits::Fr;

use crate::support::attack::{only, Attack};

const CALL: &str = "BTC-1790323200-80000-C";

#[test]
fn row_not_in_the_market() {
    // The same option at another mark volatility, in a node of the attacker's.
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let opening = &mut attack.witness.slots[slot].opening;
    let cheaper = opening.row - pow2(148) * Fr::from(1_000);
    let at = opening.siblings.iter().position(|s| *s == opening.row);
    opening.siblings[at.expect("an honest opening")] = cheaper;
    opening.row = cheaper;
    let broken = attack.broken();
    assert_eq!(broken, only("T1 tables", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn row_that_is_no_child_of_its_node() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let opening = &mut attack.witness.slots[slot].opening;
    opening.row -= pow2(148) * Fr::from(1_000);
    assert_eq!(attack.broken(), only("H7 opening", 1));
}

#[test]
fn market_node_in_another_row() {
    // A node of the attacker's in a row of the table that is not a market row.
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let opening = &mut attack.witness.slots[slot].opening;
    let cheaper = opening.row - pow2(148) * Fr::from(1_000);
    let at = opening.siblings.iter().position(|s| *s == opening.row);
    opening.siblings[at.expect("an honest opening")] = cheaper;
    opening.row = cheaper;
    let node = hash8(tag::MARKET_NODE, &opening.siblings);
    let mut trace = attack.trace();
    let rows = Attack::claim(&trace);
    // In a fixed row of the range lane, in a fixed row below it, and below every table.
    for row in [1, 7_000, 8_100] {
        let honest = trace.advice[ACC][row];
        trace.advice[ACC][row] = node;
        let broken = attack.check(&trace, &rows);
        assert!(broken.contains_key("R1"), "row {row}: {broken:?}");
        assert_eq!(broken.get("T1 tables"), Some(&1), "row {row}: {broken:?}");
        trace.advice[ACC][row] = honest;
    }
    // In a market row the copy of the hashed node is broken instead.
    let first = (0..trace.rows())
        .find(|row| trace.fixed[fixed::ACTIVE][*row] == Fr::from(2))
        .expect("market rows");
    trace.advice[ACC][first + 500] = node;
    assert_eq!(attack.check(&trace, &rows), only("copy", 1));
}
