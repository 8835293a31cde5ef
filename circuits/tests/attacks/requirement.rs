//! Charges, the worst scenario, index rows, equity and the comparison.

use ff::{Field, PrimeField};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_circuits::margin::wide::VALUE_A;
use zkmargin_engine::field::{low_u128, pow2, signed};
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::risk::{evaluate, Evaluation};
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};
use crate::support::fixture::{Case, MIXED};

const UNDERLYINGS: usize = 2;

fn evaluation(attack: &Attack) -> Evaluation {
    let case = &attack.case;
    evaluate(&case.policy, &case.market, &case.account.positions).expect("an account to evaluate")
}

fn scenarios(attack: &Attack) -> usize {
    attack.case.policy.scenarios().len()
}

/// The charge of an underlying, latest first, in a scenario.
fn charge(attack: &Attack, scenario: usize, underlying: usize) -> Cell {
    attack.shared(Free::ScenarioCharge, scenario * UNDERLYINGS + underlying)
}

/// An attack in which a scenario costs `excess` more than the worst one; this is allowed.
fn worst_at(scenario: usize, excess: i128) -> (Attack, i128) {
    let mut attack = Attack::mixed();
    let honest = evaluation(&attack);
    let cells = [0, 1].map(|u| charge(&attack, scenario, u));
    let worst = honest.scenario_loss + excess;
    let other = attack.honest(cells[1]);
    attack.forge(cells[0], signed(worst) - other);
    (attack, honest.equity - honest.initial_margin - excess)
}

#[test]
fn worst_scenario_skipped() {
    let (count, excess) = (scenarios(&Attack::mixed()), 12_345);
    for s in 0..count {
        let (mut attack, _) = worst_at(s, excess);
        assert_eq!(attack.broken(), Broken::new(), "scenario {s} may cost more");
        let honest = evaluation(&attack).scenario_loss;
        let requirement = attack.shared(Free::ScenarioRequirement, 0);
        assert_eq!(attack.honest(requirement), signed(honest));
        attack.forge(requirement, signed(honest));
        assert_eq!(attack.broken(), only("MREQ9", 1), "scenario {s} skipped");
        attack.forge(requirement, signed(honest + excess - 1));
        assert_eq!(
            attack.broken(),
            only("MREQ9", 1),
            "scenario {s} by one unit"
        );
    }
}

#[test]
fn best_scenario_instead_of_the_worst() {
    let mut attack = Attack::mixed();
    let requirement = attack.shared(Free::ScenarioRequirement, 0);
    attack.forge(requirement, Fr::ZERO);
    let broken = attack.broken();
    assert!(broken["MREQ9"] > 5 && broken.len() == 1, "{broken:?}");
    assert!(attack.mock_prover_refuses());
}

#[test]
fn one_unit_short() {
    // At the initial requirement, equality holds at this buffer and not one unit above it.
    let mut attack = Attack::mixed();
    let honest = evaluation(&attack);
    let room = u128::try_from(honest.equity - honest.initial_margin).expect("a solvent account");
    attack.witness.buffer = room;
    assert_eq!(attack.broken(), Broken::new());
    assert!(!attack.mock_prover_refuses());
    attack.witness.buffer = room + 1;
    assert_eq!(attack.broken(), only("MREQ31", 1));
    assert!(attack.mock_prover_refuses());
}

#[test]
fn one_unit_short_at_every_worst_scenario() {
    for s in 0..scenarios(&Attack::mixed()) {
        let (mut attack, room) = worst_at(s, 1_000_003);
        attack.witness.buffer = u128::try_from(room).expect("a solvent account");
        assert_eq!(attack.broken(), Broken::new(), "scenario {s}");
        attack.witness.buffer += 1;
        assert_eq!(attack.broken(), only("MREQ31", 1), "scenario {s}");
    }
}

#[test]
fn one_basis_point_too_many() {
    let mut attack = Attack::mixed();
    let honest = evaluation(&attack);
    let most = honest.equity * 10_000 / honest.initial_margin;
    attack.witness.ratio = u16::try_from(most).expect("a ratio below 6.5");
    assert_eq!(attack.broken(), Broken::new());
    attack.witness.ratio += 1;
    assert_eq!(attack.broken(), only("MREQ31", 1));
}

#[test]
fn charge_below_the_loss() {
    for s in 0..scenarios(&Attack::mixed()) {
        let mut attack = Attack::mixed();
        for u in 0..UNDERLYINGS {
            // One unit below the loss, or below zero where there is no loss.
            let cell = charge(&attack, s, u);
            let lie = attack.honest(cell) - Fr::ONE;
            attack.relent().forge(cell, lie);
            let gains = attack.honest(cell) == Fr::ZERO;
            let number = if gains { "MREQ5" } else { "MREQ6" };
            let broken = attack.broken();
            assert_eq!(broken, only(number, 1), "scenario {s}, underlying {u}");
        }
    }
}

