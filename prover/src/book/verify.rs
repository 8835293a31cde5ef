//! What the batches of a book say together.
//!
//! A proof speaks for its own batch. That every account is in exactly one batch, that the batches
//! are of one book, and that nothing is open between them is checked here, without any proof
//! system: [`check`]. [`verify`] checks the proofs too.

use std::collections::BTreeMap;

use ff::Field;
use rayon::prelude::*;
use zkmargin_engine::book::statement::empty_block;
use zkmargin_engine::book::{
    inventory_digest, inventory_word, point, AssetTotal, BatchStatement, InstrumentTable, Totals,
    BLOCK,
};
use zkmargin_engine::commitment::tree::ARITY;
use zkmargin_engine::commitment::{book_root, hash8, tag, BOOK_CAPACITY, BOOK_DEPTH};
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::Fr;
use zkmargin_keys::error::KeysError;

use super::error::BookError;
use super::public::PublicBook;
use super::store::digest;

/// Levels of the tree under the root of a block.
const BLOCK_DEPTH: usize = 2;

/// Something that is not as a book must be: a definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is about another policy or market than it was checked against.
    #[error("the book is of another {what}")]
    Other {
        /// `policy` or `market`.
        what: &'static str,
    },
    /// There are no batches.
    #[error("there are no batches")]
    NoBatches,
    /// More accounts than the tree has leaves.
    #[error("more accounts than a book holds")]
    TooMany,
    /// A batch is not of this book.
    #[error("batch {batch} is of another {what}")]
    Foreign {
        /// Number of the batch.
        batch: usize,
        /// `policy`, `market`, `book` or `ratio`.
        what: &'static str,
    },
    /// A batch does not begin where the one before it ends: accounts left out or counted twice.
    #[error("batch {batch} begins at account {found}, and must begin at {expected}: {}",
        if found > expected { "accounts are left out" } else { "accounts are counted twice" })]
    First {
        /// Number of the batch.
        batch: usize,
        /// Where it begins.
        found: u64,
        /// Where the one before it ends.
        expected: u64,
    },
    /// A batch begins inside a block.
    #[error("batch {batch} begins at account {first}, which is no multiple of 64")]
    Unaligned {
        /// Number of the batch.
        batch: usize,
        /// Where it begins.
        first: u64,
    },
    /// A batch without accounts, in a book with accounts.
    #[error("batch {batch} has no accounts")]
    Empty {
        /// Number of the batch.
        batch: usize,
    },
    /// A batch has roots for more or fewer accounts than it counts.
    #[error(
        "batch {batch} has {found} roots of 64 accounts, for its accounts it needs {expected}"
    )]
    Roots {
        /// Number of the batch.
        batch: usize,
        /// Roots that it has.
        found: usize,
        /// Roots that its accounts take.
        expected: u64,
    },
    /// More accounts fail than there are.
    #[error("batch {batch}: more accounts fail than there are")]
    Failing {
        /// Number of the batch.
        batch: usize,
    },
    /// The batches hold another number of accounts than the book says.
    #[error("the batches hold {found} accounts, the book says {stated}")]
    Count {
        /// Accounts of the batches.
        found: u64,
        /// Accounts that the book says.
        stated: u64,
    },
    /// The roots of the batches do not lead to the root of the book.
    #[error("the roots of the batches do not lead to the root of the book")]
    Root,
    /// The masks of neighbouring batches are not the same, so that they need not cancel.
    #[error("the mask between batch {batch} and batch {next} is not the same on both sides")]
    Mask {
        /// Number of a batch.
        batch: usize,
        /// Number of the next; 0 after the last.
        next: usize,
    },
    /// Longs and shorts of some derivative are not equal.
    #[error("longs and shorts of the derivatives are not equal")]
    OpenInterest,
    /// The inventory lists what the market does not.
    #[error("the inventory lists an instrument twice, or one that the market does not list")]
    Inventory,
    /// A sum is beyond 128 bits.
    #[error("the sum of {what} over the batches overflows")]
    Overflow {
        /// What was summed.
        what: &'static str,
    },
    /// A sum is not what the book says.
    #[error("the batches do not add up to the {what} that the book says")]
    Totals {
        /// What was summed.
        what: &'static str,
    },
    /// A batch does not list the assets of the market.
    #[error("batch {batch} lists other assets than the market")]
    Assets {
        /// Number of the batch.
        batch: usize,
    },
    /// A proof does not hold.
    #[error("batch {batch}: {problem}")]
    Proof {
        /// Number of the batch.
        batch: usize,
        /// Why not.
        problem: String,
    },
}

