//! The margin statement as one trace: account, market, book, slots, netting, verdict.

use ff::Field;

use super::builder::Builder;
use super::instrument::Opening;
use super::lookup;
use super::requirement::{IndexWitness, Terms};
use super::shape::Shape;
use super::slot::{Slot, SlotWitness};
use super::source::Source;
use super::table::MARKET_NODES;
use super::trace::{Trace, Var};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

/// Positions absorbed by one permutation of the leaf's chain.
pub const CHUNK: usize = 7;
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
    /// Account owner.
    pub owner: Fr,
    /// Account secret.
    pub secret: Fr,
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
            owner: Fr::ZERO,
            secret: Fr::ZERO,
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

const ONE: Fr = Fr::ONE;

/// Lays the whole circuit over `trace`.
pub fn build<'p>(
    policy: &'p Policy,
    size: Size,
    witness: &MarginWitness,
    lie: Option<super::trace::Lie>,
) -> Builder<'p> {
    let trace = empty_trace(policy, size);
    let trace = match lie {
        Some(lie) => trace.lying(lie),
        None => trace,
    };
    build_over(policy, size, witness, trace)
}

/// A trace without cells for the columns of a policy and size.
pub fn empty_trace(policy: &Policy, size: Size) -> Trace {
    let scenarios = policy.scenarios().len();
    Trace::new(Shape { size, scenarios }, 1 << 13)
}

/// Lays the whole circuit over a given trace, which may carry lies.
pub fn build_over<'p>(
    policy: &'p Policy,
    size: Size,
    witness: &MarginWitness,
    trace: Trace,
) -> Builder<'p> {
    let mut b = Builder::new(policy, size, trace);
    let time = b.witness("time", Fr::from(u64::from(witness.time)));
    b.number("MMKT1");
    b.range::<32>(time);
    let market = b.market(witness, time);
    let slots: Vec<Slot> = witness
        .slots
        .iter()
        .enumerate()
        .map(|(i, slot)| b.slot(i, slot, time))
        .collect();
    let netted = b.net(&slots);
    let secret = b.witness("secret", witness.secret);
    let leaf = b.leaf(witness, secret, netted.count, &slots);
    let book = b.book_root(witness, leaf);
    let scope = b.witness("scope", witness.scope);
    let inputs = [("MBOK4", secret), ("MBOK5", scope)];
    let nullifier = b.tagged(tag::NULLIFIER, &inputs);
    b.book("account and book");

    let message = b.witness("message", witness.message);
    let ratio = b.witness("ratio", Fr::from(u64::from(witness.ratio)));
    b.number("MREQ32");
    b.range::<16>(ratio);
    let buffer = b.witness("buffer", ff::PrimeField::from_u128(witness.buffer));
    b.number("MREQ33");
    b.range::<90>(buffer);
    let registers = b.export_registers();
    b.verdict(
        &registers,
        &netted,
        &witness.indices,
        &Terms { ratio, buffer },
    );
    let policy_digest = b.constant(policy.digest());
    for (number, row, var) in [
        ("MPUB1", Row::Policy, policy_digest),
        ("MPUB2", Row::Market, market),
        ("MPUB3", Row::Book, book),
        ("MPUB4", Row::Nullifier, nullifier),
        ("MPUB5", Row::Scope, scope),
        ("MPUB6", Row::Message, message),
        ("MPUB7", Row::Ratio, ratio),
        ("MPUB8", Row::Buffer, buffer),
    ] {
        b.number(number);
        b.public(var, row);
    }
    b.book("statement");
    b.lay_tables();
    b.activate();
    lookup::count_uses(&mut b.trace);
    b
}

impl Builder<'_> {
    /// A hash of fewer than eight cells, each with the number that its copy realises, padded with
    /// zeros (MHSH13).
    fn tagged(&mut self, tag: u64, inputs: &[(&'static str, Var)]) -> Var {
        let zero = self.constant(Fr::ZERO);
        let mut numbered = [("MHSH13", Source::Old(zero)); 8];
        for (input, (number, var)) in numbered.iter_mut().zip(inputs) {
            *input = (*number, Source::Old(*var));
        }
        self.hash_numbered(tag, numbered).digest
    }

    /// MMKT2: the bottom nodes, which the table holds, hash to the root.
    /// MMKT3, MMKT5: digest = H(time, count, root).
    fn market(&mut self, witness: &MarginWitness, time: Var) -> Var {
        let nodes: Vec<Source> = witness
            .market_nodes
            .iter()
            .map(|&n| Source::New(n))
            .collect();
        let mut level = Vec::with_capacity(nodes.len() / 8);
        self.number("MMKT2");
        for chunk in nodes.chunks(8) {
            let inputs = std::array::from_fn(|i| chunk[i]);
            let hashed = self.hash(tag::MARKET_NODE, inputs);
            self.market_nodes.extend(hashed.inputs);
            level.push(hashed.digest);
        }
        while level.len() > 1 {
            level = level
                .chunks(8)
                .map(|c| {
                    let inputs = std::array::from_fn(|i| Source::Old(c[i]));
                    self.hash(tag::MARKET_NODE, inputs).digest
                })
                .collect();
        }
        let count = self.witness("market count", Fr::from(witness.market_count));
        let digest = self.tagged(
            tag::MARKET,
            &[("MMKT3", time), ("MMKT3", count), ("MMKT5", level[0])],
        );
        self.book("market tree");
        digest
    }

    /// MLEF1, MLEF2: header. MLEF3, MLEF4: what the chain absorbs. MLEF5: it absorbs a chunk exactly
    /// when its first slot is live.
    fn leaf(&mut self, w: &MarginWitness, secret: Var, count: Var, slots: &[Slot]) -> Var {
        let owner = self.witness("owner", w.owner);
        let salt = self.witness("salt", w.salt);
        let [owner, secret, salt] = [owner, secret, salt].map(|var| ("MLEF1", var));
        let header = [owner, secret, salt, ("MLEF2", count)];
        let mut state = self.tagged(tag::LEAF_HEADER, &header);
        for chunk in slots.chunks(CHUNK) {
            let mut inputs = vec![("MLEF3", state)];
            inputs.extend(chunk.iter().map(|s| ("MLEF4", s.position)));
            let next = self.tagged(tag::LEAF_CHAIN, &inputs);
            self.number("MLEF5");
            let step = self.linear(&[(ONE, next), (-ONE, state)], Fr::ZERO);
            state = self.product(ONE, chunk[0].live, step, Some((ONE, state)), Fr::ZERO);
        }
        state
    }

    /// MBOK1, MBOK2: every node holds the digest below. MBOK3: root = H(count, top).
    fn book_root(&mut self, w: &MarginWitness, leaf: Var) -> Var {
        let mut node = leaf;
        for children in &w.book_path {
            let inputs = children.map(Source::New);
            self.number("MBOK1");
            node = self
                .hash_opening(tag::BOOK_NODE, inputs, ("MBOK2", Source::Old(node)))
                .0
                .digest;
        }
        let count = self.witness("book count", Fr::from(w.book_count));
        self.tagged(tag::BOOK, &[("MBOK3", count), ("MBOK3", node)])
    }
}
