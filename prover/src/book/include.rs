//! Packets for customers: [`zkmargin_verifier::packet`] says what is in them.

use zkmargin_engine::account::Account;
use zkmargin_engine::commitment::{book_root, tag, Inclusion, Tree, BOOK_DEPTH};
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;
use zkmargin_verifier::packet::Packet;

use super::encoding::decode;
use super::error::BookError;
use super::folder::{Batch, Book};
use super::prove::input;

/// Which account a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// By its place in the book.
    Index(u64),
    /// By its owner, who must have one account only.
    Owner(Fr),
}

/// The packet of an account.
///
/// # Errors
/// When the book holds no such account, or several of one owner; when its files are damaged.
pub fn packet(book: &Book, wanted: Wanted) -> Result<Packet, BookError> {
    let (index, account) = match wanted {
        Wanted::Index(index) => (index, by_index(book, index)?),
        Wanted::Owner(owner) => by_owner(book, owner)?,
    };
    let manifest = &book.manifest;
    let leaves = book.folder.leaves()?;
    let at = index as usize;
    let damaged = |problem: &str| {
        BookError::folder(
            &book.folder.leaves_path(),
            problem,
            "run `zkmargin book build` again with the same files",
        )
    };
    if leaves.get(at) != Some(&account.leaf()) {
        return Err(damaged("the leaf of the account is another"));
    }
    let count = leaves.len();
    let tree = Tree::new(tag::BOOK_NODE, BOOK_DEPTH, leaves);
    if book_root(count, tree.root()) != manifest.root {
        return Err(damaged("the leaves do not lead to the root of book.json"));
    }
    let names = account.positions.iter();
    Ok(Packet {
        names: names.map(|p| p.id.name(&book.policy)).collect(),
        account,
        place: Inclusion {
            index,
            count: manifest.count,
            path: tree.path(at),
        },
        root: manifest.root,
        policy: manifest.policy,
        market: manifest.market,
    })
}

fn accounts(book: &Book, batch: &Batch) -> Result<Vec<Account>, BookError> {
    let input = decode(&input(book, batch)?).map_err(|e| {
        BookError::folder(
            &book.folder.inputs().path(&batch.input),
            e,
            "run `zkmargin book build` again with the same files",
        )
    })?;
    Ok(input.accounts)
}

fn by_index(book: &Book, index: u64) -> Result<Account, BookError> {
    let none = || BookError::NoAccount {
        wanted: format!("--index {index}"),
        problem: format!("the book has {} accounts", book.manifest.count),
    };
    let holds = |batch: &&Batch| index >= batch.first && index - batch.first < batch.accounts;
    let batch = book.manifest.batches.iter().find(holds);
    let batch = batch.ok_or_else(none)?;
    let mut accounts = accounts(book, batch)?;
    let at = (index - batch.first) as usize;
    match at < accounts.len() {
        true => Ok(accounts.swap_remove(at)),
        false => Err(none()),
    }
}

fn by_owner(book: &Book, owner: Fr) -> Result<(u64, Account), BookError> {
    let mut found: Option<(u64, Account)> = None;
    let no = |problem: String| BookError::NoAccount {
        wanted: format!("--owner {}", format_element(&owner)),
        problem,
    };
    for batch in &book.manifest.batches {
        for (index, account) in (batch.first..).zip(accounts(book, batch)?) {
            if account.owner != owner {
                continue;
            }
            if let Some((first, _)) = found {
                return Err(no(format!(
                    "the owner has several accounts, at {first} and {index} among others"
                )));
            }
            found = Some((index, account));
        }
    }
    found.ok_or_else(|| no("no account has this owner".to_owned()))
}
