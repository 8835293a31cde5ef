//! The margin statement as one trace: account, market, book, slots, netting, verdict.

use std::collections::BTreeMap;

use ff::Field;

use super::fixed_tables::lay_tables;
use super::hash::tagged;
use super::instrument::Opening;
use super::lanes::{Lanes, Rows};
use super::leaf::Holder;
use super::lookup;
use super::netting::net;
use super::node::{self, export_registers, Registers};
use super::range::{Bounded, LIMB_BITS};
use super::requirement::{verdict, Terms};
use super::risk::addon::short_option::IndexWitness;
use super::shape::Shape;
use super::slot::{slot, Slot, SlotWitness};
use super::source::Source;
use super::table::MARKET_NODES;
use super::trace::{Lie, Trace, Var};
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

/// Lays the whole circuit over a given trace, which may carry lies.
pub fn build_over(policy: &Policy, witness: &MarginWitness, trace: Trace) -> Laid {
    let shape = trace.columns;
    let mut lanes = Lanes::new(policy, trace, node::rows(shape));
    let l = &mut lanes;
    let time = l.witness("time", Fr::from(u64::from(witness.time)));
    l.number("MMKT1");
    let time = l.range(time);
    let (market_nodes, market) = market(l, witness, time);
    let mut registers = Registers::new(shape);
    let slots: Vec<Slot> = witness
        .slots
        .iter()
        .enumerate()
        .map(|(i, witness)| slot(l, &mut registers, i, witness, time))
        .collect();
    let netted = net(l, &slots);
    let holder = Holder::new(l, witness.secret, witness.number);
    let leaf = holder.leaf(l, [witness.customer, witness.salt], netted.count, &slots);
    let book = book_root(l, witness, leaf);
    let scope = l.witness("scope", witness.scope);
    let nullifier = holder.nullifier(l, scope);
    l.book("account and book");

    let message = l.witness("message", witness.message);
    let terms = terms(l, witness);
    let registers = export_registers(l, &registers);
    verdict(l, &registers, &netted, &witness.indices, &terms);
    let policy_digest = l.constant(policy.digest());
    for (number, row, var) in [
        ("MPUB1", Row::Policy, policy_digest),
        ("MPUB2", Row::Market, market),
        ("MPUB3", Row::Book, book),
        ("MPUB4", Row::Nullifier, nullifier),
        ("MPUB5", Row::Scope, scope),
        ("MPUB6", Row::Message, message),
        ("MPUB7", Row::Ratio, terms.ratio.var()),
        ("MPUB8", Row::Buffer, terms.buffer.var()),
    ] {
        l.number(number);
        l.public(var, row);
    }
    l.book("statement");
    let Rows {
        wide,
        arithmetic,
        range,
    } = l.next;
    let tables = lay_tables(l, market_nodes);
    let longest = [wide, arithmetic, range, tables, 1 << LIMB_BITS];
    let rows = longest.into_iter().fold(0, usize::max);
    l.activate(rows);
    let (mut trace, parts) = lanes.into_parts();
    lookup::count_uses(&mut trace);
    Laid { trace, parts, rows }
}

/// MREQ32, MREQ33: ratio and buffer are no more than their rows of the statement hold.
fn terms(l: &mut Lanes<'_>, witness: &MarginWitness) -> Terms {
    let ratio = l.witness("ratio", Fr::from(u64::from(witness.ratio)));
    l.number("MREQ32");
    let ratio = l.range(ratio);
    let buffer = l.witness("buffer", ff::PrimeField::from_u128(witness.buffer));
    l.number("MREQ33");
    let buffer = l.range(buffer);
    Terms { ratio, buffer }
}

/// MMKT2: the bottom nodes, which the table holds, hash to the root.
/// MMKT3, MMKT5: digest = H(time, count, root).
///
/// The bottom nodes, and the digest.
fn market(l: &mut Lanes<'_>, witness: &MarginWitness, time: Bounded<TIME>) -> (Vec<Var>, Var) {
    let nodes: Vec<Source> = witness
        .market_nodes
        .iter()
        .map(|&n| Source::New(n))
        .collect();
    let mut bottom = Vec::with_capacity(nodes.len());
    let mut level = Vec::with_capacity(nodes.len() / 8);
    l.number("MMKT2");
    for chunk in nodes.chunks(8) {
        let inputs = std::array::from_fn(|i| chunk[i]);
        let hashed = l.hash(tag::MARKET_NODE, inputs);
        bottom.extend(hashed.inputs);
        level.push(hashed.digest);
    }
    while level.len() > 1 {
        level = level
            .chunks(8)
            .map(|c| {
                let inputs = std::array::from_fn(|i| Source::Old(c[i]));
                l.hash(tag::MARKET_NODE, inputs).digest
            })
            .collect();
    }
    let count = l.witness("market count", Fr::from(witness.market_count));
    let digest = tagged(
        l,
        tag::MARKET,
        &[("MMKT3", time.var()), ("MMKT3", count), ("MMKT5", level[0])],
    );
    l.book("market tree");
    (bottom, digest)
}

/// MBOK1, MBOK2: every node holds the digest below. MBOK3: root = H(count, top).
fn book_root(l: &mut Lanes<'_>, w: &MarginWitness, leaf: Var) -> Var {
    let mut node = leaf;
    for children in &w.book_path {
        let inputs = children.map(Source::New);
        l.number("MBOK1");
        node = l
            .hash_opening(tag::BOOK_NODE, inputs, ("MBOK2", Source::Old(node)))
            .0
            .digest;
    }
    let count = l.witness("book count", Fr::from(w.book_count));
    tagged(l, tag::BOOK, &[("MBOK3", count), ("MBOK3", node)])
}
