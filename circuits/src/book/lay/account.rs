//! What an account says in the lanes of accounts, positions, groups and risk.

use ff::{Field, PrimeField};

use super::part::Part;
use crate::book::columns::Columns;
use crate::book::exposure::ExposureLane;
use zkmargin_engine::account::Account;
use zkmargin_engine::book::portfolio::PortfolioTable;
use zkmargin_engine::book::risk::{AccountRisk, Place};
use zkmargin_engine::book::shape::{Needs, Shape, GROUPS_PER_ROW, POSITIONS_PER_ROW};
use zkmargin_engine::book::table::{Entry, InstrumentTable};
use zkmargin_engine::book::Tally;
use zkmargin_engine::field::{bit, signed};
use zkmargin_engine::Fr;

/// What laying an account takes to know.
pub(super) struct Known<'a> {
    pub(super) columns: &'a Columns,
    pub(super) table: &'a InstrumentTable,
    /// Powers of the point, by row of the market.
    pub(super) powers: &'a [Fr],
    pub(super) ratio: u16,
}

/// Lays accounts, one after the other.
pub(super) struct Layer<'a, 'p, 't> {
    known: &'a Known<'a>,
    part: &'p mut Part<'t>,
    key: Fr,
    next: Needs,
    tally: Tally,
}

/// A magnitude in limbs, the lowest first; those that are zero at the end are left out.
pub(super) fn limbs(shape: Shape, value: u128) -> impl Iterator<Item = Fr> {
    let bits = shape.limb_bits();
    std::iter::successors(Some(value), move |value| Some(value >> bits))
        .take_while(|value| *value != 0)
        .map(move |value| Fr::from(value as u64 & ((1 << bits) - 1)))
}

impl<'a, 'p, 't> Layer<'a, 'p, 't> {
    /// Begins where accounts have taken so much.
    pub(super) fn new(known: &'a Known<'a>, part: &'p mut Part<'t>, next: Needs) -> Self {
        Layer {
            known,
            part,
            key: Fr::ZERO,
            next,
            tally: Tally::default(),
        }
    }

    /// What has been added.
    pub(super) fn tally(self) -> Tally {
        self.tally
    }

    fn set(&mut self, column: usize, row: usize, value: Fr) {
        self.part.set(column, row, value);
    }

    /// Lays a magnitude in limbs; the cells are zero before.
    fn limbs(&mut self, first: usize, count: usize, row: usize, value: u128) {
        let limbs = limbs(self.known.columns.shape, value).take(count);
        for (column, limb) in (first..).zip(limbs) {
            self.set(column, row, limb);
        }
    }

    fn money(&mut self, first: usize, row: usize, value: u128) {
        let limbs = self.known.columns.shape.money_limbs();
        self.limbs(first, limbs, row, value);
    }

    /// Lays one account, whose header is in the next row of the stream.
    pub(super) fn account(&mut self, key: u64, account: &Account, risk: &AccountRisk) {
        self.key = Fr::from(key);
        let header = self.next.stream;
        self.next.stream += Needs::of(risk).stream;
        let known = self.known;
        let prices = (known.table, known.powers);
        let word = self
            .tally
            .count(prices, &account.positions, risk, known.ratio);
        for (position, place) in account.positions.iter().zip(&risk.places) {
            if let Some(Ok(entry)) = known.table.entries.get(place.row) {
                self.position(entry, position.quantity, place);
            }
        }
        for (&group, &net) in &risk.groups {
            self.group(group, net);
        }
        self.risk(risk);
        self.verdict(header, risk, word);
    }

    fn position(&mut self, entry: &Entry, quantity: i64, place: &Place) {
        let row = self.next.positions / POSITIONS_PER_ROW;
        let slot = self.known.columns.positions[self.next.positions % POSITIONS_PER_ROW];
        self.next.positions += 1;
        let n = |v: u32| Fr::from(u64::from(v));
        let cells = [
            (slot.live, Fr::ONE),
            (slot.key, self.key),
            (slot.id, Fr::from_u128(entry.id.0)),
            (slot.sign, bit(quantity < 0)),
            (slot.asset, n(entry.asset)),
            (slot.underlying, n(entry.underlying.into())),
            (slot.expiry, n(entry.expiry)),
            (slot.strike, n(entry.strike)),
            (slot.roll, signed(entry.roll)),
            (slot.roll_size, signed(entry.roll.abs())),
            (slot.short, signed(entry.short)),
            (slot.netted, bit(place.netted)),
            (slot.joined, bit(place.joined)),
        ];
        for (column, value) in cells {
            self.set(column, row, value);
        }
        if let Some(fee) = slot.fee {
            self.set(fee, row, signed(entry.fee));
        }
        let limbs = self.known.columns.shape.quantity_limbs();
        self.limbs(slot.magnitude, limbs, row, quantity.unsigned_abs().into());
    }

