//! Joins, signs and the groups they make: N6 to N14.

use ff::Field;
use zkmargin_circuits::circuit::trace::{is_negative, Cell};
use zkmargin_circuits::Fr;

use crate::support::attack::{only, Attack};

/// Joins of equal strikes come first, one per slot after the first; then those of equal expiries.
fn join(attack: &Attack, expiries: bool, slot: usize) -> Cell {
    let slots = attack.case.size.slots();
    attack.shared("join", usize::from(expiries) * (slots - 1) + slot - 1)
}

fn join_unequal(expiries: bool) {
    let mut attack = Attack::mixed();
    let mut tried = 0;
    for slot in 1..attack.case.account.positions.len() {
        let cell = join(&attack, expiries, slot);
        if attack.honest(cell) == Fr::ZERO {
            attack.relent().forge(cell, Fr::ONE);
            let broken = attack.broken();
            assert_eq!(broken.get("A1"), Some(&1), "slot {slot}: {broken:?}");
            tried += 1;
        }
    }
    assert!(tried > 3, "{tried}");
}

#[test]
fn join_of_unequal_strikes() {
    join_unequal(false);
}

#[test]
fn join_of_unequal_expiries() {
    join_unequal(true);
}

#[test]
fn not_joining_costs_the_prover() {
    let mut attack = Attack::mixed();
    let cells: Vec<Cell> = (1..attack.case.account.positions.len())
        .map(|slot| join(&attack, true, slot))
        .filter(|c| attack.honest(*c) == Fr::ONE)
        .collect();
    assert!(!cells.is_empty());
    // The roll charge is the second add-on.
    let roll = attack.shared("money", 1);
    let honest = attack.honest(roll);
    for cell in cells {
        attack.relent().forge(cell, Fr::ZERO);
        let lie = attack.trace().advice[roll.column][roll.row];
        assert!(!is_negative(lie - honest), "the charge fell");
    }
}

/// Flips every sign that is not of zero; `R1` must refuse each.
fn flip_signs(name: &str) {
    let mut attack = Attack::mixed();
    let slots = attack.case.size.slots();
    let mut refused = 0;
    for slot in 0..slots {
        let cell = attack.shared(name, slot);
        let flipped = Fr::ONE - attack.honest(cell);
        attack.relent().forge(cell, flipped);
        let broken = attack.broken();
        if !broken.is_empty() {
            assert_eq!(broken, only("R1", broken.get("R1").copied().unwrap_or(0)));
            refused += 1;
        }
    }
    assert!(refused >= 3, "{name}: {refused}");
}

#[test]
fn abs_below_its_argument() {
    flip_signs("roll sign");
}

#[test]
fn short_options_hidden() {
    flip_signs("short sign");
}
