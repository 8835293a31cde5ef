//! Opened rows and the market column: I1, I2, T2.

use ff::Field;
use zkmargin_circuits::circuit::columns::MARKET;
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
fn market_cell_in_a_fixed_row() {
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
    for row in [1, 7_000] {
        trace.advice[MARKET][row] = node;
        let broken = attack.check(&trace, &rows);
        assert_eq!(broken.get("T2"), Some(&1), "row {row}: {broken:?}");
        trace.advice[MARKET][row] = Fr::ZERO;
    }
    // Beyond the table the column is free, and no look-up reads it.
    let last = trace.advice[MARKET].len() - 40;
    trace.advice[MARKET][last] = node;
    assert_eq!(attack.check(&trace, &rows), only("T1 tables", 1));
}
