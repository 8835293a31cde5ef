//! Joins, signs and the groups they make.

use ff::Field;
use zkmargin_circuits::margin::columns::G2;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::is_negative;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};

/// Whether a slot joins the one before it; the first joins nothing.
fn join(attack: &Attack, expiries: bool, slot: usize) -> Cell {
    let name = if expiries {
        Free::JoinsExpiry
    } else {
        Free::JoinsStrike
    };
    attack.shared(name, slot - 1)
}

fn join_unequal(expiries: bool, number: &str) {
    let mut attack = Attack::mixed();
    let mut tried = 0;
    for slot in 1..attack.case.account.positions.len() {
        let cell = join(&attack, expiries, slot);
        if attack.honest(cell) == Fr::ZERO {
            attack.relent().forge(cell, Fr::ONE);
            let broken = attack.broken();
            assert_eq!(broken, only(number, 1), "slot {slot}");
            tried += 1;
        }
    }
    assert!(tried > 3, "{tried}");
}

#[test]
fn join_of_unequal_strikes() {
    join_unequal(false, "MNET11");
}

#[test]
fn join_of_unequal_expiries() {
    join_unequal(true, "MNET18");
}

#[test]
fn not_joining_costs_the_prover() {
    let mut attack = Attack::mixed();
    let cells: Vec<Cell> = (1..attack.case.account.positions.len())
        .map(|slot| join(&attack, true, slot))
        .filter(|c| attack.honest(*c) == Fr::ONE)
        .collect();
    assert!(!cells.is_empty());
    let roll = attack.shared(Free::RollCharge, 0);
    let honest = attack.honest(roll);
    for cell in cells {
        attack.relent().forge(cell, Fr::ZERO);
        let lie = attack.trace().advice[roll.column][roll.row];
        assert!(!is_negative(lie - honest), "the charge fell");
    }
}

/// Flips every sign that is not of zero; the range of its sum must refuse each.
fn flip_signs(name: Free, number: &str) {
    let mut attack = Attack::mixed();
    let slots = attack.case.size.slots();
    let (mut refused, mut alone) = (0, 0);
    for slot in 0..slots {
        let cell = attack.shared(name, slot);
        let flipped = Fr::ONE - attack.honest(cell);
        attack.relent().forge(cell, flipped);
        let broken = attack.broken();
        if !broken.is_empty() {
            assert!(broken.contains_key(number), "{broken:?}");
            alone += usize::from(broken.len() == 1);
            refused += 1;
        }
    }
    assert!(refused >= 3 && alone >= 1, "{name:?}: {refused}, {alone}");
}

#[test]
fn abs_below_its_argument() {
    flip_signs(Free::DeltaSign, "MNET23");
}

#[test]
fn short_options_hidden() {
    flip_signs(Free::ShortSign, "MNET15");
}

/// Where a number puts its result in the slot of an instrument; sums have no row in the first slot,
/// closed sums none in the last.
fn result(attack: &Attack, number: &str, slot: usize) -> Cell {
    let rows = attack.rows(Lane::Arithmetic, number);
    let each = rows.len() / (attack.case.size.slots() - 1);
    let row = rows[(slot + 1) * each - 1];
    Cell { column: G2, row }
}

#[test]
fn sums_of_groups_invented() {
    let attack = Attack::mixed();
    let slot = attack.slot("BTC-1790323200-80000-C");
    let next = attack.slot("BTC-1790323200-80000-P");
    assert_eq!(next, slot + 1);
    let cells = [
        // The put hides the calls that it is joined with.
        ("MNET12", result(&attack, "MNET12", slot)),
        ("MNET19", result(&attack, "MNET19", slot)),
        // A sum that a group ends with.
        ("MNET13", result(&attack, "MNET13", next)),
        ("MNET20", result(&attack, "MNET20", next)),
        // What it is without its sign.
        ("MNET22", attack.result("MNET22", Some(next))),
    ];
    for (number, cell) in cells {
        let mut attack = Attack::mixed();
        assert_ne!(attack.honest(cell), Fr::ZERO, "{number}");
        attack.forge(cell, Fr::ZERO);
        assert_eq!(attack.broken(), only(number, 1));
    }
    // A unit less is short of it than is, which tells the sign as well.
    let mut attack = Attack::mixed();
    attack.shift(attack.result("MNET16", Some(next)), Fr::ONE);
    assert_eq!(attack.broken(), only("MNET16", 1));
}

#[test]
fn key_of_another_strike() {
    // The long put of one strike covers the short put of another.
    let mut attack = Attack::mixed();
    let (one, other) = (
        attack.slot("BTC-1787385600-75000-P"),
        attack.slot("BTC-1790323200-80000-C"),
    );
    assert_eq!(other, one + 1);
    let cells = [one, other].map(|slot| attack.result("MNET9", Some(slot)));
    attack.forge(cells[1], attack.honest(cells[0]));
    assert_eq!(attack.broken(), only("MNET9", 1));
}
