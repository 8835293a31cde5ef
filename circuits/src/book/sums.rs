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
//! | 4 | account | words of positions and groups | the word of the account |
//! | 5 | account, underlying | words of losses | words of the risk lane |
//! | 6 | – | the word of an account; masks | the public totals |
//! | 7 | asset | q and abs(q) | the public quantities |
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

use ff::Field;

use super::algebra::{joined, powers, Cells, Challenge, Value};
use super::columns::{fixed, Columns, PositionSlot, INPUTS};
use super::hash;
use zkmargin_engine::book::shape::LIMB_TABLES;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

/// Highest degree of any constraint.
pub const DEGREE: usize = 9;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u64)]
pub enum Tag {
    /// BMSG1: a limb; its key has no θ.
    Limb = 0,
    /// BMSG2: a leaf or a node of the tree.
    Node = 1,
    /// BMSG3: a packed position of an account.
    Position = 2,
    /// BMSG4: a netting group of an account.
    Group = 3,
    /// BMSG5: the sums of an account.
    Account = 4,
    /// BMSG6: the losses of an account in an underlying.
    Risk = 5,
    /// BMSG7: the totals.
    Total = 6,
    /// BMSG8: an asset.
    Asset = 7,
}

/// One message of a row.
#[derive(Clone, Debug)]
pub struct Fraction<T> {
    /// What it is about.
    pub tag: Tag,
    /// Its weight.
    pub weight: T,
    /// Its key, compressed.
    pub key: T,
    /// The weight is the constant one.
    pub plain: bool,
}

struct Sender<'c, T, C> {
    cells: &'c C,
    gamma: T,
    out: Vec<Fraction<T>>,
}

impl<T: Value, C: Cells<T>> Sender<'_, T, C> {
    fn a(&self, column: usize) -> T {
        self.cells.advice(column, 0)
    }

    fn f(&self, column: usize) -> T {
        self.cells.fixed(column)
    }

    fn send(&mut self, tag: Tag, weight: T, parts: Vec<T>) {
        let tag_value = T::small(tag as u64);
        self.send_as(tag, tag_value, weight, parts);
    }

    fn send_as(&mut self, tag: Tag, tag_value: T, weight: T, parts: Vec<T>) {
        let theta = self.cells.challenge(Challenge::Theta);
        let parts = std::iter::once(tag_value).chain(parts).collect::<Vec<_>>();
        let key = self.cells.challenge(Challenge::Alpha)
            + powers(theta.clone(), parts.into_iter()) * theta;
        self.out.push(Fraction {
            tag,
            weight,
            key,
            plain: false,
        });
    }

    fn limb(&mut self, limb: T) {
        let key = self.cells.challenge(Challenge::Alpha) + limb;
        self.out.push(Fraction {
            tag: Tag::Limb,
            weight: one(),
            key,
            plain: true,
        });
    }

    fn limb_table(&mut self, weight: T, limb: T) {
        let key = self.cells.challenge(Challenge::Alpha) + limb;
        self.out.push(Fraction {
            tag: Tag::Limb,
            weight,
            key,
            plain: false,
        });
    }

    /// `1·v0 + γ·v1 + …`
    fn word(&self, values: Vec<T>) -> T {
        powers(self.gamma.clone(), values.into_iter())
    }
}

fn zero<T: Value>() -> T {
    T::small(0)
}

fn one<T: Value>() -> T {
    T::small(1)
}

fn minus<T: Value>(v: T) -> T {
    v.scaled(-Fr::ONE)
}

/// `1 − 2·bit`.
fn sign<T: Value>(bit: T) -> T {
    one::<T>() - bit.scaled(Fr::from(2))
}

/// Every message of a row, in a fixed order.
pub fn fractions<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<Fraction<T>> {
    let mut sender = Sender {
        cells,
        gamma: cells.challenge(Challenge::Gamma),
        out: Vec::new(),
    };
    for column in columns.limbs() {
        let limb = sender.a(column);
        sender.limb(limb);
    }
    sender.hashes(columns);
    sender.accounts(columns);
    for slot in &columns.positions {
        sender.position(columns, slot);
    }
    sender.groups(columns);
    sender.risk(columns);
    sender.table(columns);
    sender.out
}

