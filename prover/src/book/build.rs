//! Accounts to a book's folder: leaves, batches, masks.
//!
//! Accounts are read once, evaluated and hashed in parallel, and kept in an unnamed spool file;
//! once all leaves and therefore the root are known, the batches are cut and written from there.
//! Memory holds, per account, its leaf, its customer, what it takes of a batch, and what finds
//! repetitions.
//!
//! # Salts
//!
//! A build draws a nonce and salts every account anew, so that two books of one file share no leaf.
//! A build that goes on with the book in the folder takes that book's nonce, and refuses accounts
//! that give another root: one salt never hides two contents.
//!
//! # Masks
//!
//! Batch b of n shows its numbers under masks of secret b less those of secret b+1 (secret n is secret 0).
//! Secrets are hashes of the folder's own secret and of everything that the statements are about: policy,
//! market, book, inventory, ratio, and the cut into batches. So the same build has the same masks, proofs stay
//! valid, and no two different numbers are ever hidden by the same mask.
//!
//! What each proof must say is computed here, where all accounts are, and kept in the manifest.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use zkmargin_circuits::book::{expected, room, BatchInput};
use zkmargin_engine::account::{Account, Listing, Salts};
use zkmargin_engine::book::{
    evaluate, inventory_digest, AssetTotal, InstrumentTable, Needs, Tally, Totals,
};
use zkmargin_engine::commitment::{book_root, tag, Tree, BOOK_CAPACITY, BOOK_DEPTH};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::Fr;
use zkmargin_verifier::book::statement_digest;

use super::before::Before;
use super::customers;
use super::encoding::encode;
use super::entries;
use super::error::BookError;
use super::folder::Folder;
use super::fresh::Fresh;
use super::manifest::{Batch, Manifest};
use super::plan::{plan, shape};
use super::read::{Numbered, Reader};
use super::request::Request;
use super::salts::{fresh_nonce, salts};
use super::secrets::Secrets;
use super::spool::{Spool, Spooled};

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Accounts read, evaluated and hashed.
    Accounts(u64),
    /// The tree over the leaves is being hashed.
    Tree,
    /// Batches written, of so many.
    Batches(usize, usize),
}

/// What was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The manifest.
    pub manifest: Manifest,
    /// Whether the folder held exactly this before.
    pub unchanged: bool,
    /// Inputs that were not there before.
    pub new_inputs: usize,
    /// Why the book that was there before could not be read, where it could not.
    pub unreadable: Option<String>,
    /// Positions of all accounts.
    pub positions: u64,
    /// What the proofs will add up to.
    pub totals: Totals,
    /// Gross quantities of every cash and spot asset of the market.
    pub assets: Vec<AssetTotal>,
}

/// Builds a book in a folder, or builds it again.
///
/// # Errors
/// For accounts that cannot be used, none at all or far fewer than before, derivatives that do not
/// net to zero, a folder that is not a book's, a full disk. The folder is then as it was, but for
/// inputs that nothing refers to where it held a book; one that was new is not there.
pub fn build(
    request: &Request<'_>,
    folder: &Folder,
    progress: &dyn Fn(Step),
) -> Result<Built, BookError> {
    let fresh = Fresh::of(folder.path());
    let _lock = folder.enter("zkmargin book build")?;
    let built = built(request, folder, progress);
    if let (Err(_), Some(fresh)) = (&built, fresh) {
        fresh.clear();
    }
    built
}

