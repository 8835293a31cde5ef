//! Terms of format 2: losses, shortfall, market risk, liquidity, closing, settlement, and the node where a day passes.

use ff::Field;
use zkmargin_circuits::margin::columns::{C1, C2};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::{pow2, signed};
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack};
use crate::support::fixture::{shipped, Case, TIME};

const CALL: &str = "BTC-1790323200-80000-C";
const UNDERLYINGS: usize = 2;

type Lie = fn(Fr) -> Fr;

fn nothing(_: Fr) -> Fr {
    Fr::ZERO
}

/// Long and short of two underlyings that hedge each other, with entry costs.
const POSITIONS: [(&str, &str); 8] = [
    ("USD", "9000000.25"),
    ("USD-SETTLEMENT", "-1234.5"),
    ("BTC-PERPETUAL", "-40"),
    ("BTC-1790323200-80000-C", "-10"),
    ("BTC-1787385600-75000-P", "3"),
    ("ETH-PERPETUAL", "700"),
    ("ETH-1813910400", "12.5"),
    ("ETH-1813910400-4500-C", "25"),
];

fn attack_under(name: &str) -> Attack {
    Attack::on(Case::under(shipped(name), TIME, &POSITIONS))
}

fn attack() -> Attack {
    attack_under("rm2-compact")
}

fn tell(mut attack: Attack, cell: Cell, lie: Lie, number: &str) {
    let told = lie(attack.honest(cell));
    assert_ne!(told, attack.honest(cell), "{number}: no lie");
    attack.forge(cell, told);
    assert_eq!(attack.broken(), only(number, 1), "{number}");
}

/// Lies to free witnesses, `n`-th of a name, that break one number.
fn free(name: Free, n: usize, lie: Lie, number: &str) {
    let attack = attack();
    let cell = attack.shared(name, n);
    tell(attack, cell, lie, number);
}

/// Lies to the last result of a number.
fn result(number: &str, lie: Lie) {
    let attack = attack();
    let cell = attack.result(number, None);
    tell(attack, cell, lie, number);
}

/// The `n`-th free witness of a name whose honest value is what is asked for.
fn where_honest(attack: &Attack, name: Free, of: usize, wanted: fn(Fr) -> bool) -> Cell {
    let cells = (0..of).map(|n| attack.shared(name, n));
    let mut found = cells.filter(|cell| wanted(attack.honest(*cell)));
    found.next().unwrap_or_else(|| panic!("no such {name:?}"))
}

fn nodes(attack: &Attack) -> usize {
    attack.case.policy.scenarios().len()
}

fn points(attack: &Attack) -> usize {
    let terms = attack.case.policy.portfolio().expect("format 2");
    terms.shortfall.points.len()
}

#[test]
fn honest_account_breaks_nothing() {
    for name in ["rm2", "rm2-compact", "spanlike"] {
        assert!(attack_under(name).broken().is_empty(), "{name}");
    }
}
