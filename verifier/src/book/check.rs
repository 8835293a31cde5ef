//! What the batches of a book say together.

use std::collections::BTreeMap;

use zkmargin_engine::book::statement::empty_block;
use zkmargin_engine::book::{
    inventory_digest, inventory_word, point, BatchStatement, InstrumentTable, BLOCK,
};
use zkmargin_engine::commitment::tree::{parents, ARITY};
use zkmargin_engine::commitment::{book_root, hash8, tag, BOOK_CAPACITY, BOOK_DEPTH};
use zkmargin_engine::file::FileError;
use zkmargin_engine::market::Market;
use zkmargin_engine::Fr;

use super::digest;
use super::fault::Fault;
use super::parallel::in_parallel;
use super::public::PublicBook;
use super::sums::add_up;
use crate::no::No;

/// Levels of the tree under the root of a block.
const BLOCK_DEPTH: usize = 2;

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
    if book.time != u64::from(market.time()) {
        faults.push(Fault::Other { what: "time" });
    }
    if book.cut_off > book.time {
        faults.push(Fault::CutOff {
            cut_off: book.cut_off,
            time: book.time,
        });
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
    let (accounts, first) = (statement.accounts, statement.first);
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
    let listed = table.assets().map(|(_, entry)| entry.id);
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
        next = found.saturating_add(statement.accounts);
    }
    let found = statements
        .iter()
        .fold(0u64, |sum, s| sum.saturating_add(s.accounts));
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
            // Behind the accounts the tree is empty.
            let child = |i: usize| children.get(i).copied().unwrap_or(empty);
            hash8(tag::BOOK_NODE, &std::array::from_fn(child))
        };
        nodes = parents(&nodes, node);
        empty = hash8(tag::BOOK_NODE, &[empty; ARITY]);
    }
    match nodes.as_slice() {
        [] => Some(empty),
        [root] => Some(*root),
        _ => None,
    }
}

fn sums(book: &PublicBook, statements: &[&BatchStatement], faults: &mut Vec<Fault>) {
    match add_up(statements) {
        Err(fault) => faults.push(fault),
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

/// The masks of all batches cancel, and their words and that of the inventory are zero together.
fn open_interest(
    book: &PublicBook,
    statements: &[&BatchStatement],
    (market, table): (&Market, &InstrumentTable),
    faults: &mut Vec<Fault>,
) {
    let count = statements.len();
    for (batch, statement) in statements.iter().enumerate() {
        let next = (batch + 1) % count;
        if statement.secrets[1] != statements[next].secrets[0] {
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
    let words: Fr = statements.iter().map(|s| s.totals.word).sum();
    if words != -inventory_word(at, rows.into_iter()) {
        faults.push(Fault::OpenInterest);
    }
}

/// [`check`], and every proof. `proof` reads that of a batch, `holds` asks its key; both for many
/// batches at once.
///
/// # Errors
/// When a proof cannot be read; a proof that does not hold is a [`Fault`].
pub fn verify(
    book: &PublicBook,
    market: &Market,
    table: &InstrumentTable,
    proof: impl Fn(usize) -> Result<Vec<u8>, FileError> + Sync,
    holds: impl Fn(&BatchStatement, &[u8]) -> Result<(), No> + Sync,
) -> Result<Vec<Fault>, FileError> {
    let mut faults = check(book, market, table);
    let look = |batch: usize| {
        let public = &book.batches[batch];
        let bytes = proof(batch)?;
        if digest(&bytes) != public.proof {
            return Ok(Some(Fault::OtherProof { batch }));
        }
        let no = holds(&public.statement, &bytes).err();
        Ok(no.map(|no| Fault::Proof { batch, no }))
    };
    for fault in in_parallel(book.batches.len(), look) {
        faults.extend(fault?);
    }
    Ok(faults)
}
