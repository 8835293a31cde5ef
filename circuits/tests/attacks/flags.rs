//! Flags that are neither 0 nor 1, where nothing but their own constraint says so, and cells that are
//! no integers.

use ff::Field;
use zkmargin_circuits::margin::columns::G2;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::node::cells::{CLAMP, D, G, N1, N2, PHI1, PHI2, SIDE, W_HIGH};
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_circuits::margin::wide::LOOKED_UP;
use zkmargin_engine::field::{low_u64, pow2, signed};
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};
use crate::support::fixture::{Case, EXPIRIES, TIME};

const CALL: &str = "BTC-1790323200-80000-C";
const PUT: &str = "BTC-1790323200-80000-P";
const PERPETUAL: &str = "BTC-PERPETUAL";
const FUTURE: &str = "BTC-1790323200";

fn half() -> Fr {
    Fr::from(2).invert().expect("not zero")
}

#[test]
fn start_of_minus_one() {
    // Two registers of bitcoin; then an underlying "starts" −1 times, so that the registers of every
    // node are taken twice.
    let positions = [
        ("USD", "900000"),
        (PERPETUAL, "1"),
        (FUTURE, "1"),
        (CALL, "1"),
    ];
    let mut attack = Attack::on(Case::of(&positions));
    attack.witness.slots[2].starts = true;
    for index in &mut attack.witness.indices {
        (index.used, index.price) = (false, 0);
    }
    assert_eq!(attack.broken(), Broken::new());
    let starts = attack.free(3, Free::Starts, 0);
    attack.forge(starts, -Fr::ONE);
    assert_eq!(attack.broken(), only("MSLT3", 1));
}

#[test]
fn started_day_that_is_no_bit() {
    // A perpetual has no rest of a day; it would pay the roll rate of any number of days.
    let mut attack = Attack::mixed();
    let started = attack.free(attack.slot(PERPETUAL), Free::StartedDay, 0);
    attack.forge(started, Fr::from(2));
    assert_eq!(attack.broken(), only("MINS19", 1));
}

#[test]
fn maximum_by_a_flag_of_minus_one() {
    // A volatility as far above as it was below.
    let mut attack = Attack::mixed();
    let flag = attack.free(attack.slot(PUT), Free::VolatilityFloor, 0);
    assert_eq!(attack.honest(flag), Fr::ZERO);
    attack.forge(flag, -Fr::ONE);
    assert_eq!(attack.broken(), only("MINS37", 1));
}

#[test]
fn floor_of_maturity_by_a_fraction_of_a_flag() {
    // A second more is left, and less of the certified error is charged; the quantity makes an integer of
    // the error, or its money would show the fraction.
    let beyond = EXPIRIES[1] - TIME - Case::mixed().policy.maturity_floor;
    let quantity = format!("{}.{:08}", beyond / 100_000_000, beyond % 100_000_000);
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (CALL, &quantity)]));
    let flag = attack.free(attack.slot(CALL), Free::BelowTheFloor, 0);
    let fraction = Fr::from(u64::from(beyond)).invert().expect("not zero");
    attack.forge(flag, -fraction);
    assert_eq!(attack.broken(), only("MINS22", 1));
}

#[test]
fn join_that_is_no_bit() {
    // The call and the put of one strike and expiry, joined twice over.
    for (name, number) in [(Free::JoinsStrike, "MNET10"), (Free::JoinsExpiry, "MNET17")] {
        let mut attack = Attack::mixed();
        let slot = attack.slot(CALL).max(attack.slot(PUT));
        let join = attack.shared(name, slot - 1);
        assert_eq!(attack.honest(join), Fr::ONE);
        attack.forge(join, Fr::from(2));
        assert_eq!(attack.broken(), only(number, 1));
    }
}

#[test]
fn sign_of_one_half() {
    // Half of a short sum, and none of an absolute value.
    let calls = Attack::mixed().slot("ETH-1813910400-4500-C");
    for (name, number) in [(Free::ShortSign, "MNET14"), (Free::DeltaSign, "MNET21")] {
        let mut attack = Attack::mixed();
        let sign = attack.shared(name, calls);
        attack.forge(sign, half());
        assert_eq!(attack.broken(), only(number, 1));
    }
}

#[test]
fn index_that_is_used_twice() {
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (PERPETUAL, "1")]));
    let used = attack.shared(Free::IndexUsed, 0);
    assert_eq!(attack.honest(used), Fr::ONE);
    attack.forge(used, Fr::from(2));
    assert_eq!(attack.broken(), only("MREQ12", 1));
}

