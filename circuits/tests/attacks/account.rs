//! Quantities, slots, order of positions, links of the leaf, path in the book.

use ff::Field;
use zkmargin_circuits::margin::columns::{G2, RANGE};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::node::cells::register;
use zkmargin_circuits::margin::slot::SlotWitness;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::commitment::{hash8, tag, Book};
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};

const PERPETUAL: &str = "BTC-PERPETUAL";
const PUT: &str = "BTC-1790323200-80000-P";

#[test]
fn negative_quantity() {
    // Short 1.5 contracts, written as p − 1.5 contracts with a positive sign.
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    let magnitude = attack.free(slot, Free::Magnitude, 0);
    attack.witness.slots[slot].negative = false;
    attack
        .forge(magnitude, -attack.honest(magnitude))
        .own_book();
    assert_eq!(attack.broken(), only("MSLT4", 2));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn quantity_at_2_62() {
    let mut attack = Attack::mixed();
    let magnitude = attack.free(0, Free::Magnitude, 0);
    let mut dollars = |n: Fr| attack.forge(magnitude, n).own_book().broken();
    assert_eq!(dollars(pow2(62) - Fr::ONE), Broken::new());
    assert_eq!(dollars(pow2(62)), only("MSLT4", 1));
    assert_eq!(dollars(pow2(62) + Fr::ONE), only("MSLT4", 1));
    assert_eq!(dollars(pow2(72)), only("MSLT4", 2));
}

#[test]
fn empty_slot_with_a_quantity() {
    // Dollars in a slot that the leaf does not count.
    let mut attack = Attack::mixed();
    let slot = attack.case.account.positions.len();
    attack.witness.slots[slot].opening = attack.witness.slots[0].opening;
    attack.witness.slots[slot].magnitude = 1 << 50;
    let inverse = attack.free(slot, Free::Inverse, 0);
    attack.forge(inverse, Fr::ZERO);
    assert_eq!(attack.broken(), only("MSLT6", 1));
}

#[test]
fn position_without_a_quantity() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    attack.witness.slots[slot].magnitude = 0;
    attack.own_book();
    assert_eq!(attack.broken(), only("MSLT5", 1));
}

#[test]
fn sign_flipped() {
    // The leaf says short, the value is long.
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    let packed = attack.case.account.positions[slot].packed();
    let cell = attack.result("MSLT7", Some(slot));
    assert_eq!(attack.honest(cell), packed);
    attack.witness.slots[slot].negative = false;
    attack.forge(cell, packed);
    assert_eq!(attack.broken(), only("MSLT7", 1));
}

#[test]
fn flag_that_is_neither_zero_nor_one() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    for (name, number) in [
        (Free::Sign, "MSLT2"),
        (Free::Live, "MSLT1"),
        (Free::Starts, "MSLT3"),
    ] {
        let cell = attack.free(slot, name, 0);
        attack.relent().forge(cell, Fr::from(2)).own_book();
        let broken = attack.broken();
        assert!(broken.contains_key(number), "{name:?}: {broken:?}");
    }
}

/// MSLT1 is implied: whatever else the attacker chooses, MSLT5 or MSLT6 refuses the same.
#[test]
fn live_that_is_no_bit_breaks_more_than_that_it_is_one() {
    let mut attack = Attack::mixed();
    let (held, empty) = (0, attack.case.account.positions.len());
    let magnitude = attack.honest(attack.free(held, Free::Magnitude, 0));
    let two = Fr::from(2);
    let inverse = two * magnitude.invert().expect("a quantity");
    for (slot, inverse, number) in [(held, inverse, "MSLT6"), (empty, two, "MSLT5")] {
        let [live, factor] = [Free::Live, Free::Inverse].map(|name| attack.free(slot, name, 0));
        attack.relent().forge(live, two).forge(factor, inverse);
        let broken = attack.own_book().broken();
        assert!(broken.contains_key(number), "{slot}: {broken:?}");
    }
}

#[test]
fn null_in_the_middle() {
    let mut attack = Attack::mixed();
    let slots = &mut attack.witness.slots;
    let last = attack.case.account.positions.len() - 1;
    slots[last + 1] = slots[last];
    slots[last] = SlotWitness {
        live: false,
        magnitude: 0,
        starts: false,
        ..slots[last - 1]
    };
    attack.own_book();
    assert_eq!(attack.broken(), only("MNET1", 1));
}

#[test]
fn position_repeated() {
    // The dollars count twice.
    let mut attack = Attack::mixed();
    let dollars = attack.witness.slots[0];
    attack.witness.slots.insert(0, dollars);
    attack.witness.slots.pop();
    attack.own_book();
    assert_eq!(attack.broken(), only("MNET2", 1));
}

