//! What slots owe to their neighbours: order, underlyings, roll and strike groups.
//! Constraints MNET1 to MNET34 of spec/margin.md.
//!
//! Instruments are sorted by underlying, expiry, strike and kind, so every group is a run of
//! neighbours. A flag may join a slot to the one before only if their keys are equal; not joining
//! splits a sum before its absolute value or positive part is taken, which costs the prover. It would not
//! cost him to split an underlying where exposures are charged by what they are too large for, under format 2:
//! there MNET34 forbids it.

use ff::Field;

use super::arithmetic::Arithmetic;
use super::group::Keyed;
use super::range::Ranges;
use super::risk::addon::{roll, settlement, short_option};
use super::slot::Slot;
use super::trace::Var;
use super::widths::CODE;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// Sums over all slots.
pub(crate) struct Netted {
    /// Number of positions.
    pub count: Var,
    /// Codes of the underlyings, latest first; 0 where unused.
    pub codes: Vec<Var>,
    /// Net short option quantity by underlying, in the order of `codes`.
    pub short_options: Vec<Var>,
    /// Σ rate·abs(net dollar delta), scale 2^-93.
    pub roll: Var,
    /// Σ haircuts, 1e-20 USD.
    pub haircut: Var,
    /// Σ cash and parity values, 1e-16 USD.
    pub constant_value: Var,
    /// Σ mark errors.
    pub mark_error: Var,
    /// Σ errors.
    pub error: Var,
    /// Registers less the underlyings that start.
    pub unused: Var,
    /// Σ half spreads, under format 2.
    pub half_spread: Option<Var>,
    /// 1 where a position of entry costs is held, where the policy knows them.
    pub exempt: Option<Var>,
}

const ONE: Fr = Fr::ONE;

/// MNET1 to MNET34.
pub(crate) fn net(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    policy: &Policy,
    slots: &[Slot],
) -> Netted {
    order(a, ranges, slots);
    let (codes, short_options, unused) = underlyings(a, ranges, slots);
    if policy.portfolio().is_some() {
        start_once(a, ranges, &codes);
    }
    let deltas: Vec<Keyed> = slots
        .iter()
        .map(|s| Keyed {
            key: s.instrument.expiry_key,
            value: s.delta,
        })
        .collect();
    let roll = roll::net(a, ranges, &deltas, slots.iter().map(|s| s.instrument.rate));
    let mut sum = |number, pick: fn(&Slot) -> Var| {
        a.number(number);
        let terms: Vec<_> = slots.iter().map(|s| (ONE, pick(s))).collect();
        a.linear(&terms, Fr::ZERO)
    };
    let count = sum("MNET25", |s| s.live);
    let haircut = sum("MNET26", |s| s.haircut);
    let constant_value = sum("MNET27", |s| s.constant_value);
    let mark_error = sum("MNET28", |s| s.mark_error);
    let error = sum("MNET29", |s| s.error);
    let spreads: Option<Vec<_>> = slots.iter().map(|s| Some((ONE, s.half_spread?))).collect();
    a.number("MNET30");
    let half_spread = spreads.map(|terms| a.linear(&terms, Fr::ZERO));
    let exempt = match policy.portfolio() {
        Some(_) => {
            let held: Vec<_> = slots.iter().map(|s| [s.live, s.instrument.id]).collect();
            settlement::exempt(a, policy, &held)
        }
        None => None,
    };
    Netted {
        unused,
        half_spread,
        exempt,
        count,
        codes,
        short_options,
        roll,
        haircut,
        constant_value,
        mark_error,
        error,
    }
}

/// MNET1: live slots come first. MNET2: their ids strictly increase.
fn order(a: &mut Arithmetic, ranges: &mut Ranges, slots: &[Slot]) {
    for pair in slots.windows(2) {
        let (before, slot) = (&pair[0], &pair[1]);
        a.number("MNET1");
        a.assert_zero(-ONE, (ONE, slot.live), (Fr::ZERO, before.live));
        a.number("MNET2");
        let [own, last] = [slot, before].map(|slot| slot.instrument.id);
        let step = a.linear(&[(ONE, own), (-ONE, last)], Fr::ZERO);
        let live = (-ONE, slot.live);
        let checked = a.full(ONE, live, (Fr::ZERO, step), None, Fr::ZERO);
        ranges.assert::<96>(a, checked);
    }
}

/// MNET34: no underlying starts twice. Codes increase with ids, so those of registers, latest first, decrease, and
/// 0 is that of one without an underlying.
fn start_once(a: &mut Arithmetic, ranges: &mut Ranges, codes: &[Var]) {
    a.number("MNET34");
    for pair in codes.windows(2) {
        let step = a.linear(&[(ONE, pair[0]), (-ONE, pair[1])], Fr::ZERO);
        let step = a.full(ONE, (-ONE, pair[0]), (Fr::ZERO, step), None, Fr::ZERO);
        ranges.assert::<{ 2 * CODE }>(a, step);
    }
}

/// Short options by slot, those of one strike and expiry in the last of them.
fn shorts(a: &mut Arithmetic, ranges: &mut Ranges, slots: &[Slot]) -> Vec<Var> {
    let keys = short_option::keys(a, slots.iter().map(|s| &s.instrument));
    let keyed = keys.into_iter().zip(slots).map(|(key, slot)| Keyed {
        key,
        value: slot.option_quantity,
    });
    short_option::net(a, ranges, &keyed.collect::<Vec<_>>())
}

/// MNET3: a shocked slot that does not start an underlying has the current one.
/// MNET4 to MNET7: registers of codes and short options shift when an underlying starts.
/// MNET8: no more underlyings than registers.
fn underlyings(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    slots: &[Slot],
) -> (Vec<Var>, Vec<Var>, Var) {
    let shorts = shorts(a, ranges, slots);
    let width = a.trace.columns.size.underlyings();
    let zero = a.constant(Fr::ZERO);
    let mut codes = vec![zero; width];
    let mut totals = vec![zero; width];
    for (slot, short) in slots.iter().zip(shorts) {
        let starts = slot.starts;
        a.number("MNET3");
        let gap = a.linear(
            &[(ONE, slot.instrument.underlying), (-ONE, codes[0])],
            Fr::ZERO,
        );
        let held = a.full(
            -ONE,
            (Fr::ZERO, starts),
            (ONE, slot.shocked),
            None,
            Fr::ZERO,
        );
        a.assert_zero(ONE, (Fr::ZERO, held), (Fr::ZERO, gap));
        a.number("MNET4");
        let mut next_codes = vec![a.product(ONE, starts, gap, Some((ONE, codes[0])), Fr::ZERO)];
        a.number("MNET5");
        let kept = a.full(
            -ONE,
            (Fr::ZERO, starts),
            (ONE, totals[0]),
            Some((-ONE, short)),
            Fr::ZERO,
        );
        let mut next_totals = vec![kept];
        for j in 1..width {
            let shifts = [
                ("MNET6", &codes, &mut next_codes),
                ("MNET7", &totals, &mut next_totals),
            ];
            for (number, registers, next) in shifts {
                a.number(number);
                let (up, here) = (registers[j - 1], registers[j]);
                next.push(a.select(starts, up, here));
            }
        }
        (codes, totals) = (next_codes, next_totals);
    }
    let started: Vec<_> = slots.iter().map(|s| (-ONE, s.starts)).collect();
    a.number("MNET8");
    let room = a.linear(&started, Fr::from(width as u64));
    ranges.assert::<12>(a, room);
    (codes, totals, room)
}