#[test]
fn clamp_that_is_no_bit() {
    // So far out that d1 is below the table: there MNOD9 is silent, and a fraction of a clamp puts d2
    // into its middle. The holder who is short gains half the strike.
    let far = "BTC-1787385600-150000-C";
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (far, "-1")]));
    let slot = attack.slot(far);
    for node in 0..=attack.case.policy.scenarios().len() {
        if attack.honest(attack.node(slot, node, SIDE)) != -Fr::ONE {
            continue;
        }
        let w_high = attack.honest(attack.node(slot, node, W_HIGH));
        let clamp = attack.node(slot, node, CLAMP);
        let g = attack.node(slot, node, G);
        let (n, phi) = attack.case.policy.tables().normal_at(0);
        let [n2, phi2] = [N2, PHI2].map(|cell| attack.node(slot, node, cell));
        let lie = Fr::ONE + Fr::from(3072) * w_high.invert().expect("not zero");
        attack.relent().forge(clamp, lie).forge(g, Fr::ZERO);
        attack
            .forge(n2, Fr::from(n))
            .forge(phi2, Fr::from(u64::from(phi)));
        assert_eq!(attack.broken(), only("MNOD6", 1), "node {node}");
        return;
    }
    panic!("no node below the table");
}

#[test]
fn root_of_time_is_a_half() {
    // Half a unit nearer to the root than an integer can be.
    let mut found = Vec::new();
    for name in [CALL, PUT, "BTC-1787385600-75000-P", "ETH-1813910400-4500-C"] {
        for step in [half(), -half()] {
            let mut attack = Attack::mixed();
            let t = attack.free(attack.slot(name), Free::RootOfTime, 0);
            attack.shift(t, step);
            found.push(attack.broken().into_keys().collect::<Vec<_>>());
        }
    }
    assert!(found.contains(&vec!["MINS25".to_owned()]), "{found:?}");
}

#[test]
fn high_part_of_w_is_a_fraction() {
    // W with a half: an even reciprocal, a half of B, and nodes that are below the table.
    let far = "BTC-1787385600-150000-C";
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (far, "1")]));
    let slot = attack.slot(far);
    let [high, low, reciprocal, b] = [Free::WHigh, Free::WLow, Free::Reciprocal, Free::Moneyness]
        .map(|name| attack.free(slot, name, 2));
    let rows = attack.rows_of(Lane::Arithmetic, "MINS44", slot);
    let product = Cell {
        column: G2,
        row: rows[rows.len() / 3 * 2],
    };
    let w = attack.honest(high) * pow2(16) + attack.honest(low);
    let rest = low_u64(attack.honest(product) - w * pow2(48));
    assert!(rest < 1 << 48, "{rest}");
    let step = if rest < 1 << 47 { -half() } else { half() };
    let mu = low_u64(attack.honest(reciprocal)) & !1;
    attack
        .shift(high, step * pow2(16).invert().expect("not zero"))
        .forge(reciprocal, Fr::from(mu));
    // What a node looks up stays what it is.
    for node in 0..=attack.case.policy.scenarios().len() {
        for cell in [D, N1, PHI1, SIDE, G, N2, PHI2, CLAMP] {
            attack.shift(attack.node(slot, node, cell), Fr::ZERO);
        }
    }
    let trace = attack.trace();
    attack.forge(b, trace.advice[b.column][b.row] - half());
    assert_eq!(attack.broken().keys().collect::<Vec<_>>(), ["MINS41"]);
}

#[test]
fn forward_of_61_bits() {
    // Made up for by the volatility; of a position so small that no sum is too large.
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (CALL, "0.00000001")]));
    let slot = attack.slot(CALL);
    let (vol, forward) = (
        attack.free(slot, Free::Volatility, 0),
        attack.free(slot, Free::Forward, 0),
    );
    attack.shift(vol, -Fr::ONE).shift(forward, pow2(60));
    assert_eq!(attack.broken(), only("MINS8", 1));
}

#[test]
fn w_that_is_not_its_parts() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let low = attack.free(slot, Free::WLow, 2);
    let w = attack.result("MINS43", Some(slot));
    attack.shift(low, -Fr::ONE).shift(w, Fr::ZERO);
    assert_eq!(attack.broken(), only("MINS43", 1));
}

#[test]
fn moneyness_one_unit_up() {
    let mut attack = Attack::mixed();
    let b = attack.free(attack.slot(CALL), Free::Moneyness, 0);
    attack.shift(b, Fr::ONE);
    assert_eq!(attack.broken(), only("MINS47", 1));
}

#[test]
fn day_of_another_date() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let cells = LOOKED_UP.map(|of| attack.look_up("MINS15", slot, 0, of));
    let day = low_u64(attack.honest(cells[0])) as usize + 1;
    let (up, down) = attack.case.policy.tables().day[day];
    attack
        .forge(cells[0], Fr::from(day as u64))
        .forge(cells[1], Fr::from(up))
        .forge(cells[2], Fr::from(down));
    assert_eq!(attack.broken(), only("MINS16", 1));
}

#[test]
fn time_of_more_than_32_bits() {
    // A market whose digest says so; nothing that expires is held.
    let mut attack = Attack::on(Case::of(&[("USD", "1")]));
    let time = attack.shared(Free::Time, 0);
    attack.forge(time, pow2(32));
    assert_eq!(attack.broken(), only("MMKT1", 1));
    attack.forge(time, signed(-1));
    assert!(attack.broken().contains_key("MMKT1"));
}
