//! Malicious witnesses: each names what it must break, and breaks nothing else.
//!
//! The attacker starts from an honest batch and makes everything consistent that he can: the judge
//! recomputes words, helpers and counts, which are his to choose.

use ff::{Field, PrimeField};
use zkmargin_circuits::book::columns::fixed;
use zkmargin_circuits::book::permutation;
use zkmargin_circuits::book::trace::Trace;
use zkmargin_circuits::book::BatchCircuit;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::field::{low_u128, pow2};
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::Fr;

use crate::support::{Judge, Venue};

/// An honest batch in the attacker's hands.
pub struct Forger {
    pub trace: Trace,
    pub judge: Judge,
    pub venue: Venue,
}

impl Forger {
    pub fn new() -> Self {
        Forger::of(16)
    }

    pub fn of(accounts: usize) -> Self {
        let venue = Venue::of(accounts);
        let trace = venue.build().trace;
        Forger {
            judge: Judge::new(&trace),
            trace,
            venue,
        }
    }

    pub fn get(&self, column: usize, row: usize) -> Fr {
        self.trace.advice[column][row]
    }

    pub fn set(&mut self, column: usize, row: usize, value: Fr) {
        self.trace.advice[column][row] = value;
    }

    pub fn add(&mut self, column: usize, row: usize, value: Fr) {
        self.trace.advice[column][row] += value;
    }

    pub fn public(&mut self, row: Row, value: Fr) {
        self.trace.instance[0][row as usize] += value;
    }

    /// Replaces a permutation.
    pub fn rehash(&mut self, row: usize, tag: u64, inputs: [Fr; 8]) {
        let (cells, digest) = permutation::trace(tag, &inputs);
        let lane = self.trace.columns.hash;
        for (i, cell) in cells.into_iter().enumerate() {
            self.set(lane.sboxes + i, row, cell);
        }
        self.set(lane.digest, row, digest);
    }

    pub fn inputs(&self, row: usize) -> [Fr; 8] {
        let zero = permutation::trace(0, &[Fr::ZERO; 8]).0;
        let first = self.trace.columns.hash.sboxes;
        std::array::from_fn(|i| self.get(first + 1 + i, row) - zero[1 + i])
    }

    /// Header row of an account.
    pub fn header(&self, account: usize) -> usize {
        let lane = self.trace.columns.hash;
        (0..self.trace.active)
            .filter(|&row| self.get(lane.header, row) == Fr::ONE)
            .nth(account)
            .expect("an account")
    }

    /// Links below a header.
    pub fn links(&self, header: usize) -> usize {
        let link = self.trace.columns.hash.link;
        let rows = header + 1..self.trace.active;
        rows.take_while(|&row| self.get(link, row) == Fr::ONE)
            .count()
    }

    /// A number held in limbs.
    pub fn number(&self, first: usize, limbs: usize, row: usize) -> i128 {
        let bits = self.trace.columns.shape.limb_bits();
        let limb = |i: usize| low_u128(self.get(first + i, row)) << (bits * i as u32);
        (0..limbs).map(limb).sum::<u128>() as i128
    }

    pub fn set_number(&mut self, first: usize, limbs: usize, row: usize, value: i128) {
        let bits = self.trace.columns.shape.limb_bits();
        for i in 0..limbs {
            let limb = (value >> (bits * i as u32)) & ((1 << bits) - 1);
            self.set(first + i, row, Fr::from(limb as u64));
        }
    }

    pub fn money(&self) -> usize {
        self.trace.columns.shape.money_limbs()
    }

    #[track_caller]
    pub fn breaks(&self, expected: &[&str]) {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(self.judge.broken(&self.trace), expected);
    }
}

const ONE: Fr = Fr::ONE;

/// Attack: an account is committed to in the tree, but is counted as an empty leaf.
#[test]
fn account_declared_empty() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    let node = f.trace.columns.shape.blocks();
    f.set(lane.live + 3, node, Fr::ZERO);
    // The leaf stays in the hash: it must be zero then, and nobody takes the account's digest.
    f.breaks(&["BHSH15 empty", "BMSG2 node"]);
}

