//! Laying the first phase of a batch, in parts at the same time.
//!
//! The cells are those that laying everything in order would give: where a run of accounts starts in
//! each lane is the sum of what the accounts before it need.

mod account;
mod hashes;
mod order;
mod part;

use std::ops::Range;

use ff::Field;
use rayon::prelude::*;

use super::columns::{fixed, Columns, INPUTS};
use super::permutation::{Permutations, TOGETHER};
use super::rows::FIRST_LEAF;
use super::trace::Trace;
use account::{Known, Layer};
use hashes::Hash;
use part::{parts, Part};
use zkmargin_engine::account::Account;
use zkmargin_engine::book::risk::AccountRisk;
use zkmargin_engine::book::shape::{Needs, Shape, BLOCK};
use zkmargin_engine::book::table::InstrumentTable;
use zkmargin_engine::book::Tally;
use zkmargin_engine::Fr;

/// Idle rows that are laid together.
const IDLE_ROWS: usize = 512;

/// Accounts that fit, with what is known of them.
pub(super) struct Batch<'a> {
    pub(super) table: &'a InstrumentTable,
    pub(super) ratio: u16,
    pub(super) accounts: &'a [Account],
    pub(super) risks: &'a [AccountRisk],
    /// What masks are made of.
    pub(super) secrets: [Fr; 2],
    /// Where words of open interest are evaluated.
    pub(super) point: Fr,
}

/// What comes out beside the cells.
pub(super) struct Laid {
    pub(super) tally: Tally,
    /// Roots of all blocks of the shape.
    pub(super) roots: Vec<Fr>,
}

/// Lays a batch over the fixed cells of its market.
pub(super) fn lay(trace: &mut Trace, batch: &Batch<'_>, permutations: &dyn Permutations) -> Laid {
    let columns = trace.columns.clone();
    let shape = columns.shape;
    let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * batch.point))
        .take(shape.active_rows() + 1)
        .collect();
    trace.advice[columns.table.power].copy_from_slice(&powers);
    trace.advice[columns.table.point].fill(batch.point);
    trace.advice[columns.table.ratio].fill(Fr::from(u64::from(batch.ratio)));

    let cuts = Cuts::new(shape, batch.risks);
    let mut parts = parts(&columns, &mut trace.advice, &cuts.all);
    let known = Known {
        columns: &columns,
        table: batch.table,
        powers: &powers,
        ratio: batch.ratio,
    };
    let (tree, rest) = parts.split_at_mut(cuts.tree);
    let (runs, idle) = rest.split_at_mut(cuts.runs);
    let runs: Vec<(Vec<Fr>, Tally)> = runs
        .par_iter_mut()
        .zip(&cuts.all[cuts.tree..])
        .enumerate()
        .map(|(i, (part, start))| run(part, &known, batch, permutations, (i * BLOCK, *start)))
        .collect();
    let last_key = FIRST_LEAF - 1 + batch.accounts.len() as u64;
    idle.par_iter_mut()
        .zip(cuts.all[cuts.tree + cuts.runs..].par_windows(2))
        .for_each(|(part, cut)| {
            let rows = cut[0].stream..cut[1].stream;
            hashes::idle(part, &columns.hash, rows.clone());
            for row in rows.filter(|row| row + 1 < shape.active_rows()) {
                part.set(columns.hash.key, row, Fr::from(last_key));
            }
        });
    let mut tally = Tally::default();
    let mut leaves = Vec::with_capacity(batch.accounts.len());
    for (run, part) in &runs {
        leaves.extend_from_slice(run);
        tally = tally.and(part);
    }
    let keys = &trace.fixed[fixed::KEY];
    let roots = Tree {
        columns: &columns,
        permutations,
        keys,
    }
    .lay(tree, &leaves, batch.secrets);
    slack(trace, &tally);
    let needs = batch.risks.iter().map(Needs::of);
    order::order(trace, needs.map(|needs| needs.risk).sum(), last_key);
    Laid { tally, roots }
}

/// What the batch adds to its totals stands in limbs of the first row.
fn slack(trace: &mut Trace, tally: &Tally) {
    let (shape, account) = (trace.columns.shape, trace.columns.account);
    let [equity, shortfall, deficit] = tally.totals.slack();
    for (first, limbs, value) in [
        (account.equity, shape.money_limbs(), equity),
        (account.scenario, shape.money_limbs(), shortfall),
        (account.excess, shape.verdict_limbs(), deficit),
    ] {
        let limbs = account::limbs(shape, value).take(limbs).enumerate();
        limbs.for_each(|(i, limb)| trace.advice[first + i][0] = limb);
    }
}