/// Long because every step needs what those before it made, up to the manifest that says all of it.
fn built(
    request: &Request<'_>,
    folder: &Folder,
    progress: &dyn Fn(Step),
) -> Result<Built, BookError> {
    let shape = shape(request.k, request.policy.0)?;
    let table = InstrumentTable::new(request.policy.0, request.market.0);
    // Nothing could be proven of such a book.
    room(shape, &table)?;
    let time = u64::from(request.market.0.time());
    let cut_off = request.cut_off.unwrap_or(time);
    if cut_off > time {
        return Err(BookError::CutOff { cut_off, time });
    }
    folder.prepare()?;
    let seed = folder.seed()?;
    let before = Before::of(folder, request.force)?;
    let resumed = match request.resume {
        true => Some(folder.commitment()?),
        false => None,
    };
    let book_nonce = resumed.map_or_else(fresh_nonce, |(nonce, _)| Ok(nonce))?;
    let mut survey = survey(request, &table, folder, &salts(&seed, book_nonce), progress)?;
    let found = (survey.leaves.len() as u64, survey.positions);
    before.is_not_lost(request, folder, found)?;
    survey.check_open_interest(request)?;
    let batches = plan(shape, &survey.needs)?;
    progress(Step::Tree);
    let count = survey.leaves.len();
    let leaves = std::mem::take(&mut survey.leaves);
    let tree = Tree::new(tag::BOOK_NODE, BOOK_DEPTH, leaves.clone());
    let root = book_root(count, tree.root());
    if resumed.is_some_and(|(_, before)| before != root) {
        let folder = folder.path().to_owned();
        return Err(BookError::OtherBook { folder });
    }
    folder.write_leaves(&leaves)?;
    survey.customers.write(folder)?;
    drop(tree);
    let mut manifest = Manifest {
        number: before.number(request.resume),
        cut_off,
        nonce: book_nonce,
        policy: table.policy,
        market: table.market,
        count: count as u64,
        root,
        k: request.k,
        ratio: request.ratio,
        inventory: request.inventory.to_vec(),
        batches: Vec::with_capacity(batches.len()),
    };
    let secrets = Secrets::new(&seed, &manifest, &batches);
    let spooled = survey.spool.rewind(folder)?;
    let writing = Writing {
        folder,
        table: &table,
        leaves: &leaves,
        secrets: &secrets,
    };
    let written = writing.batches(&mut manifest, &batches, spooled, progress)?;
    folder.finish(&manifest, request.market.1, request.policy)?;
    Ok(Built {
        unchanged: before.manifest.as_ref() == Some(&manifest) && written.new_inputs == 0,
        unreadable: before.unreadable,
        new_inputs: written.new_inputs,
        positions: survey.positions,
        totals: written.totals,
        assets: written.tally.assets(&table),
        manifest,
    })
}

/// What the inputs of batches are written from.
struct Writing<'a> {
    folder: &'a Folder,
    table: &'a InstrumentTable,
    leaves: &'a [Fr],
    secrets: &'a Secrets,
}

/// What came of it, beside the files.
#[derive(Default)]
struct Written {
    new_inputs: usize,
    /// As the proofs will add up to.
    totals: Totals,
    tally: Tally,
}

impl Writing<'_> {
    /// Writes the input of every batch, and notes in the manifest what its proof must say.
    fn batches(
        &self,
        manifest: &mut Manifest,
        batches: &[Range<usize>],
        mut spooled: Spooled,
        progress: &dyn Fn(Step),
    ) -> Result<Written, BookError> {
        let inventory = inventory_digest(&manifest.inventory);
        let mut written = Written::default();
        for (number, range) in batches.iter().enumerate() {
            let (accounts, prices) = spooled.take(range.len())?;
            let input = BatchInput {
                book: manifest.root,
                inventory,
                first: range.start as u64,
                accounts,
                secrets: [self.secrets.of(number), self.secrets.of(number + 1)],
            };
            let put = self.folder.inputs().put(&encode(&input))?;
            entries::write(self.folder, &put.digest, &prices)?;
            let leaves = &self.leaves[range.clone()];
            let (statement, own) = expected(self.table, manifest.ratio, &input, leaves)?;
            written.new_inputs += usize::from(put.new);
            written.totals = written.totals.and(&own.totals.rounded());
            written.tally = written.tally.and(&own);
            manifest.batches.push(Batch {
                number,
                first: input.first,
                accounts: range.len() as u64,
                input: put.digest,
                statement: statement_digest(&statement),
            });
            progress(Step::Batches(number + 1, batches.len()));
        }
        Ok(written)
    }
}