/// The same with a tree that really has no such leaf.
#[test]
fn account_left_out_of_the_tree() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    let (root, node) = (0, f.trace.columns.shape.blocks());
    f.set(lane.live + 3, node, Fr::ZERO);
    let mut inputs = f.inputs(node);
    inputs[3] = Fr::ZERO;
    f.rehash(node, 5, inputs);
    let mut inputs = f.inputs(root);
    inputs[0] = f.get(lane.digest, node);
    f.rehash(root, 5, inputs);
    f.trace.instance[1][0] = f.get(lane.digest, root);
    f.breaks(&["BMSG2 node"]);
}

/// Attack: one leaf stands in two places of the tree, and the account is counted once.
#[test]
fn account_stands_twice_in_the_tree() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    let (root, node) = (0, f.trace.columns.shape.blocks() + 2);
    let twice = f.inputs(node - 2)[3];
    f.set(lane.live, node, ONE);
    let mut inputs = f.inputs(node);
    inputs[0] = twice;
    f.rehash(node, 5, inputs);
    let mut inputs = f.inputs(root);
    inputs[2] = f.get(lane.digest, node);
    f.rehash(root, 5, inputs);
    f.trace.instance[1][0] = f.get(lane.digest, root);
    f.breaks(&["BMSG2 node"]);
}

/// Attack: a leaf without an account above the last one.
#[test]
fn leaf_above_the_count() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    let (root, node) = (0, f.trace.columns.shape.blocks() + 7);
    f.set(lane.live + 7, node, ONE);
    let mut inputs = f.inputs(node);
    inputs[7] = Fr::from(4711);
    f.rehash(node, 5, inputs);
    let mut inputs = f.inputs(root);
    inputs[7] = f.get(lane.digest, node);
    f.rehash(root, 5, inputs);
    f.trace.instance[1][0] = f.get(lane.digest, root);
    f.breaks(&["BMSG2 node"]);
}

/// Attack: the root of a block is another one.
#[test]
fn other_root() {
    let mut f = Forger::new();
    f.trace.instance[1][0] += ONE;
    f.breaks(&["BHSH16 public"]);
}

/// Attack: an account is skipped by repeating the key of the one before.
#[test]
fn two_accounts_under_one_key() {
    let mut f = Forger::new();
    let lane = f.trace.columns.hash;
    let row = f.header(2);
    f.add(lane.key, row, -ONE);
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&"BHSH11 key".to_owned()), "{broken:?}");
}

/// Attack: the number of accounts is understated.
#[test]
fn account_not_counted() {
    let mut f = Forger::new();
    f.public(Row::Accounts, -ONE);
    f.breaks(&["BMSG7 total"]);
}

/// Attack: a losing account says that it meets the ratio.
#[test]
fn failing_account_hidden() {
    let mut f = Forger::new();
    let lane = f.trace.columns.account;
    let row = (0..16)
        .map(|a| f.header(a))
        .find(|&row| f.get(lane.meets, row) == Fr::ZERO && f.get(lane.negative, row) == Fr::ZERO)
        .expect("a failing account");
    let (limbs, bits) = (f.trace.columns.shape.verdict_limbs(), 1u64);
    let missing = f.number(lane.excess, limbs, row);
    f.set(lane.meets, row, ONE);
    f.public(Row::Failing, -Fr::from(bits));
    f.public(Row::Deficit, -Fr::from_u128(missing as u128));
    f.breaks(&["BACC3 verdict"]);
    // With the excess that the equation then wants, a negative number: no limbs hold it.
    for i in 0..limbs {
        let limb = -f.get(lane.excess + i, row);
        f.set(lane.excess + i, row, limb);
    }
    f.breaks(&["BMSG1 limb"]);
}

/// Attack: an account under water is shown with its equity positive.
#[test]
fn account_under_water_hidden() {
    let mut f = Forger::new();
    let lane = f.trace.columns.account;
    let row = (0..16)
        .map(|a| f.header(a))
        .find(|&row| f.get(lane.negative, row) == ONE)
        .expect("an account under water");
    let equity = f.number(lane.equity, f.money(), row);
    f.set(lane.negative, row, Fr::ZERO);
    f.public(Row::Shortfall, -Fr::from_u128(equity as u128));
    f.public(Row::Equity, Fr::from_u128(equity as u128));
    f.breaks(&["BMSG5 account", "BACC3 verdict"]);
}

/// Attack: every public total, one unit off.
#[test]
fn totals_one_unit_off() {
    for row in [
        Row::Equity,
        Row::Failing,
        Row::Shortfall,
        Row::Deficit,
        Row::Word,
    ] {
        for by in [ONE, -ONE, pow2(128), -pow2(128)] {
            let mut f = Forger::new();
            f.public(row, by);
            f.breaks(&["BMSG7 total"]);
        }
    }
}

