//! From accounts to the assignment of a batch and its statement.

use std::collections::BTreeMap;

use ff::{Field, PrimeField};
use rayon::prelude::*;

use super::columns::{fixed, Columns, INPUTS};
use super::hash;
use super::trace::Trace;
use zkmargin_engine::account::{Account, POSITIONS_PER_LINK};
use zkmargin_engine::book::risk::{evaluate, AccountRisk};
use zkmargin_engine::book::shape::{
    Needs, Shape, TooHeavy, BLOCK, BLOCK_HASHES, GROUPS_PER_ROW, POSITIONS_PER_ROW,
};
use zkmargin_engine::book::statement::{
    mask_commitment, point, AssetTotal, BatchStatement, Totals,
};
use zkmargin_engine::book::table::{Entry, InstrumentTable};
use zkmargin_engine::commitment::tag;
use zkmargin_engine::error::Error;
use zkmargin_engine::field::{bit, signed};
use zkmargin_engine::market::Market;
use zkmargin_engine::Fr;

/// Key of the first leaf of a batch; a node has an eighth of the key of its first child.
pub const FIRST_LEAF: u64 = 1 << 16;

/// The private side of a batch.
#[derive(Clone, Debug)]
pub struct BatchInput {
    /// Root of the book.
    pub book: Fr,
    /// Digest of what the venue holds itself.
    pub inventory: Fr,
    /// Index of the first account, a multiple of 64.
    pub first: u64,
    /// The accounts in the order of the book.
    pub accounts: Vec<Account>,
    /// Added to the word, and taken off it.
    pub masks: [Fr; 2],
}

/// Why accounts do not make a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// An account cannot be evaluated.
    #[error("account {index} of the book: {error}")]
    Account {
        /// Index in the book.
        index: u64,
        /// Why.
        error: Box<Error>,
    },
    /// The accounts are too many, or hold too much, for the shape.
    #[error(transparent)]
    TooHeavy(#[from] TooHeavy),
    /// The shape is of a policy with another number of scenarios.
    #[error("the shape is for {shape} scenarios, the policy has {policy}\nhint: make the shape from the policy")]
    Scenarios {
        /// Scenarios of the shape.
        shape: usize,
        /// Scenarios of the policy.
        policy: usize,
    },
    /// The market lists more than a batch of this shape holds.
    #[error(
        "the market lists {listed} instruments, a batch of {shape} holds {}\n\
         hint: take a larger --k", shape.instruments()
    )]
    Market {
        /// Instruments of the market.
        listed: usize,
        /// The shape.
        shape: Shape,
    },
}

/// A laid batch.
pub struct Built {
    /// The assignment of the first phase.
    pub trace: Trace,
    /// What it proves.
    pub statement: BatchStatement,
}

/// The fixed cells of a market, without a witness: for key generation.
///
/// # Errors
/// [`BatchError::Market`].
pub fn key_trace(shape: Shape, table: &InstrumentTable) -> Result<Trace, BatchError> {
    if shape.scenarios() != table.scenarios {
        return Err(BatchError::Scenarios {
            shape: shape.scenarios(),
            policy: table.scenarios,
        });
    }
    if table.entries.len() > shape.instruments() {
        return Err(BatchError::Market {
            listed: table.entries.len(),
            shape,
        });
    }
    let columns = Columns::new(shape);
    let rows = shape.active_rows() + 1;
    let mut trace = Trace {
        advice: vec![vec![Fr::ZERO; rows]; columns.advice()],
        fixed: vec![vec![Fr::ZERO; rows]; columns.fixed()],
        instance: vec![Vec::new(); super::INSTANCES],
        columns,
    };
    lay_rows(&mut trace.fixed, shape);
    lay_table(&mut trace.fixed, table);
    Ok(trace)
}

