//! From accounts to the assignment of a batch and its statement.

use ff::Field;
use rayon::prelude::*;

use super::error::BatchError;
use super::lay::{lay, Batch, Laid};
use super::permutation::{Permutations, Plain};
use super::rows::key_trace;
use super::trace::Trace;
use zkmargin_engine::account::Account;
use zkmargin_engine::book::risk::{evaluate, AccountRisk};
use zkmargin_engine::book::shape::{Needs, Shape, TooHeavy, BLOCK};
use zkmargin_engine::book::statement::{block_root, empty_block, masked, point, BatchStatement};
use zkmargin_engine::book::table::InstrumentTable;
use zkmargin_engine::book::{secret_commitment, Tally};
use zkmargin_engine::Fr;

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
    /// What its masks are made of: those that are added, and those that are taken off.
    pub secrets: [Fr; 2],
}

/// A laid batch.
pub struct Built {
    /// The assignment of the first phase.
    pub trace: Trace,
    /// What it proves.
    pub statement: BatchStatement,
}

/// Lays a batch.
///
/// # Errors
/// When an account cannot be evaluated or the accounts do not fit.
pub fn build(
    shape: Shape,
    table: &InstrumentTable,
    ratio: u16,
    input: &BatchInput,
) -> Result<Built, BatchError> {
    build_with(&Plain, shape, table, ratio, input)
}

/// Lays a batch whose permutations somebody else computes.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    permutations: &dyn Permutations,
    shape: Shape,
    table: &InstrumentTable,
    ratio: u16,
    input: &BatchInput,
) -> Result<Built, BatchError> {
    let mut trace = key_trace(shape, table)?;
    let risks = evaluated(table, input)?;
    let needs = risks
        .iter()
        .fold(Needs::default(), |sum, risk| sum.and(Needs::of(risk)));
    if !needs.fits(shape.capacity()) || risks.len() > shape.accounts() {
        return Err(TooHeavy {
            first: input.first as usize,
            needs,
            shape,
        }
        .into());
    }
    let batch = Batch {
        table,
        ratio,
        accounts: &input.accounts,
        risks: &risks,
        secrets: input.secrets,
        point: point(input.book, table.market, input.inventory),
    };
    let laid = lay(&mut trace, &batch, permutations);
    let Laid { tally, roots } = laid;
    let statement = statement(table, ratio, input, &tally, roots);
    if let Some(instance) = statement.instances(shape, table) {
        trace.instance = instance;
    }
    trace.count_uses();
    Ok(Built { trace, statement })
}

fn evaluated(table: &InstrumentTable, input: &BatchInput) -> Result<Vec<AccountRisk>, BatchError> {
    let accounts = input.accounts.par_iter().enumerate();
    accounts
        .map(|(i, account)| {
            evaluate(table, &account.positions).map_err(|error| BatchError::Account {
                index: input.first + i as u64,
                error: Box::new(error),
            })
        })
        .collect()
}

/// What the proof of a batch must say, and what it hides, from the accounts and their leaves, without a
/// circuit.
///
/// # Errors
/// When an account cannot be evaluated.
pub fn expected(
    table: &InstrumentTable,
    ratio: u16,
    input: &BatchInput,
    leaves: &[Fr],
) -> Result<(BatchStatement, Tally), BatchError> {
    let risks = evaluated(table, input)?;
    let at = point(input.book, table.market, input.inventory);
    let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * at))
        .take(table.entries.len())
        .collect();
    let accounts = input.accounts.par_iter().zip(&risks);
    let tally = accounts
        .fold(Tally::default, |mut tally, (account, risk)| {
            tally.count((table, &powers), &account.positions, risk, ratio);
            tally
        })
        .reduce(Tally::default, |sum, part| sum.and(&part));
    let roots = leaves.par_chunks(BLOCK).map(block_root).collect();
    Ok((statement(table, ratio, input, &tally, roots), tally))
}

fn statement(
    table: &InstrumentTable,
    ratio: u16,
    input: &BatchInput,
    tally: &Tally,
    mut roots: Vec<Fr>,
) -> BatchStatement {
    roots.resize_with(input.accounts.len().div_ceil(BLOCK).max(1), empty_block);
    let (totals, assets) = masked(tally, table, input.secrets);
    BatchStatement {
        policy: table.policy,
        market: table.market,
        book: input.book,
        inventory: input.inventory,
        first: input.first,
        ratio,
        accounts: tally.totals.accounts,
        totals,
        assets,
        roots,
        secrets: input.secrets.map(secret_commitment),
    }
}