/// Attack: the sum of an account's equity is raised, with the total.
#[test]
fn equity_one_unit_up() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.account, f.header(0));
    let equity = f.number(lane.equity, f.money(), row);
    let limbs = f.trace.columns.shape.verdict_limbs();
    let excess = f.number(lane.excess, limbs, row);
    assert_eq!(f.get(lane.meets, row), ONE);
    f.set_number(lane.equity, f.money(), row, equity + 1);
    f.set_number(lane.excess, limbs, row, excess + 10_000);
    f.public(Row::Equity, ONE);
    f.breaks(&["BMSG5 account"]);
}

/// Attack: the certified error, which is added to what is owed, is one unit too low.
#[test]
fn error_of_what_is_owed_one_unit_down() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.account, f.header(0));
    assert_ne!(f.get(lane.error, row), Fr::ZERO);
    f.add(lane.error, row, -ONE);
    f.public(Row::Equity, -Fr::from(2));
    f.breaks(&["BMSG5 account"]);
}

/// Attack: the add-ons are one unit too low.
#[test]
fn addons_one_unit_down() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.account, f.header(0));
    let limbs = f.trace.columns.shape.verdict_limbs();
    let excess = f.number(lane.excess, limbs, row);
    f.add(lane.addons, row, -ONE);
    f.set_number(lane.excess, limbs, row, excess + 10_000);
    f.breaks(&["BMSG5 account"]);
}

/// Attack: the scenario requirement of an account with one underlying is below its worst loss, at
/// each scenario in turn: the slack of that scenario is left negative.
#[test]
fn worst_scenario_skipped() {
    let f = Forger::new();
    let lane = f.trace.columns.risk;
    let row = (0..f.trace.active)
        .find(|&row| {
            f.get(lane.key, row) != Fr::ZERO
                && f.get(f.trace.columns.account.sole, f.header(4)) == f.get(lane.underlying, row)
                && f.get(lane.key, row) == f.get(f.trace.columns.hash.key, f.header(4))
        })
        .expect("the vector of account 4");
    let (account, header) = (f.trace.columns.account, f.header(4));
    let limbs = f.trace.columns.shape.verdict_limbs();
    let worst = f.number(account.scenario, f.money(), header);
    for scenario in 0..f.trace.columns.shape.scenarios() {
        let mut f = Forger::new();
        let first = f.trace.columns.risk_limbs(scenario).start;
        let slack = f.number(first, f.money(), row);
        let by = slack + 1;
        assert!(by <= worst || slack > 0);
        if by > worst {
            continue;
        }
        f.set_number(account.scenario, f.money(), header, worst - by);
        let excess = f.number(account.excess, limbs, header);
        f.set_number(account.excess, limbs, header, excess + 10_000 * by);
        // Everything else of the vector is lowered honestly; scenarios worse than this one too.
        for s in 0..f.trace.columns.shape.scenarios() {
            let first = f.trace.columns.risk_limbs(s).start;
            let lowered = f.number(first, f.money(), row) - by;
            if lowered >= 0 {
                f.set_number(first, f.money(), row, lowered);
            } else {
                f.set_number(first, f.money(), row, 0);
                f.set(first, row, -Fr::from_u128(lowered.unsigned_abs()));
            }
        }
        f.breaks(&["BMSG1 limb"]);
    }
}

impl Forger {
    /// A row of the risk lane and a scenario in which it is a charge, or is not; of an account with
    /// several underlyings, and not what its charges leave of the requirement.
    fn charge(&self, charged: bool) -> (usize, usize) {
        let (lane, shape) = (self.trace.columns.risk, self.trace.columns.shape);
        let key = self.get(self.trace.columns.hash.key, self.header(0));
        (0..self.trace.active)
            .filter(|&row| self.get(lane.key, row) == key)
            .filter(|&row| self.get(lane.underlying, row) != Fr::ZERO)
            .flat_map(|row| (0..shape.scenarios()).map(move |s| (row, s)))
            .find(|&(row, s)| {
                let first = self.trace.columns.risk_limbs(s).start;
                self.get(lane.charges + s, row) == Fr::from(u64::from(charged))
                    && self.number(first, self.money(), row) > 0
            })
            .expect("a vector")
    }

