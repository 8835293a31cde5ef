//! Pricing nodes, and what they look up.

use ff::Field;
use zkmargin_circuits::margin::columns::C0;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::node::cells::{
    register, CLAMP, D, G, GROSS, LAMBDA, LIMBS, N1, N2, N2X, NODE_ROWS, PARITY, PHI1, PHI2, RHO,
    SIDE, W_HIGH, W_LOW, Z,
};
use zkmargin_circuits::margin::trace::Cell;
use zkmargin_circuits::margin::wide::VALUE_A;
use zkmargin_engine::field::{low_u64, pow2, signed, to_i128};
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};
use crate::support::fixture::Case;

const CALL: &str = "BTC-1790323200-80000-C";
/// Scenario 2, price up by a quarter of the range.
const NODE: usize = 3;

/// Moves D of a node by some steps, with the right row of the normal table.
fn move_d1(attack: &mut Attack, slot: usize, node: usize, steps: i128) {
    let cell = attack.node(slot, node, D);
    let index = to_i128(attack.honest(cell)) + steps;
    let (n, phi) = attack.case.policy.tables().normal_at(index as i32);
    let (n1, phi1) = (attack.node(slot, node, N1), attack.node(slot, node, PHI1));
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
            let far = attack.honest(attack.node(slot, node, SIDE)) != Fr::ZERO;
            let name = if far { "MNOD3" } else { "MNOD5" };
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
    let rows = ["MNOD27", "MNOD28", "MNOD29"];
    for (of, row) in [
        (N1, 0),
        (PHI1, 0),
        (N2, 1),
        (PHI2, 1),
        (LAMBDA, 2),
        (GROSS, 2),
    ] {
        let mut attack = Attack::mixed();
        let cell = attack.node(slot, NODE, of);
        attack.forge(cell, attack.honest(cell) + Fr::ONE);
        let broken = attack.broken();
        assert_eq!(broken.get(rows[row]), Some(&1), "row {row}: {broken:?}");
    }
}

#[test]
fn scenario_repeated_in_place_of_another() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    for of in [LAMBDA, GROSS] {
        let value = attack.honest(attack.node(slot, 1, of));
        let cell = attack.node(slot, NODE, of);
        attack.forge(cell, value);
    }
    let broken = attack.broken();
    assert_eq!(broken.get("MNOD29"), Some(&1), "{broken:?}");
}

#[test]
fn scenario_of_another_class() {
    // BTC under the narrower or wider shocks of another underlying.
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let class = attack.look_up("MINS3", slot, 0, VALUE_A);
    for other in [1, 2] {
        attack.relent().forge(class, Fr::from(other));
        assert_eq!(attack.broken(), only("MINS3", 1), "class {other}");
    }
}

#[test]
fn far_side_inside_the_table() {
    for side in [Fr::ONE, -Fr::ONE] {
        let mut attack = Attack::mixed();
        let slot = attack.slot(CALL);
        let cell = attack.node(slot, NODE, SIDE);
        assert_eq!(attack.honest(cell), Fr::ZERO);
        attack.forge(cell, side);
        let broken = attack.broken();
        assert_eq!(broken.get("MNOD3"), Some(&1), "{broken:?}");
    }
    let mut attack = Attack::mixed();
    let cell = attack.node(attack.slot(CALL), NODE, SIDE);
    attack.forge(cell, Fr::from(2));
    let broken = attack.broken();
    assert_eq!(broken.get("MNOD2"), Some(&1), "{broken:?}");
}

#[test]
fn clamped_without_reason() {
    // N(d2) taken for zero: the option looks dearer than it is.
    let mut attack = Attack::mixed();
    let cell = attack.node(attack.slot(CALL), NODE, CLAMP);
    assert_eq!(attack.honest(cell), Fr::ZERO);
    attack.forge(cell, Fr::ONE);
    assert_eq!(attack.broken(), only("MNOD9", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn value_of_a_node_invented() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let taylor = attack.node(slot, NODE, N2X);
    attack.forge(taylor, attack.honest(taylor) - Fr::ONE);
    assert_eq!(attack.broken(), only("MNOD11", 1));
    for (j, number) in [(0, "MNOD13"), (1, "MNOD14")] {
        let register = attack.node(slot, NODE, register(j));
        let lie = attack.honest(register) + Fr::ONE;
        attack.relent().forge(register, lie);
        assert_eq!(attack.broken(), only(number, 1));
    }
}

/// Moves D of a node far from d1; what measures the distance is invented.
fn far_from_d1(cell: fn(&Attack, usize) -> Cell) -> Attack {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    move_d1(&mut attack, slot, NODE, 300);
    let invented = cell(&attack, slot);
    attack.forge(invented, Fr::ZERO);
    attack
}

#[test]
fn distance_to_d1_invented() {
    let attack = far_from_d1(|attack, slot| attack.node(slot, NODE, RHO));
    assert_eq!(attack.broken(), only("MNOD1", 1));
}

#[test]
fn scaled_distance_invented() {
    let attack = far_from_d1(|attack, slot| attack.node(slot, NODE, Z));
    assert_eq!(attack.broken(), only("MNOD4", 1));
}

/// The distance is what it is, and one limb holds all of it.
#[test]
fn limb_of_a_node_out_of_range() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    move_d1(&mut attack, slot, NODE, 300);
    let trace = attack.trace();
    let z = attack.node(slot, NODE, Z);
    let total = trace.advice[z.column][z.row] + pow2(35);
    let limbs = [0, 1, 2].map(|i| attack.node(slot, NODE, LIMBS[i]));
    attack.forge(limbs[0], total);
    attack.forge(limbs[1], Fr::ZERO).forge(limbs[2], Fr::ZERO);
    assert_eq!(attack.broken(), only("MNOD15", 1));
}

#[test]
fn d2_invented() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let g = attack.node(slot, NODE, G);
    let index = to_i128(attack.honest(g)) - 300;
    let (n, phi) = attack.case.policy.tables().normal_at(index as i32);
    let [n2, phi2] = [N2, PHI2].map(|cell| attack.node(slot, NODE, cell));
    attack
        .forge(g, signed(index))
        .forge(n2, Fr::from(n))
        .forge(phi2, Fr::from(u64::from(phi)));
    assert_eq!(attack.broken(), only("MNOD8", 1));
}

