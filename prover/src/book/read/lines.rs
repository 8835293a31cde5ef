//! JSON lines.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use zkmargin_engine::account::{AccountFile, Listing};
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::file::{marked, FileError};

use super::Numbered;
use crate::book::error::BookError;

/// No account comes near this many bytes: 4096 positions take less than half of it.
const LONGEST: u64 = 1 << 20;

/// Lines of a file.
pub(crate) struct Lines {
    path: PathBuf,
    input: BufReader<Box<dyn Read + Send>>,
    /// Lines read.
    line: u64,
}

impl Lines {
    pub fn new(path: &Path, file: Box<dyn Read + Send>) -> Self {
        Lines {
            path: path.to_owned(),
            input: BufReader::with_capacity(1 << 20, file),
            line: 0,
        }
    }

    /// The next lines that are not blank, with their numbers.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<(u64, String)>, BookError> {
        let mut lines = Vec::with_capacity(most);
        while lines.len() < most {
            let mut bytes = Vec::new();
            let mut bounded = (&mut self.input).take(LONGEST + 1);
            let failed = |e| FileError::io(&self.path, "read the file", e);
            let read = bounded.read_until(b'\n', &mut bytes).map_err(failed);
            if read? == 0 {
                break;
            }
            self.line += 1;
            if bytes.len() as u64 > LONGEST {
                return Err(self.wrong(
                    "longer than 1 MiB".to_owned(),
                    "write one account a line, not the whole book on one",
                ));
            }
            if let (1, Some(encoding)) = (self.line, marked(&bytes)) {
                let path = self.path.clone();
                return Err(FileError::Mark { path, encoding }.into());
            }
            let text = String::from_utf8(bytes).map_err(|e| {
                let at = e.utf8_error().valid_up_to() + 1;
                let hint = "check that this is a file of accounts as JSON lines";
                self.wrong(format!("byte {at} of the line is not UTF-8 text"), hint)
            })?;
            if !text.trim().is_empty() {
                lines.push((self.line, text));
            }
        }
        Ok(lines)
    }

    fn wrong(&self, problem: String, hint: &'static str) -> BookError {
        BookError::Line {
            file: self.path.display().to_string(),
            line: self.line,
            problem,
            hint,
        }
    }
}

/// The account of a line.
pub fn parse(
    file: &str,
    line: u64,
    text: &str,
    listing: &Listing<'_>,
) -> Result<Numbered, BookError> {
    let place = format!("{file}:{line}");
    match AccountFile::from_json(text, &place, listing) {
        Ok(account) => Numbered::of(account, file, line),
        Err(EngineError::Syntax {
            column, problem, ..
        }) => Err(BookError::Line {
            file: file.to_owned(),
            line,
            problem: format!("column {column}: {problem}"),
            hint: "write every account on one line of its own, as complete JSON, with every field \
                   once",
        }),
        Err(error) => Err(error.into()),
    }
}
