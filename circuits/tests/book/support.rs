//! A venue of few accounts, its batch, and a judge of assignments that does not need halo2.

use std::collections::HashSet;

use ff::{Field, PrimeField};
use zkmargin_circuits::book::message::Tag;
use zkmargin_circuits::book::sums::fractions;
use zkmargin_circuits::book::trace::Trace;
use zkmargin_circuits::book::{build, BatchInput, Built};
use zkmargin_circuits::system::System;
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::{inventory_digest, Form, InstrumentTable, Shape};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

use crate::drop::keep;
use crate::fixture::{account, market, MIXED};

/// What masks of a venue's batch are made of.
pub const SECRETS: [Fr; 2] = [Fr::from_raw([77, 0, 0, 0]), Fr::from_raw([99, 0, 0, 0])];

/// Everything of a venue of one batch.
pub struct Venue {
    pub policy: Policy,
    pub market: Market,
    pub table: InstrumentTable,
    pub shape: Shape,
    pub accounts: Vec<Account>,
    pub ratio: u16,
}

/// Accounts of every kind: without positions, cash only, one underlying, two, three, nine
/// positions, short of margin, under water, twelve positions.
const ACCOUNTS: [&[(&str, &str)]; 10] = [
    &MIXED,
    &[],
    &[("USD", "5000.5")],
    &[("USD", "-70"), ("BTC-PERPETUAL", "0.00000001")],
    &[
        ("USD", "20000"),
        ("BTC-PERPETUAL", "0.5"),
        ("BTC-1790323200", "-0.5"),
    ],
    &[
        ("USD", "100"),
        ("ETH-PERPETUAL", "3"),
        ("SOL-PERPETUAL", "40"),
        ("BTC-PERPETUAL", "-1"),
    ],
    &[
        ("USD", "-50000"),
        ("BTC-1790323200-80000-C", "2"),
        ("BTC-1790323200-80000-P", "-2"),
    ],
    &[
        ("ETH", "12"),
        ("ETH-1790323200-4200-P", "-3"),
        ("SOL-1790323200-180-C", "5"),
        ("USDT", "77"),
    ],
    &[("USD", "-70000"), ("BTC-PERPETUAL", "1")],
    &[
        ("USD", "400000"),
        ("USDT", "12.5"),
        ("BTC-PERPETUAL", "0.25"),
        ("BTC-1790323200", "-0.5"),
        ("BTC-1790323200-60000-P", "1.5"),
        ("BTC-1790323200-75000-P", "-2"),
        ("BTC-1790323200-80000-C", "-1"),
        ("BTC-1790323200-150000-C", "1"),
        ("ETH-PERPETUAL", "-4"),
        ("ETH-1790323200-4200-C", "8"),
        ("ETH-1790323200-4500-C", "-8"),
        ("SOL-PERPETUAL", "100"),
    ],
];

impl Venue {
    /// `count` accounts that repeat those of every kind with other salts.
    pub fn of(count: usize) -> Self {
        Venue::under(Policy::rm1(), count)
    }

    /// The same under a policy.
    pub fn under(policy: Policy, count: usize) -> Self {
        let market = market(&policy);
        let accounts = (0..count)
            .map(|i| {
                let mut one = account(&market, ACCOUNTS[i % ACCOUNTS.len()]);
                one.salt = Fr::from(1000 + i as u64);
                one
            })
            .collect();
        Venue {
            table: InstrumentTable::new(&policy, &market),
            shape: Shape::of(10, Form::of(&policy)).expect("in range"),
            policy,
            market,
            accounts,
            ratio: 10_000,
        }
    }

    /// Adds the other side of every derivative.
    pub fn balance(&mut self) {
        let mut net = std::collections::BTreeMap::new();
        for position in self.accounts.iter().flat_map(|a| &a.positions) {
            *net.entry(position.id).or_insert(0i64) -= position.quantity;
        }
        let derivative = |id: &zkmargin_engine::market::InstrumentId| {
            self.table
                .priced()
                .any(|(_, e)| e.id == *id && !e.is_asset())
        };
        let positions = net
            .into_iter()
            .filter(|(id, quantity)| *quantity != 0 && derivative(id))
            .map(|(id, quantity)| Position { id, quantity })
            .collect();
        self.accounts.push(Account {
            customer: Fr::ONE,
            identity: Fr::ONE,
            number: 1,
            salt: Fr::ONE,
            positions,
        });
    }

    pub fn book(&self) -> Book {
        Book {
            leaves: self.accounts.iter().map(Account::leaf).collect(),
        }
    }