    /// What the charges of an account leave of its requirement.
    fn left(&self, row: usize) -> usize {
        let lane = self.trace.columns.risk;
        (row + 1..self.trace.active)
            .find(|&r| {
                self.get(lane.key, r) == self.get(lane.key, row)
                    && self.get(lane.underlying, r) == Fr::ZERO
            })
            .expect("the last vector of an account")
    }
}

/// Attack: the gain of one underlying pays the loss of another.
#[test]
fn gain_of_another_underlying() {
    // A loss moves to another underlying of the account.
    let mut f = Forger::new();
    let lane = f.trace.columns.risk;
    let (row, scenario) = f.charge(true);
    let other = (row + 1..f.trace.active)
        .find(|&r| f.get(lane.key, r) == f.get(lane.key, row))
        .expect("a second vector");
    let underlying = f.get(lane.underlying, other);
    assert_ne!(underlying, Fr::ZERO);
    f.set(lane.underlying, row, underlying);
    f.breaks(&["BMSG6 risk"]);
    // A loss that is no charge, in one scenario, and what that leaves of the requirement.
    let mut f = Forger::new();
    f.set(lane.charges + scenario, row, Fr::ZERO);
    f.breaks(&["BMSG6 risk"]);
    let (first, left) = (f.trace.columns.risk_limbs(scenario).start, f.left(row));
    let (loss, rest) = (
        f.number(first, f.money(), row),
        f.number(first, f.money(), left),
    );
    f.set_number(first, f.money(), left, rest + loss);
    f.breaks(&["BMSG6 risk"]);
    // A gain that is a charge.
    let mut f = Forger::new();
    let (row, scenario) = f.charge(false);
    f.set(lane.charges + scenario, row, ONE);
    f.breaks(&["BMSG6 risk"]);
}

/// Attack: a charge below zero: a gain of one underlying, that the charges of others are paid with.
#[test]
fn negative_charge() {
    let mut f = Forger::new();
    let lane = f.trace.columns.risk;
    let (row, scenario) = f.charge(false);
    let (first, left) = (f.trace.columns.risk_limbs(scenario).start, f.left(row));
    let (gain, rest) = (
        f.number(first, f.money(), row),
        f.number(first, f.money(), left),
    );
    f.set(lane.charges + scenario, row, ONE);
    for limb in first..first + f.money() {
        f.set(limb, row, -f.get(limb, row));
    }
    f.set_number(first, f.money(), left, rest + gain);
    f.breaks(&["BMSG1 limb"]);
}

/// Attack: an account with several underlyings names one as its only one.
#[test]
fn sole_underlying_of_several() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.account, f.header(0));
    assert_eq!(f.get(lane.sole, row), Fr::ZERO);
    f.set(lane.sole, row, ONE);
    f.breaks(&["BMSG6 risk"]);
}

/// Attack: positions of the leaf without a slot, and slots without a position.
#[test]
fn position_without_a_slot() {
    let mut f = Forger::new();
    let slot = f.trace.columns.positions[1];
    f.set(slot.live, 0, Fr::ZERO);
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&"BPOS4 empty".to_owned()), "{broken:?}");
    // The input of the link finds no slot.
    assert!(broken.contains(&"BMSG2 node".to_owned()), "{broken:?}");
}

/// Attack: the quantity of a slot is not that of the leaf: one unit, the sign, 2^62, p − 1.
#[test]
fn other_quantity() {
    let limbs = Forger::new().trace.columns.shape.quantity_limbs();
    let changes: [fn(&mut Forger, usize, usize); 4] = [
        |f, first, _| f.add(first, 0, ONE),
        |f, _, sign| {
            let flipped = ONE - f.get(sign, 0);
            f.set(sign, 0, flipped);
        },
        |f, first, _| {
            let limbs = f.trace.columns.shape.quantity_limbs();
            f.add(first + limbs - 1, 0, Fr::from(256));
        },
        |f, first, _| f.set(first, 0, -ONE),
    ];
    assert!(limbs > 1);
    for change in changes {
        let mut f = Forger::new();
        let slot = f.trace.columns.positions[2];
        change(&mut f, slot.magnitude, slot.sign);
        let broken = f.judge.broken(&f.trace);
        assert!(broken.contains(&"BMSG3 position".to_owned()), "{broken:?}");
    }
}

