//! Keyed sums: one sum of fractions ties all lanes together.
//!
//! Every lane sends messages: a weight under a key. With `α` and `θ` drawn after all keys and
//! the numbers in the weights are committed,
//!
//! ```text
//! Σ weight/(α + θ·tag + θ²·part_0 + θ³·part_1 + …) = 0
//! ```
//!
//! proves that the weights under every single key add up to zero: as functions of α the fractions
//! of different keys have different poles. That is all a lane ever needs:
//!
//! | tag | key | adds | takes |
//! |---|---|---|---|
//! | – | limb | 1 for every limb | uses, from the table of limbs |
//! | 1 | node key, digest | 1 for a leaf or a node | 1 for a child |
//! | 2 | account, position | 1 for a slot | 1 for an input of a link |
//! | 3 | account, group | q·number for a position | the net number of the group |
//! | 4 | account | words of positions and groups, under format 2 of the risk lane | the word of the account |
//! | 5 | account, underlying | words of losses, under format 2 with the underlying | words of the risk lane |
//! | 6 | – | the word of an account; slack; masks | the public totals |
//! | 7 | number n of an asset | n times: q and abs(q); masks | n times: the public quantities |
//!
//! A word is a polynomial in `γ`, which is drawn before: words are equal exactly when all their
//! numbers are. Weights of limbs are counts below p, so a limb that the table does not offer leaves a
//! pole. The numbers of an instrument reach its positions by three look-ups of halo2
//! ([`super::instrument`]): they hold words in γ, which are committed beside the helpers, and halo2
//! draws the challenges of its look-ups later. So every word is determined by what was committed
//! before γ, θ and α, and the sum is an identity of rational functions in the three.
//!
//! | no. | constraint |
//! |---|---|
//! | BSUM1 | `active·(h·Π key_i − Σ weight_i·Π_{j≠i} key_j) = 0`, for every helper column h |
//! | BSUM2 | `active·(s⁺ − s − Σ h) = 0` |
//! | BSUM3 | `first·s = 0` |
//! | BSUM4 | `last·s = 0` |

use super::columns::{challenge, fixed, Columns, PositionSlot, INPUTS};
use super::hash;
use super::message::{key, minus, one, sign, zero, Fraction, Held, Sender, Sink, Tag};
use super::risk::addon::{roll, settlement, short_option};
use super::risk::aggregate::{market_risk, worst};
use super::risk::scenario;
use crate::system::algebra::{Cells, Gate, Value};
use zkmargin_engine::book::shape::LIMB_TABLES;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::field::pow2;
use zkmargin_engine::market::ID_BITS;
use zkmargin_engine::Fr;

/// Highest degree of any constraint.
pub(crate) const DEGREE: usize = 9;

/// Fractions with all their keys.
struct Collected<T> {
    alpha: T,
    theta: T,
    out: Vec<Fraction<T>>,
}

impl<T: Value> Sink<T> for Collected<T> {
    fn limb(&mut self, weight: T, limb: T) {
        self.out.push(Fraction {
            tag: Tag::Limb,
            weight,
            key: self.alpha.clone() + limb,
            plain: false,
        });
    }

    fn message(&mut self, of: Tag, weight: T, tag: T, parts: &[T]) {
        self.out.push(Fraction {
            tag: of,
            weight,
            key: key(self.alpha.clone(), self.theta.clone(), tag, parts),
            plain: false,
        });
    }
}

/// Every message of a row, in a fixed order.
pub fn fractions<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Fraction<T>> {
    let mut collected = Collected {
        alpha: cells.challenge(challenge::ALPHA),
        theta: cells.challenge(challenge::THETA),
        out: Vec::new(),
    };
    for column in columns.limbs() {
        collected.limb(one(), cells.advice(column, 0));
    }
    collected.out.iter_mut().for_each(|limb| limb.plain = true);
    send(columns, cells, &mut collected);
    collected.out
}

/// Every message of a row but its limbs, which come first, in a fixed order.
pub(super) fn send<T: Value, C: Cells<T>>(columns: &Columns, cells: &C, sink: &mut impl Sink<T>) {
    let mut sender = Sender {
        cells,
        gamma: cells.challenge(challenge::GAMMA),
        sink,
    };
    sender.hashes(columns);
    sender.accounts(columns);
    sender.totals(columns);
    sender.masks(columns);
    for slot in &columns.positions {
        sender.position(columns, slot);
    }
    sender.groups(columns);
    match &columns.exposure {
        Some(lane) => market_risk::row(&mut sender, columns, lane),
        None => scenario::vectors(&mut sender, columns),
    }
    sender.table(columns);
}