#[test]
fn weight_of_another_scenario() {
    // The last scenario is five times the price at a small weight.
    let mut attack = Attack::mixed();
    let tables = attack.case.policy.tables();
    let class = usize::from(attack.case.policy.by_code(17).expect("ether").class);
    let (light, heavy) = (tables.node[class][21].weight, tables.node[class][16].weight);
    assert!(light < heavy);
    let weight = Cell {
        column: VALUE_A,
        row: attack.rows(Lane::LookUp, "MREQ3")[16 * UNDERLYINGS],
    };
    assert_eq!(attack.honest(weight), Fr::from(u64::from(heavy)));
    attack.forge(weight, Fr::from(u64::from(light)));
    assert_eq!(attack.broken(), only("MREQ3", 1));
}

#[test]
fn index_of_another_underlying() {
    for (name, price) in [("SOL", true), ("ETH-PERPETUAL", true), ("ETH", false)] {
        let mut attack = Attack::mixed();
        let at = attack.case.market.by_name(name).expect("a row");
        let index = &mut attack.witness.indices[0];
        index.opening = crate::support::attack::opening(&attack.case.market, at);
        let mark = attack.case.market.instruments()[at].forward;
        index.price = if price { mark } else { mark - 1 };
        assert_eq!(attack.broken(), only("MREQ14", 1), "{name}");
    }
}

/// The spot of SOL as the index of ETH: the difference of the codes goes into the price, as a
/// fraction of 1/4096.
#[test]
fn index_price_is_a_fraction() {
    // Short of so much that the money is an integer all the same.
    let mut positions = MIXED;
    positions[8].1 = "-25.6";
    let mut attack = Attack::on(Case::of(&positions));
    let at = attack.case.market.by_name("SOL").expect("a row");
    let mark = attack.case.market.instruments()[at].forward;
    attack.witness.indices[0].opening = crate::support::attack::opening(&attack.case.market, at);
    let price = attack.shared(Free::IndexPrice, 0);
    let fraction = Fr::from(mark) + pow2(12).invert().expect("not zero");
    attack.forge(price, fraction);
    assert_eq!(attack.broken(), only("MREQ13", 1));
}

#[test]
fn index_left_out() {
    for i in 0..UNDERLYINGS {
        let mut attack = Attack::mixed();
        attack.witness.indices[i].used = false;
        attack.witness.indices[i].price = 0;
        assert_eq!(attack.broken(), only("MREQ15", 1), "underlying {i}");
    }
}

#[test]
fn index_row_not_in_the_market() {
    let mut attack = Attack::mixed();
    let cheap = attack.witness.indices[0].opening.row - pow2(ID_BITS);
    attack.witness.indices[0].opening.row = cheap;
    attack.witness.indices[0].price -= 1;
    assert_eq!(attack.broken(), only("MREQ10", 1));
    attack.witness.indices[0].opening.siblings = [cheap; 8];
    assert_eq!(attack.broken(), only("MREQ11", 1));
}

