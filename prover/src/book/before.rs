//! The book that a build would replace.

use super::error::BookError;
use super::folder::Folder;
use super::manifest::Manifest;
use super::request::Request;

/// The book that is in the folder already.
pub(super) struct Before {
    /// Accounts, where there is a book.
    accounts: Option<u64>,
    pub manifest: Option<Manifest>,
    /// Why it cannot be read, where it cannot.
    pub unreadable: Option<String>,
}

impl Before {
    pub fn of(folder: &Folder, force: bool) -> Result<Self, BookError> {
        let first_line = |error: BookError| {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        };
        let accounts = match folder.accounts() {
            Ok(None) => {
                return Ok(Before {
                    accounts: None,
                    manifest: None,
                    unreadable: None,
                })
            }
            Ok(Some(accounts)) => Some(accounts),
            Err(_) if force => None,
            Err(error) => {
                let problem = first_line(error);
                return Err(BookError::Before { problem });
            }
        };
        let (manifest, unreadable) = match folder.open() {
            Ok(book) => (Some(book.manifest), None),
            Err(error) => (None, Some(first_line(error))),
        };
        Ok(Before {
            accounts,
            manifest,
            unreadable,
        })
    }

    /// Number of the book that is built: that of the book once more, or the next one.
    pub(super) fn number(&self, resume: bool) -> u64 {
        match &self.manifest {
            Some(manifest) => manifest.number + u64::from(!resume),
            None => 0,
        }
    }

    /// An export that broke off must not replace the book of everybody.
    pub(crate) fn is_not_lost(
        &self,
        request: &Request<'_>,
        folder: &Folder,
        (count, positions): (u64, u64),
    ) -> Result<(), BookError> {
        let file = || request.accounts.display().to_string();
        if count == 0 || (positions == 0 && !request.force) {
            return Err(BookError::Nobody {
                file: file(),
                count,
            });
        }
        let (at_least, before) = (request.at_least, self.accounts.unwrap_or(0));
        if !request.force && count < at_least {
            return Err(BookError::TooFew {
                file: file(),
                count,
                at_least,
            });
        }
        if !request.force && count < before.div_ceil(2) {
            return Err(BookError::Shrunk {
                file: file(),
                count,
                folder: folder.path().to_owned(),
                before,
            });
        }
        Ok(())
    }
}
