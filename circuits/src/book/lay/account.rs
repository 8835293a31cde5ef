//! What an account says in the lanes of accounts, positions, groups and risk.

use std::collections::BTreeMap;

use ff::{Field, PrimeField};

use super::part::Part;
use crate::book::columns::Columns;
use zkmargin_engine::account::Account;
use zkmargin_engine::book::risk::{AccountRisk, Place};
use zkmargin_engine::book::shape::{Needs, GROUPS_PER_ROW, POSITIONS_PER_ROW};
use zkmargin_engine::book::statement::Totals;
use zkmargin_engine::book::table::{Entry, InstrumentTable};
use zkmargin_engine::field::{bit, signed};
use zkmargin_engine::Fr;

/// What accounts add to the statement.
#[derive(Default)]
pub(crate) struct Sums {
    pub(crate) totals: Totals,
    /// Word of open interest.
    pub(crate) word: Fr,
    /// Long and short by row of the market.
    pub(crate) assets: BTreeMap<usize, (u128, u128)>,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Sums) {
        self.totals.accounts += other.totals.accounts;
        self.totals.equity += other.totals.equity;
        self.totals.failing += other.totals.failing;
        self.totals.deficit += other.totals.deficit;
        self.totals.shortfall += other.totals.shortfall;
        self.word += other.word;
        for (row, (long, short)) in &other.assets {
            let sum = self.assets.entry(*row).or_default();
            sum.0 += long;
            sum.1 += short;
        }
    }
}

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
    sums: Sums,
}

impl<'a, 'p, 't> Layer<'a, 'p, 't> {
    /// Begins where accounts have taken so much.
    pub(super) fn new(known: &'a Known<'a>, part: &'p mut Part<'t>, next: Needs) -> Self {
        Layer {
            known,
            part,
            key: Fr::ZERO,
            next,
            sums: Sums::default(),
        }
    }

    /// What has been added.
    pub(super) fn sums(self) -> Sums {
        self.sums
    }

    fn set(&mut self, column: usize, row: usize, value: Fr) {
        self.part.set(column, row, value);
    }

    /// Splits a magnitude into limbs.
    fn limbs(&mut self, first: usize, count: usize, row: usize, mut value: u128) {
        let bits = self.known.columns.shape.limb_bits();
        for column in first..first + count {
            // The cells are zero before.
            if value == 0 {
                return;
            }
            let limb = value as u64 & ((1 << bits) - 1);
            self.set(column, row, Fr::from(limb));
            value >>= bits;
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
        let mut word = Fr::ZERO;
        for (position, place) in account.positions.iter().zip(&risk.places) {
            let row = place.row;
            if let Some(Ok(entry)) = known.table.entries.get(row) {
                if !entry.is_asset() {
                    word += signed(position.quantity.into()) * known.powers[row];
                } else {
                    let (long, short) = self.sums.assets.entry(row).or_default();
                    let side = if position.quantity < 0 { short } else { long };
                    *side += u128::from(position.quantity.unsigned_abs());
                }
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
            (slot.asset, bit(entry.is_asset())),
            (slot.underlying, n(entry.id.underlying().into())),
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

    /// One vector of the risk lane.
    fn vector(&mut self, underlying: u16, charge: bool, values: impl Iterator<Item = i128>) {
        let (row, lane) = (self.next.risk, self.known.columns.risk);
        self.next.risk += 1;
        self.set(lane.key, row, self.key);
        self.set(lane.underlying, row, Fr::from(u64::from(underlying)));
        self.set(lane.charge, row, bit(charge));
        for (s, value) in values.enumerate() {
            let first = self.known.columns.risk_limbs(s).start;
            // Not negative by the choice of charges.
            self.money(first, row, value.unsigned_abs());
        }
    }

    fn risk(&mut self, risk: &AccountRisk) {
        if let (1, Some((&underlying, losses))) = (risk.losses.len(), risk.losses.iter().next()) {
            let rest = losses.iter().map(|loss| risk.scenario - loss);
            self.vector(underlying, false, rest);
            return;
        }
        let mut room = vec![risk.scenario; self.known.columns.shape.scenarios()];
        for (i, (&underlying, losses)) in risk.losses.iter().enumerate() {
            let last = i + 1 == risk.losses.len();
            let charges: Vec<i128> = losses
                .iter()
                .zip(&mut room)
                .map(|(loss, room)| {
                    let charge = if last { *room } else { (*loss).max(0) };
                    *room -= charge;
                    charge
                })
                .collect();
            self.vector(underlying, true, charges.iter().copied());
            let rest = charges.iter().zip(losses).map(|(c, l)| c - l);
            self.vector(underlying, false, rest);
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
        self.money(lane.scenario, row, risk.scenario.unsigned_abs());
        self.money(lane.equity, row, risk.equity.unsigned_abs());
        let limbs = self.known.columns.shape.verdict_limbs();
        self.limbs(lane.excess, limbs, row, excess.unsigned_abs());
        self.set(lane.meets, row, bit(meets));
        self.set(lane.negative, row, bit(risk.equity < 0));
        self.set(lane.addons, row, signed(risk.addons));
        self.set(lane.word, row, word);
        self.set(lane.sole, row, Fr::from(u64::from(sole)));
        let sums = &mut self.sums;
        sums.word += word;
        sums.totals.accounts += 1;
        sums.totals.equity += risk.equity.max(0).unsigned_abs();
        if !meets {
            sums.totals.failing += 1;
            sums.totals.deficit += excess.unsigned_abs();
        }
        sums.totals.shortfall += (-risk.equity).max(0).unsigned_abs();
    }
}
