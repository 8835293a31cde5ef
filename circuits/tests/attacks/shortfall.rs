//! Expected shortfall of joint points, and its scale.

use ff::Field;
use zkmargin_circuits::margin::columns::G2;
use zkmargin_circuits::margin::free::Free;
use zkmargin_circuits::margin::trace::{Cell, Lane};
use zkmargin_engine::field::{bits, is_negative, pow2, signed, to_i128};
use zkmargin_engine::units::BP;
use zkmargin_engine::Fr;

use crate::portfolio::{
    alone, attack, attack_under, followed, held, result, tell, with_point, PAIR,
};
use crate::support::attack::{only, Attack};

fn points(attack: &Attack) -> usize {
    let terms = attack.case.policy.portfolio().expect("format 2");
    terms.shortfall.points.len()
}

/// The cells of a point.
struct Point {
    loss: Cell,
    /// What threshold and excess leave above the loss.
    room: Cell,
    excess: Cell,
    in_tail: Cell,
}

/// Points in the order of the policy.
fn all_points(attack: &Attack) -> Vec<Point> {
    let ends = |number| -> Vec<Cell> {
        let rows = attack.rows(Lane::Arithmetic, number);
        let is_end = |row: &&usize| !rows.contains(&(**row + 1));
        let ends = rows.iter().filter(is_end);
        ends.map(|&row| Cell { column: G2, row }).collect()
    };
    let (losses, rooms) = (ends("MREQ45"), ends("MREQ46"));
    assert_eq!([losses.len(), rooms.len()], [points(attack); 2]);
    let cells = losses.into_iter().zip(rooms).enumerate();
    cells
        .map(|(n, (loss, room))| Point {
            loss,
            room,
            excess: attack.shared(Free::Excess, n),
            in_tail: attack.shared(Free::InTail, n),
        })
        .collect()
}

/// A point whose excess is what is asked for.
fn point(attack: &Attack, wanted: fn(i128) -> bool) -> Point {
    let mut all = all_points(attack).into_iter();
    all.find(|point| wanted(to_i128(attack.honest(point.excess))))
        .expect("a point of this kind")
}

/// Attack: mass that is not listed loses less than nothing beyond a tail that begins below zero.
#[test]
fn tail_that_begins_below_zero() {
    // Half of the mass of the tail is listed.
    let mut attack = held(with_point("20, \"-1\", \"0\", \"0\", \"0\"", &[]), &PAIR);
    let threshold = attack.shared(Free::TailThreshold, 0);
    assert_eq!(attack.honest(threshold), Fr::ZERO);
    let honest = followed(&attack, Free::Shortfall, 0);
    attack.forge(threshold, signed(-honest / 2));
    assert_eq!(attack.broken(), only("MREQ44", 1));
    let lied = followed(&attack, Free::Shortfall, 0);
    assert!(0 < lied && lied < honest - honest / 5, "{lied}, {honest}");
}

/// Attack: a point of the tail is said to lose nothing beyond it; what another point leaves is invented.
#[test]
fn point_left_out() {
    let mut attack = attack();
    let inside = point(&attack, |excess| excess > 0);
    attack
        .forge(inside.excess, Fr::ZERO)
        .forge(inside.in_tail, Fr::ZERO);
    assert_eq!(attack.broken(), only("MREQ46", 1));
    let outside = point(&attack, |excess| excess == 0);
    attack.relent().shift(outside.room, pow2(40));
    assert_eq!(attack.broken(), only("MREQ46", 1));
}

/// Attack: a point loses what another does.
#[test]
fn weights_of_another_point() {
    let mut attack = attack();
    let inside = point(&attack, |excess| excess > 0);
    let outside = point(&attack, |excess| excess == 0);
    let [more, less] = [inside.loss, outside.loss].map(|cell| attack.honest(cell));
    assert!(is_negative(less - more));
    attack.forge(inside.loss, less);
    assert_eq!(attack.broken(), only("MREQ45", 1));
    // By a single unit.
    attack.relent().shift(inside.loss, -Fr::ONE);
    assert_eq!(attack.broken(), only("MREQ45", 1));
}

