//! Accounts of a venue from a file, in parallel and in little memory.
//!
//! # JSON lines
//!
//! One account object a line, as an account file has it; blank lines are passed over. Errors name
//! the line: `accounts.jsonl:17: positions[2].quantity = "NaN": …`.
//!
//! # CSV
//!
//! ```csv
//! account,owner,secret,salt,instrument,quantity,entry
//! alice,0x1f,0x2e,0x3d,USD,250000,
//! alice,0x1f,0x2e,0x3d,BTC-PERPETUAL,-1.5,76500
//! bob,0x4c,0x5b,0x6a,,,
//! ```
//!
//! One position a row. The rows of an account stand together and repeat its owner, secret and
//! salt; `account` is any name, which serves to tell accounts apart and goes nowhere else. `entry`
//! is needed for perpetuals and futures, `mark` standing for the mark; elsewhere it may be empty.
//! No two accounts have one secret: their nullifiers would be the same, and an account under water
//! could answer for itself with its twin. A row with neither instrument nor quantity is an account
//! that holds nothing. Columns come in any order.

mod csv_rows;
mod lines;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use ff::PrimeField;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zkmargin_engine::account::{Account, Listing};
use zkmargin_engine::file;
use zkmargin_engine::Fr;

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

/// An account and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its (first) line in the file, from 1.
    pub line: u64,
    /// The account.
    pub account: Account,
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
    /// Line by digest of owner and salt.
    seen: HashMap<[u8; 16], Seen>,
    /// Line by digest of the secret.
    secrets: HashMap<[u8; 16], u64>,
}

#[derive(Clone, Copy)]
struct Seen {
    line: u64,
    /// Start of a digest of all of the account.
    all: u64,
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
            seen: HashMap::new(),
            secrets: HashMap::new(),
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
        let Numbered { line, account } = numbered;
        let key = key(&[account.owner, account.salt]);
        let mut hash = Sha256::new();
        hash.update(account.secret.to_repr());
        for position in &account.positions {
            hash.update(position.packed().to_repr());
        }
        let digest = hash.finalize();
        let all = digest.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b));
        let seen = Seen { line: *line, all };
        let repeated = |first, what| BookError::Repeated {
            file: self.file.clone(),
            line: *line,
            first,
            what,
        };
        if let Some(first) = self.seen.insert(key, seen) {
            let what = match first.all == all {
                true => "the same account as another",
                false => "the owner and the salt of another account",
            };
            return Err(repeated(first.line, what));
        }
        match self.secrets.insert(self::key(&[account.secret]), *line) {
            None => Ok(()),
            Some(first) => Err(repeated(first, "the secret of another account")),
        }
    }
}

/// The start of a digest of field elements: never all of what it is made from.
fn key(elements: &[Fr]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for element in elements {
        hash.update(element.to_repr());
    }
    let digest = hash.finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}
