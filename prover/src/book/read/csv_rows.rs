//! Tables of accounts, one position a row.

use std::collections::HashMap;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};
use sha2::{Digest, Sha256};
use zkmargin_engine::account::{AccountFile, Listing, TableRow};

use super::Numbered;
use crate::book::error::BookError;

/// Columns by name; the last may be left out.
const COLUMNS: [&str; 7] = [
    "customer",
    "nonce",
    "identity",
    "account",
    "instrument",
    "quantity",
    "entry",
];
/// Place of the account's number among them.
const ACCOUNT: usize = 3;
/// Rows of one account: a position in every instrument that a market can list, and some to spare.
const MOST_ROWS: usize = 5_000;
/// Characters of a cell that a message shows: in a table with shifted columns any cell may be a secret.
const LONGEST_SHOWN: usize = 12;

/// A table that is being read.
pub(crate) struct Table {
    file: String,
    rows: csv::Reader<Box<dyn Read + Send>>,
    /// Place of each column.
    columns: [Option<usize>; COLUMNS.len()],
    /// The first row of the account that comes next.
    ahead: Option<Row>,
    /// First line by digest of the number, of accounts that are complete.
    done: HashMap<[u8; 16], u64>,
}

/// Cells in the order of [`COLUMNS`].
struct Row {
    line: u64,
    cells: [String; COLUMNS.len()],
}

/// All rows of an account.
pub(crate) struct Group {
    rows: Vec<Row>,
}

impl Table {
    /// Reads the header.
    pub fn new(file: &str, input: Box<dyn Read + Send>) -> Result<Self, BookError> {
        let mut rows = ReaderBuilder::new()
            .trim(csv::Trim::All)
            .buffer_capacity(1 << 20)
            .from_reader(input);
        let wrong = |problem: String| BookError::Columns {
            file: file.to_owned(),
            problem,
        };
        let header = rows.headers().map_err(|e| not_csv(file, &e))?.clone();
        let mut columns = [None; COLUMNS.len()];
        for (place, name) in header.iter().enumerate() {
            let known = COLUMNS.iter().position(|c| *c == name);
            let known = known.ok_or_else(|| wrong(no_column(place, name)))?;
            if columns[known].replace(place).is_some() {
                return Err(wrong(format!("the column `{name}` stands twice")));
            }
        }
        for (name, column) in COLUMNS.iter().zip(&columns).take(COLUMNS.len() - 1) {
            if column.is_none() {
                return Err(wrong(format!("the column `{name}` is missing")));
            }
        }
        Ok(Table {
            file: file.to_owned(),
            rows,
            columns,
            ahead: None,
            done: HashMap::new(),
        })
    }

    /// The rows of the next accounts.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<Group>, BookError> {
        let mut groups = Vec::new();
        if self.ahead.is_none() {
            self.ahead = self.row()?;
        }
        while groups.len() < most {
            let Some(first) = self.ahead.take() else {
                break;
            };
            let mut rows = vec![first];
            while let Some(row) = self.row()? {
                if row.cells[ACCOUNT] != rows[0].cells[ACCOUNT] {
                    self.ahead = Some(row);
                    break;
                }
                rows.push(row);
                if rows.len() > MOST_ROWS {
                    let hint = "a market lists at most 4096 instruments, each held once";
                    return Err(self.wrong(&rows[0], "more rows than an account can have", hint));
                }
            }
            self.refuse_scattered(&rows[0])?;
            groups.push(Group { rows });
        }
        Ok(groups)
    }

    fn row(&mut self) -> Result<Option<Row>, BookError> {
        let mut record = StringRecord::new();
        let read = self.rows.read_record(&mut record);
        if !read.map_err(|e| not_csv(&self.file, &e))? {
            return Ok(None);
        }
        let cell = |column: &Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default();
        let row = Row {
            line: record.position().map_or(0, csv::Position::line),
            cells: std::array::from_fn(|c| cell(&self.columns[c]).to_owned()),
        };
        if row.cells[ACCOUNT].is_empty() {
            let hint = "give every row the number of its account";
            return Err(self.wrong(&row, "the account has no number", hint));
        }
        Ok(Some(row))
    }

    fn refuse_scattered(&mut self, first: &Row) -> Result<(), BookError> {
        let digest = Sha256::digest(first.cells[ACCOUNT].as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        match self.done.insert(key, first.line) {
            None => Ok(()),
            Some(before) => Err(self.wrong(
                first,
                &format!("this account also has rows that begin on line {before}"),
                "sort the table by account: its rows must stand together",
            )),
        }
    }

    fn wrong(&self, row: &Row, problem: &str, hint: &'static str) -> BookError {
        BookError::Line {
            file: self.file.clone(),
            line: row.line,
            problem: format!("account = {:?}: {problem}", shown(&row.cells[ACCOUNT])),
            hint,
        }
    }
}

impl Group {
    /// The account of these rows.
    pub fn parse(&self, file: &str, listing: &Listing<'_>) -> Result<Numbered, BookError> {
        let rows = self.rows.iter().map(|row| {
            let [customer, nonce, identity, account, instrument, quantity, entry] = &row.cells;
            TableRow {
                line: row.line,
                holder: [customer, nonce, identity, account],
                instrument,
                quantity,
                entry,
            }
        });
        let line = self.rows.first().map_or(0, |row| row.line);
        Numbered::of(AccountFile::from_rows(rows, file, listing)?, file, line)
    }
}

/// What the CSV reader says, without the cells of the row, which may be secret.
fn not_csv(file: &str, error: &csv::Error) -> BookError {
    let line = error.position().map_or(1, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells, and the header has {expected_len}"),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "not readable as CSV".to_owned(),
    };
    BookError::Line {
        file: file.to_owned(),
        line,
        problem,
        hint: "expected a header line and comma-separated rows of as many cells",
    }
}

/// A table without a header has an account in its first line, so only what reads as a word is shown.
fn no_column(place: usize, name: &str) -> String {
    match name {
        "salt" => {
            return "there is no column `salt`: salts are made when the book is built".to_owned()
        }
        "owner" | "secret" => {
            return format!(
                "the column `{name}` is of version 1: a venue keeps an identity, and no secret"
            )
        }
        _ => {}
    }
    let word = name
        .chars()
        .all(|c| c.is_ascii_alphabetic() || "_ ".contains(c));
    match word && name.len() <= LONGEST_SHOWN {
        true => format!("there is no column `{name}`"),
        false => format!(
            "the first line is no header: there is no such column as its column {}",
            place + 1
        ),
    }
}

/// A number for a message, cut if long.
fn shown(name: &str) -> String {
    name.chars().take(LONGEST_SHOWN).collect()
}
