//! What has expired and what has not: a row is settled exactly when its expiry is not after the market's
//! time, exactly then its volatility bits are 1, and exactly then it is taken for settled.

use ff::{Field, PrimeField};
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::instrument::Opening;
use zkmargin_circuits::margin::table::MARKET_NODES;
use zkmargin_circuits::margin::wide::{KEY, VALUE_A, VALUE_B};
use zkmargin_engine::commitment::{hash8, tag};
use zkmargin_engine::field::pow2;
use zkmargin_engine::market::{InstrumentId, Kind, ID_BITS};
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};
use crate::support::fixture::{Case, EXPIRIES, TIME};

const CALL: &str = "BTC-1790323200-80000-C";
const FUTURE: &str = "BTC-1790323200";
const PERPETUAL: &str = "BTC-PERPETUAL";
const SETTLED_CALL: &str = "BTC-1787385600-75000-C";
const SETTLED_FUTURE: &str = "BTC-1787385600";
const DOLLAR: u64 = 100_000_000;

/// Puts a row of the attacker's, of the id of an instrument that he holds, into his own market.
fn write(attack: &mut Attack, name: &str, forward: u64, vol: u64) {
    let slot = attack.slot(name);
    let id = attack.case.account.positions[slot].id;
    let row = Fr::from_u128(id.0)
        + Fr::from(forward) * pow2(ID_BITS)
        + Fr::from(vol) * pow2(ID_BITS + 60);
    let siblings = std::array::from_fn(|i| if i == 0 { row } else { Fr::ZERO });
    attack.witness.market_nodes[MARKET_NODES - 1] = hash8(tag::MARKET_NODE, &siblings);
    attack.witness.slots[slot].opening = Opening { siblings, row };
}

/// Takes an instrument for one that has expired, or for one that has not.
fn flag(attack: &mut Attack, name: &str, settled: bool) {
    let slot = attack.slot(name);
    let kind = attack.case.account.positions[slot].id.kind();
    let [option, linear] = [Kind::is_option(kind), kind == Kind::Future].map(u64::from);
    let key = kind as u64 + if settled { 16 } else { 0 };
    let of_living = |flag: u64| if settled { 0 } else { flag };
    let put = u64::from(kind == Kind::Put);
    for (number, values) in [
        ("MINS4", [of_living(option), of_living(put)]),
        ("MINS5", [of_living(linear), 1]),
        ("MINS6", [0, u64::from(settled)]),
    ] {
        for (column, value) in [(KEY, key), (VALUE_A, values[0]), (VALUE_B, values[1])] {
            let cell = attack.look_up(number, slot, 0, column);
            // The key is copied from the first look-up to the others.
            if column != KEY || number == "MINS4" {
                attack.forge(cell, Fr::from(value));
            }
        }
    }
}

/// Dollars and one position; empty slots repeat the dollars, which never expire.
fn held(time: u32, name: &str, quantity: &str) -> Attack {
    let mut attack = Attack::on(Case::at(time, &[("USD", "900000"), (name, quantity)]));
    let dollars = attack.witness.slots[0].opening;
    for slot in attack.witness.slots.iter_mut().skip(2) {
        slot.opening = dollars;
    }
    attack
}

#[test]
fn every_state_is_proven_at_the_second_of_an_expiry() {
    assert_eq!(Attack::on(Case::settled()).broken(), Broken::new());
}

#[test]
fn live_row_at_its_expiry_and_settled_row_before_it() {
    // An option that is still priced, and a future that is still marked, in the second of its expiry.
    for (name, vol) in [(SETTLED_CALL, 4_200), (SETTLED_FUTURE, 0)] {
        let mut attack = held(EXPIRIES[0] - 1, name, "-1");
        write(&mut attack, name, 77_000 * DOLLAR, vol);
        assert_eq!(attack.broken(), Broken::new(), "{name}");
        attack.witness.time = EXPIRIES[0];
        assert_eq!(attack.broken(), only("MINS49", 1), "{name}");
    }
    // One that is settled a second early: a short option without any margin.
    for (name, quantity) in [(SETTLED_CALL, "-100"), (SETTLED_FUTURE, "-100")] {
        let mut attack = held(EXPIRIES[0] - 1, name, quantity);
        write(&mut attack, name, 0, 1);
        assert_eq!(attack.broken(), only("MINS49", 1), "{name}");
        // A second later that is its row.
        attack.witness.time = EXPIRIES[0];
        assert_eq!(attack.broken(), Broken::new(), "{name}");
    }
}