/// Attack: one unit moved across the parts of a packed position. The leaf stays the same, and so
/// does the sum that the slot claims: only the ranges of the parts can tell.
#[test]
fn unit_moved_across_a_packed_position() {
    let mut f = Forger::new();
    let slot = f.trace.columns.positions[0];
    // The magnitude loses one, the sign gains two.
    f.add(slot.magnitude, 0, -ONE);
    f.add(slot.sign, 0, Fr::from(2));
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&"BPOS2 sign".to_owned()), "{broken:?}");
    assert!(!broken.contains(&"BMSG3 position".to_owned()), "{broken:?}");
    let mut f = Forger::new();
    f.add(slot.sign, 0, -ONE);
    f.add(slot.id, 0, pow2(ID_BITS));
    let broken = f.judge.broken(&f.trace);
    assert!(
        broken.contains(&"BINS1 instrument".to_owned()),
        "{broken:?}"
    );
}

/// Attack: an instrument that is not listed, and each of its numbers taken from elsewhere.
#[test]
fn other_numbers_of_an_instrument() {
    let f = Forger::new();
    let slot = f.trace.columns.positions[0];
    let columns = [
        slot.id,
        slot.underlying,
        slot.expiry,
        slot.strike,
        slot.asset,
        slot.roll,
        slot.roll_size,
        slot.short,
    ];
    for column in columns {
        let mut f = Forger::new();
        f.add(column, 2, ONE);
        let broken = f.judge.broken(&f.trace);
        assert!(
            broken.contains(&"BINS1 instrument".to_owned()),
            "{broken:?}"
        );
    }
    // A live slot with nothing at all in it.
    let mut f = Forger::new();
    let last = f.trace.active - 1;
    assert_eq!(f.get(slot.live, last), Fr::ZERO);
    f.set(slot.live, last, ONE);
    f.breaks(&["BINS1 instrument", "BMSG3 position"]);
}

/// Attack: words of the second phase, which are chosen after γ, θ and α are known.
#[test]
fn other_words_of_an_instrument() {
    let f = Forger::new();
    let challenges = crate::support::challenges();
    let slot = f.trace.columns.positions[0];
    for column in [slot.losses, slot.signed, slot.absolute] {
        let mut trace = f.trace.clone();
        trace.words(&challenges);
        assert!(f.judge.row(&trace, 3).is_empty());
        trace.advice[column][3] += ONE;
        assert_eq!(f.judge.row(&trace, 3), ["BINS1 instrument"]);
    }
}

/// Attack: groups. A net number one unit down, of the other sign, joined with another group, left
/// out, of another account.
#[test]
fn netting_groups() {
    let f = Forger::new();
    let slot = f.trace.columns.groups[0];
    let changes: [fn(&mut Forger); 5] = [
        |f| {
            let slot = f.trace.columns.groups[0];
            let limb = f.get(slot.net, 0);
            f.set(slot.net, 0, limb - ONE);
        },
        |f| {
            let slot = f.trace.columns.groups[0];
            let flipped = ONE - f.get(slot.sign, 0);
            f.set(slot.sign, 0, flipped);
        },
        |f| {
            let other = f.get(f.trace.columns.groups[1].group, 0);
            f.set(f.trace.columns.groups[0].group, 0, other);
        },
        |f| {
            let slot = f.trace.columns.groups[0];
            let money = f.money();
            f.set_number(slot.net, money, 0, 0);
        },
        |f| {
            let slot = f.trace.columns.groups[0];
            f.add(slot.key, 0, ONE);
        },
    ];
    assert_ne!(f.number(slot.net, f.money(), 0), 0);
    for change in changes {
        let mut f = Forger::new();
        change(&mut f);
        let broken = f.judge.broken(&f.trace);
        assert!(broken.contains(&"BMSG4 group".to_owned()), "{broken:?}");
    }
    // A position that nets with its strike claims to stand alone, and one alone to net.
    for (joined, expected) in [
        (ONE, &["BMSG5 account", "BMSG4 group"]),
        (Fr::ZERO, &["BMSG5 account", "BMSG4 group"]),
    ] {
        let mut f = Forger::new();
        let (slot, row) = (0..f.trace.active)
            .flat_map(|row| f.trace.columns.positions.map(|slot| (slot, row)))
            .find(|(slot, row)| {
                f.get(slot.joined, *row) == joined && f.get(slot.short, *row) != Fr::ZERO
            })
            .expect("an option");
        f.set(slot.joined, row, ONE - joined);
        f.breaks(expected);
    }
    // The same of expiries: alone, and with others.
    for netted in [ONE, Fr::ZERO] {
        let mut f = Forger::new();
        let (slot, row) = (0..f.trace.active)
            .flat_map(|row| f.trace.columns.positions.map(|slot| (slot, row)))
            .find(|(slot, row)| {
                f.get(slot.netted, *row) == netted && f.get(slot.roll, *row) != Fr::ZERO
            })
            .expect("a derivative");
        f.set(slot.netted, row, ONE - netted);
        f.breaks(&["BMSG5 account", "BMSG4 group"]);
    }
    // A limb of another sign: the absolute value of a sum is below it.
    let mut f = Forger::new();
    let (first, sign) = (
        f.trace.columns.groups[0].net,
        f.trace.columns.groups[0].sign,
    );
    let flipped = ONE - f.get(sign, 0);
    f.set(sign, 0, flipped);
    for i in 0..f.money() {
        let limb = -f.get(first + i, 0);
        f.set(first + i, 0, limb);
    }
    f.breaks(&["BMSG5 account", "BMSG1 limb"]);
}

