//! Accounts in an unnamed file, from when they are read until their batches are written.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use zkmargin_engine::account::Account;
use zkmargin_engine::file::FileError;

use super::encoding::{decode_account, encode_account};
use super::error::BookError;
use super::folder::Folder;

/// Accounts in an unnamed file, which is gone when the program ends however it ends.
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

    pub(super) fn push(&mut self, account: &Account) -> Result<(), BookError> {
        self.bytes.clear();
        encode_account(account, &mut self.bytes);
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
    pub(super) fn take(&mut self, count: usize) -> Result<Vec<Account>, BookError> {
        let mut read = || -> io::Result<Account> {
            let mut length = [0; 4];
            self.input.read_exact(&mut length)?;
            let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
            self.input.read_exact(&mut bytes)?;
            let account = decode_account(&bytes).map_err(io::Error::other)?;
            Ok(account.0)
        };
        let accounts = (0..count).map(|_| read()).collect::<io::Result<_>>();
        accounts.map_err(|e| spool_failed(&self.folder, e))
    }
}
