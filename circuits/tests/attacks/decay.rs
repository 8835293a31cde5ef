//! The node where a day passes, and the roll of the last day.

use ff::Field;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::Cell;
use zkmargin_engine::Fr;

use crate::portfolio::{attack, followed, scenarios, tell, CALL};
use crate::support::attack::{only, Attack};
use crate::support::fixture::{shipped, Case, EXPIRIES, STATES};

/// Expires within a day.
const PUT: &str = "BTC-1787385600-75000-P";

fn last_day(attack: &Attack, name: &str) -> Cell {
    attack.free(attack.slot(name), Free::LastDay, 0)
}

#[test]
fn day_later_invented() {
    let attack = attack();
    let cell = attack.result("MINS53", Some(attack.slot(CALL)));
    tell(attack, cell, |left| left + Fr::from(86_400), "MINS53");
}

/// Attack: a day that passes and does not, as the flag of the floor moves the time the other way.
#[test]
fn day_that_passes_by_a_flag_of_minus_one() {
    let attack = attack();
    let cell = last_day(&attack, CALL);
    assert_eq!(attack.honest(cell), Fr::ZERO);
    tell(attack, cell, |flag| flag - Fr::ONE, "MINS52");
}

/// Attack: an option is priced at the floor of maturity a day later although there is more, or at less than the floor.
#[test]
fn decay_of_another_day() {
    for (name, honest) in [(CALL, Fr::ZERO), (PUT, Fr::ONE)] {
        let mut attack = attack();
        let cell = last_day(&attack, name);
        assert_eq!(attack.honest(cell), honest, "{name}");
        attack.forge(cell, Fr::ONE - honest);
        let broken = attack.broken();
        assert!(broken.contains_key("MINS54"), "{name}: {broken:?}");
        if name == CALL {
            assert_eq!(broken, only("MINS54", 1));
        }
    }
}

/// Attack: W of the mark a day later is larger than what is left, or smaller.
#[test]
fn decay_node_priced_without_decay() {
    for step in [1_000u64, 8] {
        for lie in [Fr::from(step), -Fr::from(step)] {
            let mut attack = attack();
            let low = attack.free(attack.slot(CALL), Free::WLow, 3);
            attack.shift(low, lie);
            assert_eq!(attack.broken(), only("MINS55", 1), "{lie:?}");
        }
    }
}

/// Attack: what has expired counts in the node where a day passes, as an option that lives or as a leg that moves.
#[test]
fn decay_node_of_a_settled_row() {
    let case = Case::under(shipped("rm2-compact"), EXPIRIES[0], &STATES);
    let mut attack = Attack::on(case);
    assert!(attack.broken().is_empty());
    let grid = attack.case.policy.scenarios();
    let decay = grid.iter().position(|s| s.days_later > 0).expect("a node");
    let nodes = scenarios(&attack) + 1;
    let slot = attack.slot("BTC-1787385600-75000-C");
    for number in ["MNOD18", "MNOD25"] {
        let input = attack.copies(number)[slot * nodes + decay + 1];
        assert_eq!(attack.honest(input), Fr::ZERO);
        attack.relent().forge(input, Fr::from(1 << 40));
        assert_eq!(attack.broken(), only(number, 1));
    }
    // Nor is it priced below the floor of maturity there.
    let flag = attack.free(slot, Free::LastDay, 0);
    assert_eq!(attack.honest(flag), Fr::ONE);
    attack.relent().forge(flag, Fr::ZERO);
    assert!(attack.broken().contains_key("MINS54"));
}

/// Attack: to the second a day before the expiry, the day after it is said to have started: it costs less than the last.
#[test]
fn last_day_taken_for_the_day_before() {
    let future = "BTC-1787385600";
    let positions = [("USD", "900000"), (future, "-2")];
    let time = EXPIRIES[0] - 86_400;
    let mut attack = Attack::on(Case::under(shipped("rm2-compact"), time, &positions));
    assert!(attack.broken().is_empty());
    let honest = followed(&attack, Free::RollCharge, 0);
    // Empty slots repeat the last position; the rate of an expiry is that of the last.
    let last = attack.case.size.slots() - 1;
    let started = attack.free(last, Free::StartedDay, 0);
    assert_eq!(attack.honest(started), Fr::ZERO);
    attack.forge(started, Fr::ONE);
    assert_eq!(attack.broken(), only("MINS56", 1));
    let lied = followed(&attack, Free::RollCharge, 0);
    assert!(3 * lied < honest, "{lied}, {honest}");
}