    fn group(&mut self, group: u32, net: i128) {
        let row = self.next.groups / GROUPS_PER_ROW;
        let slot = self.known.columns.groups[self.next.groups % GROUPS_PER_ROW];
        self.next.groups += 1;
        self.set(slot.key, row, self.key);
        self.set(slot.group, row, Fr::from(u64::from(group)));
        self.set(slot.sign, row, bit(net < 0));
        self.money(slot.net, row, net.unsigned_abs());
    }

    /// One vector of the risk lane: losses are charges, gains what they leave.
    fn vector(&mut self, underlying: u16, losses: impl Iterator<Item = i128>) {
        let (row, lane) = (self.next.risk, self.known.columns.risk);
        self.next.risk += 1;
        self.set(lane.key, row, self.key);
        self.set(lane.underlying, row, Fr::from(u64::from(underlying)));
        let charged = self.known.columns.exposure.is_none();
        for (s, loss) in losses.enumerate() {
            let first = self.known.columns.risk_limbs(s).start;
            if charged {
                self.set(lane.charges + s, row, bit(loss > 0));
            }
            self.money(first, row, loss.unsigned_abs());
        }
    }

    /// One underlying under format 2, in a row of the risk lane.
    fn exposure(&mut self, lane: &ExposureLane, terms: &PortfolioTable, risk: &AccountRisk) {
        let money = self.known.columns.shape.money_limbs();
        for (&code, exposure) in &risk.exposures {
            let row = self.next.risk;
            let losses = risk.losses.get(&code).map_or(&[][..], Vec::as_slice);
            self.vector(code, losses.iter().map(|loss| loss - exposure.required));
            let positions = u64::from(exposure.positions) * u64::from(code);
            self.set(lane.positions, row, Fr::from(positions));
            self.money(lane.required, row, exposure.required.unsigned_abs());
            for kind in 0..2 {
                self.set(lane.sizes[kind], row, signed(exposure.sizes[kind]));
                self.set(lane.charges[kind], row, signed(exposure.charges[kind]));
            }
            let above = (lane.above..).step_by(money);
            for (first, above) in above.zip(exposure.above(&terms.form, losses)) {
                self.money(first, row, above.unsigned_abs());
            }
            // Who has been evaluated has terms for all its underlyings.
            let Ok(lines) = terms.of(code) else { continue };
            let over = (lane.over..).step_by(money);
            for (first, over) in over.zip(exposure.over_lines(lines)) {
                self.money(first, row, over.unsigned_abs());
            }
        }
    }

    fn risk(&mut self, risk: &AccountRisk) {
        let known = self.known;
        if let (Some(lane), Some(terms)) = (&known.columns.exposure, &known.table.portfolio) {
            self.exposure(lane, terms, risk);
            return;
        }
        let mut room = vec![risk.scenario; self.known.columns.shape.scenarios()];
        if let [(&underlying, losses)] = risk.losses.iter().collect::<Vec<_>>()[..] {
            // R itself is the charge.
            let left = losses.iter().map(|loss| loss - risk.scenario);
            self.vector(underlying, left);
            return;
        }
        for (&underlying, losses) in &risk.losses {
            self.vector(underlying, losses.iter().copied());
            let charges = room.iter_mut().zip(losses);
            charges.for_each(|(room, loss)| *room -= (*loss).max(0));
        }
        if !risk.losses.is_empty() {
            // What the charges leave of R.
            self.vector(0, room.into_iter().map(|room| -room));
        }
    }

    fn verdict(&mut self, row: usize, risk: &AccountRisk, word: Fr) {
        let lane = self.known.columns.account;
        let excess = risk.excess(self.known.ratio);
        let meets = excess >= 0;
        let sole = match risk.losses.keys().next() {
            Some(&underlying) if risk.losses.len() == 1 => underlying,
            _ => 0,
        };
        // Under format 2 rows of the risk lane charge the scenarios.
        let (scenario, addons) = match self.known.table.portfolio {
            Some(_) => (0, risk.requirement()),
            None => (risk.scenario, risk.addons),
        };
        self.money(lane.scenario, row, scenario.unsigned_abs());
        self.money(lane.equity, row, risk.equity.unsigned_abs());
        let limbs = self.known.columns.shape.verdict_limbs();
        self.limbs(lane.excess, limbs, row, excess.unsigned_abs());
        self.set(lane.meets, row, bit(meets));
        self.set(lane.negative, row, bit(risk.equity < 0));
        self.set(lane.addons, row, signed(addons));
        self.set(lane.error, row, signed(risk.error));
        self.set(lane.word, row, word);
        if self.known.columns.exposure.is_none() {
            self.set(lane.sole, row, Fr::from(u64::from(sole)));
        }
    }
}