/// Attack: open interest of one account off by one unit, with the public word.
#[test]
fn open_interest_off_by_one_unit() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.account, f.header(0));
    f.add(lane.word, row, ONE);
    f.public(Row::Word, ONE);
    f.breaks(&["BMSG5 account"]);
}

/// Attack: gross quantities of an asset.
#[test]
fn asset_totals_one_unit_off() {
    for column in [2, 3] {
        let mut f = Forger::new();
        let row = (0..f.trace.active)
            .find(|&row| f.trace.fixed[fixed::ASSET][row] == ONE)
            .expect("an asset");
        f.trace.instance[column][row] += ONE;
        f.breaks(&["BMSG8 asset"]);
    }
    // A long position counted as the lack of a short one.
    let mut f = Forger::new();
    let row = (0..f.trace.active)
        .find(|&row| f.trace.instance[3].get(row).is_some_and(|v| *v != Fr::ZERO))
        .expect("a short asset");
    f.trace.instance[2][row] -= ONE;
    f.trace.instance[3][row] -= ONE;
    f.breaks(&["BMSG8 asset"]);
}

/// Attack: the leaf of an account is another's: customer, identity, salt or count.
#[test]
fn names_of_another_account() {
    for account in [0, 2] {
        for name in 0..4 {
            let mut f = Forger::new();
            let (lane, header) = (f.trace.columns.hash, f.header(account));
            let links = f.links(header);
            let mut inputs = f.inputs(header);
            inputs[name] += ONE;
            f.rehash(header, 11, inputs);
            for row in header + 1..=header + links {
                let mut inputs = f.inputs(row);
                inputs[0] = f.get(lane.digest, row - 1);
                f.rehash(row, 12, inputs);
            }
            // The tree holds the leaf that the customer knows.
            f.breaks(&["BMSG2 node"]);
            // With the other in its place the root is not that of the book.
            let root = f.trace.instance[1][0];
            let leaf = f.get(lane.digest, header + links);
            f.plant(account, leaf);
            f.breaks(&[]);
            f.trace.instance[1][0] = root;
            f.breaks(&["BHSH16 public"]);
        }
    }
}

/// Attack: two accounts of one customer exchange their identities, and nothing else.
#[test]
fn identities_swapped() {
    let mut f = Forger::new();
    let rows = [f.header(2), f.header(3)];
    let identities = [Fr::from(12), Fr::from(13)];
    for (row, identity) in rows.into_iter().zip(identities) {
        let mut inputs = f.inputs(row);
        inputs[1] = identity;
        f.rehash(row, 11, inputs);
    }
    let leaf = |f: &Forger, row: usize| f.get(f.trace.columns.hash.digest, row);
    let honest = rows.map(|row| leaf(&f, row));
    (2..4).zip(honest).for_each(|(i, leaf)| f.plant(i, leaf));
    f.breaks(&[]);
    for (row, identity) in rows.into_iter().zip(identities.into_iter().rev()) {
        let mut inputs = f.inputs(row);
        inputs[1] = identity;
        f.rehash(row, 11, inputs);
    }
    f.breaks(&["BMSG2 node"]);
}