fn lay_rows(cells: &mut [Vec<Fr>], shape: Shape) {
    let active = shape.active_rows();
    let mut set = |column: usize, row: usize, value: Fr| cells[column][row] = value;
    set(fixed::FIRST, 0, Fr::ONE);
    set(fixed::LAST, active, Fr::ONE);
    for row in 0..active {
        set(fixed::ACTIVE, row, Fr::ONE);
    }
    for row in shape.first_stream_row()..active - 1 {
        set(fixed::STREAM, row, Fr::ONE);
    }
    let (blocks, nodes) = (shape.blocks(), shape.blocks() * BLOCK_HASHES);
    for row in 0..nodes {
        let own = if row < blocks {
            FIRST_LEAF / 64 + row as u64
        } else {
            FIRST_LEAF / 8 + (row - blocks) as u64
        };
        set(fixed::TREE, row, Fr::ONE);
        set(fixed::INNER, row, bit(row >= blocks));
        set(fixed::PUBLIC, row, bit(row < blocks));
        set(fixed::TAG, row, Fr::from(tag::BOOK_NODE));
        set(fixed::KEY, row, Fr::from(8 * own));
        set(fixed::OWN, row, -Fr::from(7 * own));
    }
    for (row, mask) in [(nodes, Fr::ONE), (nodes + 1, -Fr::ONE)] {
        set(fixed::TAG, row, Fr::from(tag::MASK));
        set(fixed::KEY, row, Fr::from(FIRST_LEAF - 1));
        set(fixed::MASK, row, mask);
        set(fixed::PUBLIC, row, Fr::ONE);
    }
    for limb in 0..1usize << shape.limb_bits() {
        let column = fixed::LIMB + limb / active;
        set(column, limb % active, Fr::from(limb as u64));
    }
}

fn lay_table(cells: &mut [Vec<Fr>], table: &InstrumentTable) {
    for (row, entry) in table.priced() {
        let mut set = |column: usize, value: Fr| cells[column][row] = value;
        let asset = entry.is_asset();
        set(fixed::LISTED, Fr::ONE);
        set(fixed::ID, Fr::from_u128(entry.id.0));
        set(
            fixed::UNDERLYING,
            Fr::from(u64::from(entry.id.underlying())),
        );
        set(fixed::EXPIRY, Fr::from(u64::from(entry.expiry)));
        set(fixed::STRIKE, Fr::from(u64::from(entry.strike)));
        set(fixed::ASSET, bit(asset));
        set(fixed::DERIVATIVE, bit(!asset));
        set(fixed::ROLL, signed(entry.roll));
        set(fixed::SHORT, signed(entry.short));
        set(fixed::MARK, signed(entry.mark));
        set(fixed::MARK_ERROR, signed(entry.mark_error));
        set(fixed::PER_SIGNED, signed(entry.per_signed()));
        set(fixed::PER_ABSOLUTE, signed(entry.per_absolute()));
        for (s, loss) in entry.losses.iter().enumerate() {
            set(fixed::LOSSES + s, signed(*loss));
        }
    }
}

/// One row of the hash lane.
struct HashRow {
    tag: u64,
    cells: Vec<Fr>,
    digest: Fr,
    live: [bool; INPUTS],
}

impl HashRow {
    fn new(tag: u64, inputs: [Fr; INPUTS], live: [bool; INPUTS]) -> Self {
        let (cells, digest) = hash::trace(tag, &inputs);
        HashRow {
            tag,
            cells,
            digest,
            live,
        }
    }
}

/// The rows of a leaf: header, then links.
fn leaf_rows(account: &Account) -> Vec<HashRow> {
    let count = Fr::from(account.positions.len() as u64);
    let mut header = [Fr::ZERO; INPUTS];
    header[..4].copy_from_slice(&[account.owner, account.secret, account.salt, count]);
    let mut rows = vec![HashRow::new(tag::LEAF_HEADER, header, [false; INPUTS])];
    for chunk in account.positions.chunks(POSITIONS_PER_LINK) {
        let mut inputs = [Fr::ZERO; INPUTS];
        let mut live = [false; INPUTS];
        inputs[0] = rows[rows.len() - 1].digest;
        for (i, position) in chunk.iter().enumerate() {
            inputs[i + 1] = position.packed();
            live[i + 1] = true;
        }
        rows.push(HashRow::new(tag::LEAF_CHAIN, inputs, live));
    }
    rows
}

