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
//! Batch b of n publishes its word of open interest plus mask b less mask b+1 (mask n is mask 0).
//! Masks are hashes of the folder's secret, the point at which words are evaluated (so of the book
//! and the market) and the cut into batches: the same build has the same masks, so that proofs
//! stay valid, and no two different words are ever hidden by the same mask.

use std::collections::BTreeMap;
use std::ops::Range;

use ff::{FromUniformBytes, PrimeField};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zkmargin_circuits::book::{BatchError, BatchInput};
use zkmargin_engine::account::{Account, Listing, Salts};
use zkmargin_engine::book::{
    evaluate, inventory_digest, point, AccountRisk, AssetTotal, InstrumentTable, Needs, Totals,
};
use zkmargin_engine::commitment::{book_root, tag, Tree, BOOK_CAPACITY, BOOK_DEPTH};
use zkmargin_engine::market::{InstrumentId, Kind};
use zkmargin_engine::Fr;

use super::before::Before;
use super::customers;
use super::encoding::encode;
use super::error::BookError;
use super::folder::Folder;
use super::fresh::Fresh;
use super::manifest::{Batch, Manifest};
use super::plan::{plan, shape};
use super::read::{Numbered, Reader};
use super::request::Request;
use super::salts::{fresh_nonce, salts};
use super::spool::Spool;

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
    /// Gross quantities of every cash and spot asset that is held.
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
    let built = built(request, folder, progress);
    if let (Err(_), Some(fresh)) = (&built, fresh) {
        fresh.clear();
    }
    built
}

fn built(
    request: &Request<'_>,
    folder: &Folder,
    progress: &dyn Fn(Step),
) -> Result<Built, BookError> {
    let shape = shape(request.k, request.policy.0)?;
    let listed = request.market.0.instruments().len();
    if listed > shape.instruments() {
        // Nothing could be proven of such a book.
        return Err(BatchError::Market { listed, shape }.into());
    }
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
    let mut survey = survey(request, folder, &salts(&seed, book_nonce), progress)?;
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
    drop((leaves, tree));
    let digest = request.market.0.digest();
    let inventory = inventory_digest(request.inventory);
    let masks = Masks::new(&seed, point(root, digest, inventory), request.k, &batches);
    let mut manifest = Manifest {
        number: before.number(request.resume),
        cut_off,
        nonce: book_nonce,
        policy: request.policy.0.digest(),
        market: digest,
        count: count as u64,
        root,
        k: request.k,
        ratio: request.ratio,
        inventory: request.inventory.to_vec(),
        batches: Vec::with_capacity(batches.len()),
    };
    let mut new_inputs = 0;
    let mut spool = survey.spool.rewind(folder)?;
    for (number, range) in batches.iter().enumerate() {
        let input = BatchInput {
            book: root,
            inventory,
            first: range.start as u64,
            accounts: spool.take(range.len())?,
            masks: [masks.of(number), masks.of(number + 1)],
        };
        let put = folder.inputs().put(&encode(&input))?;
        new_inputs += usize::from(put.new);
        manifest.batches.push(Batch {
            number,
            first: input.first,
            accounts: range.len() as u64,
            input: put.digest,
        });
        progress(Step::Batches(number + 1, batches.len()));
    }
    folder.finish(&manifest, request.market.1, request.policy)?;
    Ok(Built {
        unchanged: before.manifest.as_ref() == Some(&manifest) && new_inputs == 0,
        unreadable: before.unreadable,
        new_inputs,
        positions: survey.positions,
        totals: survey.totals,
        assets: survey.assets.into_values().collect(),
        manifest,
    })
}

/// What one reading of all accounts leaves.
struct Survey {
    leaves: Vec<Fr>,
    needs: Vec<Needs>,
    spool: Spool,
    customers: customers::Writing,
    positions: u64,
    totals: Totals,
    assets: BTreeMap<InstrumentId, AssetTotal>,
    /// Net quantities of derivatives.
    net: BTreeMap<InstrumentId, i128>,
}

fn survey(
    request: &Request<'_>,
    folder: &Folder,
    salts: &Salts,
    progress: &dyn Fn(Step),
) -> Result<Survey, BookError> {
    let (market, policy) = (request.market.0, request.policy.0);
    let table = InstrumentTable::new(policy, market);
    let listing = Listing::new(market, policy);
    let mut reader = Reader::open(request.accounts, request.format, &listing)?;
    let file = request.accounts.display().to_string();
    let mut survey = Survey {
        leaves: Vec::new(),
        needs: Vec::new(),
        spool: Spool::new(folder)?,
        customers: customers::Writing::new(),
        positions: 0,
        totals: Totals::default(),
        assets: BTreeMap::new(),
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
            let risk = evaluate(&table, &numbered.positions);
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
            survey.count(&account, &risk, request.ratio);
            survey.spool.push(&account)?;
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
    fn count(&mut self, account: &Account, risk: &AccountRisk, ratio: u16) {
        self.positions += account.positions.len() as u64;
        // At most 2^30 accounts of 2^91 units, 2^107 with the ratio: no sum overflows 128 bits
        // but perhaps the deficit, which the verifier checks for himself.
        self.totals.count(risk, ratio);
        for position in &account.positions {
            match position.id.kind() {
                Kind::Cash | Kind::Spot => {
                    let id = position.id;
                    let (long, short) = (0, 0);
                    let asset = AssetTotal { id, long, short };
                    let asset = self.assets.entry(id).or_insert(asset);
                    let size = u128::from(position.quantity.unsigned_abs());
                    match position.quantity > 0 {
                        true => asset.long += size,
                        false => asset.short += size,
                    }
                }
                _ => *self.net.entry(position.id).or_default() += i128::from(position.quantity),
            }
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
            let net = zkmargin_engine::units::format_decimal(*net, 8);
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

/// The masks of a build.
struct Masks {
    seed: [u8; 32],
    context: [u8; 32],
    batches: usize,
}

impl Masks {
    fn new(seed: &[u8; 32], point: Fr, k: u32, batches: &[Range<usize>]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"zkmargin book masks 1");
        hash.update(point.to_repr());
        hash.update(k.to_le_bytes());
        for range in batches {
            hash.update((range.start as u64).to_le_bytes());
            hash.update((range.end as u64).to_le_bytes());
        }
        Masks {
            seed: *seed,
            context: hash.finalize().into(),
            batches: batches.len(),
        }
    }

    fn of(&self, number: usize) -> Fr {
        let number = (number % self.batches.max(1)) as u64;
        let half = |part: u8| {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.context);
            hash.update(number.to_le_bytes());
            hash.update([part]);
            hash.finalize()
        };
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&half(0));
        wide[32..].copy_from_slice(&half(1));
        Fr::from_uniform_bytes(&wide)
    }
}
