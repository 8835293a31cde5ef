//! Packets for customers: [`zkmargin_verifier::packet`] says what is in them.

use std::collections::BTreeMap;

use zkmargin_engine::account::{Account, Customer};
use zkmargin_engine::commitment::{book_root, tag, Inclusion, Tree, BOOK_DEPTH};
use zkmargin_engine::Fr;
use zkmargin_verifier::packet::{Packet, Placed};

use super::customers;
use super::encoding::decode;
use super::error::{BookError, REBUILD};
use super::folder::Book;
use super::manifest::Batch;
use super::prove::input;

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
    let manifest = &book.manifest;
    let customers = customers::read(&book.folder)?;
    if customers.len() as u64 != manifest.count {
        let path = book.folder.customers_path();
        let problem = "the customers of another number of accounts than the book has";
        return Err(BookError::folder(&path, problem, REBUILD));
    }
    let customer = customer(&customers, wanted)?;
    let places = (0..).zip(&customers);
    let places = places.filter(|(_, other)| *other == customer);
    let accounts = accounts(book, &places.map(|(index, _)| index).collect::<Vec<u64>>())?;
    let tree = tree(book, &accounts)?;
    let digest = customer.digest();
    let placed = |(index, account): (u64, Account)| {
        if account.customer != digest {
            let path = book.folder.customers_path();
            let problem = "an account is another customer's";
            return Err(BookError::folder(&path, problem, REBUILD));
        }
        let names = account.positions.iter();
        Ok(Placed {
            names: names.map(|p| p.id.name(&book.policy)).collect(),
            account,
            place: Inclusion {
                index,
                count: manifest.count,
                path: tree.path(index as usize),
            },
        })
    };
    Ok(Packet {
        accounts: accounts.into_iter().map(placed).collect::<Result<_, _>>()?,
        customer: customer.clone(),
        count: manifest.count,
        root: manifest.root,
        policy: manifest.policy,
        market: manifest.market,
    })
}

/// The customer who is meant. No message shows an id.
fn customer<'a>(customers: &'a [Customer], wanted: &Wanted) -> Result<&'a Customer, BookError> {
    let none = |wanted: String, problem: String| BookError::NoAccount { wanted, problem };
    match wanted {
        Wanted::Index(index) => {
            let at = usize::try_from(*index).ok();
            at.and_then(|at| customers.get(at)).ok_or_else(|| {
                let problem = format!("the book has {} accounts", customers.len());
                none(format!("--index {index}"), problem)
            })
        }
        Wanted::Customer(id) => {
            let wanted = Customer::new(id, Fr::from(0));
            let same =
                |customer: &&Customer| wanted.as_ref().is_some_and(|w| w.id() == customer.id());
            customers.iter().find(same).ok_or_else(|| {
                let problem = "no account is of this customer".to_owned();
                none("--customer".to_owned(), problem)
            })
        }
    }
}

/// The accounts at these places, which ascend.
fn accounts(book: &Book, places: &[u64]) -> Result<BTreeMap<u64, Account>, BookError> {
    let mut found = BTreeMap::new();
    for batch in &book.manifest.batches {
        let inside =
            |index: &&u64| **index >= batch.first && **index - batch.first < batch.accounts;
        let wanted: Vec<u64> = places.iter().filter(inside).copied().collect();
        if wanted.is_empty() {
            continue;
        }
        let mut accounts = decoded(book, batch)?;
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

fn decoded(book: &Book, batch: &Batch) -> Result<Vec<Account>, BookError> {
    let input = decode(&input(book, batch)?).map_err(|e| {
        let path = book.folder.inputs().path(&batch.input);
        BookError::folder(&path, e, REBUILD)
    })?;
    Ok(input.accounts)
}

/// The tree over the leaves, which are those of the book and of these accounts.
fn tree(book: &Book, accounts: &BTreeMap<u64, Account>) -> Result<Tree, BookError> {
    let leaves = book.folder.leaves()?;
    let damaged = |problem: &str| BookError::folder(&book.folder.leaves_path(), problem, REBUILD);
    for (index, account) in accounts {
        if leaves.get(*index as usize) != Some(&account.leaf()) {
            return Err(damaged("the leaf of the account is another"));
        }
    }
    let count = leaves.len();
    let tree = Tree::new(tag::BOOK_NODE, BOOK_DEPTH, leaves);
    match book_root(count, tree.root()) == book.manifest.root {
        true => Ok(tree),
        false => Err(damaged("the leaves do not lead to the root of book.json")),
    }
}
