//! An opened row and what follows from it.

use ff::Field;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::Cell;
use zkmargin_circuits::margin::wide::{KEY, LOOKED_UP, VALUE_A, VALUE_B};
use zkmargin_engine::field::{low_u128, low_u64, pow2};
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};
use crate::support::fixture::Case;

const CALL: &str = "BTC-1790323200-80000-C";
const PUT: &str = "BTC-1790323200-80000-P";
const PERPETUAL: &str = "BTC-PERPETUAL";
const FUTURE: &str = "ETH-1813910400";

/// Forges the `n`-th free witness of a name in the slot of an instrument by an offset.
fn shift(instrument: &str, name: Free, n: usize, by: Fr) -> Attack {
    let mut attack = Attack::mixed();
    let cell = attack.free(attack.slot(instrument), name, n);
    attack.forge(cell, attack.honest(cell) + by);
    attack
}

fn refused_by(attack: &Attack, name: &str, case: &str) {
    let broken = attack.broken();
    assert!(broken.contains_key(name), "{case}: {broken:?}");
}

#[test]
fn put_priced_as_call() {
    let mut attack = Attack::mixed();
    let put = attack.look_up("MINS4", attack.slot(PUT), 0, VALUE_B);
    assert_eq!(attack.honest(put), Fr::ONE);
    attack.forge(put, Fr::ZERO);
    assert_eq!(attack.broken(), only("MINS4", 1));
}

#[test]
fn unknown_underlying() {
    let mut attack = Attack::mixed();
    let code = attack.look_up("MINS3", attack.slot(CALL), 0, KEY);
    attack.forge(code, Fr::from(99));
    refused_by(&attack, "MINS3", "code 99");
}

/// Writes BTC as ETH and makes up for it in the expiry, so that the id stays.
fn as_ether(instrument: &str) -> Attack {
    let mut attack = Attack::mixed();
    let (slot, ether) = (attack.slot(instrument), attack.slot(FUTURE));
    for of in LOOKED_UP {
        let value = attack.honest(attack.look_up("MINS3", ether, 0, of));
        let cell = attack.look_up("MINS3", slot, 0, of);
        attack.forge(cell, value);
    }
    let expiry = attack.free(attack.slot(instrument), Free::Expiry, 0);
    attack.forge(expiry, attack.honest(expiry) - pow2(32));
    attack
}

#[test]
fn perpetual_with_an_expiry() {
    refused_by(&as_ether(PERPETUAL), "MINS10", "perpetual");
}

#[test]
fn dated_instrument_of_another_underlying() {
    refused_by(&as_ether(CALL), "MINS26", "call");
}

#[test]
fn unit_moved_across_a_part() {
    // From the volatility to the forward, from the expiry to the strike: the row stays.
    let pairs = [
        (Free::Volatility, Free::Forward, 60, "MINS8"),
        (Free::Expiry, Free::Strike, 44, "MINS7"),
    ];
    for (from, to, bits, number) in pairs {
        let mut attack = Attack::mixed();
        let slot = attack.slot(CALL);
        let (high, low) = (attack.free(slot, from, 0), attack.free(slot, to, 0));
        for (up, down) in [(Fr::ONE, -pow2(bits)), (-Fr::ONE, pow2(bits))] {
            let (h, l) = (attack.honest(high) + up, attack.honest(low) + down);
            attack.relent().forge(high, h).forge(low, l);
            refused_by(&attack, number, &format!("{to:?}"));
        }
    }
}

/// Any forward of a perpetual, made up for by a fraction in its volatility, which has to be 0.
#[test]
fn vol_of_a_perpetual_is_a_fraction() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    let (vol, forward) = (
        attack.free(slot, Free::Volatility, 0),
        attack.free(slot, Free::Forward, 0),
    );
    // The account is short of it: a forward of one dollar is a present.
    let lie = Fr::from(100_000_000);
    let by = (attack.honest(forward) - lie) * pow2(60).invert().expect("not zero");
    let fraction = attack.honest(vol) + by;
    attack.forge(forward, lie).forge(vol, fraction);
    let broken = attack.broken();
    assert_eq!(broken.get("MINS50"), Some(&1), "{broken:?}");
    assert_eq!(broken.get("MINS9"), Some(&2), "{broken:?}");
}