/// Everything that is wrong with a published book, apart from its proofs. None: the batches cover
/// every account once, and what the book says is the sum of what they say.
pub fn check(book: &PublicBook, market: &Market, table: &InstrumentTable) -> Vec<Fault> {
    let mut faults = Vec::new();
    if book.policy != table.policy {
        faults.push(Fault::Other { what: "policy" });
    }
    if book.market != table.market {
        faults.push(Fault::Other { what: "market" });
    }
    if book.count > BOOK_CAPACITY as u64 {
        faults.push(Fault::TooMany);
    }
    if book.batches.is_empty() {
        faults.push(Fault::NoBatches);
        return faults;
    }
    let statements: Vec<&BatchStatement> = book.batches.iter().map(|b| &b.statement).collect();
    for (batch, statement) in statements.iter().enumerate() {
        alone(book, table, batch, statement, &mut faults);
    }
    coverage(book, &statements, &mut faults);
    sums(book, &statements, &mut faults);
    open_interest(book, &statements, (market, table), &mut faults);
    faults
}

/// What a batch must be by itself.
fn alone(
    book: &PublicBook,
    table: &InstrumentTable,
    batch: usize,
    statement: &BatchStatement,
    faults: &mut Vec<Fault>,
) {
    for (what, same) in [
        ("policy", statement.policy == book.policy),
        ("market", statement.market == book.market),
        ("book", statement.book == book.root),
        ("ratio", statement.ratio == book.ratio),
        (
            "inventory",
            statement.inventory == inventory_digest(&book.inventory),
        ),
    ] {
        if !same {
            faults.push(Fault::Foreign { batch, what });
        }
    }
    let (accounts, first) = (statement.totals.accounts, statement.first);
    if first % BLOCK as u64 != 0 {
        faults.push(Fault::Unaligned { batch, first });
    }
    if accounts == 0 && book.count != 0 {
        faults.push(Fault::Empty { batch });
    }
    let expected = accounts.div_ceil(BLOCK as u64).max(1);
    let found = statement.roots.len();
    if found as u64 != expected {
        faults.push(Fault::Roots {
            batch,
            found,
            expected,
        });
    }
    if statement.totals.failing > accounts {
        faults.push(Fault::Failing { batch });
    }
    let listed = table.priced().filter(|(_, entry)| entry.is_asset());
    let listed = listed.map(|(_, entry)| entry.id);
    if !listed.eq(statement.assets.iter().map(|asset| asset.id)) {
        faults.push(Fault::Assets { batch });
    }
}

/// Every account once, under the root of the book.
fn coverage(book: &PublicBook, statements: &[&BatchStatement], faults: &mut Vec<Fault>) {
    let mut next = 0u64;
    for (batch, statement) in statements.iter().enumerate() {
        let found = statement.first;
        if found != next {
            let expected = next;
            faults.push(Fault::First {
                batch,
                found,
                expected,
            });
        }
        next = found.saturating_add(statement.totals.accounts);
    }
    let found = statements
        .iter()
        .fold(0u64, |sum, s| sum.saturating_add(s.totals.accounts));
    if found != book.count {
        let stated = book.count;
        faults.push(Fault::Count { found, stated });
    }
    let roots: Vec<Fr> = statements
        .iter()
        .flat_map(|s| s.roots.iter().copied())
        .collect();
    let root = tree_root(roots).map(|root| book_root(book.count as usize, root));
    if root != Some(book.root) {
        faults.push(Fault::Root);
    }
}

/// Root of the tree of a book from the roots of its blocks in order; `None` for more than it has.
pub fn tree_root(blocks: Vec<Fr>) -> Option<Fr> {
    let (mut nodes, mut empty) = (blocks, empty_block());
    for _ in BLOCK_DEPTH..BOOK_DEPTH {
        let node = |children: &[Fr]| {
            let child = |i: usize| children.get(i).copied().unwrap_or(empty);
            hash8(tag::BOOK_NODE, &std::array::from_fn(child))
        };
        nodes = nodes.par_chunks(ARITY).with_min_len(64).map(node).collect();
        empty = hash8(tag::BOOK_NODE, &[empty; ARITY]);
    }
    match nodes.as_slice() {
        [] => Some(empty),
        [root] => Some(*root),
        _ => None,
    }
}

