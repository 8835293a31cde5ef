//! What the files of other venues show: it counts for neither.

use std::collections::BTreeSet;

use alloy_primitives::B256;

use super::super::custody::Place;
use super::super::place::Holder;
use super::{agreements, Reading};
use zkmargin_prover::book::error::BookError;

/// Addresses and agreements in the files of other venues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// The addresses.
    pub holders: BTreeSet<Holder>,
    /// The agreements, by vault and name.
    pub custody: BTreeSet<(Place, B256)>,
}

/// What a file of another venue shows, whatever book and market it is about.
///
/// # Errors
/// For what is not of the form, and an address out of form.
pub fn others(text: &str, name: &str) -> Result<Others, BookError> {
    let read = Reading { file: name };
    let file = read.file(text)?;
    let mut holders = BTreeSet::new();
    for (list, entries) in [
        ("assets", &file.assets),
        ("insurance_fund", &file.insurance_fund),
    ] {
        for (n, entry) in entries.iter().enumerate() {
            let path = format!("{list}[{n}]");
            let token = read.token(&path, entry.token.as_deref())?;
            for (i, address) in entry.addresses.iter().enumerate() {
                holders.insert(read.holder(&format!("{path}.addresses[{i}]"), address, token)?);
            }
        }
    }
    let custody = agreements::names(&read, &file.custody)?;
    Ok(Others { holders, custody })
}
