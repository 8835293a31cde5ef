//! Pricing nodes: P1 to P16, and the table T1.

use ff::Field;
use zkmargin_circuits::circuit::columns::{C0, C1, C2, C5, C6};
use zkmargin_circuits::circuit::trace::{signed, to_i128};
use zkmargin_circuits::Fr;

use crate::support::attack::{only, Attack};

const CALL: &str = "BTC-1790323200-80000-C";
/// Scenario 2, price up by a quarter of the range.
const NODE: usize = 3;

/// Moves D of a node by some steps, with the right row of the normal table.
fn move_d1(attack: &mut Attack, slot: usize, node: usize, steps: i128) {
    let cell = attack.node(slot, node, C0, 0);
    let index = to_i128(attack.honest(cell)) + steps;
    let (n, phi) = attack.case.policy.tables().normal_at(index as i32);
    let (n1, phi1) = (
        attack.node(slot, node, C1, 0),
        attack.node(slot, node, C2, 0),
    );
    attack
        .forge(cell, signed(index))
        .forge(n1, Fr::from(n))
        .forge(phi1, Fr::from(u64::from(phi)));
}

#[test]
fn d1_off_by_two_steps() {
    let slot = Attack::mixed().slot(CALL);
    for node in [0, NODE, 22] {
        for steps in [-2, 2] {
            let mut attack = Attack::mixed();
            move_d1(&mut attack, slot, node, steps);
            // Beyond the table D has to stand at its end.
            let far = attack.honest(attack.node(slot, node, C6, 0)) != Fr::ZERO;
            let name = if far { "P3 end" } else { "P5 near" };
            let broken = attack.broken();
            assert_eq!(broken.get(name), Some(&1), "{broken:?}");
        }
    }
    let mut attack = Attack::mixed();
    move_d1(&mut attack, slot, NODE, 2);
    assert!(attack.mock_prover_refuses());
}

#[test]
fn table_value_off_by_one() {
    let slot = Attack::mixed().slot(CALL);
    for (column, row) in [(C1, 0), (C2, 0), (C1, 1), (C2, 1), (C1, 2), (C2, 2)] {
        let mut attack = Attack::mixed();
        let cell = attack.node(slot, NODE, column, row);
        attack.forge(cell, attack.honest(cell) + Fr::ONE);
        let broken = attack.broken();
        assert_eq!(broken.get("T1 tables"), Some(&1), "row {row}: {broken:?}");
    }
}

#[test]
fn scenario_repeated_in_place_of_another() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    for (column, from) in [(C0, 1), (C1, 1), (C2, 1)] {
        let value = attack.honest(attack.node(slot, from, column, 2));
        let cell = attack.node(slot, NODE, column, 2);
        attack.forge(cell, value);
    }
    let broken = attack.broken();
    assert_eq!(broken.get("P12 key"), Some(&1), "{broken:?}");
}

#[test]
fn scenario_of_another_class() {
    // BTC under the narrower or wider shocks of another underlying.
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let strike = attack.free(slot, "strike", 0);
    let class = attack.before(strike, C1, 3);
    for other in [1, 2] {
        attack.relent().forge(class, Fr::from(other));
        assert_eq!(attack.broken(), only("T1 tables", 1), "class {other}");
    }
}

#[test]
fn far_side_inside_the_table() {
    for side in [Fr::ONE, -Fr::ONE] {
        let mut attack = Attack::mixed();
        let slot = attack.slot(CALL);
        let cell = attack.node(slot, NODE, C6, 0);
        assert_eq!(attack.honest(cell), Fr::ZERO);
        attack.forge(cell, side);
        let broken = attack.broken();
        assert_eq!(broken.get("P3 end"), Some(&1), "{broken:?}");
    }
    let mut attack = Attack::mixed();
    let cell = attack.node(attack.slot(CALL), NODE, C6, 0);
    attack.forge(cell, Fr::from(2));
    let broken = attack.broken();
    assert_eq!(broken.get("P2 side"), Some(&1), "{broken:?}");
}

#[test]
fn clamped_without_reason() {
    // N(d2) taken for zero: the option looks dearer than it is.
    let mut attack = Attack::mixed();
    let cell = attack.node(attack.slot(CALL), NODE, C6, 1);
    assert_eq!(attack.honest(cell), Fr::ZERO);
    attack.forge(cell, Fr::ONE);
    assert_eq!(attack.broken(), only("P9 clamped", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn value_of_a_node_invented() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let taylor = attack.node(slot, NODE, C6, 2);
    attack.forge(taylor, attack.honest(taylor) - Fr::ONE);
    assert_eq!(attack.broken(), only("P11 Taylor", 1));
    for (row, name) in [(0, "P13 value"), (1, "P14 shift")] {
        let register = attack.node(slot, NODE, C5, row);
        let lie = attack.honest(register) + Fr::ONE;
        attack.relent().forge(register, lie);
        assert_eq!(attack.broken(), only(name, 1));
    }
}