#[test]
fn equity_one_unit_up() {
    let mut attack = Attack::mixed();
    let equity = attack.shared(Free::Equity, 0);
    attack.forge(equity, attack.honest(equity) + Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ29", 1));
    assert!(attack.mock_prover_refuses());
    // Far up, where the rest would wrap around p.
    let unit = Fr::from(1_000_000_000_000) * pow2(76);
    let wrap = unit.invert().expect("a unit");
    attack.forge(equity, attack.honest(equity) + wrap);
    let broken = attack.broken();
    assert_eq!(broken.keys().collect::<Vec<_>>(), ["MREQ31"]);
}

#[test]
fn add_on_below_its_quotient() {
    let numbers = [
        (Free::ShortOptionCharge, "MREQ18", "MREQ19"),
        (Free::RollCharge, "MREQ20", "MREQ21"),
        (Free::HaircutCharge, "MREQ22", "MREQ23"),
        (Free::PricingErrorCharge, "MREQ24", "MREQ25"),
    ];
    for (name, money, slack) in numbers {
        let mut attack = Attack::mixed();
        let cell = attack.shared(name, 0);
        assert_ne!(attack.honest(cell), Fr::ZERO, "{name:?}");
        attack.forge(cell, attack.honest(cell) - Fr::ONE);
        assert_eq!(attack.broken(), only(slack, 1), "{name:?}");
        attack.forge(cell, -Fr::ONE);
        let broken = attack.broken();
        let found: Vec<_> = broken.keys().collect();
        assert_eq!(found, [money, slack], "{name:?}");
    }
}

/// An add-on and a ten-thousandth of a unit: an integer again once it is multiplied by a ratio of one
/// in basis points.
#[test]
fn add_on_is_a_fraction() {
    let bp = Fr::from(10_000).invert().expect("not zero");
    for (name, number) in [
        (Free::ShortOptionCharge, "MREQ18"),
        (Free::RollCharge, "MREQ20"),
        (Free::HaircutCharge, "MREQ22"),
        (Free::PricingErrorCharge, "MREQ24"),
    ] {
        let mut attack = Attack::mixed();
        let cell = attack.shared(name, 0);
        attack.forge(cell, attack.honest(cell) + bp);
        let broken = attack.broken();
        assert_eq!(broken.keys().collect::<Vec<_>>(), [number]);
    }
}

#[test]
fn equity_is_a_fraction() {
    // In steps of 1e-12 USD it may come nearer to the value than a whole unit does, and not beyond it.
    let mut attack = Attack::mixed();
    let equity = attack.shared(Free::Equity, 0);
    let bp = Fr::from(10_000).invert().expect("not zero");
    let value = attack.result("MREQ27", None);
    let unit = Fr::from(1_000_000_000_000) * pow2(76);
    let rest = attack.honest(value) - unit * attack.honest(equity);
    let steps = low_u128(rest) / (100_000_000 << 76);
    assert!((1..9_999).contains(&steps), "{steps}");
    let mut raised = |by: Fr| {
        attack.forge(equity, attack.honest(equity) + by);
        attack.broken().into_keys().collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(raised(bp * Fr::from_u128(steps)), none);
    assert_eq!(raised(bp * Fr::from_u128(steps + 1)), ["MREQ29"]);
    assert_eq!(raised(Fr::ONE), ["MREQ29"]);
    // Other fractions are none of an integer of 1e-12 USD.
    assert_eq!(raised(bp * bp), ["MREQ31"]);
}

#[test]
fn charge_below_zero() {
    // A gain of one underlying, taken as a negative charge, pays for the other.
    let mut tried = 0;
    for s in 0..scenarios(&Attack::mixed()) {
        for u in 0..UNDERLYINGS {
            let mut attack = Attack::mixed();
            let cell = charge(&attack, s, u);
            if attack.honest(cell) == Fr::ZERO && tried < 3 {
                attack.forge(cell, -Fr::ONE);
                assert_eq!(attack.broken(), only("MREQ5", 1), "scenario {s}");
                tried += 1;
            }
        }
    }
    assert!(tried > 0);
}

#[test]
fn requirement_that_is_no_number() {
    // It has no range of its own: its distance to the charges of every scenario has one.
    let mut attack = Attack::mixed();
    attack.witness.ratio = 0;
    let cell = attack.shared(Free::ScenarioRequirement, 0);
    let all = scenarios(&attack);
    let bp = Fr::from(10_000).invert().expect("not zero");
    for lie in [attack.honest(cell) + bp, -Fr::ONE] {
        attack.forge(cell, lie);
        let broken = attack.broken();
        assert_eq!(broken.keys().collect::<Vec<_>>(), ["MREQ9"]);
        assert!(broken["MREQ9"] >= all, "{broken:?}");
    }
    // One of 109 bits costs the prover, as long as no scenario has more than 2^108 of room below it.
    for s in 0..all {
        let cell = charge(&attack, s, 0);
        attack.shift(cell, Fr::ONE);
    }
    attack.forge(cell, pow2(108));
    assert_eq!(attack.broken(), Broken::new());
    attack.forge(cell, pow2(109));
    assert_eq!(attack.broken().keys().collect::<Vec<_>>(), ["MREQ9"]);
}

#[test]
fn ratio_out_of_range() {
    let mut attack = Attack::mixed();
    let ratio = attack.shared(Free::Ratio, 0);
    // A negative ratio turns the requirement into equity.
    attack.forge(ratio, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ32", 2));
    attack.forge(ratio, pow2(16));
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ32"), "{broken:?}");
}

#[test]
fn buffer_out_of_range() {
    let mut attack = Attack::mixed();
    let buffer = attack.shared(Free::Buffer, 0);
    attack.forge(buffer, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ33", 2));
    attack.forge(buffer, pow2(90));
    let broken = attack.broken();
    assert!(broken.contains_key("MREQ33"), "{broken:?}");
}