impl<T: Value, C: Cells<T>, S: Sink<T>> Sender<'_, T, C, S> {
    /// Leaves and nodes, and what they absorb.
    fn hashes(&mut self, columns: &Columns) {
        let lane = &columns.hash;
        let key = self.a(lane.key);
        let ends = one::<T>() - self.cells.advice(lane.link, 1);
        let leaf = self.f(fixed::STREAM) * (self.a(lane.header) + self.a(lane.link)) * ends;
        let own = key.clone() + self.f(fixed::OWN);
        let digest = self.a(lane.digest);
        self.send(Tag::Node, self.f(fixed::INNER) + leaf, [own, digest]);
        for i in 0..INPUTS {
            // Children have keys of their own, positions that of their account.
            let tree = self.f(fixed::TREE);
            let part = key.clone() + tree.clone().scaled(Fr::from(i as u64));
            let tag = T::small(Tag::Position as u64) - tree;
            let input = hash::input(columns, self.cells, i + 1);
            let weight = minus(self.a(lane.live + i));
            self.sink.message(Tag::Node, weight, tag, &[part, input]);
        }
    }

    /// The verdict on an account, and what it adds to the totals.
    fn accounts(&mut self, columns: &Columns) {
        let lane = &columns.account;
        let money = columns.shape.money_limbs();
        let header = self.a(columns.hash.header);
        let key = self.a(columns.hash.key);
        let size = self.joined(columns, lane.equity, money);
        let equity = sign(self.a(lane.negative)) * size.clone();
        let word = self.a(lane.word);
        let error = self.a(lane.error);
        let addons = match settlement::account(self, columns) {
            Some(fee) => self.a(lane.addons) - fee,
            None => self.a(lane.addons),
        };
        let own = self.word(vec![equity, addons, word.clone(), error.clone()]);
        self.send(Tag::Account, minus(header.clone() * own), [key.clone()]);
        if columns.exposure.is_none() {
            worst::account(self, columns, (header.clone(), key));
        }
        let failing = one::<T>() - self.a(lane.meets);
        let missing = self.joined(columns, lane.excess, columns.shape.verdict_limbs());
        let totals = self.word(vec![
            // What is owed, at most: no certificate of a requirement enters this sum.
            (one::<T>() - self.a(lane.negative)) * size.clone() + error.scaled(Fr::from(2)),
            failing.clone(),
            self.a(lane.negative) * size,
            failing * missing,
            word,
            one(),
        ]);
        self.send(Tag::Total, header * totals, []);
    }

    /// The public totals, less what the batch adds to equity, shortfall and deficit: limbs of the first
    /// row, where no account is.
    fn totals(&mut self, columns: &Columns) {
        let lane = &columns.account;
        let money = columns.shape.money_limbs();
        let slack = vec![
            self.joined(columns, lane.equity, money),
            zero(),
            self.joined(columns, lane.scenario, money),
            self.joined(columns, lane.excess, columns.shape.verdict_limbs()),
        ];
        let slack = self.word(slack);
        let public = [
            Row::Equity,
            Row::Failing,
            Row::Shortfall,
            Row::Deficit,
            Row::Word,
            Row::Accounts,
        ];
        let public = public.map(|row| self.cells.instance(0, row as i32));
        let public = self.word(public.to_vec());
        let weight = self.f(fixed::FIRST) * (slack - public);
        self.send(Tag::Total, weight, []);
    }

    /// Masks: in one row of a secret those of the totals, in one row of each asset its own. Which assets
    /// there are, and the sign of the secret, is public.
    fn masks(&mut self, columns: &Columns) {
        let masks = hash::lanes(columns, self.cells, [1, 2, 3, 4, 5]);
        let [long, short] = [masks[0].clone(), masks[1].clone()];
        let totals = self.f(fixed::MASK) * self.word(masks.to_vec());
        self.send(Tag::Total, totals, []);
        let held = self.word(vec![long.clone() - short.clone(), long + short]);
        let (number, listed) = (self.f(fixed::INDEX), self.cells.instance(1, 0));
        self.send(Tag::Asset, number.clone() * listed * held, [number]);
    }

    /// What a position is, and what it adds.
    fn position(&mut self, columns: &Columns, slot: &PositionSlot) {
        let (key, id) = (self.a(slot.key), self.a(slot.id));
        let (live, negative) = (self.a(slot.live), self.a(slot.sign));
        let size = self.joined(columns, slot.magnitude, columns.shape.quantity_limbs());
        let quantity = sign(negative.clone()) * size.clone();
        let packed = id + negative.scaled(pow2(ID_BITS)) + size.clone().scaled(pow2(ID_BITS + 1));
        self.send(Tag::Position, live, [key.clone(), packed]);
        let held = Held {
            key,
            quantity,
            size,
        };
        match columns.exposure {
            Some(_) => market_risk::position(self, slot, &held),
            None => scenario::position(self, slot, &held),
        }
        let strike = short_option::Strike::of(self, slot);
        let mut alone = strike.alone(&held) + roll::alone(self, slot, &held);
        if let Some(fee) = settlement::position(self, slot) {
            alone = alone + fee;
        }
        let adds = held.quantity.clone() * self.a(slot.signed)
            + held.size.clone() * self.a(slot.absolute)
            + self.word(vec![zero(), alone]);
        self.send(Tag::Account, adds, [held.key.clone()]);
        roll::position(self, slot, &held);
        strike.position(self, slot, &held);
        // Times its number: nothing for a derivative, whose number is zero.
        let asset = self.a(slot.asset);
        let held = asset.clone() * self.word(vec![held.quantity, held.size]);
        self.send(Tag::Asset, held, [asset]);
    }

    /// Net numbers, and the charge for their absolute values.
    fn groups(&mut self, columns: &Columns) {
        for slot in &columns.groups {
            let size = self.joined(columns, slot.net, columns.shape.money_limbs());
            let net = sign(self.a(slot.sign)) * size.clone();
            let key = self.a(slot.key);
            let group = [key.clone(), self.a(slot.group)];
            self.send(Tag::Group, minus(net), group);
            let charge = self.word(vec![zero(), size]);
            self.send(Tag::Account, charge, [key]);
        }
    }

    /// What the market offers.
    fn table(&mut self, columns: &Columns) {
        let lane = &columns.table;
        for i in 0..LIMB_TABLES {
            let limb = self.f(fixed::LIMB + i);
            self.sink.limb(minus(self.a(lane.limb_uses + i)), limb);
        }
        let (long, short) = (self.cells.instance(2, 0), self.cells.instance(3, 0));
        let held = self.word(vec![long.clone() - short.clone(), long + short]);
        let asset = self.f(fixed::ASSET);
        let held = minus(asset.clone() * held);
        self.send(Tag::Asset, held, [asset]);
    }
}

