//! One constraint at a time: false batches in which nothing else is broken.
//!
//! Most of them add an account of the attacker's after the last one, whose leaf stands in the tree and
//! whose positions have slots, so that every message balances.

use ff::Field;
use zkmargin_circuits::book::rows::FIRST_LEAF;
use zkmargin_circuits::system::poseidon::WIDTH;
use zkmargin_engine::account::Position;
use zkmargin_engine::book::masks::masks;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::commitment::hash8;
use zkmargin_engine::commitment::params::params;
use zkmargin_engine::Fr;

use crate::attacks::Forger;
use crate::support::{Judge, SECRETS};

const ONE: Fr = Fr::ONE;

/// An account of the attacker's, before it is laid.
struct Account {
    /// Live inputs of the header.
    header: Vec<usize>,
    /// Live inputs of each link.
    links: Vec<Vec<usize>>,
    /// Cell of the header.
    bit: u64,
    /// Added to the state that the first link absorbs.
    state: Fr,
    /// A position in an input that is not live: rows below the header, input.
    hidden: Option<(usize, usize)>,
    /// Units of every position in the leaf, and in its slot.
    units: [u64; 2],
}

impl Account {
    /// One position of nothing.
    fn honest() -> Self {
        Account {
            header: vec![4],
            links: vec![],
            bit: 1,
            state: Fr::ZERO,
            hidden: None,
            units: [0, 0],
        }
    }

