//! One constraint at a time: false batches in which nothing else is broken.
//!
//! Most of them add an account of the attacker's after the last one, whose leaf stands in the tree and
//! whose positions have slots, so that every message balances.

use ff::Field;
use zkmargin_circuits::book::rows::FIRST_LEAF;
use zkmargin_circuits::system::poseidon::WIDTH;
use zkmargin_engine::account::Position;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::commitment::params::params;
use zkmargin_engine::Fr;

use crate::attacks::Forger;
use crate::support::Judge;

const ONE: Fr = Fr::ONE;

/// An account of the attacker's, before it is laid.
struct Account {
    /// The count that is hashed.
    count: u64,
    /// The count in the cell beside it.
    left: u64,
    /// Live inputs of each link, and what is left after it.
    links: Vec<(Vec<usize>, u64)>,
    /// A further input of the header.
    fifth: Fr,
    /// Added to the state that the first link absorbs.
    state: Fr,
    /// An input of the first link that is not live.
    dead: Option<usize>,
    /// Units of every position in the leaf, and in its slot.
    units: [u64; 2],
}

impl Account {
    /// One position of nothing.
    fn honest() -> Self {
        Account {
            count: 1,
            left: 1,
            links: vec![(vec![1], 0)],
            fifth: Fr::ZERO,
            state: Fr::ZERO,
            dead: None,
            units: [0, 0],
        }
    }
}

impl Forger {
    /// Number of accounts of the venue.
    fn accounts(&self) -> usize {
        self.venue.accounts.len()
    }

    /// The first idle row of the stream.
    fn idle(&self) -> usize {
        let lane = self.trace.columns.hash;
        let last = self.header(self.accounts() - 1);
        let mut rows = last + 1..self.trace.active;
        rows.find(|&row| self.get(lane.link, row) == Fr::ZERO)
            .expect("an idle row")
    }

    /// Puts a position of the instrument of the very first slot into an idle slot.
    fn slot(&mut self, n: usize, key: Fr, units: u64) {
        let slot = self.trace.columns.positions[0];
        let row = self.trace.active - 1 - n;
        assert_eq!(self.get(slot.live, row), Fr::ZERO);
        for column in slot.live..slot.magnitude {
            let value = self.get(column, 0);
            self.set(column, row, value);
        }
        self.set(slot.key, row, key);
        self.set(slot.sign, row, Fr::ZERO);
        self.set(slot.magnitude, row, Fr::from(units));
    }

    /// A position of that instrument as the leaf holds it.
    fn packed(&self, units: u64) -> Fr {
        let slot = self.trace.columns.positions[0];
        let id = low(self.get(slot.id, 0));
        let id = zkmargin_engine::market::InstrumentId(id);
        let quantity = units as i64;
        Position { id, quantity }.packed()
    }

    /// Lays an account after the last one; returns its first row.
    fn append(&mut self, account: &Account) -> usize {
        let lane = self.trace.columns.hash;
        let (first, active) = (self.idle(), self.trace.active);
        let key = self.get(lane.key, first) + ONE;
        for row in first..active - 1 {
            self.set(lane.key, row, key);
        }
        let mut inputs = [Fr::ZERO; 8];
        inputs[..4].copy_from_slice(&[ONE, ONE, ONE, Fr::from(account.count)]);
        inputs[4] = account.fifth;
        self.rehash(first, 3, inputs);
        self.set(lane.header, first, ONE);
        self.set(lane.left, first, Fr::from(account.left));
        self.set(self.trace.columns.account.meets, first, ONE);
        let mut used = 0;
        for (i, (live, left)) in account.links.iter().enumerate() {
            let row = first + 1 + i;
            let mut inputs = [Fr::ZERO; 8];
            inputs[0] = self.get(lane.digest, row - 1);
            if i == 0 {
                inputs[0] += account.state;
                if let Some(dead) = account.dead {
                    inputs[dead] = ONE;
                }
            }
            for &input in live {
                inputs[input] = self.packed(account.units[0]);
                self.set(lane.live + input, row, ONE);
                self.slot(used, key, account.units[1]);
                used += 1;
            }
            self.rehash(row, 4, inputs);
            self.set(lane.link, row, ONE);
            self.set(lane.left, row, Fr::from(*left));
        }
        let leaf = self.get(lane.digest, first + account.links.len());
        self.plant((low(key) as u64 - FIRST_LEAF) as usize, leaf);
        self.public(Row::Accounts, ONE);
        first
    }

