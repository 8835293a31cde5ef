//! Whose each account number of a venue is, for ever.
//!
//! Proofs, nullifiers and agreements hang on the number of an account. A number that changed its customer
//! or identity between two books would give one trader's past to another, and no book alone shows it.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `zkmregi1` |
//! | per account: 4 | number, little-endian, ascending |
//! | per account: 32 | digest of the customer, little-endian |
//! | per account: 32 | identity, little-endian |

use std::collections::BTreeMap;
use std::path::Path;

use ff::PrimeField;
use zkmargin_engine::file::{read_bounded, write_private};
use zkmargin_engine::Fr;

use crate::book::error::BookError;
use crate::book::folder::Book;
use crate::book::include::decoded;

const MAGIC: &[u8; 8] = b"zkmregi1";
/// Bytes of an account.
const ENTRY: usize = 4 + 32 + 32;
/// There are 2^32 numbers.
const LONGEST: u64 = 8 + ((ENTRY as u64) << 32);

/// An account: digest of its customer, and its identity.
type Holder = (Fr, Fr);

/// Every account number that a published book of the venue had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    holders: BTreeMap<u32, Holder>,
}

impl Register {
    /// Reads the file; without one nothing has been published.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub(super) fn read(path: &Path) -> Result<Register, BookError> {
        if !path.exists() {
            return Ok(Register::default());
        }
        let damaged = || {
            let hint =
                "restore it from a backup: without it nothing shows that an account changed hands";
            BookError::folder(path, "not a register of accounts, or damaged", hint)
        };
        let bytes = read_bounded(path, LONGEST)?;
        let bytes = bytes.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
        if bytes.len() % ENTRY != 0 {
            return Err(damaged());
        }
        let mut holders = BTreeMap::new();
        for entry in bytes.chunks_exact(ENTRY) {
            let (number, holder) = entry_of(entry).ok_or_else(damaged)?;
            let last = holders.last_key_value().map(|(last, _)| *last);
            if last.is_some_and(|last| last >= number) {
                return Err(damaged());
            }
            holders.insert(number, holder);
        }
        Ok(Register { holders })
    }

    /// Whether every number of a book is whose it was.
    ///
    /// # Errors
    /// The first that is not, and how many; when the book's files are damaged.
    pub fn check(&self, book: &Book) -> Result<(), BookError> {
        let mut changed: Option<(u32, &'static str)> = None;
        let mut count = 0;
        for_each(book, |number, holder| {
            let what = match self.holders.get(&number) {
                Some(before) if before.0 != holder.0 => "customer",
                Some(before) if before.1 != holder.1 => "identity",
                _ => return,
            };
            count += 1;
            let first = changed.filter(|(first, _)| *first < number);
            changed = first.or(Some((number, what)));
        })?;
        match changed {
            None => Ok(()),
            Some((number, what)) => Err(BookError::Register {
                number,
                what,
                count,
            }),
        }
    }

    /// Adds the accounts of a book that is published.
    ///
    /// # Errors
    /// When the book's files are damaged.
    pub(super) fn add(&mut self, book: &Book) -> Result<(), BookError> {
        for_each(book, |number, holder| {
            self.holders.insert(number, holder);
        })
    }

    /// Writes the file, which nobody else may read.
    ///
    /// # Errors
    /// When it cannot be written; then it is as it was.
    pub(super) fn write(&self, path: &Path) -> Result<(), BookError> {
        write_private(path, |out| {
            out.write_all(MAGIC)?;
            self.holders.iter().try_for_each(|(number, holder)| {
                out.write_all(&number.to_le_bytes())?;
                out.write_all(&holder.0.to_repr())?;
                out.write_all(&holder.1.to_repr())
            })
        })?;
        Ok(())
    }
}

fn entry_of(bytes: &[u8]) -> Option<(u32, Holder)> {
    let number = u32::from_le_bytes(bytes[..4].try_into().ok()?);
    let element =
        |bytes: &[u8]| -> Option<Fr> { Option::from(Fr::from_repr(bytes.try_into().ok()?)) };
    Some((number, (element(&bytes[4..36])?, element(&bytes[36..])?)))
}

/// Every account of a book, a batch at a time.
fn for_each(book: &Book, mut tell: impl FnMut(u32, Holder)) -> Result<(), BookError> {
    for batch in &book.manifest.batches {
        for account in decoded(book, batch)? {
            tell(account.number, (account.customer, account.identity));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_read_as_it_was_written_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.bin");
        assert_eq!(Register::read(&path).unwrap(), Register::default());
        let holder = |n: u64| (Fr::from(n), Fr::from(n + 1));
        let holders = BTreeMap::from([(0, holder(5)), (7, holder(9)), (u32::MAX, holder(1))]);
        let register = Register { holders };
        register.write(&path).unwrap();
        assert_eq!(Register::read(&path).unwrap(), register);
        let good = std::fs::read(&path).unwrap();
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let error = Register::read(&path).unwrap_err().to_string();
            assert!(
                error.contains("register.bin") && error.contains("hint: "),
                "{error}"
            );
        };
        refused(&good[..good.len() - 1]);
        refused(b"zkmregi2");
        // Numbers ascend, and elements are below the modulus.
        let (first, second) = (8..8 + ENTRY, 8 + ENTRY..8 + 2 * ENTRY);
        refused(&[&good[..8], &good[second], &good[first]].concat());
        let mut large = good.clone();
        large[12..44].fill(0xff);
        refused(&large);
    }
}