/// A perpetual of bitcoin under the class of ether: the strike, which nothing else reads, makes up
/// for it.
#[test]
fn strike_of_a_perpetual_is_negative() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(PERPETUAL);
    let strike = attack.free(slot, Free::Strike, 0);
    let ether = attack.slot(FUTURE);
    for of in LOOKED_UP {
        let value = attack.honest(attack.look_up("MINS3", ether, 0, of));
        let cell = attack.look_up("MINS3", slot, 0, of);
        attack.forge(cell, value);
    }
    attack.forge(strike, attack.honest(strike) - pow2(76));
    let broken = attack.broken();
    assert!(broken.contains_key("MINS7"), "{broken:?}");
}

/// Thirty days more, and as many seconds less than nothing of the last day.
#[test]
fn rest_of_the_day_is_negative() {
    let mut attack = Attack::mixed();
    let rest = attack.free(attack.slot(CALL), Free::RestOfDay, 0);
    let row = LOOKED_UP.map(|of| attack.look_up("MINS15", attack.slot(CALL), 0, of));
    let day = low_u64(attack.honest(row[0])) as usize + 30;
    let (up, down) = attack.case.policy.tables().day[day];
    attack
        .forge(rest, attack.honest(rest) - Fr::from(30 * 86_400))
        .forge(row[0], Fr::from(day as u64))
        .forge(row[1], Fr::from(up))
        .forge(row[2], Fr::from(down));
    assert_eq!(attack.broken(), only("MINS17", 1));
}

/// A smaller leading part with an e beyond the two terms of its series: the logarithm is too low.
#[test]
fn logarithm_with_a_long_tail() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let e = attack.free(slot, Free::Logarithm, 0);
    let row = LOOKED_UP.map(|of| attack.look_up("MINS30", slot, 0, of));
    let power = attack.look_up("MINS29", slot, 0, VALUE_A);
    let forward = attack.free(slot, Free::Forward, 0);
    let scaled = low_u128(attack.honest(forward) * attack.honest(power));
    let m = low_u64(attack.honest(row[0])) - 60;
    let tail = (scaled - (u128::from(m) << 59)) / (u128::from(m) << 26);
    let tables = attack.case.policy.tables();
    let j = m as usize - 512;
    let rate = tables.roll.get(j).copied().unwrap_or(0);
    let ln = tables.log[j] as u64;
    attack
        .forge(row[0], Fr::from(m))
        .forge(row[1], Fr::from(ln))
        .forge(row[2], Fr::from(rate))
        .forge(e, Fr::from(tail as u64));
    assert_eq!(attack.broken(), only("MINS31", 1));
}

/// More of w in its low part than one Taylor step bears, and less in the high part.
#[test]
fn low_part_of_w_too_long() {
    for vol in 0..3 {
        let mut attack = Attack::mixed();
        let slot = attack.slot(CALL);
        let [high, low] = [Free::WHigh, Free::WLow].map(|name| attack.free(slot, name, vol));
        let h = attack.honest(high) - Fr::from(20);
        let l = attack.honest(low) + Fr::from(20) * pow2(16);
        attack.forge(high, h).forge(low, l);
        assert_eq!(attack.broken(), only("MINS42", 1), "volatility {vol}");
    }
}

#[test]
fn day_bucket_of_another_day() {
    // A day less and 86400 seconds more of rest.
    let mut attack = Attack::mixed();
    let rest = attack.free(attack.slot(CALL), Free::RestOfDay, 0);
    let row = LOOKED_UP.map(|of| attack.look_up("MINS15", attack.slot(CALL), 0, of));
    let day = low_u64(attack.honest(row[0])) as usize - 1;
    let (up, down) = attack.case.policy.tables().day[day];
    attack
        .forge(rest, attack.honest(rest) + Fr::from(86_400))
        .forge(row[0], Fr::from(day as u64))
        .forge(row[1], Fr::from(up))
        .forge(row[2], Fr::from(down));
    assert_eq!(attack.broken(), only("MINS18", 1));
}

#[test]
fn expired_instrument() {
    let mut attack = Attack::mixed();
    attack.witness.time = crate::support::fixture::EXPIRIES[0] + 1;
    let broken = attack.broken();
    assert!(broken.contains_key("MINS15"), "{broken:?}");
}

#[test]
fn started_day_hidden() {
    let attack = shift(CALL, Free::StartedDay, 0, -Fr::ONE);
    assert_eq!(attack.broken(), only("MINS20", 1));
}

#[test]
fn shorter_time() {
    let attack = shift(CALL, Free::BelowTheFloor, 0, Fr::ONE);
    assert_eq!(attack.broken(), only("MINS24", 1));
}

