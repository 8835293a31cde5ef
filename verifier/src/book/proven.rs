//! A published folder whose book holds: what may be repeated elsewhere, such as on chain.

use std::path::Path;

use zkmargin_engine::file::{read_bounded, FileError};
use zkmargin_engine::market::Market;

use super::folder::{folder_digest, Contents, FolderDigest};
use super::public::LONGEST_PROOF;
use super::{verify, Fault, PublicBook};
use crate::error::VerifyError;
use crate::key::BatchKey;

/// A published book under which nothing was found wrong, proofs and all, with the digest of its
/// folder. There is no other way to one than [`ProvenBook::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenBook {
    book: PublicBook,
    digest: FolderDigest,
}

impl ProvenBook {
    /// Reads a published folder and verifies it under a key, or says what is wrong with it.
    ///
    /// # Errors
    /// When a file cannot be read or used, or is not part of what is published.
    ///
    /// # Security
    /// Under a key of an insecure setup this shows nothing ([`BatchKey::is_insecure`]).
    pub fn read(
        folder: &Path,
        key: &dyn BatchKey,
    ) -> Result<Result<ProvenBook, Vec<Fault>>, VerifyError> {
        let Contents {
            policy,
            market,
            book,
            ..
        } = Contents::read(folder)?;
        let mut faults = verify_proofs(folder, &book, &market, key)?;
        for (what, same) in [
            ("policy", policy.digest() == book.policy),
            ("market", market.digest() == book.market),
        ] {
            let fault = Fault::Other { what };
            if !same && !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        if !faults.is_empty() {
            return Ok(Err(faults));
        }
        let digest = folder_digest(folder, &book)?;
        Ok(Ok(ProvenBook { book, digest }))
    }

    /// The book.
    pub fn book(&self) -> &PublicBook {
        &self.book
    }

    /// The digest of its folder.
    pub fn digest(&self) -> FolderDigest {
        self.digest
    }
}

/// Everything that is wrong with a book whose proofs lie in a published folder.
///
/// # Errors
/// When a proof cannot be read.
pub fn verify_proofs(
    folder: &Path,
    book: &PublicBook,
    market: &Market,
    key: &dyn BatchKey,
) -> Result<Vec<Fault>, FileError> {
    let proof = |batch: usize| {
        let name = format!("{}.bin", book.batches[batch].proof);
        read_bounded(&folder.join("proofs").join(name), LONGEST_PROOF)
    };
    let holds = |statement: &_, proof: &[u8]| key.holds(statement, proof);
    verify(book, market, key.table(), proof, holds)
}