    /// Stands a leaf in the tree.
    fn plant(&mut self, index: usize, leaf: Fr) {
        let lane = self.trace.columns.hash;
        let node = self.trace.columns.shape.blocks() + index / 8;
        self.set(lane.live + index % 8, node, ONE);
        let mut inputs = self.inputs(node);
        inputs[index % 8] = leaf;
        self.rehash(node, 5, inputs);
        let root = index / 64;
        let mut inputs = self.inputs(root);
        inputs[index / 8 % 8] = self.get(lane.digest, node);
        self.rehash(root, 5, inputs);
        self.trace.instance[1][root] = self.get(lane.digest, root);
    }
}

fn low(value: Fr) -> u128 {
    zkmargin_engine::field::low_u128(value)
}

/// What an appended account breaks.
#[track_caller]
fn appended(account: &Account, expected: &[&str]) {
    let mut f = Forger::new();
    f.append(account);
    f.breaks(expected);
}

#[test]
fn account_that_nobody_else_sees_is_honest() {
    appended(&Account::honest(), &[]);
}

/// S-boxes, digest and tag of an idle row, which nothing else reads.
#[test]
fn permutation_invented() {
    for lane_of_state in 0..WIDTH {
        let mut f = Forger::new();
        let (lane, row) = (f.trace.columns.hash, f.idle());
        let column = lane.sboxes + 126 + lane_of_state;
        let fifth = |u: Fr| u.square().square() * u;
        let honest = f.get(column, row);
        let more = fifth(honest + ONE) - fifth(honest);
        f.add(column, row, ONE);
        f.add(lane.digest, row, params(WIDTH).mds[0][lane_of_state] * more);
        f.breaks(&["BHSH1 state"]);
    }
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.hash, f.idle());
    f.add(lane.digest, row, ONE);
    f.breaks(&["BHSH2 digest"]);
    let mut f = Forger::new();
    f.rehash(row, 9, [Fr::ZERO; 8]);
    f.breaks(&["BHSH3 tag"]);
}

/// The row below the stream: an account that nobody has, a link, what is left, a key.
#[test]
fn rows_outside_the_stream() {
    let mut f = Forger::new();
    let (lane, last) = (f.trace.columns.hash, f.trace.active - 1);
    f.rehash(last, 3, [Fr::ZERO; 8]);
    f.set(lane.header, last, ONE);
    f.set(f.trace.columns.account.meets, last, ONE);
    f.public(Row::Accounts, ONE);
    f.breaks(&["BHSH8 header outside"]);

    let mut f = Forger::new();
    let mut inputs = [Fr::ZERO; 8];
    inputs[1] = f.packed(0);
    f.rehash(last, 4, inputs);
    f.set(lane.link, last, ONE);
    f.set(lane.live + 1, last, ONE);
    let key = f.get(lane.key, last);
    f.slot(0, key, 0);
    f.breaks(&["BHSH9 link outside"]);

    let mut f = Forger::new();
    f.set(lane.left, last, ONE);
    f.breaks(&["BHSH10 left outside"]);

    let mut f = Forger::new();
    f.add(lane.key, last, ONE);
    f.breaks(&["BHSH11 key outside"]);
}

#[test]
fn key_that_counts_no_header() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    for row in f.idle()..f.trace.active - 1 {
        f.add(lane.key, row, ONE);
    }
    f.breaks(&["BHSH12 key"]);
}

#[test]
fn counts_of_a_leaf() {
    let of = |count, left, after| Account {
        count,
        left,
        links: vec![(vec![1], after)],
        ..Account::honest()
    };
    appended(&of(2, 1, 0), &["BHSH13 count"]);
    appended(&of(2, 2, 0), &["BHSH14 left"]);
    appended(&of(2, 2, 1), &["BHSH16 complete"]);
}

#[test]
fn links_of_a_leaf() {
    appended(
        &Account {
            state: ONE,
            ..Account::honest()
        },
        &["BHSH17 chain"],
    );
    appended(
        &Account {
            fifth: ONE,
            ..Account::honest()
        },
        &["BHSH18 header"],
    );
    appended(
        &Account {
            dead: Some(5),
            ..Account::honest()
        },
        &["BHSH21 empty"],
    );
    let of = |count, links| Account {
        count,
        left: count,
        links,
        ..Account::honest()
    };
    appended(&of(0, vec![(vec![], 0)]), &["BHSH22 first"]);
    appended(&of(2, vec![(vec![1, 3], 0)]), &["BHSH23 from the left"]);
    appended(&of(2, vec![(vec![1], 1), (vec![1], 0)]), &["BHSH24 full"]);
}