/// Lays a batch.
///
/// # Errors
/// When an account cannot be evaluated or the accounts do not fit.
pub fn build(
    shape: Shape,
    table: &InstrumentTable,
    market: &Market,
    ratio: u16,
    input: &BatchInput,
) -> Result<Built, BatchError> {
    let mut trace = key_trace(shape, table)?;
    let evaluated = input.accounts.par_iter().enumerate().map(|(i, account)| {
        let risk = evaluate(table, market, account).map_err(|error| BatchError::Account {
            index: input.first + i as u64,
            error: Box::new(error),
        })?;
        Ok((risk, leaf_rows(account)))
    });
    let evaluated: Vec<(AccountRisk, Vec<HashRow>)> =
        evaluated.collect::<Result<_, BatchError>>()?;
    let needs = evaluated
        .iter()
        .fold(Needs::default(), |sum, (risk, _)| sum.and(Needs::of(risk)));
    if !needs.fits(shape.capacity()) || evaluated.len() > shape.accounts() {
        return Err(TooHeavy {
            first: input.first as usize,
            needs,
            shape,
        }
        .into());
    }
    let mut layer = Layer::new(&mut trace, table, input, ratio);
    for ((risk, rows), account) in evaluated.into_iter().zip(&input.accounts) {
        layer.account(account, &risk, rows);
    }
    let statement = layer.finish(input);
    if let Some(instance) = statement.instances(shape, table) {
        trace.instance = instance;
    }
    trace.count_uses();
    Ok(Built { trace, statement })
}

/// Where the next of everything goes.
struct Layer<'a> {
    trace: &'a mut Trace,
    columns: Columns,
    table: &'a InstrumentTable,
    powers: Vec<Fr>,
    ratio: u16,
    key: u64,
    stream: usize,
    position: usize,
    group: usize,
    risk: usize,
    leaves: Vec<Fr>,
    totals: Totals,
    word: Fr,
    assets: BTreeMap<usize, (u128, u128)>,
    statement: BatchStatement,
}

