//! The verdict on a venue's book: what its batches say together, and readers of what is published.
//!
//! A proof speaks for its own batch. That every account is in exactly one batch, that the batches
//! are of one book, that nothing is open between them and that they add up to what the book says
//! is [`check`]ed here without any key; [`verify()`] asks a key for the proofs too.
//!
//! | file | what |
//! |---|---|
//! | `public/book.json` | [`PublicBook`]: root, totals, and the statement of every batch |
//! | `public/market.json`, `public/policy.toml` | what prices and margins follow from |
//! | `public/proofs/<sha256>.bin` | proofs, by their content |
//!
//! All of it is one number, the [`folder_digest`]; a [`ProvenBook`] is one that holds.
//!
//! Money is in USD, quantities in contracts, as decimals without rounding. Instruments have the
//! names that follow from their ids ([`zkmargin_engine::market::InstrumentId::name`]), not those
//! of the market file, which nothing commits to.

mod check;
mod fault;
mod folder;
pub mod inventory;
mod parallel;
mod proven;
mod public;
mod statement;
mod sums;
mod wire;

use sha2::{Digest, Sha256};

pub use check::{check, tree_root, verify};
pub use fault::Fault;
pub use folder::{folder_digest, FolderDigest};
pub use proven::{verify_proofs, ProvenBook};
pub use public::{BatchProof, PublicBatch, PublicBook, BOOK_FORMAT};
pub use statement::{statement_digest, StatementFile};
pub use sums::add_up;
pub use wire::{AssetFile, TotalsFile};

/// SHA-256 in hexadecimal: the name of a proof.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
