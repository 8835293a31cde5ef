//! Accounts in an unnamed file, from when they are read until their batches are written.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use zkmargin_engine::account::{Account, Entries};
use zkmargin_engine::file::FileError;

use super::encoding::{decode_account, encode_account};
use super::entries::{self, EntryPrices};
use super::error::BookError;
use super::folder::Folder;

/// Accounts in an unnamed file, with their entry prices, which is gone when the program ends however it ends.
pub(super) struct Spool {
    out: BufWriter<File>,
    folder: std::path::PathBuf,
    bytes: Vec<u8>,
}

fn spool_failed(folder: &Path, error: io::Error) -> BookError {
    FileError::io(folder, "write to a temporary file", error).into()
}

impl Spool {
    pub fn new(folder: &Folder) -> Result<Self, BookError> {
        let path = folder.path();
        let file = tempfile::tempfile_in(path).map_err(|e| spool_failed(path, e))?;
        Ok(Spool {
            out: BufWriter::with_capacity(1 << 20, file),
            folder: path.to_owned(),
            bytes: Vec::new(),
        })
    }

    pub(super) fn push(&mut self, account: &Account, prices: &Entries) -> Result<(), BookError> {
        self.bytes.clear();
        encode_account(account, &mut self.bytes);
        let prices = prices.iter().map(|(id, entry)| (*id, entry.price));
        entries::encode(prices, &mut self.bytes);
        // An account has at most 4096 positions.
        let length = (self.bytes.len() as u32).to_le_bytes();
        let written = self.out.write_all(&length);
        let written = written.and_then(|()| self.out.write_all(&self.bytes));
        written.map_err(|e| spool_failed(&self.folder, e))
    }

    pub(super) fn rewind(self, folder: &Folder) -> Result<Spooled, BookError> {
        let path = folder.path();
        let file = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error);
        let mut file = file.map_err(|e| spool_failed(path, e))?;
        file.rewind().map_err(|e| spool_failed(path, e))?;
        Ok(Spooled {
            input: BufReader::with_capacity(1 << 20, file),
            folder: path.to_owned(),
        })
    }
}

pub(super) struct Spooled {
    input: BufReader<File>,
    folder: std::path::PathBuf,
}

impl Spooled {
    /// The next accounts, and the entry prices of each.
    pub(super) fn take(
        &mut self,
        count: usize,
    ) -> Result<(Vec<Account>, Vec<EntryPrices>), BookError> {
        let mut read = || -> io::Result<(Account, EntryPrices)> {
            let mut length = [0; 4];
            self.input.read_exact(&mut length)?;
            let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
            self.input.read_exact(&mut bytes)?;
            let (account, taken) = decode_account(&bytes).map_err(io::Error::other)?;
            let prices = entries::decode(&bytes[taken..]);
            let prices = prices.ok_or_else(|| io::Error::other("no entry prices"))?;
            Ok((account, prices.0))
        };
        let accounts = (0..count)
            .map(|_| read())
            .collect::<io::Result<(Vec<_>, Vec<_>)>>();
        accounts.map_err(|e| spool_failed(&self.folder, e))
    }
}