/// Numerator and denominator of a sum of fractions, by halves.
fn sum_of<T: Value>(run: &[Fraction<T>]) -> (T, T) {
    match run {
        [] => (zero(), one()),
        [one] => (one.weight.clone(), one.key.clone()),
        // Two limbs: no product with their weights.
        [a, b] if a.tag == Tag::Limb && b.tag == Tag::Limb && a.plain && b.plain => {
            (a.key.clone() + b.key.clone(), a.key.clone() * b.key.clone())
        }
        _ => {
            let (left, right) = run.split_at(run.len() / 2);
            let ((n, k), (m, l)) = (sum_of(left), sum_of(right));
            (n * l.clone() + m * k.clone(), k * l)
        }
    }
}

/// BSUM1 to BSUM4.
pub(crate) fn gates<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Gate<T>> {
    let fractions = fractions(columns, cells);
    let active = || cells.fixed(fixed::ACTIVE, 0);
    let mut gates = Vec::new();
    for (i, run) in columns.helpers.iter().enumerate() {
        let run = &fractions[run.clone()];
        let helper = cells.advice(columns.helper(i), 0);
        let (numerator, keys) = sum_of(run);
        gates.push(("BSUM1 helper", active() * (helper * keys - numerator)));
    }
    let sum = |rotation| cells.advice(columns.sum(), rotation);
    let helpers = (0..columns.helpers.len())
        .map(|i| cells.advice(columns.helper(i), 0))
        .reduce(|a, b| a + b)
        .unwrap_or_else(zero);
    gates.push(("BSUM2 sum", active() * (sum(1) - sum(0) - helpers)));
    gates.push(("BSUM3 start", cells.fixed(fixed::FIRST, 0) * sum(0)));
    gates.push(("BSUM4 end", cells.fixed(fixed::LAST, 0) * sum(0)));
    gates
}
