//! From accounts to the assignment of a batch and its statement.

use rayon::prelude::*;

use super::error::BatchError;
use super::lay::{lay, Batch, Laid, Sums};
use super::permutation::{Permutations, Plain};
use super::rows::key_trace;
use super::trace::Trace;
use zkmargin_engine::account::Account;
use zkmargin_engine::book::risk::{evaluate, AccountRisk};
use zkmargin_engine::book::shape::{Needs, Shape, TooHeavy, BLOCK};
use zkmargin_engine::book::statement::{mask_commitment, point, AssetTotal, BatchStatement};
use zkmargin_engine::book::table::InstrumentTable;
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
    /// Added to the word, and taken off it.
    pub masks: [Fr; 2],
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
        masks: input.masks,
        point: point(input.book, table.market, input.inventory),
    };
    let laid = lay(&mut trace, &batch, permutations);
    let statement = statement(table, ratio, input, laid);
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

fn statement(
    table: &InstrumentTable,
    ratio: u16,
    input: &BatchInput,
    laid: Laid,
) -> BatchStatement {
    let Laid { sums, roots } = laid;
    let Sums {
        totals,
        word,
        assets,
    } = sums;
    let held = input.accounts.len().div_ceil(BLOCK).max(1);
    let assets = table
        .priced()
        .filter(|(_, entry)| entry.is_asset())
        .map(|(row, entry)| {
            let (long, short) = assets.get(&row).copied().unwrap_or_default();
            AssetTotal {
                id: entry.id,
                long,
                short,
            }
        })
        .collect();
    BatchStatement {
        policy: table.policy,
        market: table.market,
        book: input.book,
        inventory: input.inventory,
        first: input.first,
        ratio,
        totals,
        assets,
        roots: roots.into_iter().take(held).collect(),
        word: word + input.masks[0] - input.masks[1],
        masks: input.masks.map(mask_commitment),
    }
}
