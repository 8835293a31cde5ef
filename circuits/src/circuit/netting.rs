//! What slots owe to their neighbours: order, underlyings, roll and strike groups.
//! Constraints N1 to N14 of SPEC.md.
//!
//! Instruments are sorted by underlying, expiry, strike and kind, so every group is a run of
//! neighbours. A flag may join a slot to the one before only if their keys are equal; not joining
//! splits a sum before its absolute value or positive part is taken, which costs the prover.

use ff::Field;

use super::builder::Builder;
use super::slot::Slot;
use super::trace::{is_negative, pow2, Var};
use crate::Fr;

/// Sums over all slots.
pub struct Netted {
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
}

const ONE: Fr = Fr::ONE;

/// A run of joined slots.
struct Group {
    joins: Vec<Var>,
    sums: Vec<Var>,
}

impl Builder<'_> {
    /// N1 to N14.
    pub fn net(&mut self, slots: &[Slot]) -> Netted {
        self.order(slots);
        let (codes, short_options) = self.underlyings(slots);
        let roll = self.roll(slots);
        let sum = |b: &mut Self, pick: fn(&Slot) -> Var| {
            let terms: Vec<_> = slots.iter().map(|s| (ONE, pick(s))).collect();
            b.linear(&terms, Fr::ZERO)
        };
        let count = sum(self, |s| s.live);
        let haircut = sum(self, |s| s.haircut);
        let constant_value = sum(self, |s| s.constant_value);
        let mark_error = sum(self, |s| s.mark_error);
        let error = sum(self, |s| s.error);
        self.book("netting");
        Netted {
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

    /// N1: live slots come first. N2: their ids strictly increase.
    fn order(&mut self, slots: &[Slot]) {
        for pair in slots.windows(2) {
            let (before, slot) = (&pair[0], &pair[1]);
            self.assert_zero(-ONE, (ONE, slot.live), (Fr::ZERO, before.live));
            let step = self.linear(
                &[(ONE, slot.instrument.id), (-ONE, before.instrument.id)],
                -ONE,
            );
            let checked = self.mul(slot.live, step);
            self.range::<96>(checked);
        }
    }

    /// N3: a shocked slot that does not start an underlying has the current one.
    /// N4: registers of codes and short options shift when an underlying starts.
    /// N5: no more underlyings than registers.
    fn underlyings(&mut self, slots: &[Slot]) -> (Vec<Var>, Vec<Var>) {
        let shorts = self.short_options(slots);
        let width = self.size.underlyings();
        let zero = self.constant(Fr::ZERO);
        let mut codes = vec![zero; width];
        let mut totals = vec![zero; width];
        for (slot, short) in slots.iter().zip(shorts) {
            let starts = slot.starts;
            let gap = self.linear(
                &[(ONE, slot.instrument.underlying), (-ONE, codes[0])],
                Fr::ZERO,
            );
            let held = self.full(
                -ONE,
                (Fr::ZERO, starts),
                (ONE, slot.shocked),
                None,
                Fr::ZERO,
            );
            self.assert_zero(ONE, (Fr::ZERO, held), (Fr::ZERO, gap));
            let mut next_codes =
                vec![self.product(ONE, starts, gap, Some((ONE, codes[0])), Fr::ZERO)];
            let kept = self.full(
                -ONE,
                (Fr::ZERO, starts),
                (ONE, totals[0]),
                Some((ONE, short)),
                Fr::ZERO,
            );
            let mut next_totals = vec![kept];
            for j in 1..width {
                for (registers, next) in [(&codes, &mut next_codes), (&totals, &mut next_totals)] {
                    let (up, here) = (registers[j - 1], registers[j]);
                    next.push(self.select(starts, up, here));
                }
            }
            (codes, totals) = (next_codes, next_totals);
        }
        let started: Vec<_> = slots.iter().map(|s| (-ONE, s.starts)).collect();
        let room = self.linear(&started, Fr::from(width as u64));
        self.range::<12>(room);
        (codes, totals)
    }

    /// Joins equal neighbours and accumulates `value` along each run.
    fn group(&mut self, slots: &[Slot], keys: &[Var], value: fn(&Slot) -> Var) -> Group {
        let mut joins = Vec::with_capacity(slots.len());
        let mut sums: Vec<Var> = Vec::with_capacity(slots.len());
        for (i, slot) in slots.iter().enumerate() {
            let own = value(slot);
            let Some(&before) = sums.last() else {
                joins.push(self.constant(Fr::ZERO));
                sums.push(own);
                continue;
            };
            let join = self.bit("join", keys[i].value == keys[i - 1].value);
            let gap = self.linear(&[(ONE, keys[i]), (-ONE, keys[i - 1])], Fr::ZERO);
            self.assert_zero(ONE, (Fr::ZERO, join), (Fr::ZERO, gap));
            sums.push(self.product(ONE, join, before, Some((ONE, own)), Fr::ZERO));
            joins.push(join);
        }
        Group { joins, sums }
    }

    /// The sum of a run at its last slot, 0 elsewhere.
    fn closed(&mut self, group: &Group, i: usize) -> Var {
        match group.joins.get(i + 1) {
            Some(&next) => self.full(-ONE, (Fr::ZERO, next), (ONE, group.sums[i]), None, Fr::ZERO),
            None => group.sums[i],
        }
    }

    /// N6 to N9: Σ rate·abs(net dollar delta) over runs of equal underlying and expiry.
    fn roll(&mut self, slots: &[Slot]) -> Var {
        let keys: Vec<Var> = slots.iter().map(|s| s.instrument.expiry_key).collect();
        let group = self.group(slots, &keys, |s| s.delta);
        let mut total = self.constant(Fr::ZERO);
        for (i, slot) in slots.iter().enumerate() {
            let net = self.closed(&group, i);
            // N8: y = ±net and y ≥ 0, so y = abs(net).
            let negative = self.bit("roll sign", is_negative(net.value));
            let magnitude = self.full(
                -Fr::from(2),
                (Fr::ZERO, negative),
                (ONE, net),
                None,
                Fr::ZERO,
            );
            self.range::<204>(magnitude);
            total = self.product(
                ONE,
                magnitude,
                slot.instrument.rate,
                Some((ONE, total)),
                Fr::ZERO,
            );
        }
        total
    }

    /// N10 to N14: max(0, −net option quantity) of runs of equal underlying, expiry and strike.
    fn short_options(&mut self, slots: &[Slot]) -> Vec<Var> {
        let keys: Vec<Var> = slots
            .iter()
            .map(|s| {
                let i = &s.instrument;
                self.linear(&[(ONE, i.strike), (pow2(44), i.expiry_key)], Fr::ZERO)
            })
            .collect();
        let group = self.group(slots, &keys, |s| s.option_quantity);
        (0..slots.len())
            .map(|i| {
                let net = self.closed(&group, i);
                let short = self.bit("short sign", is_negative(net.value));
                let part = self.mul(short, net);
                // N13: net − 2·short·net ≥ 0, so `short` tells the sign of net.
                let sign = self.linear(&[(ONE, net), (-Fr::from(2), part)], Fr::ZERO);
                self.range::<72>(sign);
                self.linear(&[(-ONE, part)], Fr::ZERO)
            })
            .collect()
    }
}
