//! Accounts of a venue from a file, in parallel and in little memory.
//!
//! # JSON lines
//!
//! One account object a line, as an account file has it, without a salt; blank lines are passed over. Errors name
//! the line: `accounts.jsonl:17: positions[2].quantity = "NaN": …`.
//!
//! # CSV
//!
//! ```csv
//! customer,nonce,identity,account,instrument,quantity,entry
//! alice@example.com,0x1f…,0x2e…,7,USD,250000,
//! alice@example.com,0x1f…,0x2e…,7,BTC-PERPETUAL,-1.5,76500
//! bob@example.com,0x4c…,0x0,8,,,
//! ```
//!
//! One position a row. The rows of an account stand together and repeat its customer, nonce,
//! identity and number. No account has a salt yet: it is made when the book is built. `entry`
//! is needed for perpetuals and futures, `mark` standing for the mark; elsewhere it may be empty.
//! A row with neither instrument nor quantity is an account that holds nothing. Columns come in any
//! order.
//!
//! No two accounts have one number: otherwise the nullifiers of one identity would be the same, and
//! an account under water could answer for itself with its twin. A customer has one nonce, so that
//! all his accounts are his.

mod csv_rows;
mod lines;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use ff::PrimeField;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zkmargin_engine::account::{AccountFile, Entries, Holder, Listing, Position};
use zkmargin_engine::file;

use super::error::BookError;
use csv_rows::Table;
use lines::Lines;

/// Accounts that are read at once.
const CHUNK: usize = 4096;

/// How accounts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// A table with one position a row.
    Csv,
}

impl Format {
    /// The format that a file's name suggests.
    pub fn of(path: &Path) -> Format {
        let extension = path.extension().and_then(|e| e.to_str());
        match extension {
            Some(e) if e.eq_ignore_ascii_case("csv") => Format::Csv,
            _ => Format::JsonLines,
        }
    }
}

/// An account without its salt, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its (first) line in the file, from 1.
    pub line: u64,
    /// For whom it is.
    pub holder: Holder,
    /// What it holds, strictly ascending by id.
    pub positions: Vec<Position>,
    /// At what prices its linear positions were entered.
    pub entries: Entries,
}

impl Numbered {
    /// An account that says for whom it is, and has no salt.
    fn of(account: AccountFile, file: &str, line: u64) -> Result<Numbered, BookError> {
        let wrong = |problem: &str, hint| BookError::Line {
            file: file.to_owned(),
            line,
            problem: problem.to_owned(),
            hint,
        };
        if account.salt.is_some() {
            return Err(wrong(
                "the account has a salt, and salts are made when the book is built",
                "leave `salt` out",
            ));
        }
        let holder = account.holder.ok_or_else(|| {
            wrong(
                "positions alone: a leaf names customer, nonce, identity and account",
                "say for whom the account is; `zkmargin venue generate` makes lines that do",
            )
        })?;
        Ok(Numbered {
            line,
            holder,
            positions: account.positions,
            entries: account.entries,
        })
    }
}

enum Source {
    Lines(Lines),
    Table(Box<Table>),
}

/// A file of accounts that is being read.
pub struct Reader<'a> {
    file: String,
    source: Source,
    listing: &'a Listing<'a>,
    /// Line by the account's number.
    numbers: HashMap<u32, u64>,
    /// Nonce and line by customer, both as the start of a digest.
    customers: HashMap<[u8; 16], ([u8; 16], u64)>,
}

impl<'a> Reader<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, or is a table with wrong columns.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        listing: &'a Listing<'a>,
    ) -> Result<Self, BookError> {
        let name = path.display().to_string();
        let opened = file::open(path)?;
        let source = match format.unwrap_or_else(|| Format::of(path)) {
            Format::JsonLines => Source::Lines(Lines::new(path, opened)),
            Format::Csv => Source::Table(Box::new(Table::new(&name, opened)?)),
        };
        Ok(Reader {
            file: name,
            source,
            listing,
            numbers: HashMap::new(),
            customers: HashMap::new(),
        })
    }

    /// The next accounts, some thousands; none at the end of the file.
    ///
    /// # Errors
    /// For the first account of the file that cannot be used.
    pub fn chunk(&mut self) -> Result<Vec<Numbered>, BookError> {
        let read = match &mut self.source {
            Source::Lines(lines) => {
                let texts = lines.take(CHUNK)?;
                let (file, listing) = (&self.file, self.listing);
                let parse = |(line, text): &(u64, String)| lines::parse(file, *line, text, listing);
                texts.par_iter().map(parse).collect::<Vec<_>>()
            }
            Source::Table(table) => {
                // An error behind whole accounts is told when these have been looked at.
                let groups = table.take(CHUNK)?;
                let (file, listing) = (&self.file, self.listing);
                let parse = |group: &csv_rows::Group| group.parse(file, listing);
                groups.par_iter().map(parse).collect()
            }
        };
        let read = read.into_iter().collect::<Result<Vec<Numbered>, _>>()?;
        for numbered in &read {
            self.refuse_repeated(numbered)?;
        }
        Ok(read)
    }

    fn refuse_repeated(&mut self, numbered: &Numbered) -> Result<(), BookError> {
        let Numbered { line, holder, .. } = numbered;
        let repeated = |first, what| BookError::Repeated {
            file: self.file.clone(),
            line: *line,
            first,
            what,
        };
        // A number that is nobody else's is nobody else's beside an identity either.
        if let Some(first) = self.numbers.insert(holder.number, *line) {
            return Err(repeated(first, "the number of another account"));
        }
        let (customer, nonce) = (&holder.customer, holder.customer.nonce());
        let (id, nonce) = (key(customer.id().as_bytes()), key(&nonce.to_repr()));
        let (known, first) = *self.customers.entry(id).or_insert((nonce, *line));
        match known == nonce {
            true => Ok(()),
            false => Err(BookError::TwoNonces {
                file: self.file.clone(),
                line: *line,
                first,
            }),
        }
    }
}

/// The start of a digest.
fn key(bytes: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(bytes);
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}