#[test]
fn flag_on_a_live_row() {
    for name in [CALL, FUTURE] {
        let mut attack = held(TIME, name, "-1");
        flag(&mut attack, name, true);
        let broken = attack.broken();
        // Bits of a live row, and an expiry after the market's time.
        assert!(broken.contains_key("MINS49"), "{name}: {broken:?}");
        let bits = broken.contains_key("MINS50") || broken.contains_key("MINS9");
        assert!(bits, "{name}: {broken:?}");
    }
}

#[test]
fn settled_row_that_is_not_flagged() {
    for name in [SETTLED_CALL, SETTLED_FUTURE] {
        for time in [EXPIRIES[0], EXPIRIES[0] + 86_400] {
            let mut attack = held(time, name, "1");
            flag(&mut attack, name, false);
            let broken = attack.broken();
            assert!(broken.contains_key("MINS49"), "{name}: {broken:?}");
            let bits = broken.contains_key("MINS50") || broken.contains_key("MINS9");
            assert!(bits, "{name}: {broken:?}");
        }
    }
}

#[test]
fn option_below_the_least_volatility() {
    let mut attack = held(TIME, CALL, "-1");
    write(&mut attack, CALL, 77_405 * DOLLAR, 100);
    assert_eq!(attack.broken(), Broken::new());
    for bits in [99, 2, 1, 0] {
        write(&mut attack, CALL, 77_405 * DOLLAR, bits);
        let broken = attack.broken();
        let range = broken.get("MINS9").copied().unwrap_or_default();
        // Bits of 1 say that it has expired, which it has not.
        let settled = broken.contains_key("MINS49");
        assert_eq!(
            (range > 0, settled),
            (bits != 1, bits == 1),
            "{bits}: {broken:?}"
        );
        if bits == 99 {
            assert_eq!(broken, only("MINS9", range));
        }
    }
}

#[test]
fn volatility_of_what_is_no_option() {
    for (name, bits) in [(FUTURE, 100), (FUTURE, 2), (PERPETUAL, 4_200)] {
        let mut attack = held(TIME, name, "-1");
        write(&mut attack, name, 77_405 * DOLLAR, bits);
        assert_eq!(attack.broken(), only("MINS50", 1), "{name}, {bits}");
    }
    // Whatever the bits, a perpetual never expires.
    let mut attack = held(TIME, PERPETUAL, "-1");
    write(&mut attack, PERPETUAL, 77_405 * DOLLAR, 1);
    assert!(attack.broken().contains_key("MINS4"));
}

#[test]
fn settled_at_another_value() {
    let mut attack = Attack::on(Case::settled());
    let slot = attack.slot(SETTLED_FUTURE);
    let forward = attack.free(slot, Free::Forward, 0);
    attack.shift(forward, Fr::from(DOLLAR));
    assert_eq!(attack.broken(), only("MINS13", 1));
}

#[test]
fn code_of_more_than_twelve_bits() {
    // The bit above the code is the lowest of the forward.
    let mut attack = Attack::mixed();
    let slot = attack.slot("USD");
    let code = attack.look_up("MINS3", slot, 0, KEY);
    let forward = attack.free(slot, Free::Forward, 0);
    attack
        .shift(code, pow2(12))
        .shift(forward, -Fr::ONE)
        .own_book();
    assert!(attack.broken().contains_key("MINS3"));
    // An id of a thirteenth bit in the attacker's market is another forward.
    let id = attack.case.account.positions[slot].id.0;
    assert_eq!(
        InstrumentId(id | 1 << ID_BITS).underlying(),
        InstrumentId(id).underlying()
    );
    assert!(!InstrumentId(id | 1 << ID_BITS).is_canonical());
}

#[test]
fn settled_future_that_expires_in_another_century() {
    // A settled future taken for a live one, with an expiry that the code of another underlying makes up
    // for: the days until then are in no table.
    let mut attack = held(EXPIRIES[0], SETTLED_FUTURE, "1");
    flag(&mut attack, SETTLED_FUTURE, false);
    let expiry = attack.free(attack.slot(SETTLED_FUTURE), Free::Expiry, 0);
    attack.shift(expiry, pow2(32));
    let broken = attack.broken();
    assert!(!broken.contains_key("MINS49"), "{broken:?}");
    assert!(
        broken.contains_key("MINS15") && broken.contains_key("MINS50"),
        "{broken:?}"
    );
}