/// Attack: an account of nine positions is laid with three in its header, and the rest in its link. All
/// are counted, but its leaf is not the one in the tree.
#[test]
fn link_after_a_header_of_three_positions() {
    let mut f = Forger::new();
    let (lane, header) = (f.trace.columns.hash, f.header(0));
    let mut inputs = f.inputs(header);
    let moved = std::mem::take(&mut inputs[7]);
    f.rehash(header, 11, inputs);
    f.set(lane.live + 7, header, Fr::ZERO);
    let mut inputs = f.inputs(header + 1);
    inputs[0] = f.get(lane.digest, header);
    assert_eq!(inputs[6], Fr::ZERO);
    inputs[6] = moved;
    f.rehash(header + 1, 12, inputs);
    f.set(lane.live + 6, header + 1, ONE);
    f.breaks(&["BMSG2 node"]);
}

/// Attack: leaves. A position dropped, another state, a header as a link, both at once, what is live
/// elsewhere, and everything outside the stream.
#[test]
fn leaves() {
    let case = |change: fn(&mut Forger, usize), expected: &str| {
        let mut f = Forger::new();
        let header = f.header(0);
        change(&mut f, header);
        let broken = f.judge.broken(&f.trace);
        assert!(
            broken.contains(&expected.to_owned()),
            "{expected}: {broken:?}"
        );
    };
    // Account 0 has nine positions: four in the header, a link of five.
    for (expected, below, input) in [("BMSG2 node", 1, 5), ("BHSH12 chain", 0, 7)] {
        let mut f = Forger::new();
        let (lane, row) = (f.trace.columns.hash, f.header(0) + below);
        f.set(lane.live + input, row, Fr::ZERO);
        let mut inputs = f.inputs(row);
        inputs[input] = Fr::ZERO;
        f.rehash(row, 12 - u64::from(below == 0), inputs);
        f.breaks(&[expected, "BMSG3 position"]);
    }
    case(
        |f, row| {
            let lane = f.trace.columns.hash;
            f.set(lane.live + 3, row + 1, Fr::ZERO);
        },
        "BHSH15 empty",
    );
    case(
        |f, row| {
            let mut inputs = f.inputs(row + 1);
            inputs[0] += ONE;
            f.rehash(row + 1, 12, inputs);
        },
        "BHSH12 chain",
    );
    case(
        |f, row| {
            let inputs = f.inputs(row);
            f.rehash(row, 12, inputs);
        },
        "BHSH3 tag",
    );
    case(
        |f, row| {
            let lane = f.trace.columns.hash;
            f.set(lane.link, row, ONE);
        },
        "BHSH7 one kind",
    );
    case(
        |f, row| {
            let lane = f.trace.columns.hash;
            f.set(lane.live + 1, row, ONE);
        },
        "BHSH13 place",
    );
    case(
        |f, _| {
            let lane = f.trace.columns.hash;
            f.set(lane.live + 1, 0, Fr::ZERO);
        },
        "BHSH14 root",
    );
    case(
        |f, _| {
            let (lane, last) = (f.trace.columns.hash, f.trace.active - 1);
            f.set(lane.link, last, ONE);
        },
        "BHSH9 link outside",
    );
    case(
        |f, _| {
            let (lane, first) = (
                f.trace.columns.hash,
                f.trace.columns.shape.first_stream_row(),
            );
            f.add(lane.key, first - 1, ONE);
        },
        "BHSH10 key outside",
    );
    case(
        |f, _| {
            let lane = f.trace.columns.hash;
            f.set(lane.header, 0, ONE);
        },
        "BHSH8 header outside",
    );
}

/// Attack: another point, another ratio, for all accounts or for some.
#[test]
fn point_and_ratio() {
    let mut f = Forger::new();
    f.public(Row::Ratio, -ONE);
    f.breaks(&["BTAB5 ratio"]);
    let mut f = Forger::new();
    let (table, row) = (f.trace.columns.table, f.header(3));
    f.set(table.ratio, row, Fr::ZERO);
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&"BTAB6 ratio".to_owned()), "{broken:?}");
    let mut f = Forger::new();
    f.public(Row::Point, ONE);
    f.breaks(&["BTAB3 point"]);
    let mut f = Forger::new();
    f.add(table.power, 5, ONE);
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&"BTAB2 power".to_owned()), "{broken:?}");
    let mut f = Forger::new();
    f.add(table.power, 0, ONE);
    let broken = f.judge.broken(&f.trace);
    assert!(broken.contains(&"BTAB1 start".to_owned()), "{broken:?}");
}

