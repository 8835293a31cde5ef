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
    let broken = attack.broken();
    assert_eq!(broken.get(number), Some(&1), "{number}: {broken:?}");
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

#[test]
fn day_later_invented() {
    let attack = attack();
    let cell = attack.result("MINS53", Some(attack.slot(CALL)));
    tell(attack, cell, |left| left + Fr::from(86_400), "MINS53");
}

/// A day that passes and does not: the flag of the floor moves the time the other way.
#[test]
fn day_that_passes_by_a_flag_of_minus_one() {
    let attack = attack();
    let cell = attack.free(attack.slot(CALL), Free::LastDay, 0);
    assert_eq!(attack.honest(cell), Fr::ZERO);
    tell(attack, cell, |flag| flag - Fr::ONE, "MINS52");
}

/// A long option priced at the floor of maturity a day later, or a short one not there: neither is so.
#[test]
fn decay_of_another_day() {
    for (name, sign) in [(CALL, Fr::ZERO), ("BTC-1787385600-75000-P", Fr::ONE)] {
        let attack = attack();
        let cell = attack.free(attack.slot(name), Free::LastDay, 0);
        assert_eq!(attack.honest(cell), sign, "{name}");
        let mut attack = attack;
        attack.forge(cell, Fr::ONE - sign);
        let broken = attack.broken();
        assert!(broken.contains_key("MINS54"), "{name}: {broken:?}");
    }
}

#[test]
fn decay_node_priced_without_decay() {
    // W of the mark, which is larger, and of less than is left.
    for step in [1_000u64, 8] {
        for lie in [Fr::from(step), -Fr::from(step)] {
            let mut attack = attack();
            let low = attack.free(attack.slot(CALL), Free::WLow, 3);
            attack.shift(low, lie);
            assert_eq!(attack.broken(), only("MINS55", 1), "{lie:?}");
        }
    }
}

#[test]
fn values_of_half_spreads_invented() {
    for number in ["MSLT21", "MSLT23"] {
        let attack = attack();
        let cell = attack.result(number, Some(attack.slot(CALL)));
        tell(attack, cell, nothing, number);
    }
    result("MNET30", nothing);
}

/// Either side may be charged, a third may not.
#[test]
fn cheaper_side_of_closing_invented() {
    let mut attack = attack();
    let cell = attack.free(attack.slot(CALL), Free::SpreadOfForward, 0);
    let honest = attack.honest(cell);
    attack.forge(cell, Fr::ONE - honest);
    assert!(attack.broken().is_empty(), "the dearer one");
    let third = if honest == Fr::ONE {
        Fr::from(2)
    } else {
        -Fr::ONE
    };
    attack.forge(cell, third);
    let broken = attack.broken();
    assert_eq!(broken.get("MSLT22"), Some(&1), "{broken:?}");
}

#[test]
fn count_of_positions_too_low() {
    // Another position claims to be the entry costs; the claim of one is no bit; the sum is invented.
    let mut first = attack();
    let slot = first.slot(CALL);
    let entry = first.slot("USD-SETTLEMENT");
    let claims: Vec<Cell> = (0..first.case.size.slots())
        .map(|n| first.shared(Free::EntryCosts, n))
        .collect();
    assert_eq!(first.honest(claims[entry]), Fr::ONE);
    first
        .forge(claims[slot], Fr::ONE)
        .forge(claims[entry], Fr::ZERO);
    assert_eq!(first.broken(), only("MNET31", 1));
    let mut second = attack();
    second.forge(claims[entry], Fr::from(5));
    assert_eq!(second.broken(), only("MNET33", 1));
    result("MNET32", nothing);
    result("MREQ60", |fees| fees - Fr::ONE);
}

#[test]
fn gain_raised_to_zero() {
    // The liquidity lines read its size.
    let attack = attack();
    let all = nodes(&attack) * UNDERLYINGS;
    let at = (0..all).find(|n| attack.honest(attack.shared(Free::LossIsGain, *n)) == Fr::ONE);
    let size = attack.shared(Free::LossSize, at.expect("a gain"));
    tell(attack, size, nothing, "MREQ37");
    // By one unit, up for a gain and down for a loss.
    for (gains, step) in [(Fr::ONE, Fr::from(19)), (Fr::ZERO, -Fr::ONE)] {
        let mut attack = self::attack();
        let at = (0..all).find(|n| attack.honest(attack.shared(Free::LossIsGain, *n)) == gains);
        let size = attack.shared(Free::LossSize, at.expect("one"));
        attack.shift(size, step);
        let broken = attack.broken();
        assert!(broken.contains_key("MREQ37"), "{broken:?}");
    }
}

#[test]
fn loss_of_more_bits_than_it_has() {
    // A size below zero is a loss of the other sign.
    let mut attack = attack();
    let all = nodes(&attack) * UNDERLYINGS;
    let at = (0..all).find(|n| attack.honest(attack.shared(Free::LossIsGain, *n)) == Fr::ONE);
    let at = at.expect("a gain");
    let [size, gains] = [Free::LossSize, Free::LossIsGain].map(|name| attack.shared(name, at));
    let honest = attack.honest(size);
    attack.forge(size, -honest).forge(gains, Fr::ZERO);
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ34"), "{broken:?}");
}

