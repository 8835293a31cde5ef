//! Copies: a cell that should be another cell's copy is not. What follows from it follows, and only the
//! copy is broken.

use ff::Field;
use zkmargin_circuits::margin::columns::{C0, C1, C5, C7};
use zkmargin_circuits::margin::trace::Cell;
use zkmargin_engine::field::pow2;
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};
use crate::support::fixture::Case;

const CALL: &str = "BTC-1790323200-80000-C";
const NODE: usize = 3;

type Lie = fn(Fr) -> Fr;

#[test]
fn inputs_of_a_node_are_those_of_its_slot() {
    let table: [(&str, Lie); 9] = [
        ("MNOD18", |_| Fr::ZERO),
        ("MNOD19", |_| Fr::ZERO),
        ("MNOD20", |mu| mu - Fr::ONE),
        ("MNOD21", |r| r + Fr::ONE),
        ("MNOD22", |same| Fr::ONE - same),
        ("MNOD23", |w| w - Fr::ONE),
        ("MNOD24", |b| b + Fr::ONE),
        ("MNOD25", |linear| linear + pow2(40)),
        ("MNOD26", |class| class + Fr::ONE),
    ];
    for (number, lie) in table {
        let mut attack = Attack::mixed();
        let nodes = attack.case.policy.scenarios().len() + 1;
        let cell = attack.copies(number)[attack.slot(CALL) * nodes + NODE];
        attack.forge(cell, lie(attack.honest(cell)));
        assert_eq!(attack.broken(), only(number, 1));
    }
}

#[test]
fn cells_that_are_hashed_are_those_that_are_meant() {
    // Market tree, time and root of the market; padding, tag, root, secret, scope and number.
    let table: [(&str, usize); 8] = [
        ("MMKT2", 3),
        ("MMKT3", 0),
        ("MMKT5", 0),
        ("MHSH13", 0),
        ("MBOK3", 1),
        ("MBOK4", 0),
        ("MBOK5", 0),
        ("MBOK6", 0),
    ];
    for (number, n) in table {
        let mut attack = Attack::mixed();
        let copies = attack.copies(number);
        // Of the padding, that of the last hash: others are compared with something.
        let cell = if number == "MHSH13" {
            copies[copies.len() - 1]
        } else {
            copies[n]
        };
        attack.shift(cell, Fr::ONE);
        assert_eq!(attack.broken(), only(number, 1));
    }
    let mut attack = Attack::mixed();
    let row = attack.copies("MBOK3")[1].row;
    attack.shift(Cell { column: C0, row }, Fr::ONE);
    assert_eq!(attack.broken(), only("MHSH12", 1));
}

#[test]
fn leaf_of_other_cells() {
    // Identity and count of the header, the state of the first link, positions of both: the leaf is the
    // attacker's and stands in a book, but it is not that of the account that is proven.
    let cells = [
        ("MLEF1", 1),
        ("MLEF2", 0),
        ("MLEF3", 0),
        ("MLEF4", 3),
        ("MLEF4", 4),
    ];
    for (number, n) in cells {
        let mut attack = Attack::mixed();
        let cell = attack.copies(number)[n];
        attack.forge(cell, attack.honest(cell) + Fr::ONE).own_book();
        assert_eq!(attack.broken(), only(number, 1));
    }
}

#[test]
fn leaf_of_somebody_else() {
    // The first level opens the leaf beside that of the account.
    let mut attack = Attack::mixed();
    let opened = attack.copies("MBOK2")[0];
    attack.forge(opened, Fr::from(7));
    assert_eq!(attack.broken(), only("MBOK2", 1));
}

#[test]
fn exported_register_of_a_large_account() {
    // Registers 4 to 7 stand in a column of their own.
    let mut case = Case::of(&[("USD", "1000"), ("BTC-PERPETUAL", "0.001")]);
    case.size = Size::Large;
    let mut attack = Attack::on(case);
    let nodes = attack.case.policy.scenarios().len() + 1;
    let register = |column: usize, row: usize| Cell { column, row };
    let last = (attack.case.size.slots() - 1) * nodes * 4;
    assert_eq!(attack.honest(register(C7, last)), Fr::ZERO);
    assert_eq!(attack.honest(register(C5, last + 3)), Fr::ZERO);
    // A gain in the base node and in every scenario.
    for node in 0..nodes {
        let row = attack.case.size.slots() * nodes * 4 + 4 * node;
        let cell = register(C1, row);
        attack.forge(cell, pow2(76) * Fr::from(1_000_000_000_000));
    }
    assert_eq!(attack.broken(), only("MNOD17", nodes));
}
