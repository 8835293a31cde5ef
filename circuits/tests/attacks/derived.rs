//! Cells that a formula defines hold what the formula says. Each row of a table puts a lie into the
//! result of one number; everything computed from it follows, and nothing else is broken.

use ff::Field;
use zkmargin_circuits::margin::columns::{C1, C2};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::pow2;
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};
use crate::support::fixture::Case;

const CALL: &str = "BTC-1790323200-80000-C";
const PERPETUAL: &str = "BTC-PERPETUAL";
/// 1 USD, in 1e-16.
const DOLLAR: u64 = 10_000_000_000_000_000;

type Lie = fn(Fr) -> Fr;

fn nothing(_: Fr) -> Fr {
    Fr::ZERO
}

fn tell(mut attack: Attack, cell: Cell, lie: Lie, number: &str) {
    let told = lie(attack.honest(cell));
    assert_ne!(told, attack.honest(cell), "{number}: no lie");
    attack.forge(cell, told);
    assert_eq!(attack.broken(), only(number, 1));
}

/// Results in the slot of an instrument.
fn of_slots(table: &[(&str, &str, Lie)]) {
    for (number, instrument, lie) in table {
        let attack = Attack::mixed();
        let slot = attack.slot(instrument);
        let cell = attack.result(number, Some(slot));
        tell(attack, cell, *lie, number);
    }
}

/// Last results of all slots, or of the account.
fn of_all(table: &[(&str, Lie)]) {
    for (number, lie) in table {
        let attack = Attack::mixed();
        let cell = attack.result(number, None);
        tell(attack, cell, *lie, number);
    }
}

#[test]
fn surroundings_of_a_price_invented() {
    of_slots(&[
        ("MINS14", CALL, |raw| raw + Fr::from(30 * 86_400)),
        ("MINS23", CALL, |tau| tau + Fr::from(86_400)),
        ("MINS28", CALL, |strike| strike + Fr::from(100_000_000)),
        ("MINS33", CALL, |ln| ln + pow2(50)),
        ("MINS34", CALL, |x| x + pow2(50)),
        ("MINS35", CALL, |sigma| sigma - Fr::from(100)),
        ("MINS36", CALL, |s| s - pow2(29)),
        ("MINS38", CALL, |s| s - pow2(29)),
        ("MINS40", CALL, |s| s - pow2(29)),
        ("MINS51", CALL, |forward| forward + Fr::from(100_000_000)),
    ]);
}

#[test]
fn values_of_a_slot_invented() {
    of_slots(&[
        ("MSLT8", PERPETUAL, |quantity| -quantity),
        ("MSLT10", PERPETUAL, nothing),
        ("MSLT11", PERPETUAL, nothing),
        ("MSLT12", CALL, nothing),
        ("MSLT13", CALL, nothing),
        ("MSLT14", CALL, nothing),
        ("MSLT15", PERPETUAL, nothing),
        ("MSLT16", PERPETUAL, nothing),
        ("MSLT17", "BTC", nothing),
        // A debt.
        ("MSLT17", "USDT", nothing),
        ("MSLT18", "USD", |value| value + Fr::from(DOLLAR)),
        ("MSLT19", CALL, nothing),
        ("MSLT20", CALL, nothing),
    ]);
}

#[test]
fn start_of_an_underlying_denied_to_the_nodes() {
    // Ether nets against bitcoin in every scenario, while the codes start anew.
    of_slots(&[("MSLT9", "ETH-1813910400", |_| Fr::ONE)]);
}

#[test]
fn sums_over_slots_invented() {
    of_all(&[
        ("MNET5", nothing),
        ("MNET7", nothing),
        ("MNET24", nothing),
        ("MNET26", nothing),
        ("MNET27", |value| value + Fr::from(DOLLAR)),
        ("MNET28", nothing),
        ("MNET29", nothing),
    ]);
}

#[test]
fn sums_of_the_requirement_invented() {
    of_all(&[
        ("MREQ4", |gain| {
            gain + pow2(76) * Fr::from(1_000_000_000_000) * Fr::from(100_000_000)
        }),
        ("MREQ7", |sum| sum - Fr::ONE),
        ("MREQ16", nothing),
        ("MREQ17", nothing),
        ("MREQ26", |initial| initial - Fr::ONE),
        ("MREQ27", |value| {
            value + pow2(76) * Fr::from(1_000_000_000_000)
        }),
        ("MREQ30", |required| required - Fr::ONE),
    ]);
}

#[test]
fn constant_of_another_value() {
    // The last constant is the digest of the policy: the proof would be for any.
    of_all(&[("MARI2", |digest| digest + Fr::ONE)]);
}

#[test]
fn values_of_looked_up_rows_invented() {
    let table: [(&str, &str, usize, Lie); 7] = [
        ("MINS3", "USDT", C2, |haircut| haircut + Fr::ONE),
        ("MINS5", PERPETUAL, C1, nothing),
        ("MINS6", "BTC", C1, nothing),
        ("MINS15", CALL, C1, |up| up - Fr::ONE),
        ("MINS21", CALL, C2, |rate| rate + Fr::ONE),
        ("MINS29", CALL, C2, |ln| ln + Fr::ONE),
        ("MINS30", CALL, C1, |ln| ln + Fr::ONE),
    ];
    for (number, instrument, column, lie) in table {
        let attack = Attack::mixed();
        let cell = attack.look_up(number, attack.slot(instrument), 0, column);
        tell(attack, cell, lie, number);
    }
}

