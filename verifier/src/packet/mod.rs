//! A customer's own check that he is counted: hashes only, no key and no proof system.
//!
//! A venue hands every customer a packet: all his accounts as they were counted, each with its place
//! in the book and the hashes beside its path to the root. From these and from what the customer
//! brought, his id, every leaf follows, and from the leaves the root; if it is the one that the venue
//! published, his positions are part of what the venue proves. The packet holds the salts of the
//! accounts, so it is for the customer alone. It holds no secret: nobody can prove with it.

mod entered;
mod file;
#[cfg(test)]
mod tests;

pub use entered::Entered;

use std::collections::{BTreeMap, BTreeSet};

use zkmargin_engine::account::{Account, Customer};
use zkmargin_engine::commitment::tree::ARITY;
use zkmargin_engine::commitment::{Inclusion, BOOK_CAPACITY, BOOK_DEPTH};
use zkmargin_engine::market::InstrumentId;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// An account of a packet and where it stands. `Debug` shows the positions only.
#[derive(Clone, PartialEq, Eq)]
pub struct Placed {
    /// The account as it was counted; its customer is the packet's.
    pub account: Account,
    /// What the venue calls the instrument of each position; not committed to, so never shown, and
    /// compared with what the ids are called.
    pub names: Vec<String>,
    /// At what prices its linear positions were entered and marked; what the entries come to is
    /// committed to, each alone is not.
    pub entered: BTreeMap<InstrumentId, Entered>,
    /// Its place in the book.
    pub place: Inclusion,
}

impl std::fmt::Debug for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placed")
            .field("account", &self.account)
            .field("index", &self.place.index)
            .finish_non_exhaustive()
    }
}

/// What a customer gets: all his accounts, never netted. `Debug` shows the positions only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The customer.
    pub customer: Customer,
    /// His accounts, one at least.
    pub accounts: Vec<Placed>,
    /// Accounts of the book.
    pub count: u64,
    /// Root of the book.
    pub root: Fr,
    /// Digest of the policy that the book was built with.
    pub policy: Fr,
    /// Digest of the market that the book was built with.
    pub market: Fr,
    /// Time of that market, Unix seconds.
    pub time: u32,
    /// When the venue read the accounts, Unix seconds, not after `time`.
    pub cut_off: u64,
}

/// Why a packet does not say which account is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotOne {
    /// No number was named, and several are of the identity.
    #[error("the accounts {numbers:?} of the packet are all of your identity")]
    Several {
        /// Their numbers.
        numbers: Vec<u32>,
    },
    /// No number was named, and none is of the identity.
    #[error("the packet has the accounts {numbers:?}, and none of them has your identity")]
    NoneYours {
        /// Their numbers.
        numbers: Vec<u32>,
    },
    /// There is no account of the number, or several.
    #[error("the packet has no account {number} that stands in it once; it has {numbers:?}")]
    None {
        /// The number that was named.
        number: u32,
        /// Those that there are.
        numbers: Vec<u32>,
    },
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
        "the account in the packet is not the one that the path belongs to: customer, identity, \
         salt, place, or some position or quantity was counted differently"
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
    /// The customer named another policy than the packet's.
    #[error(
        "the policy that you named is not that of the packet: what it calls the underlyings may be \
         false"
    )]
    OtherPolicy,
    /// The customer named another id than the packet's.
    #[error("the packet is another customer's: its accounts are counted for somebody else")]
    OtherCustomer,
    /// The packet is about another policy or market than the book published.
    #[error("the packet names another {what} than the book published")]
    Other {
        /// `policy`, `market`, `number of accounts`, `time of the market` or `cut-off`.
        what: &'static str,
    },
    /// One account stands in the packet twice.
    #[error("account {number} stands in the packet twice: every account has a number of its own")]
    Twice {
        /// Its number.
        number: u32,
    },
    /// Somebody else can prove with the account.
    #[error(
        "the identity of account {number} is neither yours nor none: somebody else can prove with \
         this account"
    )]
    Identity {
        /// Number of the account.
        number: u32,
    },
    /// The packet calls a position something else than what was counted.
    #[error("the packet calls a position {text:?}, and what was counted is {name}")]
    Name {
        /// The packet's text, cut short if long.
        text: String,
        /// Name of the position's id.
        name: String,
    },
    /// A perpetual or a future without an entry price.
    #[error(
        "the packet does not say at what price {name} of account {number} was entered, so that \
         nobody can tell what it gained"
    )]
    NoEntry {
        /// Number of the account.
        number: u32,
        /// Name of the position's id.
        name: String,
    },
    /// Entry prices that do not come to what was counted.
    #[error(
        "the entry prices of account {number} come to {stated} USD in USD-SETTLEMENT, and {counted} \
         were counted: an entry price, and the gain that follows from it, is another than the book's"
    )]
    Entries {
        /// Number of the account.
        number: u32,
        /// −Σ quantity·entry in USD, each rounded down to 1e-8.
        stated: String,
        /// The position in entry costs, in USD.
        counted: String,
    },
    /// A mark that is not the market's.
    #[error(
        "the packet marks {name} of account {number} at another price than the published market, \
         so that its gain is another"
    )]
    Mark {
        /// Number of the account.
        number: u32,
        /// Name of the position's instrument.
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
    /// Time of the market, Unix seconds.
    pub time: Option<u64>,
    /// When the accounts were read, Unix seconds.
    pub cut_off: Option<u64>,
}

