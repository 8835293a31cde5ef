//! The margin statement as one trace: account, market, book, slots, netting, verdict.

use std::collections::BTreeMap;

use ff::Field;

use super::arithmetic::Arithmetic;
use super::fixed_tables::lay_tables;
use super::free::Free;
use super::instrument::{instrument, open_market, Opening};
use super::lanes::{Parts, Rows};
use super::leaf::Holder;
use super::lookup;
use super::netting::net;
use super::node;
use super::node::registers::{export_registers, Registers};
use super::range::{Bounded, Ranges, LIMB_BITS};
use super::requirement::{verdict, Terms};
use super::risk::addon::short_option::IndexWitness;
use super::shape::Shape;
use super::slot::{slot, Slot, SlotWitness};
use super::table::MARKET_NODES;
use super::trace::{Lie, Source, Trace, Var};
use super::wide::{self, Wide};
use super::widths::TIME;
use zkmargin_engine::commitment::tag;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

/// Levels of the book tree.
pub const BOOK_DEPTH: usize = 10;

/// Everything the prover knows.
#[derive(Clone)]
pub struct MarginWitness {
    /// Market time, Unix seconds.
    pub time: u32,
    /// Rows of the market.
    pub market_count: u64,
    /// Digests of the 512 bottom nodes of the market tree.
    pub market_nodes: Vec<Fr>,
    /// One entry per slot of the size.
    pub slots: Vec<SlotWitness>,
    /// One entry per underlying of the size, latest underlying first.
    pub indices: Vec<IndexWitness>,
    /// Digest of the customer.
    pub customer: Fr,
    /// Secret of the trader; its identity is in the leaf.
    pub secret: Fr,
    /// Number of the account.
    pub number: u32,
    /// Account salt.
    pub salt: Fr,
    /// Children on the way from the leaf to the root of the book tree.
    pub book_path: Vec<[Fr; 8]>,
    /// Leaves of the book.
    pub book_count: u64,
    /// Verifier's application.
    pub scope: Fr,
    /// Bound message.
    pub message: Fr,
    /// Ratio in basis points.
    pub ratio: u16,
    /// Buffer in 1e-8 USD.
    pub buffer: u128,
}

impl MarginWitness {
    /// A witness of the right shape that satisfies nothing, for key generation.
    pub fn blank(size: Size) -> Self {
        let opening = Opening {
            siblings: [Fr::ZERO; 8],
            row: Fr::ZERO,
        };
        let slot = SlotWitness {
            live: false,
            negative: false,
            magnitude: 0,
            opening,
            starts: false,
        };
        let index = IndexWitness {
            used: false,
            price: 0,
            opening,
        };
        MarginWitness {
            time: 0,
            market_count: 0,
            market_nodes: vec![Fr::ZERO; MARKET_NODES],
            slots: vec![slot; size.slots()],
            indices: vec![index; size.underlyings()],
            customer: Fr::ZERO,
            secret: Fr::ZERO,
            number: 0,
            salt: Fr::ZERO,
            book_path: vec![[Fr::ZERO; 8]; BOOK_DEPTH],
            book_count: 0,
            scope: Fr::ZERO,
            message: Fr::ZERO,
            ratio: 0,
            buffer: 0,
        }
    }
}

/// A laid circuit.
pub struct Laid {
    /// The assignment.
    pub trace: Trace,
    /// Rows by part and lane.
    pub parts: BTreeMap<&'static str, Rows>,
    /// Where the lanes end.
    pub ends: Rows,
    /// Rows of the longest lane, tables included.
    pub rows: usize,
}

/// Lays the whole circuit; with a lie, if any.
pub fn build(policy: &Policy, size: Size, witness: &MarginWitness, lie: Option<Lie>) -> Laid {
    let trace = empty_trace(policy, size);
    let trace = match lie {
        Some(lie) => trace.lying(lie),
        None => trace,
    };
    build_over(policy, witness, trace)
}

/// A trace without cells for the columns of a policy and size.
pub fn empty_trace(policy: &Policy, size: Size) -> Trace {
    let scenarios = policy.scenarios().len();
    Trace::new(Shape { size, scenarios }, 1 << 13)
}

