//! An account as its file has it: with or without what it is committed with.

use super::{Account, Customer, Entries, Position};
use crate::error::Error;
use crate::Fr;

/// For whom an account is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The customer.
    pub customer: Customer,
    /// Identity of the trader's secret, or zero: nobody can prove with the account.
    pub identity: Fr,
    /// Number that no other account of the venue ever has.
    pub number: u32,
}

/// What an account file says. A file of positions alone can be evaluated and not committed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFile {
    /// For whom the account is kept.
    pub holder: Option<Holder>,
    /// What hides the positions in the leaf; the accounts of a book get theirs when it is built.
    pub salt: Option<Fr>,
    /// Strictly ascending by id, no zero quantities, entry costs booked.
    pub positions: Vec<Position>,
    /// The entry prices that the file states.
    pub entries: Entries,
}

impl AccountFile {
    /// The account, committed to with the salt of the file; `file` names it in messages.
    ///
    /// # Errors
    /// A file that says no customer, or no salt.
    pub fn account(self, file: &str) -> Result<Account, Error> {
        if self.holder.is_none() {
            return Err(no_holder(file));
        }
        let salt = self.salt.ok_or_else(|| Error::MissingField {
            file: file.to_owned(),
            field: "salt".to_owned(),
            hint: "a leaf needs a salt of its own: 0x and what `openssl rand -hex 31` prints",
        })?;
        self.committed(file, |_| salt)
    }

    /// The account with the salt that a book gives its holder; `file` names it in messages.
    ///
    /// # Errors
    /// A file that says no customer.
    pub fn committed(self, file: &str, salt: impl FnOnce(&Holder) -> Fr) -> Result<Account, Error> {
        let holder = self.holder.ok_or_else(|| no_holder(file))?;
        Ok(Account {
            customer: holder.customer.digest(),
            identity: holder.identity,
            number: holder.number,
            salt: salt(&holder),
            positions: self.positions,
        })
    }
}

/// The error of positions alone, where a leaf is wanted.
fn no_holder(file: &str) -> Error {
    Error::MissingField {
        file: file.to_owned(),
        field: "customer".to_owned(),
        hint: "a leaf names customer, nonce, identity and account; positions alone can only be \
               evaluated",
    }
}