impl Packet {
    /// The account of a number; where none is named, the only one, or the only one of an identity.
    ///
    /// # Errors
    /// [`NotOne`].
    pub fn account(&self, number: Option<u32>, own: Fr) -> Result<&Placed, NotOne> {
        if let (None, [only]) = (number, self.accounts.as_slice()) {
            return Ok(only);
        }
        let wanted = |placed: &&Placed| match number {
            Some(number) => placed.account.number == number,
            None => placed.account.identity == own,
        };
        let found: Vec<&Placed> = self.accounts.iter().filter(wanted).collect();
        let all: Vec<&Placed> = self.accounts.iter().collect();
        let numbers = |of: &[&Placed]| of.iter().map(|p| p.account.number).collect();
        match (found.as_slice(), number) {
            ([only], _) => Ok(only),
            (_, Some(number)) => Err(NotOne::None {
                number,
                numbers: numbers(&all),
            }),
            ([], None) => Err(NotOne::NoneYours {
                numbers: numbers(&all),
            }),
            (several, None) => Err(NotOne::Several {
                numbers: numbers(several),
            }),
        }
    }

    /// Whether every account is the customer's and counted at its place under the root that the
    /// packet names, none twice, and whether that is the published root, where it is given. The
    /// root. With the packet's `policy`, whose symbols names are made of, also whether it calls
    /// every position what it is, and whether the entry prices come to the entry costs that were
    /// counted.
    ///
    /// # Errors
    /// [`NotCounted`].
    pub fn check(&self, published: &Published, policy: Option<&Policy>) -> Result<Fr, NotCounted> {
        let mut numbers = BTreeSet::new();
        for Placed { account, .. } in &self.accounts {
            if !numbers.insert(account.number) {
                let number = account.number;
                return Err(NotCounted::Twice { number });
            }
        }
        let customer = self.customer.digest();
        for placed in &self.accounts {
            placed.check(customer, self)?;
        }
        self.compare(published)?;
        if let Some(policy) = policy {
            for placed in &self.accounts {
                placed.names_fit(policy)?;
                placed.check_entries(policy)?;
            }
        }
        Ok(self.root)
    }

    /// Whether the customer is the one of an id, in any form that [`Customer::id`] normalises.
    ///
    /// # Errors
    /// [`NotCounted::OtherCustomer`].
    pub fn check_customer(&self, id: &str) -> Result<(), NotCounted> {
        let named = Customer::new(id, self.customer.nonce());
        match named.as_ref() == Some(&self.customer) {
            true => Ok(()),
            false => Err(NotCounted::OtherCustomer),
        }
    }

    /// Whether nobody but the customer, whose identity is `own`, can prove with his accounts.
    ///
    /// # Errors
    /// [`NotCounted::Identity`].
    pub fn check_identity(&self, own: Fr) -> Result<(), NotCounted> {
        let foreign =
            |account: &Account| account.identity != Fr::from(0) && account.identity != own;
        let mut accounts = self.accounts.iter().map(|placed| &placed.account);
        match accounts.find(|account| foreign(account)) {
            None => Ok(()),
            Some(Account { number, .. }) => Err(NotCounted::Identity { number: *number }),
        }
    }

    fn compare(&self, published: &Published) -> Result<(), NotCounted> {
        if published.root.is_some_and(|root| root != self.root) {
            return Err(NotCounted::OtherBook);
        }
        for (what, other) in [
            ("policy", published.policy.is_some_and(|p| p != self.policy)),
            ("market", published.market.is_some_and(|m| m != self.market)),
            (
                "number of accounts",
                published.count.is_some_and(|c| c != self.count),
            ),
            (
                "time of the market",
                published.time.is_some_and(|t| t != u64::from(self.time)),
            ),
            (
                "cut-off",
                published.cut_off.is_some_and(|c| c != self.cut_off),
            ),
        ] {
            if other {
                return Err(NotCounted::Other { what });
            }
        }
        Ok(())
    }
}

impl Placed {
    /// Whether the account is counted in the packet's book as one of the customer's.
    fn check(&self, customer: Fr, packet: &Packet) -> Result<(), NotCounted> {
        let Inclusion { index, count, .. } = self.place;
        if index >= count || count != packet.count || count > BOOK_CAPACITY as u64 {
            return Err(NotCounted::Place { index, count });
        }
        if self.place.path.len() != BOOK_DEPTH {
            let found = self.place.path.len();
            return Err(NotCounted::Length { found });
        }
        if self.account.customer != customer {
            return Err(NotCounted::Account);
        }
        let leaf = self.account.leaf();
        let root = self.place.root(leaf).ok_or_else(|| self.broken(leaf))?;
        match root == packet.root {
            true => Ok(()),
            false => Err(NotCounted::Root),
        }
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