impl<T: Value, C: Cells<T>> Sender<'_, T, C> {
    /// Leaves and nodes, and what they absorb.
    fn hashes(&mut self, columns: &Columns) {
        let lane = &columns.hash;
        let key = self.a(lane.key);
        let ends = one::<T>() - self.cells.advice(lane.link, 1);
        let leaf = self.f(fixed::STREAM) * (self.a(lane.header) + self.a(lane.link)) * ends;
        let own = key.clone() + self.f(fixed::OWN);
        let digest = self.a(lane.digest);
        self.send(Tag::Node, self.f(fixed::INNER) + leaf, vec![own, digest]);
        for i in 0..INPUTS {
            // Children have keys of their own, positions that of their account.
            let tree = self.f(fixed::TREE);
            let part = key.clone() + tree.clone().scaled(Fr::from(i as u64));
            let tag = T::small(Tag::Position as u64) - tree;
            let input = hash::input(columns, self.cells, i + 1);
            let weight = minus(self.a(lane.live + i));
            self.send_as(Tag::Node, tag, weight, vec![part, input]);
        }
    }

    fn joined(&self, columns: &Columns, first: usize, limbs: usize) -> T {
        let bits = columns.shape.limb_bits();
        joined(bits, (first..first + limbs).map(|c| self.a(c)))
    }

    /// The verdict on an account, and the public totals.
    fn accounts(&mut self, columns: &Columns) {
        let lane = &columns.account;
        let money = columns.shape.money_limbs();
        let header = self.a(columns.hash.header);
        let key = self.a(columns.hash.key);
        let size = self.joined(columns, lane.equity, money);
        let equity = sign(self.a(lane.negative)) * size.clone();
        let word = self.a(lane.word);
        let own = self.word(vec![equity.clone(), self.a(lane.addons), word.clone()]);
        self.send(Tag::Account, minus(header.clone() * own), vec![key.clone()]);
        let scenario = self.joined(columns, lane.scenario, money);
        let flat = self.word(vec![one(); columns.shape.scenarios()]);
        let bound = minus(header.clone() * scenario * flat);
        self.send(Tag::Risk, bound, vec![key, self.a(lane.sole)]);
        let failing = one::<T>() - self.a(lane.meets);
        let missing = self.joined(columns, lane.excess, columns.shape.verdict_limbs());
        let totals = self.word(vec![
            // Of all accounts that are owed anything: no certificate enters this sum.
            (one::<T>() - self.a(lane.negative)) * size.clone(),
            failing.clone(),
            self.a(lane.negative) * size,
            failing * missing,
            word,
            one(),
        ]);
        self.send(Tag::Total, header * totals, vec![]);
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
        let mask = hash::input(columns, self.cells, 1);
        let masks = self.word(vec![zero(), zero(), zero(), zero(), mask]);
        let weight = self.f(fixed::MASK) * masks - self.f(fixed::FIRST) * public;
        self.send(Tag::Total, weight, vec![]);
    }

    /// What a position is, and what it adds.
    fn position(&mut self, columns: &Columns, slot: &PositionSlot) {
        let (key, id) = (self.a(slot.key), self.a(slot.id));
        let (live, negative) = (self.a(slot.live), self.a(slot.sign));
        let size = self.joined(columns, slot.magnitude, columns.shape.quantity_limbs());
        let quantity = sign(negative.clone()) * size.clone();
        let packed = id.clone() + negative.scaled(pow2(88)) + size.clone().scaled(pow2(89));
        self.send(Tag::Position, live, vec![key.clone(), packed]);
        let losses = quantity.clone() * self.a(slot.losses);
        self.send(
            Tag::Risk,
            losses,
            vec![key.clone(), self.a(slot.underlying)],
        );
        let (joined, short) = (self.a(slot.joined), self.a(slot.short));
        // Alone in its strike, a position is charged like a group of one.
        let alone = (one::<T>() - joined.clone()) * size.clone() * short.clone();
        let adds = quantity.clone() * self.a(slot.signed)
            + size.clone() * self.a(slot.absolute)
            + self.word(vec![zero(), alone]);
        self.send(Tag::Account, adds, vec![key.clone()]);
        let rolled = quantity.clone() * self.a(slot.roll);
        self.send(Tag::Group, rolled, vec![key.clone(), self.a(slot.expiry)]);
        let netted = joined * quantity.clone() * short;
        self.send(Tag::Group, netted, vec![key.clone(), self.a(slot.strike)]);
        let held = self.a(slot.asset) * self.word(vec![quantity, size]);
        self.send(Tag::Asset, held, vec![id]);
    }

    /// Net numbers, and the charge for their absolute values.
    fn groups(&mut self, columns: &Columns) {
        for slot in &columns.groups {
            let size = self.joined(columns, slot.net, columns.shape.money_limbs());
            let net = sign(self.a(slot.sign)) * size.clone();
            let key = self.a(slot.key);
            let group = vec![key.clone(), self.a(slot.group)];
            self.send(Tag::Group, minus(net), group);
            let charge = self.word(vec![zero(), size]);
            self.send(Tag::Account, charge, vec![key]);
        }
    }

    /// Charges, and what they leave above the losses.
    fn risk(&mut self, columns: &Columns) {
        let lane = &columns.risk;
        let bits = columns.shape.limb_bits();
        let vector = (0..columns.shape.scenarios())
            .map(|s| joined(bits, columns.risk_limbs(s).map(|c| self.a(c))))
            .collect();
        let word = self.word(vector);
        let (key, charge) = (self.a(lane.key), self.a(lane.charge));
        let own = vec![key.clone(), self.a(lane.underlying)];
        self.send(Tag::Risk, sign(charge.clone()) * word.clone(), own);
        self.send(Tag::Risk, charge * word, vec![key, zero()]);
    }

    /// What the market offers.
    fn table(&mut self, columns: &Columns) {
        let lane = &columns.table;
        for i in 0..LIMB_TABLES {
            let limb = self.f(fixed::LIMB + i);
            self.limb_table(minus(self.a(lane.limb_uses + i)), limb);
        }
        let (long, short) = (self.cells.instance(2, 0), self.cells.instance(3, 0));
        let held = self.word(vec![long.clone() - short.clone(), long + short]);
        let held = minus(self.f(fixed::ASSET) * held);
        self.send(Tag::Asset, held, vec![self.f(fixed::ID)]);
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
pub fn gates<T: Value, C: Cells<T>>(columns: &Columns, cells: &C) -> Vec<(&'static str, T)> {
    let fractions = fractions(columns, cells);
    let active = || cells.fixed(fixed::ACTIVE);
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
    gates.push(("BSUM3 start", cells.fixed(fixed::FIRST) * sum(0)));
    gates.push(("BSUM4 end", cells.fixed(fixed::LAST) * sum(0)));
    gates
}