/// Where the columns are cut: tree, runs of accounts, idle rows.
struct Cuts {
    all: Vec<Needs>,
    /// Parts of the tree and of the secrets.
    tree: usize,
    /// Parts of accounts.
    runs: usize,
}

impl Cuts {
    fn new(shape: Shape, risks: &[AccountRisk]) -> Cuts {
        let at = |stream| Needs {
            stream,
            ..Needs::default()
        };
        let (blocks, nodes) = (shape.blocks(), shape.first_mask_row(0));
        let roots = (0..blocks).step_by(TOGETHER);
        let bottom = (blocks..nodes).step_by(TOGETHER);
        let sides = [nodes, shape.first_mask_row(1)];
        let mut all: Vec<Needs> = roots.chain(bottom).chain(sides).map(at).collect();
        let tree = all.len();
        let mut start = at(shape.first_stream_row());
        let runs = risks.chunks(BLOCK);
        let count = runs.len();
        for run in runs {
            all.push(start);
            start = run.iter().fold(start, |sum, risk| sum.and(Needs::of(risk)));
        }
        let end = shape.active_rows();
        while start.stream < end {
            all.push(start);
            start.stream = end.min(start.stream + IDLE_ROWS);
        }
        all.push(start);
        Cuts {
            all,
            tree,
            runs: count,
        }
    }
}

/// Lays a run of accounts: their leaves, and what they add.
fn run(
    part: &mut Part<'_>,
    known: &Known<'_>,
    batch: &Batch<'_>,
    permutations: &dyn Permutations,
    (first, start): (usize, Needs),
) -> (Vec<Fr>, Tally) {
    let range = first..batch.accounts.len().min(first + BLOCK);
    let (accounts, risks) = (&batch.accounts[range.clone()], &batch.risks[range]);
    let key = FIRST_LEAF + first as u64;
    let mut headers = Vec::with_capacity(risks.len());
    let mut row = start.stream;
    for risk in risks {
        headers.push(row);
        row += Needs::of(risk).stream;
    }
    let place = (key, &headers[..]);
    let leaves = hashes::leaves(part, known.columns, permutations, accounts, place);
    let mut layer = Layer::new(known, part, start);
    for (key, (account, risk)) in (key..).zip(accounts.iter().zip(risks)) {
        layer.account(key, account, risk);
    }
    (leaves, layer.tally())
}

/// The rows above the stream.
struct Tree<'a> {
    columns: &'a Columns,
    permutations: &'a dyn Permutations,
    /// Keys of its rows.
    keys: &'a [Fr],
}

impl Tree<'_> {
    /// Lays nodes, secrets and masks; the roots of all blocks.
    fn lay(&self, parts: &mut [Part<'_>], leaves: &[Fr], secrets: [Fr; 2]) -> Vec<Fr> {
        let shape = self.columns.shape;
        let blocks = shape.blocks();
        let (roots, rest) = parts.split_at_mut(blocks.div_ceil(TOGETHER));
        let (bottom, last) = rest.split_at_mut(blocks);
        let bottom: Vec<Fr> = bottom
            .par_iter_mut()
            .enumerate()
            .flat_map_iter(|(i, part)| {
                let leaf = |node, c| leaves.get(INPUTS * node + c).copied();
                let node =
                    |node| hashes::node(blocks + node, std::array::from_fn(|c| leaf(node, c)));
                self.hashes(part, (TOGETHER * i..TOGETHER * (i + 1)).map(node))
            })
            .collect();
        let roots: Vec<Fr> = roots
            .par_iter_mut()
            .enumerate()
            .flat_map_iter(|(i, part)| {
                let child = |node, c| bottom.get(INPUTS * node + c).copied();
                let node = |node| hashes::node(node, std::array::from_fn(|c| child(node, c)));
                let rows: Range<usize> = TOGETHER * i..blocks.min(TOGETHER * (i + 1));
                self.hashes(part, rows.map(node))
            })
            .collect();
        last.par_iter_mut()
            .zip(secrets)
            .enumerate()
            .for_each(|(side, (part, secret))| {
                let rows = shape.first_mask_row(side)..shape.first_mask_row(side + 1);
                self.hashes(part, hashes::secret(rows, secret));
            });
        roots
    }

    fn hashes(&self, part: &mut Part<'_>, hashes: impl Iterator<Item = Hash>) -> Vec<Fr> {
        let hashes: Vec<Hash> = hashes.collect();
        for hash in &hashes {
            part.set(self.columns.hash.key, hash.row, self.keys[hash.row]);
        }
        hashes::lay(part, &self.columns.hash, self.permutations, &hashes)
    }
}