#[test]
fn square_root_off_by_one() {
    for (by, number) in [(Fr::ONE, "MINS26"), (-Fr::ONE, "MINS27")] {
        let attack = shift(CALL, Free::RootOfTime, 0, by);
        assert_eq!(attack.broken(), only(number, 1));
    }
}

#[test]
fn root_of_time_of_33_bits() {
    // It has 36 bits: MINS26 leaves it no more than the square root of a time to expiry has.
    for bits in [32, 35] {
        let broken = shift(CALL, Free::RootOfTime, 0, pow2(bits)).broken();
        assert!(broken.contains_key("MINS26"), "{broken:?}");
        assert!(!broken.contains_key("MINS25"), "{broken:?}");
    }
    refused_by(
        &shift(CALL, Free::RootOfTime, 0, pow2(36)),
        "MINS25",
        "37 bits",
    );
}

#[test]
fn logarithm_of_another_shift() {
    let mut attack = Attack::mixed();
    let slot = attack.slot(CALL);
    let row = LOOKED_UP.map(|of| attack.look_up("MINS29", slot, 0, of));
    let s = low_u64(attack.honest(row[0])) as usize - 1;
    let ln = attack.case.policy.tables().pow_ln[s];
    attack
        .forge(row[0], Fr::from(s as u64))
        .forge(row[1], pow2(s as u32))
        .forge(row[2], Fr::from(ln as u64));
    assert_eq!(attack.broken(), only("MINS32", 1));
    for by in [Fr::from(2), -Fr::from(3)] {
        refused_by(&shift(CALL, Free::Logarithm, 0, by), "MINS32", "e");
    }
}

#[test]
fn vol_floor_ignored() {
    let mut attack = Attack::mixed();
    let cell: Cell = attack.free(attack.slot(CALL), Free::VolatilityFloor, 0);
    let flipped = Fr::ONE - attack.honest(cell);
    attack.forge(cell, flipped);
    assert_eq!(attack.broken(), only("MINS39", 1));
}

#[test]
fn w_off_by_one() {
    for vol in 0..3 {
        for by in [Fr::ONE, -Fr::ONE] {
            let attack = shift(CALL, Free::WLow, vol, by);
            assert_eq!(attack.broken(), only("MINS44", 1));
        }
    }
}

#[test]
fn w_high_is_a_fraction() {
    let unit = pow2(64).invert().expect("not zero");
    for vol in 0..3 {
        refused_by(&shift(CALL, Free::WHigh, vol, unit), "MINS41", "w");
    }
}

#[test]
fn reciprocal_too_small() {
    for vol in 0..3 {
        let mut attack = Attack::mixed();
        let cell = attack.free(attack.slot(CALL), Free::Reciprocal, vol);
        let value = low_u64(attack.honest(cell));
        attack.forge(cell, Fr::from(value / 2));
        refused_by(&attack, "MINS45", "half");
        attack.relent().forge(cell, Fr::from(value + 1));
        refused_by(&attack, "MINS45", "one too many");
        // The least one leaves 2^29 of 2^35 at most.
        let slot = attack.slot(CALL);
        let [high, low] =
            [Free::WHigh, Free::WLow].map(|name| attack.honest(attack.free(slot, name, vol)));
        let w = low_u64(high * pow2(16) + low);
        let least = ((1 << 35) - (1 << 29)) / w + 1;
        attack.relent().forge(cell, Fr::from(least));
        assert_eq!(attack.broken(), Broken::new());
        attack.relent().forge(cell, Fr::from(least - 1));
        refused_by(&attack, "MINS45", "one too few");
    }
}

#[test]
fn reciprocal_of_a_fraction() {
    // So far out that no node at the lower volatility reads the reciprocal: μ·W has the right size
    // (MINS45), and but for its own range any fraction would do.
    let far = "BTC-1787385600-150000-C";
    let mut attack = Attack::on(Case::of(&[("USD", "900000"), (far, "1")]));
    let slot = attack.slot(far);
    let [high, low, reciprocal] =
        [Free::WHigh, Free::WLow, Free::Reciprocal].map(|name| attack.free(slot, name, 2));
    let w = attack.honest(high) * pow2(16) + attack.honest(low);
    let fraction = (pow2(35) - Fr::ONE) * w.invert().expect("not zero");
    attack.forge(reciprocal, fraction);
    assert_eq!(attack.broken(), only("MINS46", 1));
}