#[test]
fn class_of_a_register_invented() {
    for number in ["MREQ1", "MREQ2"] {
        let attack = Attack::mixed();
        let (cell, step) = match number {
            "MREQ1" => {
                let row = attack.rows(Lane::LookUp, number)[1];
                (Cell { column: C1, row }, Fr::ONE)
            }
            _ => (attack.result(number, None), Fr::from(128)),
        };
        let honest = attack.honest(cell);
        let lie = if honest == Fr::ZERO {
            step
        } else {
            honest - step
        };
        let mut attack = attack;
        attack.forge(cell, lie);
        assert_eq!(attack.broken(), only(number, 1));
    }
}

/// What is left of a row when one part of it is another: expiry key, id, and the row itself.
#[test]
fn parts_that_do_not_make_the_row() {
    // The forward is a part of the row.
    let mut attack = Attack::mixed();
    let forward = attack.free(attack.slot(PERPETUAL), Free::Forward, 0);
    attack.shift(forward, -Fr::ONE);
    assert_eq!(attack.broken(), only("MINS13", 1));

    // Dollars owed as dollars owned: the id takes the sign bit of the leaf from the forward.
    let mut attack = Attack::on(Case::of(&[("USD", "900000")]));
    let forward = attack.free(0, Free::Forward, 0);
    let id = attack.result("MINS12", Some(0));
    attack
        .shift(forward, -Fr::ONE)
        .shift(id, pow2(ID_BITS))
        .own_book();
    let leaf_says = attack.case.account.positions[0].packed() + pow2(ID_BITS);
    let packed = attack.result("MSLT7", Some(0));
    let trace = attack.trace();
    assert_eq!(trace.advice[packed.column][packed.row], leaf_says);
    assert_eq!(attack.broken(), only("MINS12", 1));
}

/// A perpetual of bitcoin as the first and only one; empty slots repeat the dollars.
pub fn lone_perpetual() -> Attack {
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (PERPETUAL, "-1.5")]));
    let dollars = attack.witness.slots[0].opening;
    for slot in attack.witness.slots.iter_mut().skip(2) {
        slot.opening = dollars;
    }
    for index in &mut attack.witness.indices {
        (index.used, index.price) = (false, 0);
    }
    assert!(attack.broken().is_empty());
    attack
}

/// Takes the perpetual's underlying for ether, in the table of the policy. What makes up for it is
/// for the caller to say; the difference of the codes is returned.
fn as_ether(attack: &mut Attack) -> Fr {
    let policy = &attack.case.policy;
    let (ether, bitcoin) = (
        policy.underlying("ETH").expect("ether").clone(),
        policy.underlying("BTC").expect("bitcoin").code,
    );
    let row = attack.rows_of(Lane::LookUp, "MINS3", 1)[0];
    let values = [
        u64::from(ether.code),
        ether.class.into(),
        ether.haircut_bp.into(),
    ];
    for (column, value) in values.into_iter().enumerate() {
        attack.forge(Cell { column, row }, Fr::from(value));
    }
    Fr::from(u64::from(ether.code)) - Fr::from(u64::from(bitcoin))
}

#[test]
fn perpetual_of_another_underlying() {
    // The strike makes up for it.
    let mut attack = lone_perpetual();
    let step = as_ether(&mut attack);
    let strike = attack.free(1, Free::Strike, 0);
    attack.forge(strike, -step * pow2(76));
    assert_eq!(attack.broken(), only("MINS7", 2));
    // The expiry, which a perpetual does not have.
    let mut attack = lone_perpetual();
    let step = as_ether(&mut attack);
    let expiry = attack.free(1, Free::Expiry, 0);
    attack.forge(expiry, -step * pow2(32));
    assert_eq!(attack.broken(), only("MINS10", 1));
    // Nothing: underlying and expiry are not what the id says.
    let mut attack = lone_perpetual();
    as_ether(&mut attack);
    let key = attack.result("MINS11", Some(1));
    attack.forge(key, attack.honest(key));
    assert_eq!(attack.broken(), only("MINS11", 1));
}

#[test]
fn code_of_a_register_invented() {
    // Bitcoin charged with the weights of ether.
    let mut attack = lone_perpetual();
    let code = attack.result("MNET4", Some(1));
    let ether = attack.case.policy.underlying("ETH").expect("ether").code;
    attack.forge(code, Fr::from(u64::from(ether)));
    assert_eq!(attack.broken(), only("MNET4", 1));
    // The earlier of two underlyings, where the registers shift.
    let positions = [("USD", "900000"), (PERPETUAL, "1"), ("ETH-PERPETUAL", "1")];
    let mut attack = Attack::on(Case::of(&positions));
    for index in &mut attack.witness.indices {
        (index.used, index.price) = (false, 0);
    }
    let code = attack.result("MNET6", None);
    attack.forge(code, Fr::from(u64::from(ether)));
    assert_eq!(attack.broken(), only("MNET6", 1));
}