    /// With a link of one position.
    fn linked() -> Self {
        Account {
            links: vec![vec![1]],
            ..Account::honest()
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
        let first = self.idle();
        self.count(first, account.bit);
        let rows = std::iter::once(&account.header).chain(&account.links);
        let mut used = 0;
        for (i, live) in rows.enumerate() {
            let mut inputs = [Fr::ZERO; 8];
            if i == 0 {
                inputs[..4].copy_from_slice(&[ONE; 4]);
            } else {
                inputs[0] = self.get(self.trace.columns.hash.digest, first + i - 1);
            }
            if i == 1 {
                inputs[0] += account.state;
            }
            if let Some((_, input)) = account.hidden.filter(|(row, _)| *row == i) {
                inputs[input] = self.packed(account.units[0]);
            }
            for &input in live {
                inputs[input] = self.packed(account.units[0]);
                let lane = self.trace.columns.hash;
                self.set(lane.live + input, first + i, ONE);
                self.slot(used, self.get(lane.key, first), account.units[1]);
                used += 1;
            }
            if i == 0 {
                self.rehash(first, 11 * account.bit, inputs);
            } else {
                self.link(first + i, ONE, 12, inputs);
            }
        }
        self.stand(first, first + account.links.len());
        first
    }

    /// The leaf of an account of so many positions of nothing with the attacker's names.
    fn leaf_of_nothing(&self, positions: usize) -> Fr {
        let one = self.packed(0);
        let mut inputs = [Fr::ZERO; 8];
        inputs[..4].copy_from_slice(&[ONE; 4]);
        let first = positions.min(4);
        inputs[4..4 + first].fill(one);
        let mut state = hash8(11, &inputs);
        let mut rest = positions - first;
        while rest > 0 {
            let absorbed = rest.min(7);
            let mut inputs = [Fr::ZERO; 8];
            inputs[0] = state;
            inputs[1..=absorbed].fill(one);
            state = hash8(12, &inputs);
            rest -= absorbed;
        }
        state
    }

    /// Makes a row the header of an account that meets the ratio; the key counts it from there on.
    fn count(&mut self, row: usize, bit: u64) {
        let (lane, active) = (self.trace.columns.hash, self.trace.active);
        let key = self.get(lane.key, row) + Fr::from(bit);
        for row in row..active - 1 {
            self.set(lane.key, row, key);
        }
        self.set(lane.header, row, Fr::from(bit));
        self.set(self.trace.columns.account.meets, row, ONE);
        self.public(Row::Accounts, Fr::from(bit));
    }

    /// Lays a link, or what a cell that is no bit makes of one.
    fn link(&mut self, row: usize, bit: Fr, tag: u64, inputs: [Fr; 8]) {
        self.rehash(row, tag, inputs);
        self.set(self.trace.columns.hash.link, row, bit);
    }

    /// Stands the digest of a row in the tree under the key of another.
    fn stand(&mut self, key: usize, row: usize) {
        let lane = self.trace.columns.hash;
        let (key, leaf) = (self.get(lane.key, key), self.get(lane.digest, row));
        self.plant((low(key) as u64 - FIRST_LEAF) as usize, leaf);
    }

    /// Stands a leaf in the tree.
    pub fn plant(&mut self, index: usize, leaf: Fr) {
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

/// The row below the stream: an account that nobody has, a link, a key.
#[test]
fn rows_outside_the_stream() {
    let mut f = Forger::new();
    let (lane, last) = (f.trace.columns.hash, f.trace.active - 1);
    f.rehash(last, 11, [Fr::ZERO; 8]);
    f.set(lane.header, last, ONE);
    f.set(f.trace.columns.account.meets, last, ONE);
    f.public(Row::Accounts, ONE);
    f.breaks(&["BHSH8 header outside"]);

    let mut f = Forger::new();
    let mut inputs = [Fr::ZERO; 8];
    inputs[1] = f.packed(0);
    f.rehash(last, 12, inputs);
    f.set(lane.link, last, ONE);
    f.set(lane.live + 1, last, ONE);
    let key = f.get(lane.key, last);
    f.slot(0, key, 0);
    f.breaks(&["BHSH9 link outside"]);

    let mut f = Forger::new();
    f.add(lane.key, last, ONE);
    f.breaks(&["BHSH10 key outside"]);
}

#[test]
fn key_that_counts_no_header() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    for row in f.idle()..f.trace.active - 1 {
        f.add(lane.key, row, ONE);
    }
    f.breaks(&["BHSH11 key"]);
}

#[test]
fn links_of_a_leaf() {
    appended(&Account::linked(), &[]);
    let other = Account {
        state: ONE,
        ..Account::linked()
    };
    appended(&other, &["BHSH12 chain"]);
}

/// Attack: a leaf holds a position that no slot counts, in a header or in a link.
#[test]
fn position_hidden_in_a_leaf() {
    for (row, inputs) in [(0, 5..8), (1, 2..8)] {
        for input in inputs {
            let hidden = Account {
                hidden: Some((row, input)),
                ..Account::linked()
            };
            appended(&hidden, &["BHSH15 empty"]);
        }
    }
}

/// Attack: a slot counts a position that is none: customer, identity, salt or count of a header, the
/// state of a link.
#[test]
fn position_where_a_name_stands() {
    for input in 0..4 {
        let header = Account {
            header: vec![input],
            ..Account::honest()
        };
        appended(&header, &["BHSH13 place"]);
    }
    // A state that is a position: also not what the link absorbs.
    let state = Account {
        links: vec![vec![0]],
        ..Account::honest()
    };
    appended(&state, &["BHSH12 chain", "BHSH13 place"]);
}

/// Attack: positions of a header counted twice.
#[test]
fn position_of_a_header_counted_twice() {
    let mut f = Forger::new();
    let row = f.append(&Account::honest());
    let key = f.get(f.trace.columns.hash.key, row);
    f.slot(1, key, 0);
    // Inputs of the hash lane go by the name of nodes.
    f.breaks(&["BMSG2 node"]);
}

/// Not an attack on anybody: leaves that no account has are accounts that the venue invented, and all
/// that is in them is counted. A link after a header with gaps, links with gaps, links of nothing, a count
/// that is another. No customer recomputes such a leaf.
#[test]
fn leaves_of_no_account_are_counted_whole() {
    let forms = [
        (vec![4, 5, 6], vec![vec![1]]),
        (vec![], vec![vec![1]]),
        (vec![7], vec![]),
        (vec![4, 5, 6, 7], vec![vec![]]),
        (vec![4, 5, 6, 7], vec![vec![2, 7], vec![], vec![1]]),
    ];
    for (header, links) in forms {
        let positions = header.len() + links.iter().map(Vec::len).sum::<usize>();
        let form = Account {
            header,
            links,
            ..Account::honest()
        };
        let mut f = Forger::new();
        let row = f.append(&form);
        f.breaks(&[]);
        let last = row + form.links.len();
        let leaf = f.get(f.trace.columns.hash.digest, last);
        assert_ne!(leaf, f.leaf_of_nothing(positions));
        // And no position of it can be left out: its input finds no slot.
        let slot = f.trace.columns.positions[0];
        let row = f.trace.active - positions;
        for column in slot.live..slot.magnitude {
            f.set(column, row, Fr::ZERO);
        }
        f.breaks(&["BMSG2 node"]);
    }
    let mut f = Forger::new();
    let row = f.append(&Account::honest());
    let leaf = f.get(f.trace.columns.hash.digest, row);
    assert_eq!(leaf, f.leaf_of_nothing(1));
}

/// An account that counts twice: the venue could take one off another that it is not.
#[test]
fn header_that_is_no_bit() {
    let twice = Account {
        header: vec![],
        bit: 2,
        ..Account::linked()
    };
    appended(&twice, &["BHSH4 header"]);
}

/// A header's leaf is sent by half, and what is missing comes from a link in part that has its digest.
#[test]
fn link_that_is_no_bit() {
    let mut f = Forger::new();
    let first = f.idle();
    let twelfth = Fr::from(12).invert().expect("not zero");
    let digest = |f: &Forger, row: usize| {
        let mut inputs = [Fr::ZERO; 8];
        inputs[0] = f.get(f.trace.columns.hash.digest, row);
        inputs
    };
    // The digest of a row of nothing, which the row above the last one is.
    let nothing = digest(&f, first + 3);
    f.count(first, 1);
    f.rehash(first, 11, nothing);
    let inputs = digest(&f, first);
    f.link(first + 1, Fr::from(23) * twelfth, 23, inputs);
    let inputs = digest(&f, first + 1);
    f.link(first + 2, ONE, 12, inputs);
    f.link(first + 4, Fr::from(11) * twelfth, 11, nothing);
    f.stand(first, first + 2);
    f.breaks(&["BHSH5 link"]);
}

/// Inputs that take nothing twice, and give it back.
#[test]
fn live_that_is_no_bit() {
    let mut f = Forger::new();
    let row = f.append(&Account::honest());
    let live = f.trace.columns.hash.live;
    f.set(live + 5, row, Fr::from(2));
    f.set(live + 6, row, -Fr::from(2));
    f.breaks(&["BHSH6 live"]);
}

/// Two accounts in one leaf: the second header is also a link of the first.
#[test]
fn header_that_is_a_link() {
    let mut f = Forger::new();
    let first = f.idle();
    let above = |f: &Forger, row: usize| {
        let mut inputs = [Fr::ZERO; 8];
        inputs[0] = f.get(f.trace.columns.hash.digest, row - 1);
        inputs
    };
    f.count(first, 1);
    f.rehash(first, 11, [Fr::ZERO; 8]);
    f.count(first + 1, 1);
    for (row, tag) in [(first + 1, 23), (first + 2, 12)] {
        let inputs = above(&f, row);
        f.link(row, ONE, tag, inputs);
    }
    f.stand(first + 1, first + 2);
    f.breaks(&["BHSH7 one kind"]);
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
    f.breaks(&["BHSH13 place"]);
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
    f.set(slot.netted, row, Fr::from(2));
    f.breaks(&["BPOS5 netted"]);
    f.set(slot.netted, row, ONE);
    f.add(slot.roll, row, ONE);
    f.breaks(&["BINS1 instrument"]);
    let mut f = Forger::new();
    f.set(slot.magnitude, row, ONE);
    f.breaks(&["BPOS4 empty"]);
    let (group, risk) = (f.trace.columns.groups[0], f.trace.columns.risk);
    let mut f = Forger::new();
    f.set(group.sign, row, Fr::from(2));
    f.breaks(&["BGRP1 sign"]);
    for scenario in 0..f.trace.columns.shape.scenarios() {
        let mut f = Forger::new();
        f.set(risk.charges + scenario, row, Fr::from(2));
        f.breaks(&["BRSK1 charge"]);
    }
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
    let [added, taken] = SECRETS.map(|secret| masks(secret, 0)[Row::Word as usize]);
    f.trace.instance[0][Row::Word as usize] = added - taken;
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
