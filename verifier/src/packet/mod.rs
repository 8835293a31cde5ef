//! A customer's own check that he is counted: hashes only, no key and no proof system.
//!
//! A venue hands every customer a packet: his account as it was counted, its place in the book,
//! and the hashes beside its path to the root. From these the root follows; if it is the one that
//! the venue published, his positions are part of what the venue proves. The packet holds the
//! account's secret, so it is for the customer alone.

mod file;
#[cfg(test)]
mod tests;

use zkmargin_engine::account::Account;
use zkmargin_engine::commitment::tree::ARITY;
use zkmargin_engine::commitment::{Inclusion, BOOK_CAPACITY, BOOK_DEPTH};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// What a customer gets. `Debug` shows the positions only.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// The account as it was counted.
    pub account: Account,
    /// What the venue calls the instrument of each position; not committed to, so never shown, and
    /// compared with what the ids are called.
    pub names: Vec<String>,
    /// Its place in the book.
    pub place: Inclusion,
    /// Root of the book.
    pub root: Fr,
    /// Digest of the policy that the book was built with.
    pub policy: Fr,
    /// Digest of the market that the book was built with.
    pub market: Fr,
}

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packet")
            .field("account", &self.account)
            .field("index", &self.place.index)
            .finish_non_exhaustive()
    }
}

/// Why an account is not counted where the packet says: a definite no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCounted {
    /// The place is not one of the book's.
    #[error("the packet places the account at {index}, and the book has {count} accounts")]
    Place {
        /// Index in the packet.
        index: u64,
        /// Accounts of the book.
        count: u64,
    },
    /// The path has another length than every path in a book.
    #[error("the path has {found} levels, in a book it has 10")]
    Length {
        /// Levels of the path.
        found: usize,
    },
    /// The account is not at the beginning of the path, or the path is broken.
    #[error(
        "the account in the packet is not the one that the path belongs to: some position, \
         quantity or number of it was counted differently"
    )]
    Account,
    /// The path leads to another root than the packet names.
    #[error("the path leads to another root than the packet names")]
    Root,
    /// The packet is about another root than the one published.
    #[error("the packet is of another book than the one published")]
    OtherBook,
    /// The customer named another root than the packet's.
    #[error(
        "the root that you named is not that of the packet: check its digits, and that both are of \
         the same book"
    )]
    OtherRoot,
    /// The packet is about another policy or market than the book published.
    #[error("the packet names another {what} than the book published")]
    Other {
        /// `policy`, `market` or `number of accounts`.
        what: &'static str,
    },
    /// The packet calls a position something else than what was counted.
    #[error("the packet calls a position {text:?}, and what was counted is {name}")]
    Name {
        /// The packet's text, cut short if long.
        text: String,
        /// Name of the position's id.
        name: String,
    },
}

/// What a venue published about a book, as far as a customer compares it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Root of the book.
    pub root: Option<Fr>,
    /// Digest of the policy.
    pub policy: Option<Fr>,
    /// Digest of the market.
    pub market: Option<Fr>,
    /// Accounts.
    pub count: Option<u64>,
}

impl Packet {
    /// Whether the account is counted at its place under the root that the packet names, and
    /// whether that is the published one, where it is given. The root. With the packet's `policy`,
    /// whose symbols names are made of, also whether it calls every position what it is.
    ///
    /// # Errors
    /// [`NotCounted`].
    pub fn check(&self, published: &Published, policy: Option<&Policy>) -> Result<Fr, NotCounted> {
        let Inclusion { index, count, .. } = self.place;
        if index >= count || count > BOOK_CAPACITY as u64 {
            return Err(NotCounted::Place { index, count });
        }
        if self.place.path.len() != BOOK_DEPTH {
            let found = self.place.path.len();
            return Err(NotCounted::Length { found });
        }
        let leaf = self.account.leaf();
        let root = self.place.root(leaf).ok_or_else(|| self.broken(leaf))?;
        if root != self.root {
            return Err(NotCounted::Root);
        }
        if published.root.is_some_and(|published| published != root) {
            return Err(NotCounted::OtherBook);
        }
        for (what, other) in [
            ("policy", published.policy.is_some_and(|p| p != self.policy)),
            ("market", published.market.is_some_and(|m| m != self.market)),
            (
                "number of accounts",
                published.count.is_some_and(|c| c != count),
            ),
        ] {
            if other {
                return Err(NotCounted::Other { what });
            }
        }
        policy.map_or(Ok(()), |policy| self.names_fit(policy))?;
        Ok(root)
    }

    fn names_fit(&self, policy: &Policy) -> Result<(), NotCounted> {
        for (position, text) in self.account.positions.iter().zip(&self.names) {
            let name = position.id.name(policy);
            if *text != name {
                let text = text.chars().take(64).collect();
                return Err(NotCounted::Name { text, name });
            }
        }
        Ok(())
    }

    /// Which end of a path that does not hold together is to blame.
    fn broken(&self, leaf: Fr) -> NotCounted {
        let at = (self.place.index % ARITY as u64) as usize;
        match self.place.path.first() {
            Some(level) if level[at] == leaf => NotCounted::Root,
            _ => NotCounted::Account,
        }
    }
}