/// A clamp where d2 is well inside the table: the parity makes up for the distance.
#[test]
fn parity_that_is_no_bit() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let [clamp, parity] = [CLAMP, PARITY].map(|cell| attack.node(slot, NODE, cell));
    let d = attack.honest(attack.node(slot, NODE, D));
    let w_high = attack.honest(attack.node(slot, NODE, W_HIGH));
    attack
        .forge(clamp, Fr::ONE)
        .forge(parity, w_high - d - Fr::from(3072));
    assert_eq!(attack.broken(), only("MNOD7", 1));
}

/// Deep in the money d1 and d2 are above the table, and the strike is owed in full.
#[test]
fn clamp_above_the_table() {
    let deep = "BTC-1787385600-60000-C";
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (deep, "1")]));
    let slot = attack.slot(deep);
    let [side, clamp] = [SIDE, CLAMP].map(|cell| attack.node(slot, 0, cell));
    assert_eq!(attack.honest(side), Fr::ONE);
    attack.forge(clamp, Fr::ONE);
    assert_eq!(attack.broken(), only("MNOD10", 1));
}

/// What the requirement reads of the last slot's registers is not what stands there.
#[test]
fn exported_register_invented() {
    let mut attack = Attack::mixed();
    let nodes = attack.case.policy.scenarios().len() + 1;
    // Equity of the latest underlying: a gain that no scenario takes away again. Later parts
    // compare every scenario with it, so all of them are raised.
    for node in 0..nodes {
        let row = (attack.case.size.slots() * nodes + node) * NODE_ROWS;
        let cell = Cell { column: C0, row };
        let gain = pow2(76 + 60) * Fr::from(1_000_000_000_000);
        attack.forge(cell, attack.honest(cell) + gain);
    }
    assert_eq!(attack.broken(), only("MNOD16", nodes));
}

/// A side of one half at half the end of the table: there the fourth limb counts 2^34, and d1 may be
/// two standard deviations off.
#[test]
fn side_of_one_half() {
    let mut attack = Attack::mixed();
    let slot = attack.slot("BTC-1787385600-75000-P");
    let half = Fr::from(2).invert().expect("not zero");
    let index = 1536;
    let (n, phi) = attack.case.policy.tables().normal_at(index);
    let [d, n1, phi1] = [D, N1, PHI1].map(|cell| attack.node(slot, 0, cell));
    assert!(to_i128(attack.honest(d)) < index.into());
    attack
        .forge(d, signed(index.into()))
        .forge(n1, Fr::from(n))
        .forge(phi1, Fr::from(u64::from(phi)));
    let side = attack.node(slot, 0, SIDE);
    attack.forge(side, half);
    // An odd reciprocal, and of sixteen values of B one that makes four times the limbs divisible.
    let [reciprocal, b] =
        [Free::Reciprocal, Free::Moneyness].map(|name| attack.free(slot, name, 0));
    let mu = low_u64(attack.honest(reciprocal));
    attack.forge(reciprocal, Fr::from((mu - 1) | 1));
    let read = |attack: &Attack, cell: Cell| attack.trace().advice[cell.column][cell.row];
    let honest = read(&attack, b);
    for less in 0..4 {
        attack.forge(b, honest - Fr::from(less));
        let [z, rho] = [Z, RHO].map(|cell| read(&attack, attack.node(slot, 0, cell)));
        let w = read(&attack, attack.node(slot, 0, W_HIGH)) * pow2(16)
            + read(&attack, attack.node(slot, 0, W_LOW));
        let quarter = half.square();
        let total = z + (Fr::ONE - quarter) * pow2(35) + quarter * w - half * rho;
        let whole = low_u64(total);
        if Fr::from(whole) != total {
            continue;
        }
        let limbs = [
            whole & 0xfff,
            whole >> 12 & 0xfff,
            whole >> 24 & 0x3ff,
            whole >> 34,
        ];
        assert!(limbs[3] < 1 << 12, "{whole}");
        for (cell, limb) in LIMBS.into_iter().zip(limbs) {
            let cell = attack.node(slot, 0, cell);
            attack.forge(cell, Fr::from(limb));
        }
        assert_eq!(attack.broken(), only("MNOD2", 1));
        return;
    }
    panic!("no B fits");
}
