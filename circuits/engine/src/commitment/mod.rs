//! Commitments: Poseidon digests, 8-ary trees, account leaves and books.
//!
//! Every digest of eight inputs carries a domain tag ([`tag`]), so that no value made for one
//! use is valid in another.

pub mod params;
pub mod poseidon;
mod sparse;
pub mod tree;

pub use poseidon::{hash2, hash8, state8};
pub use tree::{
    book_root, root_of_path, Book, Inclusion, Tree, BOOK_CAPACITY, BOOK_DEPTH, MARKET_CAPACITY,
    MARKET_DEPTH,
};

/// Domain tags, the capacity element of each hash. 3, 4 and 7 were those of leaves and nullifiers
/// of version 1, which held the secret: they are never used again.
pub mod tag {
    /// Inner node of the tree over market rows.
    pub const MARKET_NODE: u64 = 1;
    /// Market digest.
    pub const MARKET: u64 = 2;
    /// Inner node of the tree over account leaves.
    pub const BOOK_NODE: u64 = 5;
    /// Book root.
    pub const BOOK: u64 = 6;
    /// Commitment of a secret that masks of a book's batches are made of.
    pub const MASK_SECRET: u64 = 8;
    /// Point where words of open interest are evaluated.
    pub(crate) const OPEN_INTEREST: u64 = 9;
    /// Digest of what a venue holds itself.
    pub(crate) const INVENTORY: u64 = 10;
    /// First link of the chain that makes an account leaf.
    pub const LEAF: u64 = 11;
    /// Every further link of that chain.
    pub const LEAF_LINK: u64 = 12;
    /// Identity of a trader.
    pub const IDENTITY: u64 = 13;
    /// Nullifier of an account.
    pub const NULLIFIER: u64 = 14;
    /// Digest of a customer.
    pub(crate) const CUSTOMER: u64 = 15;
    /// Salt of an account in a book.
    pub(crate) const SALT: u64 = 16;
    /// Masks of a book's batches.
    pub const MASKS: u64 = 17;
}
