//! Half spreads, fees of closing, and the scaled error of prices.

use ff::Field;
use zkmargin_circuits::margin::columns::G2;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::Fr;

use crate::portfolio::{attack, nothing, result, tell, CALL};
use crate::support::attack::{only, Broken};

#[test]
fn values_of_half_spreads_invented() {
    for number in ["MSLT21", "MSLT23"] {
        let attack = attack();
        let cell = attack.result(number, Some(attack.slot(CALL)));
        tell(attack, cell, nothing, number);
    }
    result("MNET30", nothing);
}

/// Attack: a third side of closing an option, which costs nothing. Either of two may be charged.
#[test]
fn cheaper_side_of_closing_invented() {
    let mut attack = attack();
    let slot = attack.slot(CALL);
    let side = attack.free(slot, Free::SpreadOfForward, 0);
    attack.forge(side, Fr::ONE - attack.honest(side));
    assert_eq!(attack.broken(), Broken::new(), "the dearer one");
    let rows = attack.rows_of(Lane::Arithmetic, "MSLT23", slot);
    let [gap, of_value] = [rows[0], rows[1]].map(|row| attack.honest(Cell { column: G2, row }));
    let third = -of_value * gap.invert().expect("not zero");
    attack.relent().forge(side, third);
    assert_eq!(attack.broken(), only("MSLT22", 1));
    let spread = attack.result("MSLT23", Some(slot));
    assert_eq!(attack.trace().advice[spread.column][spread.row], Fr::ZERO);
}

/// Attack: a charge is a unit below its quotient, or a ten-thousandth from an integer: whole again times a ratio
/// of one.
#[test]
fn charges_of_format_2_off_their_quotients() {
    let bp = Fr::from(10_000).invert().expect("not zero");
    for (name, money, slack) in [
        (Free::ClosingCharge, "MREQ58", "MREQ59"),
        (Free::ScaledErrorCharge, "MREQ66", "MREQ67"),
    ] {
        let mut attack = attack();
        let cell = attack.shared(name, 0);
        attack.shift(cell, -Fr::ONE);
        assert_eq!(attack.broken(), only(slack, 1));
        attack.shift(cell, bp);
        assert_eq!(attack.broken(), only(money, 1));
    }
}

/// Attack: another position claims to be the entry costs; the claim of one counts five times; the sum of claims
/// and the fees are invented.
#[test]
fn count_of_positions_too_low() {
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
