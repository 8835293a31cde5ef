//! Stress with offsets, and how stress and shortfall become one number.

use ff::Field;
use zkmargin_circuits::margin::columns::{C1, C2};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::{signed, to_i128};
use zkmargin_engine::units::BP;
use zkmargin_engine::Fr;

use crate::portfolio::{
    alone, attack, attack_under, followed, held, nodes, result, scenarios, tell, where_honest,
    with_point, PAIR,
};
use crate::support::attack::{only, Attack, Broken};
use crate::support::fixture::shipped;

/// Share of the range by which both move against [`PAIR`]: the shortfall is less than the stress without
/// offsets, and more than that once it is scaled.
const AGAINST: &str = "3998, \"-0.45\", \"0\", \"0.45\", \"0\"";

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

/// Attack: more than the policy's share of the gains of one underlying pays for losses of another.
#[test]
fn gain_counted_above_its_share() {
    let mut attack = attack();
    let all = scenarios(&attack);
    let group = where_honest(&attack, Free::GroupCharge, all, |v| v != Fr::ZERO);
    attack.shift(group, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ41", 1));
    result("MREQ42", |sum| sum - Fr::ONE);
}

/// Attack: where a whole group gains, its charge is below zero and pays for what is in no group.
#[test]
fn group_charged_below_zero() {
    let positions = [
        ("USD", "9000000"),
        ("BTC-PERPETUAL", "10"),
        ("ETH-PERPETUAL", "100"),
    ];
    let mut attack = held(shipped("rm2-compact"), &positions);
    let nodes = nodes(&attack);
    let rises = (0..scenarios(&attack)).find(|s| {
        let pair = &nodes[2 * s..2 * s + 2];
        pair.iter().all(|node| node.loss < -1_000_000)
    });
    let s = rises.expect("a scenario of gains");
    let terms = attack.case.policy.portfolio().expect("format 2");
    let gains: i128 = nodes[2 * s..2 * s + 2].iter().map(|node| node.loss).sum();
    let share = i128::from(terms.offset.share) * gains;
    let charge = -(-share).div_euclid(i128::from(BP));
    assert!(charge < 0);
    let cell = attack.shared(Free::GroupCharge, s);
    attack.forge(cell, signed(charge));
    assert_eq!(attack.broken(), only("MREQ40", 1));
}

/// Attack: the stress leaves its worst scenario out.
#[test]
fn worst_scenario_left_out() {
    // What is short far above the money loses most at five times the price, where no point goes.
    let positions = [("USD", "9000000"), ("BTC-1813910400-150000-C", "-10")];
    let mut attack = held(shipped("rm2-compact"), &positions);
    let risk = attack.shared(Free::MarketRisk, 0);
    attack.shift(risk, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ43", 1));
    // Under the rule that mixes, it is a number of its own.
    let attack = attack_under("spanlike");
    let stress = attack.shared(Free::Stress, 0);
    tell(attack, stress, |v| v - Fr::ONE, "MREQ43");
}

/// Attack: a market risk below the shortfall, where points move two underlyings in opposite directions.
#[test]
fn market_risk_below_the_shortfall() {
    let mut attack = held(with_point("3998, \"-1\", \"0\", \"1\", \"0\"", &[]), &PAIR);
    let [risk, shortfall] = [Free::MarketRisk, Free::Shortfall].map(|name| attack.shared(name, 0));
    assert_eq!(attack.honest(risk), attack.honest(shortfall));
    attack.shift(risk, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ62", 1));
}

/// The holder of a pair that moves against him, with the cells of risk and flag.
fn bound_without_offsets() -> (Attack, Cell, Cell) {
    let attack = held(with_point(AGAINST, &[]), &PAIR);
    let [risk, joint] = [Free::MarketRisk, Free::JointCounts].map(|name| attack.shared(name, 0));
    assert_eq!(attack.honest(joint), Fr::ZERO);
    (attack, risk, joint)
}

/// Attack: a market risk below the smaller of the stress without offsets and the scaled shortfall.
#[test]
fn market_risk_below_the_smaller_bound() {
    let (mut attack, risk, joint) = bound_without_offsets();
    attack.shift(risk, -Fr::ONE);
    // All volatilities are one to what is linear.
    assert_eq!(attack.broken(), only("MREQ63", 3));
    // The larger of the two is above it.
    attack.relent().forge(joint, Fr::ONE);
    alone(&attack, "MREQ63");
    let scaled = followed(&attack, Free::ScaledShortfall, 0);
    attack.forge(risk, signed(scaled));
    assert_eq!(attack.broken(), Broken::new());
}

/// Attack: neither of two bounds holds where a flag of minus one is beyond the smaller.
#[test]
fn minimum_of_two_taken_wrongly() {
    let (mut attack, risk, joint) = bound_without_offsets();
    let without = to_i128(attack.honest(risk));
    let scaled = followed(&attack, Free::ScaledShortfall, 0);
    let lied = 2 * without - scaled;
    assert!(lied < without);
    attack.forge(risk, signed(lied)).forge(joint, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ52", 1));
}

/// Attack: under the rule that mixes, stress of what has no path, and the mean.
#[test]
fn mixed_risk_too_low() {
    let positions = [
        ("USD", "9000000"),
        ("BTC-PERPETUAL", "10"),
        ("SOL-PERPETUAL", "-1000"),
    ];
    let mut attack = held(shipped("spanlike"), &positions);
    let others = attack.shared(Free::StressOfOthers, 0);
    assert!(to_i128(attack.honest(others)) > 0);
    attack.shift(others, -Fr::ONE);
    alone(&attack, "MREQ64");
    let risk = attack.shared(Free::MarketRisk, 0);
    attack.relent().shift(risk, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ69", 1));
    // A ten-thousandth of a unit is whole again times a ratio of one.
    let bp = Fr::from(u64::from(BP)).invert().expect("not zero");
    attack.relent().shift(risk, bp);
    assert_eq!(attack.broken(), only("MREQ65", 1));
}