/// Attack: the excess is half of what it is. Threshold and twice the excess are no less than the loss, so there is
/// a quotient, of which the excess is a multiple that no bit gives.
#[test]
fn excess_too_low() {
    let mut attack = attack();
    let inside = point(&attack, |excess| excess > 1_000);
    let honest = to_i128(attack.honest(inside.excess));
    let half = honest / 2 + 1;
    let quotient = 2 * half - honest;
    attack.forge(inside.excess, signed(half));
    assert_eq!(attack.broken(), only("MREQ48", 1));
    let multiple = signed(half) * signed(quotient).invert().expect("not zero");
    attack.forge(inside.in_tail, multiple);
    assert_eq!(attack.broken(), only("MREQ47", 1));
}

/// Attack: a point that gains takes off what others lose in the tail.
#[test]
fn excess_negative() {
    let mut attack = attack();
    let mut gaining = all_points(&attack).into_iter();
    let gaining = gaining
        .find(|point| is_negative(attack.honest(point.loss)))
        .expect("a gain");
    let room = bits(attack.honest(gaining.room), 24, 100) as i128;
    let by = room / 3;
    assert!(by > 0);
    attack.forge(gaining.excess, signed(-by));
    assert_eq!(attack.broken(), only("MREQ48", 1));
    let multiple = signed(-by) * signed(room - 2 * by).invert().expect("not zero");
    attack.forge(gaining.in_tail, multiple);
    assert_eq!(attack.broken(), only("MREQ47", 1));
}

/// Attack: the shortfall is a unit below the mean of its tail.
#[test]
fn shortfall_too_low() {
    let attack = attack();
    let cell = attack.shared(Free::Shortfall, 0);
    tell(attack, cell, |v| v - Fr::ONE, "MREQ50");
}

/// Attack: the shortfall is not rounded up. Its fraction is whole again times the scale and times the mass of the tail.
#[test]
fn shortfall_is_a_fraction() {
    let mut attack = attack_under("spanlike");
    let terms = attack.case.policy.portfolio().expect("format 2");
    let scale = u64::from(terms.scale);
    let mass = u64::from(BP - terms.shortfall.level) * u64::from(terms.shortfall.total);
    let parts = num_integer::gcd(scale, mass);
    let rest = to_i128(attack.honest(attack.result("MREQ50", None)));
    let steps = rest / i128::from(mass / parts);
    assert!(steps > 0, "{rest} of {mass}, in {parts} parts");
    let fraction = signed(-steps) * Fr::from(parts).invert().expect("not zero");
    let cell = attack.shared(Free::Shortfall, 0);
    attack.shift(cell, fraction);
    assert_eq!(attack.broken(), only("MREQ49", 1));
}

/// Attack: the scaled shortfall is a unit below the product.
#[test]
fn scaled_shortfall_too_low() {
    let attack = attack();
    let cell = attack.shared(Free::ScaledShortfall, 0);
    tell(attack, cell, |v| v - Fr::ONE, "MREQ68");
}

/// Attack: the scaled shortfall is not rounded up. Half of it is mixed with half of the stress.
#[test]
fn scaled_shortfall_is_a_fraction() {
    let mut attack = attack_under("spanlike");
    let rest = to_i128(attack.honest(attack.result("MREQ68", None)));
    assert!(rest > 0 && rest % 2 == 0, "{rest}");
    let bp = Fr::from(u64::from(BP)).invert().expect("not zero");
    let cell = attack.shared(Free::ScaledShortfall, 0);
    attack.shift(cell, signed(-rest) * bp);
    assert_eq!(attack.broken(), only("MREQ51", 1));
}

/// Attack: losses of the paths of the points are invented.
#[test]
fn losses_of_paths_invented() {
    result("MREQ45", |loss| loss - pow2(60));
    let mut attack = attack();
    let row = attack.rows(Lane::Arithmetic, "MREQ45")[0];
    attack.shift(Cell { column: G2, row }, -Fr::from(1_000));
    alone(&attack, "MREQ45");
}