/// Bits are bits.
#[test]
fn bits() {
    let f = Forger::new();
    let c = &f.trace.columns;
    let cases = [
        (c.account.meets, "BACC1 meets"),
        (c.account.negative, "BACC2 negative"),
        (c.positions[0].live, "BPOS1 live"),
        (c.positions[1].sign, "BPOS2 sign"),
        (c.groups[0].sign, "BGRP1 sign"),
        (c.risk.charges + 3, "BRSK1 charge"),
        (c.hash.live, "BHSH6 live"),
        (c.hash.header, "BHSH4 header"),
        (c.hash.link, "BHSH5 link"),
        (c.positions[2].joined, "BPOS3 joined"),
        (c.positions[2].netted, "BPOS5 netted"),
    ];
    for (column, name) in cases {
        let mut f = Forger::new();
        f.set(column, 1, Fr::from(2));
        let broken = f.judge.broken(&f.trace);
        assert!(broken.contains(&name.to_owned()), "{name}: {broken:?}");
    }
}

/// What the judge calls broken, halo2's mock prover refuses too: sums that do not balance, limbs,
/// look-ups, gates.
#[test]
fn the_mock_prover_agrees() {
    let changes: [fn(&mut Forger); 4] = [
        |f| f.public(Row::Shortfall, ONE),
        |f| {
            let first = f.trace.columns.groups[0].net;
            f.set(first, 900, -ONE);
        },
        |f| {
            let slot = f.trace.columns.positions[0];
            f.add(slot.roll, 2, ONE);
        },
        |f| {
            let table = f.trace.columns.table;
            f.add(table.power, 5, ONE);
        },
    ];
    for change in changes {
        let mut f = Forger::new();
        change(&mut f);
        f.trace.count_uses();
        let instance = f.trace.instance.clone();
        let circuit = BatchCircuit::over(f.trace);
        let k = f.venue.shape.k();
        let prover = halo2_proofs::dev::MockProver::run(k, &circuit, instance).expect("a layout");
        assert!(prover.verify().is_err());
    }
}

/// Not an attack on anybody: a venue may show a healthy account as failing, by a requirement that
/// is higher than it need be. The equity that it owes does not fall by that.
#[test]
fn healthy_account_shown_as_failing_keeps_its_equity() {
    let mut f = Forger::new();
    let (lane, row) = (f.trace.columns.account, f.header(2));
    let equity = f.number(lane.equity, f.money(), row);
    let verdict = f.trace.columns.shape.verdict_limbs();
    // R one unit above equity, and a spare vector of the risk lane to hold it.
    f.set_number(lane.scenario, f.money(), row, equity + 1);
    let addons = f.get(lane.addons, row);
    assert_eq!(addons, Fr::ZERO);
    f.set(lane.meets, row, Fr::ZERO);
    f.set_number(lane.excess, verdict, row, 10_000);
    let (risk, spare) = (f.trace.columns.risk, f.trace.active - 1);
    let key = f.get(f.trace.columns.hash.key, row);
    f.set(risk.key, spare, key);
    for scenario in 0..f.trace.columns.shape.scenarios() {
        let first = f.trace.columns.risk_limbs(scenario).start;
        f.set_number(first, f.money(), spare, equity + 1);
    }
    f.public(Row::Failing, ONE);
    f.public(Row::Deficit, Fr::from(10_000));
    f.breaks(&[]);
    f.public(Row::Equity, -ONE);
    f.breaks(&["BMSG7 total"]);
}

/// Attack: holdings that cancel an imbalance, chosen once the point is known. They change it.
#[test]
fn another_inventory_has_another_point() {
    let one = zkmargin_engine::account::Position {
        id: zkmargin_engine::market::InstrumentId(3 << 80 | 2),
        quantity: 1,
    };
    let other = zkmargin_engine::account::Position { quantity: 2, ..one };
    let points: Vec<Fr> = [&[][..], &[one], &[other], &[one, other]]
        .map(zkmargin_engine::book::inventory_digest)
        .map(|digest| zkmargin_engine::book::point(ONE, ONE, digest))
        .to_vec();
    for (i, point) in points.iter().enumerate() {
        assert!(!points[..i].contains(point));
    }
    // And the point is public.
    let mut f = Forger::new();
    f.public(Row::Point, points[1] - points[0]);
    f.breaks(&["BTAB3 point"]);
}