/// Sums of the batches; the name of what overflows instead.
pub fn add_up(statements: &[&BatchStatement]) -> Result<(Totals, Vec<AssetTotal>), &'static str> {
    let mut totals = Totals::default();
    let mut assets: BTreeMap<InstrumentId, (u128, u128)> = BTreeMap::new();
    for statement in statements {
        totals = totals.checked_add(&statement.totals).ok_or("the totals")?;
        for asset in &statement.assets {
            let (long, short) = assets.entry(asset.id).or_default();
            *long = long.checked_add(asset.long).ok_or("long quantities")?;
            *short = short.checked_add(asset.short).ok_or("short quantities")?;
        }
    }
    let assets = assets.into_iter();
    let assets = assets.map(|(id, (long, short))| AssetTotal { id, long, short });
    Ok((totals, assets.collect()))
}

fn sums(book: &PublicBook, statements: &[&BatchStatement], faults: &mut Vec<Fault>) {
    match add_up(statements) {
        Err(what) => faults.push(Fault::Overflow { what }),
        Ok((totals, assets)) => {
            if totals != book.totals {
                faults.push(Fault::Totals { what: "totals" });
            }
            if assets != book.assets {
                faults.push(Fault::Totals {
                    what: "quantities of assets",
                });
            }
        }
    }
}

/// The words of all batches and of the inventory are zero together, and their masks cancel.
fn open_interest(
    book: &PublicBook,
    statements: &[&BatchStatement],
    (market, table): (&Market, &InstrumentTable),
    faults: &mut Vec<Fault>,
) {
    let count = statements.len();
    for (batch, statement) in statements.iter().enumerate() {
        let next = (batch + 1) % count;
        if statement.masks[1] != statements[next].masks[0] {
            faults.push(Fault::Mask { batch, next });
        }
    }
    let held = book.inventory.iter();
    // Cash and spot have no part in the words.
    let rows = held.map(|held| {
        let row = market.find(held.id)?;
        let entry = table.entries.get(row)?.as_ref().ok()?;
        (!entry.is_asset()).then_some((row, held.quantity))
    });
    let Some(rows) = rows.collect::<Option<BTreeMap<usize, i64>>>() else {
        faults.push(Fault::Inventory);
        return;
    };
    if rows.len() != book.inventory.len() {
        faults.push(Fault::Inventory);
        return;
    }
    let at = point(book.root, book.market, inventory_digest(&book.inventory));
    let words: Fr = statements.iter().map(|s| s.word).sum();
    if words + inventory_word(at, rows.into_iter()) != Fr::ZERO {
        faults.push(Fault::OpenInterest);
    }
}

/// [`check`], and every proof. `proof` reads that of a batch, `holds` checks it.
///
/// # Errors
/// When a proof cannot be read; a proof that does not hold is a [`Fault`].
pub fn verify(
    book: &PublicBook,
    market: &Market,
    table: &InstrumentTable,
    proof: impl Fn(usize) -> Result<Vec<u8>, BookError> + Sync,
    holds: impl Fn(&BatchStatement, &[u8]) -> Result<(), KeysError> + Sync,
) -> Result<Vec<Fault>, BookError> {
    let mut faults = check(book, market, table);
    let look = |(batch, public): (usize, &super::public::PublicBatch)| {
        let bytes = proof(batch)?;
        let fault = |problem: String| Fault::Proof { batch, problem };
        if digest(&bytes) != public.proof.to_ascii_lowercase() {
            let problem = "the proof is not the one that the book names".to_owned();
            return Ok(Some(fault(problem)));
        }
        match holds(&public.statement, &bytes) {
            Ok(()) => Ok(None),
            Err(error) if error.is_verdict() => {
                let text = error.to_string();
                let line = text.lines().next().unwrap_or_default().to_owned();
                Ok(Some(fault(line)))
            }
            Err(error) => Err(BookError::from(error)),
        }
    };
    let looked: Vec<Result<Option<Fault>, BookError>> =
        book.batches.par_iter().enumerate().map(look).collect();
    for fault in looked {
        faults.extend(fault?);
    }
    Ok(faults)
}

#[cfg(test)]
mod tests;