/// What one reading of all accounts leaves.
struct Survey {
    leaves: Vec<Fr>,
    needs: Vec<Needs>,
    spool: Spool,
    customers: customers::Writing,
    positions: u64,
    /// Net quantities of derivatives.
    net: BTreeMap<InstrumentId, i128>,
}

fn survey(
    request: &Request<'_>,
    table: &InstrumentTable,
    folder: &Folder,
    salts: &Salts,
    progress: &dyn Fn(Step),
) -> Result<Survey, BookError> {
    let (market, policy) = (request.market.0, request.policy.0);
    let listing = Listing::new(market, policy);
    let mut reader = Reader::open(request.accounts, request.format, &listing)?;
    let file = request.accounts.display().to_string();
    let mut survey = Survey {
        leaves: Vec::new(),
        needs: Vec::new(),
        spool: Spool::new(folder)?,
        customers: customers::Writing::new(),
        positions: 0,
        net: BTreeMap::new(),
    };
    loop {
        let chunk = reader.chunk()?;
        if chunk.is_empty() {
            return Ok(survey);
        }
        if survey.leaves.len() + chunk.len() > BOOK_CAPACITY {
            return Err(BookError::TooMany { file });
        }
        let look = |numbered: &Numbered| {
            let risk = evaluate(table, &numbered.positions);
            let risk = risk.map_err(|error| BookError::Account {
                file: file.clone(),
                line: numbered.line,
                error: Box::new(error),
            });
            risk.map(|risk| {
                let account = salted(numbered, salts);
                let leaf = account.leaf();
                (account, risk, leaf)
            })
        };
        let looked: Vec<_> = chunk.par_iter().map(look).collect();
        for (numbered, looked) in chunk.iter().zip(looked) {
            let (account, risk, leaf) = looked?;
            survey.customers.push(&numbered.holder.customer);
            survey.leaves.push(leaf);
            survey.needs.push(Needs::of(&risk));
            survey.count(&account);
            survey.spool.push(&account, &numbered.entries)?;
        }
        progress(Step::Accounts(survey.leaves.len() as u64));
    }
}

/// The account as its leaf has it.
fn salted(numbered: &Numbered, salts: &Salts) -> Account {
    let Numbered {
        holder, positions, ..
    } = numbered;
    let customer = holder.customer.digest();
    Account {
        customer,
        identity: holder.identity,
        number: holder.number,
        salt: salts.of(customer, holder.number),
        positions: positions.clone(),
    }
}

impl Survey {
    fn count(&mut self, account: &Account) {
        self.positions += account.positions.len() as u64;
        for position in account.positions.iter().filter(|p| !p.id.kind().is_asset()) {
            *self.net.entry(position.id).or_default() += i128::from(position.quantity);
        }
    }

    fn check_open_interest(&mut self, request: &Request<'_>) -> Result<(), BookError> {
        for held in request.inventory {
            *self.net.entry(held.id).or_default() += i128::from(held.quantity);
        }
        self.net.retain(|_, net| *net != 0);
        if self.net.is_empty() {
            return Ok(());
        }
        let sample = self.net.iter().take(3).map(|(id, net)| {
            let net = request.policy.0.scale(id.underlying()).quantity(*net);
            let sign = if net.starts_with('-') { "" } else { "+" };
            format!("{} {sign}{net}", id.name(request.policy.0))
        });
        let mut text = sample.collect::<Vec<_>>().join(", ");
        if self.net.len() > 3 {
            text.push_str(", …");
        }
        Err(BookError::OpenInterest {
            count: self.net.len(),
            sample: text,
        })
    }
}
