//! What slots owe to their neighbours: order, underlyings, roll and strike groups.
//! Constraints MNET1 to MNET29 of spec/margin.md.
//!
//! Instruments are sorted by underlying, expiry, strike and kind, so every group is a run of
//! neighbours. A flag may join a slot to the one before only if their keys are equal; not joining
//! splits a sum before its absolute value or positive part is taken, which costs the prover.

use ff::Field;

use super::builder::Builder;
use super::slot::Slot;
use super::trace::Var;
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::Fr;

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
    /// MNET1 to MNET29.
    pub fn net(&mut self, slots: &[Slot]) -> Netted {
        self.order(slots);
        let (codes, short_options) = self.underlyings(slots);
        let roll = self.roll(slots);
        let sum = |b: &mut Self, number, pick: fn(&Slot) -> Var| {
            b.number(number);
            let terms: Vec<_> = slots.iter().map(|s| (ONE, pick(s))).collect();
            b.linear(&terms, Fr::ZERO)
        };
        let count = sum(self, "MNET25", |s| s.live);
        let haircut = sum(self, "MNET26", |s| s.haircut);
        let constant_value = sum(self, "MNET27", |s| s.constant_value);
        let mark_error = sum(self, "MNET28", |s| s.mark_error);
        let error = sum(self, "MNET29", |s| s.error);
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

    /// MNET1: live slots come first. MNET2: their ids strictly increase.
    fn order(&mut self, slots: &[Slot]) {
        for pair in slots.windows(2) {
            let (before, slot) = (&pair[0], &pair[1]);
            self.number("MNET1");
            self.assert_zero(-ONE, (ONE, slot.live), (Fr::ZERO, before.live));
            self.number("MNET2");
            let step = self.linear(
                &[(ONE, slot.instrument.id), (-ONE, before.instrument.id)],
                -ONE,
            );
            let checked = self.mul(slot.live, step);
            self.range::<96>(checked);
        }
    }

    /// MNET3: a shocked slot that does not start an underlying has the current one.
    /// MNET4 to MNET7: registers of codes and short options shift when an underlying starts.
    /// MNET8: no more underlyings than registers.
    fn underlyings(&mut self, slots: &[Slot]) -> (Vec<Var>, Vec<Var>) {
        let shorts = self.short_options(slots);
        let width = self.size.underlyings();
        let zero = self.constant(Fr::ZERO);
        let mut codes = vec![zero; width];
        let mut totals = vec![zero; width];
        for (slot, short) in slots.iter().zip(shorts) {
            let starts = slot.starts;
            self.number("MNET3");
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
            self.number("MNET4");
            let mut next_codes =
                vec![self.product(ONE, starts, gap, Some((ONE, codes[0])), Fr::ZERO)];
            self.number("MNET5");
            let kept = self.full(
                -ONE,
                (Fr::ZERO, starts),
                (ONE, totals[0]),
                Some((ONE, short)),
                Fr::ZERO,
            );
            let mut next_totals = vec![kept];
            for j in 1..width {
                let shifts = [
                    ("MNET6", &codes, &mut next_codes),
                    ("MNET7", &totals, &mut next_totals),
                ];
                for (number, registers, next) in shifts {
                    self.number(number);
                    let (up, here) = (registers[j - 1], registers[j]);
                    next.push(self.select(starts, up, here));
                }
            }
            (codes, totals) = (next_codes, next_totals);
        }
        let started: Vec<_> = slots.iter().map(|s| (-ONE, s.starts)).collect();
        self.number("MNET8");
        let room = self.linear(&started, Fr::from(width as u64));
        self.range::<12>(room);
        (codes, totals)
    }

    /// Joins equal neighbours and accumulates `value` along each run, under three numbers: a join is
    /// a bit, it joins equal keys, the sum.
    fn group(
        &mut self,
        [bit, equal, sum]: [&'static str; 3],
        slots: &[Slot],
        keys: &[Var],
        value: fn(&Slot) -> Var,
    ) -> Group {
        let mut joins = Vec::with_capacity(slots.len());
        let mut sums: Vec<Var> = Vec::with_capacity(slots.len());
        for (i, slot) in slots.iter().enumerate() {
            let own = value(slot);
            let Some(&before) = sums.last() else {
                joins.push(self.constant(Fr::ZERO));
                sums.push(own);
                continue;
            };
            self.number(bit);
            let join = self.bit("join", keys[i].value == keys[i - 1].value);
            self.number(equal);
            let gap = self.linear(&[(ONE, keys[i]), (-ONE, keys[i - 1])], Fr::ZERO);
            self.assert_zero(ONE, (Fr::ZERO, join), (Fr::ZERO, gap));
            self.number(sum);
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

    /// MNET17 to MNET24: Σ rate·abs(net dollar delta) over runs of equal underlying and expiry.
    fn roll(&mut self, slots: &[Slot]) -> Var {
        let keys: Vec<Var> = slots.iter().map(|s| s.instrument.expiry_key).collect();
        let numbers = ["MNET17", "MNET18", "MNET19"];
        let group = self.group(numbers, slots, &keys, |s| s.delta);
        let mut total = self.constant(Fr::ZERO);
        for (i, slot) in slots.iter().enumerate() {
            self.number("MNET20");
            let net = self.closed(&group, i);
            // y = ±net and y ≥ 0, so y = abs(net).
            self.number("MNET21");
            let negative = self.bit("roll sign", is_negative(net.value));
            self.number("MNET22");
            let magnitude = self.full(
                -Fr::from(2),
                (Fr::ZERO, negative),
                (ONE, net),
                None,
                Fr::ZERO,
            );
            self.number("MNET23");
            self.range::<204>(magnitude);
            self.number("MNET24");
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

    /// MNET9 to MNET16: max(0, −net option quantity) of runs of equal underlying, expiry and strike.
    fn short_options(&mut self, slots: &[Slot]) -> Vec<Var> {
        self.number("MNET9");
        let keys: Vec<Var> = slots
            .iter()
            .map(|s| {
                let i = &s.instrument;
                self.linear(&[(ONE, i.strike), (pow2(44), i.expiry_key)], Fr::ZERO)
            })
            .collect();
        let numbers = ["MNET10", "MNET11", "MNET12"];
        let group = self.group(numbers, slots, &keys, |s| s.option_quantity);
        (0..slots.len())
            .map(|i| {
                self.number("MNET13");
                let net = self.closed(&group, i);
                self.number("MNET14");
                let short = self.bit("short sign", is_negative(net.value));
                self.number("MNET16");
                let part = self.mul(short, net);
                // net − 2·short·net ≥ 0, so `short` tells the sign of net.
                self.number("MNET15");
                let sign = self.linear(&[(ONE, net), (-Fr::from(2), part)], Fr::ZERO);
                self.range::<72>(sign);
                self.number("MNET16");
                self.linear(&[(-ONE, part)], Fr::ZERO)
            })
            .collect()
    }
}