    pub fn input(&self) -> BatchInput {
        BatchInput {
            book: self.book().root(),
            inventory: inventory_digest(&[]),
            first: 0,
            accounts: self.accounts.clone(),
            secrets: SECRETS,
        }
    }

    pub fn build(&self) -> Built {
        build(self.shape, &self.table, self.ratio, &self.input()).expect("a batch that fits")
    }
}

/// Challenges for tests: they only have to be unforeseen by the witness.
pub fn challenges() -> [Fr; 3] {
    let draw = |n: u64| zkmargin_engine::commitment::hash2(n, &[Fr::from(5), Fr::from(n)]);
    [101, 102, 103].map(draw)
}

/// What is false when the messages of a tag do not balance, by number.
fn message(tag: Tag) -> &'static str {
    match tag {
        Tag::Limb => "BMSG1 limb",
        Tag::Node => "BMSG2 node",
        Tag::Position => "BMSG3 position",
        Tag::Group => "BMSG4 group",
        Tag::Account => "BMSG5 account",
        Tag::Risk => "BMSG6 risk",
        Tag::Total => "BMSG7 total",
        Tag::Asset => "BMSG8 asset",
    }
}

/// Finds what an assignment breaks: gates by name, messages that do not balance, look-ups that no
/// table offers. Counts of uses are the prover's to choose, so they are not judged.
pub struct Judge {
    /// By name of the look-up.
    offered: HashSet<(&'static str, Vec<[u8; 32]>)>,
    challenges: [Fr; 3],
}

fn bytes(value: Fr) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(value.to_repr().as_ref());
    out
}

impl Judge {
    pub fn new(trace: &Trace) -> Self {
        let challenges = challenges();
        let offered = (0..=trace.active)
            .flat_map(|row| {
                trace
                    .columns
                    .asked_and_offered::<Fr, _>(&trace.at(row, &challenges))
            })
            .map(|(name, pairs)| (name, pairs.into_iter().map(|(_, o)| bytes(o)).collect()))
            .collect();
        Judge {
            offered,
            challenges,
        }
    }

    /// Broken gates and look-ups of a row.
    pub fn row(&self, trace: &Trace, row: usize) -> Vec<&'static str> {
        let cells = trace.at(row, &self.challenges);
        let mut broken: Vec<&'static str> = trace
            .columns
            .gates::<Fr, _>(&cells)
            .into_iter()
            .filter(|(name, value)| !name.starts_with("BSUM") && *value != Fr::ZERO)
            .map(|(name, _)| name)
            .collect();
        if row < trace.active {
            broken.extend(self.looked_up(trace, row));
        }
        broken
    }

    fn looked_up(&self, trace: &Trace, row: usize) -> Vec<&'static str> {
        let limit = 1u64 << trace.columns.shape.limb_bits();
        let mut broken = Vec::new();
        for column in trace.columns.limbs() {
            let low = zkmargin_engine::field::low_u64(trace.advice[column][row]);
            if low >= limit || Fr::from(low) != trace.advice[column][row] {
                broken.push("BMSG1 limb");
            }
        }
        let cells = trace.at(row, &self.challenges);
        for (name, pairs) in trace.columns.asked_and_offered::<Fr, _>(&cells) {
            let asked = pairs.into_iter().map(|(asked, _)| bytes(asked)).collect();
            if !self.offered.contains(&(name, asked)) {
                broken.push(name);
            }
        }
        broken
    }

    /// Sum of all messages of a row that are not look-ups.
    pub fn messages(&self, trace: &Trace, row: usize) -> Fr {
        if row >= trace.active {
            return Fr::ZERO;
        }
        fractions(&trace.columns, &trace.at(row, &self.challenges))
            .into_iter()
            .filter(|f| f.tag != Tag::Limb && f.weight != Fr::ZERO)
            .map(|f| f.weight * f.key.invert().unwrap_or(Fr::ZERO))
            .sum()
    }

    /// Everything that is broken, by name; the words of the second phase are computed first.
    pub fn broken(&self, trace: &Trace) -> Vec<String> {
        let mut trace = trace.clone();
        trace.words(&self.challenges);
        let mut broken: Vec<String> = (0..=trace.active)
            .flat_map(|row| self.row(&trace, row))
            .map(str::to_owned)
            .collect();
        let unbalanced = trace.unbalanced(&self.challenges);
        broken.extend(unbalanced.iter().map(|(tag, _)| message(*tag).to_owned()));
        broken.sort_unstable();
        broken.dedup();
        keep(broken, |name, dropped| {
            name.split(' ').next() == Some(dropped)
        })
    }
}