/// Lays the whole circuit over a given trace, which may carry lies. Long because it is the order of the
/// circuit, part by part.
pub fn build_over(policy: &Policy, witness: &MarginWitness, mut trace: Trace) -> Laid {
    let shape = trace.columns;
    let below_nodes = node::rows(shape);
    let unit = wide::unit(&mut trace, below_nodes);
    let mut arithmetic = Arithmetic::new(trace, unit);
    let (a, ranges) = (&mut arithmetic, &mut Ranges::new());
    let wide = &mut Wide::new(policy, below_nodes + 1);
    let mut parts = Parts::new(Rows::next(a, ranges, wide));
    let time = a.witness(Free::Time, Fr::from(u64::from(witness.time)));
    a.number("MMKT1");
    let time = ranges.bound(a, time);
    let (market_nodes, market) = market(a, wide, witness, time);
    parts.book("market tree", Rows::next(a, ranges, wide));
    let mut registers = Registers::new(shape);
    let mut slots: Vec<Slot> = Vec::with_capacity(witness.slots.len());
    for held in &witness.slots {
        let row = open_market(a, wide, ["MINS1", "MINS2"], &held.opening);
        parts.book("market openings", Rows::next(a, ranges, wide));
        let instrument = instrument(a, ranges, wide, row, time);
        parts.book("instruments", Rows::next(a, ranges, wide));
        let at = slots.len();
        slots.push(slot(a, ranges, wide, &mut registers, at, instrument, held));
        parts.book("positions", Rows::next(a, ranges, wide));
    }
    let netted = net(a, ranges, policy, &slots);
    parts.book("netting", Rows::next(a, ranges, wide));
    let holder = Holder::new(a, ranges, witness.secret, witness.number);
    let named = [witness.customer, witness.salt];
    let leaf = holder.leaf(a, wide, named, netted.count, &slots);
    let book = book_root(a, wide, witness, leaf);
    let scope = a.witness(Free::Scope, witness.scope);
    let nullifier = holder.nullifier(a, wide, scope);
    parts.book("account and book", Rows::next(a, ranges, wide));

    let message = a.witness(Free::Message, witness.message);
    let terms = terms(a, ranges, witness);
    let registers = export_registers(&mut a.trace, &registers);
    let indices = &witness.indices;
    verdict(a, ranges, wide, &registers, &netted, indices, &terms);
    parts.book("requirement", Rows::next(a, ranges, wide));
    let policy_digest = a.constant(policy.digest());
    publish(
        a,
        [policy_digest, market, book, nullifier],
        [scope, message],
        &terms,
    );
    let end = Rows::next(a, ranges, wide);
    parts.book("statement", end);
    let tables = lay_tables(&mut a.trace, policy, market_nodes);
    let lanes = end.arithmetic.max(end.range).max(end.wide);
    let rows = tables.max(lanes).max(1 << LIMB_BITS);
    a.activate(rows);
    let mut trace = arithmetic.trace;
    lookup::count_uses(&mut trace);
    let parts = parts.rows;
    Laid {
        trace,
        parts,
        ends: end,
        rows,
    }
}

/// Ties the rows of the statement to cells.
fn publish(
    a: &mut Arithmetic,
    [policy, market, book, nullifier]: [Var; 4],
    [scope, message]: [Var; 2],
    terms: &Terms,
) {
    for (number, row, var) in [
        ("MPUB1", Row::Policy, policy),
        ("MPUB2", Row::Market, market),
        ("MPUB3", Row::Book, book),
        ("MPUB4", Row::Nullifier, nullifier),
        ("MPUB5", Row::Scope, scope),
        ("MPUB6", Row::Message, message),
        ("MPUB7", Row::Ratio, terms.ratio.var()),
        ("MPUB8", Row::Buffer, terms.buffer.var()),
    ] {
        a.number(number);
        a.public(var, row);
    }
}

/// MREQ32, MREQ33: ratio and buffer are no more than their rows of the statement hold.
fn terms(a: &mut Arithmetic, ranges: &mut Ranges, witness: &MarginWitness) -> Terms {
    let ratio = a.witness(Free::Ratio, Fr::from(u64::from(witness.ratio)));
    a.number("MREQ32");
    let ratio = ranges.bound(a, ratio);
    let buffer = a.witness(Free::Buffer, ff::PrimeField::from_u128(witness.buffer));
    a.number("MREQ33");
    let buffer = ranges.bound(a, buffer);
    Terms { ratio, buffer }
}

/// MMKT2: the bottom nodes, which the table holds, hash to the root.
/// MMKT3, MMKT5: digest = H(time, count, root).
///
/// The bottom nodes, and the digest.
fn market(
    a: &mut Arithmetic,
    wide: &mut Wide<'_>,
    witness: &MarginWitness,
    time: Bounded<TIME>,
) -> (Vec<Var>, Var) {
    let nodes: Vec<Source> = witness
        .market_nodes
        .iter()
        .map(|&n| Source::New(n))
        .collect();
    let mut bottom = Vec::with_capacity(nodes.len());
    let mut level = Vec::with_capacity(nodes.len() / 8);
    a.number("MMKT2");
    for chunk in nodes.chunks(8) {
        let inputs = std::array::from_fn(|i| chunk[i]);
        let hashed = wide.hash(a, tag::MARKET_NODE, inputs);
        bottom.extend(hashed.inputs);
        level.push(hashed.digest);
    }
    while level.len() > 1 {
        level = level
            .chunks(8)
            .map(|c| {
                let inputs = std::array::from_fn(|i| Source::Old(c[i]));
                wide.hash(a, tag::MARKET_NODE, inputs).digest
            })
            .collect();
    }
    let count = a.witness(Free::MarketCount, Fr::from(witness.market_count));
    let digest = wide.tagged(
        a,
        tag::MARKET,
        &[("MMKT3", time.var()), ("MMKT3", count), ("MMKT5", level[0])],
    );
    (bottom, digest)
}

/// MBOK1, MBOK2: every node holds the digest below. MBOK3: root = H(count, top).
fn book_root(a: &mut Arithmetic, wide: &mut Wide<'_>, w: &MarginWitness, leaf: Var) -> Var {
    let mut node = leaf;
    for children in &w.book_path {
        let inputs = children.map(Source::New);
        a.number("MBOK1");
        node = wide
            .hash_opening(a, tag::BOOK_NODE, inputs, ("MBOK2", Source::Old(node)))
            .0
            .digest;
    }
    let count = a.witness(Free::BookCount, Fr::from(w.book_count));
    wide.tagged(a, tag::BOOK, &[("MBOK3", count), ("MBOK3", node)])
}