#[test]
fn positions_unsorted() {
    let mut attack = Attack::mixed();
    let put = attack.slot(PUT);
    attack.witness.slots.swap(put - 1, put);
    attack.own_book();
    assert_eq!(attack.broken(), only("MNET2", 1));
}

#[test]
fn too_many_underlyings() {
    // A third start drops the first underlying, losses and all, out of the registers.
    let mut attack = Attack::mixed();
    let first_empty = attack.case.account.positions.len();
    let opening = attack.opening("SOL-PERPETUAL");
    for (i, slot) in attack
        .witness
        .slots
        .iter_mut()
        .enumerate()
        .skip(first_empty)
    {
        *slot = SlotWitness {
            live: i == first_empty,
            negative: true,
            magnitude: if i == first_empty { 1 } else { 0 },
            opening,
            starts: i == first_empty,
        };
    }
    let unused = attack.witness.indices[0];
    attack.witness.indices.insert(0, unused);
    attack.witness.indices[0].used = false;
    attack.witness.indices.pop();
    attack.own_book();
    assert_eq!(attack.broken(), only("MNET8", 1));
    // Twelve bits in one row: the limb is all of the value, and no number of twelve bits.
    let row = attack.rows(Lane::Range, "MNET8")[0];
    let column = RANGE;
    attack.forge(Cell { column, row }, -Fr::ONE);
    assert_eq!(attack.broken(), only("MNET8", 1));
}

#[test]
fn underlying_not_started() {
    // Ether nets against bitcoin.
    let mut attack = Attack::mixed();
    let slot = attack.slot("ETH-1813910400");
    attack.witness.slots[slot].starts = false;
    let opening = attack.witness.slots[slot - 1].opening;
    let held = attack.case.account.positions.len();
    for empty in attack.witness.slots.iter_mut().skip(held) {
        empty.opening = opening;
    }
    attack.witness.indices.swap(0, 1);
    attack.witness.indices[1].used = false;
    // The future and the call.
    assert_eq!(attack.broken(), only("MNET3", 2));

    // The codes say that an underlying starts, the registers of a scenario do not.
    let mut attack = Attack::mixed();
    let of = |j, slot| attack.honest(attack.node(slot, 5, register(j)));
    let (own, before) = (of(0, slot), [of(0, slot - 1), of(1, slot - 1)]);
    let cells = [0, 1].map(|j| attack.node(slot, 5, register(j)));
    attack
        .forge(cells[0], own + before[0])
        .forge(cells[1], before[1]);
    let broken = attack.broken();
    let expected = [("MNOD13".to_owned(), 1), ("MNOD14".to_owned(), 1)];
    assert_eq!(broken, Broken::from(expected));
}

#[test]
fn position_missing() {
    // The short perpetual is left out; the book holds the true leaf.
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    let empty = attack.witness.slots[attack.case.account.positions.len()];
    attack.witness.slots.remove(slot);
    attack.witness.slots.push(empty);
    assert_eq!(attack.broken(), only("MBOK1", 1));
    assert!(attack.mock_prover_refuses());

    // The header counts nine, the chain holds eight.
    let count = attack.result("MNET25", None);
    assert_eq!(attack.honest(count), Fr::from(9));
    attack.forge(count, Fr::from(9)).own_book();
    assert_eq!(attack.broken(), only("MNET25", 1));
}

#[test]
fn link_not_absorbed() {
    // Nine live positions, of which the leaf holds the first four.
    let mut attack = Attack::mixed();
    let leaf = attack.case.account.leaf();
    // Of three links the first is absorbed: a row of its step, and two of the state after it.
    let rows = attack.rows(Lane::Arithmetic, "MLEF5");
    let [step, _, chained, _, _, _, _, _, _] = rows[..] else {
        panic!("rows of three links: {rows:?}");
    };
    let [step, chained] = [step, chained].map(|row| Cell { column: G2, row });
    assert_eq!(attack.honest(chained), leaf);
    let state = leaf - attack.honest(step);
    attack.forge(chained, state).own_book();
    assert_eq!(attack.broken(), only("MLEF5", 1));
}

#[test]
fn path_of_another_leaf() {
    let mut attack = Attack::mixed();
    let leaves: Vec<Fr> = (0..9)
        .map(Fr::from)
        .chain([attack.case.account.leaf()])
        .collect();
    let book = Book { leaves };
    attack.witness.book_path = book.inclusion(9).path;
    assert_eq!(attack.broken(), Broken::new());
    attack.witness.book_path = book.inclusion(3).path;
    assert_eq!(attack.broken(), only("MBOK1", 1));
    // A node in the middle of the path that does not hold the digest below.
    let mut path = book.inclusion(9).path;
    path[4][0] += Fr::ONE;
    for level in 5..path.len() {
        path[level][0] = hash8(tag::BOOK_NODE, &path[level - 1]);
    }
    attack.witness.book_path = path;
    assert_eq!(attack.broken(), only("MBOK1", 1));
}