impl<'a> Layer<'a> {
    fn new(
        trace: &'a mut Trace,
        table: &'a InstrumentTable,
        input: &BatchInput,
        ratio: u16,
    ) -> Self {
        let columns = trace.columns.clone();
        let shape = columns.shape;
        let at = point(input.book, table.market, input.inventory);
        let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * at))
            .take(shape.active_rows() + 1)
            .collect();
        trace.advice[columns.table.power].copy_from_slice(&powers);
        trace.advice[columns.table.point].fill(at);
        trace.advice[columns.table.ratio].fill(Fr::from(u64::from(ratio)));
        Layer {
            trace,
            table,
            powers,
            ratio,
            key: FIRST_LEAF - 1,
            stream: shape.first_stream_row(),
            position: 0,
            group: 0,
            risk: 0,
            leaves: Vec::with_capacity(input.accounts.len()),
            totals: Totals::default(),
            word: Fr::ZERO,
            assets: BTreeMap::new(),
            statement: BatchStatement {
                policy: table.policy,
                market: table.market,
                book: input.book,
                inventory: input.inventory,
                first: input.first,
                ratio,
                totals: Totals::default(),
                assets: Vec::new(),
                roots: Vec::new(),
                word: Fr::ZERO,
                masks: input.masks.map(mask_commitment),
            },
            columns,
        }
    }

    fn set(&mut self, column: usize, row: usize, value: Fr) {
        self.trace.advice[column][row] = value;
    }

    /// Splits a magnitude into limbs.
    fn limbs(&mut self, first: usize, count: usize, row: usize, value: u128) {
        let bits = self.columns.shape.limb_bits();
        for i in 0..count {
            let shifted = value.checked_shr(bits * i as u32).unwrap_or(0);
            let limb = shifted as u64 & ((1 << bits) - 1);
            self.set(first + i, row, Fr::from(limb));
        }
    }

    fn money(&mut self, first: usize, row: usize, value: u128) {
        let limbs = self.columns.shape.money_limbs();
        self.limbs(first, limbs, row, value);
    }

    fn hash_row(&mut self, row: usize, hash: &HashRow) {
        let lane = self.columns.hash;
        for (i, cell) in hash.cells.iter().enumerate() {
            self.set(lane.sboxes + i, row, *cell);
        }
        self.set(lane.digest, row, hash.digest);
        for (i, live) in hash.live.iter().enumerate() {
            self.set(lane.live + i, row, bit(*live));
        }
    }

    /// Lays one account in every lane.
    fn account(&mut self, account: &Account, risk: &AccountRisk, rows: Vec<HashRow>) {
        self.key += 1;
        let header = self.stream;
        let lane = self.columns.hash;
        let mut left = account.positions.len() as u64;
        for (i, hash) in rows.iter().enumerate() {
            let row = self.stream;
            self.stream += 1;
            self.hash_row(row, hash);
            let is_header = hash.tag == tag::LEAF_HEADER;
            self.set(lane.header, row, bit(is_header));
            self.set(lane.link, row, bit(!is_header));
            self.set(lane.key, row, Fr::from(self.key));
            left -= hash.live.iter().filter(|live| **live).count() as u64;
            self.set(lane.left, row, Fr::from(left));
            if i + 1 == rows.len() {
                self.leaves.push(hash.digest);
            }
        }
        let mut word = Fr::ZERO;
        for (position, place) in account.positions.iter().zip(&risk.places) {
            let row = place.row;
            if let Some(Ok(entry)) = self.table.entries.get(row) {
                let entry = entry.clone();
                if !entry.is_asset() {
                    word += signed(position.quantity.into()) * self.powers[row];
                } else {
                    let (long, short) = self.assets.entry(row).or_default();
                    let side = if position.quantity < 0 { short } else { long };
                    *side += u128::from(position.quantity.unsigned_abs());
                }
                self.position(&entry, position.quantity, place.joined);
            }
        }
        for (&group, &net) in &risk.groups {
            self.group(group, net);
        }
        self.risk(risk);
        self.verdict(header, risk, word);
    }

    fn position(&mut self, entry: &Entry, quantity: i64, joined: bool) {
        let row = self.position / POSITIONS_PER_ROW;
        let slot = self.columns.positions[self.position % POSITIONS_PER_ROW];
        self.position += 1;
        let n = |v: u32| Fr::from(u64::from(v));
        let cells = [
            (slot.live, Fr::ONE),
            (slot.key, Fr::from(self.key)),
            (slot.id, Fr::from_u128(entry.id.0)),
            (slot.sign, bit(quantity < 0)),
            (slot.asset, bit(entry.is_asset())),
            (slot.underlying, n(entry.id.underlying().into())),
            (slot.expiry, n(entry.expiry)),
            (slot.strike, n(entry.strike)),
            (slot.roll, signed(entry.roll)),
            (slot.short, signed(entry.short)),
            (slot.joined, bit(joined)),
        ];
        for (column, value) in cells {
            self.set(column, row, value);
        }
        let limbs = self.columns.shape.quantity_limbs();
        self.limbs(slot.magnitude, limbs, row, quantity.unsigned_abs().into());
    }

    fn group(&mut self, group: u32, net: i128) {
        let row = self.group / GROUPS_PER_ROW;
        let slot = self.columns.groups[self.group % GROUPS_PER_ROW];
        self.group += 1;
        self.set(slot.key, row, Fr::from(self.key));
        self.set(slot.group, row, Fr::from(u64::from(group)));
        self.set(slot.sign, row, bit(net < 0));
        self.money(slot.net, row, net.unsigned_abs());
    }

    /// One vector of the risk lane.
    fn vector(&mut self, underlying: u8, charge: bool, values: &[i128]) {
        let (row, lane) = (self.risk, self.columns.risk);
        self.risk += 1;
        self.set(lane.key, row, Fr::from(self.key));
        self.set(lane.underlying, row, Fr::from(u64::from(underlying)));
        self.set(lane.charge, row, bit(charge));
        for (s, value) in values.iter().enumerate() {
            let first = self.columns.risk_limbs(s).start;
            // Not negative by the choice of charges.
            self.money(first, row, value.unsigned_abs());
        }
    }

    fn risk(&mut self, risk: &AccountRisk) {
        if let (1, Some((&underlying, losses))) = (risk.losses.len(), risk.losses.iter().next()) {
            let rest: Vec<i128> = losses.iter().map(|loss| risk.scenario - loss).collect();
            self.vector(underlying, false, &rest);
            return;
        }
        let mut room = vec![risk.scenario; self.columns.shape.scenarios()];
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
            let rest: Vec<i128> = charges.iter().zip(losses).map(|(c, l)| c - l).collect();
            self.vector(underlying, true, &charges);
            self.vector(underlying, false, &rest);
        }
    }

    fn verdict(&mut self, row: usize, risk: &AccountRisk, word: Fr) {
        let lane = self.columns.account;
        let excess = risk.excess(self.ratio);
        let meets = excess >= 0;
        let sole = match risk.losses.keys().next() {
            Some(&underlying) if risk.losses.len() == 1 => underlying,
            _ => 0,
        };
        self.money(lane.scenario, row, risk.scenario.unsigned_abs());
        self.money(lane.equity, row, risk.equity.unsigned_abs());
        let limbs = self.columns.shape.verdict_limbs();
        self.limbs(lane.excess, limbs, row, excess.unsigned_abs());
        self.set(lane.meets, row, bit(meets));
        self.set(lane.negative, row, bit(risk.equity < 0));
        self.set(lane.addons, row, signed(risk.addons));
        self.set(lane.word, row, word);
        self.set(lane.sole, row, Fr::from(u64::from(sole)));
        self.word += word;
        self.totals.accounts += 1;
        self.totals.equity += risk.equity.max(0).unsigned_abs();
        if !meets {
            self.totals.failing += 1;
            self.totals.deficit += excess.unsigned_abs();
        }
        self.totals.shortfall += (-risk.equity).max(0).unsigned_abs();
    }

    /// Lays idle rows, tree and masks, and completes the statement.
    fn finish(mut self, input: &BatchInput) -> BatchStatement {
        let shape = self.columns.shape;
        let lane = self.columns.hash;
        let idle = HashRow::new(0, [Fr::ZERO; INPUTS], [false; INPUTS]);
        for row in self.stream..shape.active_rows() {
            self.hash_row(row, &idle);
            if row + 1 < shape.active_rows() {
                self.set(lane.key, row, Fr::from(self.key));
            }
        }
        let (blocks, nodes) = (shape.blocks(), shape.blocks() * BLOCK_HASHES);
        let leaves = std::mem::take(&mut self.leaves);
        let bottom: Vec<HashRow> = (0..8 * blocks)
            .into_par_iter()
            .map(|i| {
                let leaf = |c: usize| leaves.get(8 * i + c).copied();
                HashRow::new(
                    tag::BOOK_NODE,
                    std::array::from_fn(|c| leaf(c).unwrap_or_default()),
                    std::array::from_fn(|c| leaf(c).is_some()),
                )
            })
            .collect();
        let roots: Vec<HashRow> = bottom
            .par_chunks(8)
            .map(|children| {
                let inputs = std::array::from_fn(|c| children[c].digest);
                HashRow::new(tag::BOOK_NODE, inputs, [true; INPUTS])
            })
            .collect();
        for (row, hash) in roots.iter().chain(&bottom).enumerate() {
            self.hash_row(row, hash);
            let key = self.trace.fixed[fixed::KEY][row];
            self.set(lane.key, row, key);
        }
        for (i, mask) in input.masks.into_iter().enumerate() {
            let mut inputs = [Fr::ZERO; INPUTS];
            inputs[0] = mask;
            let hash = HashRow::new(tag::MASK, inputs, [false; INPUTS]);
            self.hash_row(nodes + i, &hash);
            self.set(lane.key, nodes + i, Fr::from(FIRST_LEAF - 1));
        }
        let held = input.accounts.len().div_ceil(BLOCK).max(1);
        let assets = self
            .table
            .priced()
            .filter(|(_, entry)| entry.is_asset())
            .map(|(row, entry)| {
                let (long, short) = self.assets.get(&row).copied().unwrap_or_default();
                AssetTotal {
                    id: entry.id,
                    long,
                    short,
                }
            })
            .collect();
        BatchStatement {
            totals: self.totals,
            assets,
            roots: roots.iter().take(held).map(|r| r.digest).collect(),
            word: self.word + input.masks[0] - input.masks[1],
            ..self.statement
        }
    }
}
