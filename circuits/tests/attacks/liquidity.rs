//! What it costs to close a net exposure.

use ff::Field;
use zkmargin_circuits::margin::columns::C1;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::{signed, to_i128};
use zkmargin_engine::risk::liquidity_lines;
use zkmargin_engine::Fr;

use crate::portfolio::{
    alone, attack, changed, followed, held, result, where_honest, PERPETUAL, UNDERLYINGS,
};
use crate::support::attack::{only, Attack};
use crate::support::fixture::shipped;

/// Charges on delta and vega of every register.
fn charges(attack: &Attack) -> i128 {
    let all = (0..2 * UNDERLYINGS).map(|n| followed(attack, Free::LiquidityCharge, n));
    all.sum()
}

#[test]
fn liquidity_line_skipped() {
    let mut attack = attack();
    let charge = where_honest(&attack, Free::LiquidityCharge, 4, |v| v != Fr::ZERO);
    attack.shift(charge, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ56", 1));
    let row = attack.rows(Lane::LookUp, "MREQ53")[1];
    let slope = Cell { column: C1, row };
    attack.relent().forge(slope, Fr::ZERO);
    assert_eq!(attack.broken(), only("MREQ53", 1));
    result("MREQ57", |sum| sum - Fr::ONE);
}

/// Attack: an exposure is less than a loss that tells it.
#[test]
fn exposure_below_a_loss() {
    let mut attack = attack();
    let exposure = where_honest(&attack, Free::Exposure, 4, |v| v != Fr::ZERO);
    attack.shift(exposure, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ54", 1));
    attack.forge(exposure, Fr::ZERO);
    alone(&attack, "MREQ54");
}

/// Attack: where every line takes something off, closing a small exposure earns what they take.
#[test]
fn liquidity_charged_below_zero() {
    let policy = changed(&[("[\"0.0002\", \"0\"]", "[\"0.0002\", \"1000\"]")]);
    let mut attack = held(policy, &[("USD", "900000"), (PERPETUAL, "1")]);
    let [exposure, charge] =
        [Free::Exposure, Free::LiquidityCharge].map(|name| attack.shared(name, 0));
    assert_eq!(attack.honest(charge), Fr::ZERO);
    let size = to_i128(attack.honest(exposure));
    let policy = &attack.case.policy;
    let terms = policy.portfolio().expect("format 2");
    let code = policy.underlying("BTC").expect("bitcoin").code;
    let [delta, _] = liquidity_lines(policy, terms, code);
    let of_lines = delta.iter().map(|line| {
        let cost = -(-i128::from(line.slope) * size).div_euclid(1 << 24);
        cost - i128::from(line.less)
    });
    let least = of_lines.max().expect("lines");
    assert!(least < -90_000_000_000, "{least}");
    attack.forge(charge, signed(least));
    assert_eq!(attack.broken(), only("MREQ55", 1));
}

/// Attack: an underlying starts twice, so that each half of its exposure is charged by a flatter line.
#[test]
fn exposure_split_over_two_registers() {
    let future = "BTC-1790323200";
    let positions = [("USD", "90000000"), (PERPETUAL, "400"), (future, "400")];
    let mut attack = held(shipped("rm2-compact"), &positions);
    let honest = charges(&attack);
    let slot = attack.slot(future);
    attack.witness.slots[slot].starts = true;
    assert_eq!(attack.broken(), only("MNET34", 1));
    let lied = charges(&attack);
    assert!(lied < honest - honest / 3, "{lied}, {honest}");
}