/// An idle row takes a position out of a slot.
#[test]
fn position_of_an_idle_row() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.hash, f.idle());
    let mut inputs = [Fr::ZERO; 8];
    inputs[1] = f.packed(0);
    f.rehash(row, 0, inputs);
    f.set(lane.live + 1, row, ONE);
    let key = f.get(lane.key, row);
    f.slot(0, key, 0);
    f.breaks(&["BHSH19 place"]);
}

/// An account of nothing that fails minus one times hides one that fails.
#[test]
fn verdicts_that_are_no_bits() {
    let mut f = Forger::new();
    let row = f.append(&Account::honest());
    f.set(f.trace.columns.account.meets, row, Fr::from(2));
    f.public(Row::Failing, -ONE);
    f.breaks(&["BACC1 meets"]);
    let mut f = Forger::new();
    let row = f.append(&Account::honest());
    f.set(f.trace.columns.account.negative, row, Fr::from(2));
    f.breaks(&["BACC2 negative"]);
}

/// A position of one unit counts nothing: its sign holds the unit.
#[test]
fn sign_that_holds_the_magnitude() {
    let mut f = Forger::new();
    f.append(&Account {
        units: [1, 0],
        ..Account::honest()
    });
    let (slot, row) = (f.trace.columns.positions[0], f.trace.active - 1);
    f.breaks(&["BMSG2 node", "BMSG3 position"]);
    f.set(slot.sign, row, Fr::from(2));
    f.breaks(&["BPOS2 sign"]);
}

#[test]
fn slot_that_no_leaf_holds() {
    let mut f = Forger::new();
    let key = f.get(f.trace.columns.hash.key, f.header(0));
    f.slot(0, key, 0);
    f.breaks(&["BMSG3 position"]);
}

/// A group of one account under the number of another of its groups.
#[test]
fn net_number_of_another_group() {
    let mut f = Forger::new();
    let [one, other] = f.trace.columns.groups;
    assert_eq!(f.get(one.key, 0), f.get(other.key, 0));
    f.set(one.group, 0, f.get(other.group, 0));
    f.breaks(&["BMSG4 group"]);
}

#[test]
fn slots_of_nothing() {
    let mut f = Forger::new();
    f.append(&Account::honest());
    let (slot, row) = (f.trace.columns.positions[0], f.trace.active - 1);
    f.set(slot.joined, row, Fr::from(2));
    f.breaks(&["BPOS3 joined"]);
    f.set(slot.joined, row, ONE);
    f.add(slot.roll, row, ONE);
    f.breaks(&["BINS1 instrument"]);
    let mut f = Forger::new();
    f.set(slot.magnitude, row, ONE);
    f.breaks(&["BPOS4 empty"]);
    let (group, risk) = (f.trace.columns.groups[0], f.trace.columns.risk);
    let mut f = Forger::new();
    f.set(group.sign, row, Fr::from(2));
    f.breaks(&["BGRP1 sign"]);
    let mut f = Forger::new();
    f.set(risk.charge, row, Fr::from(2));
    f.breaks(&["BRSK1 charge"]);
}

/// Powers, point and ratio of rows below every instrument and account.
#[test]
fn columns_that_are_not_what_they_were_above() {
    let f = Forger::new();
    let (table, last) = (f.trace.columns.table, f.trace.active);
    let below = f.idle().max(f.venue.table.entries.len()) + 1;

    let mut f = Forger::new();
    (0..=last).for_each(|row| f.set(table.power, row, Fr::ZERO));
    for account in 0..f.accounts() {
        let row = f.header(account);
        f.set(f.trace.columns.account.word, row, Fr::ZERO);
    }
    f.trace.instance[0][Row::Word as usize] = Fr::from(77) - Fr::from(99);
    f.judge = Judge::new(&f.trace);
    f.breaks(&["BTAB1 start"]);

    let mut f = Forger::new();
    for row in below..=last {
        f.add(table.power, row, f.get(table.power, row));
    }
    f.breaks(&["BTAB2 power"]);

    let mut f = Forger::new();
    for row in below..=last {
        let power = f.get(table.power, row - 1) * f.get(table.point, row - 1);
        f.set(table.power, row, power);
        f.add(table.point, row, ONE);
    }
    f.breaks(&["BTAB4 point"]);

    let mut f = Forger::new();
    (below..=last).for_each(|row| f.set(table.ratio, row, Fr::ZERO));
    f.breaks(&["BTAB6 ratio"]);
}
