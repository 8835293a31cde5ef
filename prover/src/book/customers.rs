//! Whose the accounts of a book are: ids and nonces, in the order of the leaves.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `zkmcust2` |
//! | per account: 2 | bytes of the customer's id |
//! | per account: so many | the id, in UTF-8 |
//! | per account: 31 | the nonce, little-endian |
//!
//! The file stays with the venue. Whoever proves a batch gets digests of customers and not this.

use ff::PrimeField;
use zkmargin_engine::account::Customer;
use zkmargin_engine::commitment::BOOK_CAPACITY;
use zkmargin_engine::file::{read_bounded, write_private};
use zkmargin_engine::Fr;

use super::error::{BookError, REBUILD};
use super::folder::Folder;

const MAGIC: &[u8; 8] = b"zkmcust2";
/// Bytes of a nonce, which is below 2^248.
const NONCE: usize = 31;
/// Bytes of an account at most: an id has at most 256 characters.
const LONGEST: u64 = 2 + 4 * 256 + NONCE as u64;

/// Customers of a book that is being built.
pub(super) struct Writing {
    bytes: Vec<u8>,
}

impl Writing {
    pub fn new() -> Self {
        Writing {
            bytes: MAGIC.to_vec(),
        }
    }

    /// The customer of the next account.
    pub(super) fn push(&mut self, customer: &Customer) {
        let id = customer.id().as_bytes();
        // An id has at most 256 characters, of four bytes each.
        self.bytes
            .extend_from_slice(&(id.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(id);
        let nonce = customer.nonce().to_repr();
        self.bytes.extend_from_slice(&nonce[..NONCE]);
    }

    /// Writes the file, which nobody else may read.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), BookError> {
        write_private(&folder.customers_path(), |out| out.write_all(&self.bytes))?;
        Ok(())
    }
}

/// The customers of a book, in the order of its leaves.
///
/// # Errors
/// When the file cannot be read or is damaged.
pub(super) fn read(folder: &Folder) -> Result<Vec<Customer>, BookError> {
    let path = folder.customers_path();
    let bytes = read_bounded(&path, 8 + LONGEST * BOOK_CAPACITY as u64)?;
    let damaged = || BookError::folder(&path, "not the customers of a book", REBUILD);
    let mut rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
    let mut customers = Vec::new();
    while !rest.is_empty() {
        let (customer, behind) = first(rest).ok_or_else(damaged)?;
        customers.push(customer);
        rest = behind;
    }
    Ok(customers)
}

/// The customer at the beginning of `bytes`, and what is behind.
fn first(bytes: &[u8]) -> Option<(Customer, &[u8])> {
    let (length, rest) = bytes.split_at_checked(2)?;
    let length = u16::from_le_bytes(length.try_into().ok()?);
    let (id, rest) = rest.split_at_checked(length.into())?;
    let (nonce, rest) = rest.split_at_checked(NONCE)?;
    let mut repr = [0; 32];
    repr[..NONCE].copy_from_slice(nonce);
    let nonce = Option::from(Fr::from_repr(repr))?;
    let id = std::str::from_utf8(id).ok()?;
    let customer = Customer::new(id, nonce)?;
    // Only what was written: an id in its one form.
    (customer.id() == id).then_some((customer, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_there_and_back_and_damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        let customer = |id: &str, nonce: u64| Customer::new(id, Fr::from(nonce)).unwrap();
        let all = [customer("ann@example.com", 3), customer("caf\u{e9}", 4)];
        let mut writing = Writing::new();
        all.iter().for_each(|customer| writing.push(customer));
        writing.write(&folder).unwrap();
        assert_eq!(read(&folder).unwrap(), all);
        let path = folder.customers_path();
        let good = std::fs::read(&path).unwrap();
        for end in [0, 7, 9, 20, good.len() - 1] {
            std::fs::write(&path, &good[..end]).unwrap();
            let error = read(&folder).unwrap_err().to_string();
            assert!(error.contains("not the customers of a book"), "{error}");
            assert!(!error.contains("ann"), "{error}");
        }
        // Another way of writing an id is not what was written.
        let mut other = good;
        other[10] = b'A';
        std::fs::write(&path, &other).unwrap();
        assert!(read(&folder).is_err());
    }
}