#[test]
fn point_left_out() {
    // Of a point in the tail the excess is zero, the whole loss is, or the weights are those of another.
    let mut first = attack();
    let count = points(&first);
    let excess = where_honest(&first, Free::Excess, count, |v| v != Fr::ZERO);
    first.forge(excess, Fr::ZERO);
    let broken = first.broken();
    assert!(broken.contains_key("MREQ48"), "{broken:?}");
    result("MREQ45", |loss| loss - pow2(60));
    result("MREQ46", |value| value + pow2(60));
    let mut second = attack();
    let bit = where_honest(&second, Free::InTail, count, |v| v == Fr::ZERO);
    second.forge(bit, pow2(20).invert().expect("not zero"));
    let broken = second.broken();
    assert!(broken.contains_key("MREQ47"), "{broken:?}");
}

#[test]
fn shortfall_too_low() {
    free(Free::Shortfall, 0, |v| v - Fr::ONE, "MREQ50");
    let mut attack = attack();
    let threshold = attack.shared(Free::TailThreshold, 0);
    attack.forge(threshold, -Fr::ONE);
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ44"), "{broken:?}");
    let shortfall = attack.shared(Free::Shortfall, 0);
    attack.relent().forge(shortfall, -Fr::ONE);
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ49"), "{broken:?}");
    free(Free::ScaledShortfall, 0, |v| v - Fr::ONE, "MREQ51");
}

#[test]
fn path_of_another_underlying() {
    let mut attack = attack();
    let row = attack.rows(Lane::LookUp, "MREQ38")[0];
    let [first, second] = [C1, C2].map(|column| Cell { column, row });
    let swapped = [attack.honest(second), attack.honest(first)];
    attack.forge(first, swapped[0]).forge(second, swapped[1]);
    assert_eq!(attack.broken(), only("MREQ38", 1));
    result("MREQ39", |sum| sum + Fr::ONE);
}

#[test]
fn gain_counted_above_its_share() {
    let mut attack = attack();
    let group = where_honest(&attack, Free::GroupCharge, nodes(&attack), |v| {
        v != Fr::ZERO
    });
    attack.shift(group, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ41", 1));
    let group = attack.shared(Free::GroupCharge, 0);
    attack.relent().forge(group, -pow2(40));
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ40"), "{broken:?}");
    result("MREQ42", |sum| sum - Fr::ONE);
}

#[test]
fn market_risk_too_low() {
    let mut attack = attack();
    let risk = attack.shared(Free::MarketRisk, 0);
    attack.forge(risk, Fr::ZERO);
    let broken = attack.broken();
    for number in ["MREQ43", "MREQ62", "MREQ63"] {
        assert!(broken.contains_key(number), "{number}: {broken:?}");
    }
}

#[test]
fn minimum_of_two_taken_wrongly() {
    let mut attack = attack();
    let joint = attack.shared(Free::JointCounts, 0);
    attack.forge(joint, Fr::from(2));
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ52"), "{broken:?}");
}

#[test]
fn mixed_risk_too_low() {
    for (name, number) in [
        (Free::StressOfOthers, "MREQ64"),
        (Free::MarketRisk, "MREQ65"),
        (Free::Stress, "MREQ43"),
    ] {
        let mut attack = attack_under("spanlike");
        let cell = attack.shared(name, 0);
        attack.shift(cell, -Fr::ONE);
        let broken = attack.broken();
        assert!(broken.contains_key(number), "{number}: {broken:?}");
    }
}

#[test]
fn liquidity_line_skipped() {
    let mut attack = attack();
    let charge = where_honest(&attack, Free::LiquidityCharge, 4, |v| v != Fr::ZERO);
    attack.shift(charge, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ56", 1));
    attack.relent().forge(charge, -Fr::ONE);
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ55"), "{broken:?}");
    let exposure = where_honest(&attack, Free::Exposure, 4, |v| v != Fr::ZERO);
    attack.relent().forge(exposure, Fr::ZERO);
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ54"), "{broken:?}");
    let row = attack.rows(Lane::LookUp, "MREQ53")[1];
    let slope = Cell { column: C1, row };
    attack.relent().forge(slope, Fr::ZERO);
    assert_eq!(attack.broken(), only("MREQ53", 1));
    result("MREQ57", |sum| sum - Fr::ONE);
}

#[test]
fn charges_of_format_2_below_their_quotients() {
    free(Free::ClosingCharge, 0, |v| v - Fr::ONE, "MREQ59");
    free(Free::ScaledErrorCharge, 0, |v| v - Fr::ONE, "MREQ66");
    for (name, number) in [
        (Free::ClosingCharge, "MREQ58"),
        (Free::LossIsGain, "MREQ35"),
    ] {
        let mut attack = attack();
        let cell = attack.shared(name, 0);
        attack.forge(cell, signed(-7));
        let broken = attack.broken();
        assert!(broken.contains_key(number), "{number}: {broken:?}");
    }
    result("MREQ36", |part| part + Fr::ONE);
    let mut attack = attack();
    let fees = attack.result("MREQ60", None);
    attack.forge(fees, -Fr::ONE);
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ61"), "{broken:?}");
}
