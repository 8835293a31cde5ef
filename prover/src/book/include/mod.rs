//! Packets for customers: [`zkmargin_verifier::packet`] says what is in them. One at a time, or
//! [`all`](mod@all) in one pass.

pub mod all;

use std::collections::BTreeMap;
use std::path::Path;

use zkmargin_engine::account::{Account, Customer};
use zkmargin_engine::commitment::{book_root, tag, Inclusion, Tree, BOOK_DEPTH};
use zkmargin_engine::Fr;
use zkmargin_verifier::packet::{Entered, Packet, Placed};

use super::customers;
use super::encoding::decode;
use super::entries::{self, EntryPrices};
use super::error::{BookError, REBUILD};
use super::folder::Book;
use super::manifest::Batch;
use super::prove::input;

/// An account as the venue keeps it.
struct Kept {
    account: Account,
    prices: EntryPrices,
}

/// Whose packet it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The customer's whose account is at a place in the book.
    Index(u64),
    /// A customer's by his id, in any form that [`Customer::id`] normalises.
    Customer(String),
}

/// The packet of a customer, with all his accounts.
///
/// # Errors
/// When the book holds no such account or customer; when its files are damaged.
pub fn packet(book: &Book, wanted: &Wanted) -> Result<Packet, BookError> {
    let customers = customers(book)?;
    let customer = customer(&customers, wanted)?;
    let places = (0..).zip(&customers);
    let places = places.filter(|(_, other)| *other == customer);
    let accounts = accounts(book, &places.map(|(index, _)| index).collect::<Vec<u64>>())?;
    let leaves = Leaves::of(book)?;
    let digest = customer.digest();
    let placed = accounts.into_iter();
    let placed = placed.map(|(index, kept)| leaves.placed(index, kept, digest));
    Ok(leaves.packet(customer, placed.collect::<Result<_, _>>()?))
}

/// The customers of a book, in the order of its leaves.
fn customers(book: &Book) -> Result<Vec<Customer>, BookError> {
    let customers = customers::read(&book.folder)?;
    match customers.len() as u64 == book.manifest.count {
        true => Ok(customers),
        false => {
            let path = book.folder.customers_path();
            let problem = "the customers of another number of accounts than the book has";
            Err(BookError::folder(&path, problem, REBUILD))
        }
    }
}

/// The customer who is meant. No message shows an id.
fn customer<'a>(customers: &'a [Customer], wanted: &Wanted) -> Result<&'a Customer, BookError> {
    let none = |wanted: String, problem: String| BookError::NoAccount { wanted, problem };
    match wanted {
        Wanted::Index(index) => {
            let at = usize::try_from(*index).ok();
            at.and_then(|at| customers.get(at)).ok_or_else(|| {
                let problem = format!("the book has {} accounts", customers.len());
                none(format!("account {index}"), problem)
            })
        }
        Wanted::Customer(id) => {
            let wanted = Customer::new(id, Fr::from(0));
            let same =
                |customer: &&Customer| wanted.as_ref().is_some_and(|w| w.id() == customer.id());
            customers.iter().find(same).ok_or_else(|| {
                let problem = "no account of the book is his".to_owned();
                none("this customer".to_owned(), problem)
            })
        }
    }
}

/// The accounts at these places, which ascend.
fn accounts(book: &Book, places: &[u64]) -> Result<BTreeMap<u64, Kept>, BookError> {
    let mut found = BTreeMap::new();
    for batch in &book.manifest.batches {
        let inside =
            |index: &&u64| **index >= batch.first && **index - batch.first < batch.accounts;
        let wanted: Vec<u64> = places.iter().filter(inside).copied().collect();
        if wanted.is_empty() {
            continue;
        }
        let mut accounts = kept(book, batch)?;
        for index in wanted.into_iter().rev() {
            // A batch's input is found by its digest, and has as many accounts as was written.
            let at = (index - batch.first) as usize;
            if at < accounts.len() {
                found.insert(index, accounts.swap_remove(at));
            }
        }
    }
    match found.len() == places.len() {
        true => Ok(found),
        false => {
            let path = book.folder.manifest_path();
            let problem = "the batches do not hold every account";
            Err(BookError::folder(&path, problem, REBUILD))
        }
    }
}

/// The accounts of a batch with their entry prices.
fn kept(book: &Book, batch: &Batch) -> Result<Vec<Kept>, BookError> {
    let prices = entries::read(book, batch)?;
    let accounts = decoded(book, batch)?.into_iter().zip(prices);
    Ok(accounts
        .map(|(account, prices)| Kept { account, prices })
        .collect())
}

/// The accounts of a batch.
pub(super) fn decoded(book: &Book, batch: &Batch) -> Result<Vec<Account>, BookError> {
    let input = decode(&input(book, batch)?).map_err(|e| {
        let path = book.folder.inputs().path(&batch.input);
        BookError::folder(&path, e, REBUILD)
    })?;
    Ok(input.accounts)
}

/// The tree over the leaves of a book, out of which packets are made.
struct Leaves<'a> {
    book: &'a Book,
    tree: Tree,
}

impl Leaves<'_> {
    /// The tree, which leads to the book's root.
    fn of(book: &Book) -> Result<Leaves<'_>, BookError> {
        let leaves = book.folder.leaves()?;
        let count = leaves.len();
        let tree = Tree::new(tag::BOOK_NODE, BOOK_DEPTH, leaves);
        match book_root(count, tree.root()) == book.manifest.root {
            true => Ok(Leaves { book, tree }),
            false => {
                let problem = "the leaves do not lead to the root of book.json";
                let path = book.folder.leaves_path();
                Err(BookError::folder(&path, problem, REBUILD))
            }
        }
    }

    /// An account at its place, which is that of its leaf, and is the customer's of this digest. Its
    /// entry prices come to what the leaf has.
    fn placed(&self, index: u64, kept: Kept, customer: Fr) -> Result<Placed, BookError> {
        let Kept { account, prices } = kept;
        let Book {
            folder,
            market,
            policy,
            manifest,
        } = self.book;
        let damaged = |path: &Path, problem: &str| BookError::folder(path, problem, REBUILD);
        if account.customer != customer {
            let path = folder.customers_path();
            return Err(damaged(&path, "an account is another customer's"));
        }
        // The book's number of leaves is that of its accounts.
        let at = index as usize;
        if self.tree.level(0).get(at) != Some(&account.leaf()) {
            let path = folder.leaves_path();
            return Err(damaged(&path, "the leaf of the account is another"));
        }
        let names = account.positions.iter();
        // What the market does not list is told below: its entry is missing.
        let entered = prices.into_iter().filter_map(|(id, price)| {
            let mark = market.listed(id)?.forward;
            Some((id, Entered { price, mark }))
        });
        let placed = Placed {
            names: names.map(|p| p.id.name(policy)).collect(),
            entered: entered.collect(),
            account,
            place: Inclusion {
                index,
                count: manifest.count,
                path: self.tree.path(at),
            },
        };
        let fits = placed.check_entries(policy);
        fits.map_err(|no| damaged(&folder.entries_path(), &no.to_string()))?;
        Ok(placed)
    }

    fn packet(&self, customer: &Customer, accounts: Vec<Placed>) -> Packet {
        let manifest = &self.book.manifest;
        Packet {
            accounts,
            customer: customer.clone(),
            count: manifest.count,
            root: manifest.root,
            policy: manifest.policy,
            market: manifest.market,
            time: self.book.market.time(),
            cut_off: manifest.cut_off,
        }
    }
}
