//! A published book as it is read.

use std::path::{Path, PathBuf};

use zkmargin_engine::file::read_text;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::options::{self, LONGEST_INPUT};
use super::policy;
use crate::book::PublicBook;
use crate::error::VerifyError;

/// A published book with the policy and the market that it is read with. Whether these are the
/// book's is for the command to say.
pub struct PublishedBook {
    /// The policy.
    pub policy: Policy,
    /// Where the policy is from: a file, or a name in this program.
    pub policy_from: PathBuf,
    /// The market.
    pub market: Market,
    /// Its file.
    pub market_from: PathBuf,
    /// The book.
    pub book: PublicBook,
}

impl PublishedBook {
    /// Reads a published `book.json`. Policy and market are the ones named, else those beside it.
    ///
    /// # Errors
    /// When a file cannot be read or used.
    pub fn read(
        book: &Path,
        market: Option<&PathBuf>,
        policy: Option<&String>,
    ) -> Result<Self, VerifyError> {
        let beside = book.parent().unwrap_or(Path::new("."));
        let (policy_from, policy) = match policy {
            Some(named) => (PathBuf::from(named), policy::load(named)?),
            None => {
                let path = beside.join("policy.toml");
                let text = read_text(&path, LONGEST_INPUT)?;
                let policy = Policy::from_toml(&text, &path.display().to_string())?;
                (path, policy)
            }
        };
        let market_from = market.cloned();
        let market_from = market_from.unwrap_or_else(|| beside.join("market.json"));
        let market = options::market(&market_from, &policy)?;
        let text = read_text(book, LONGEST_INPUT)?;
        let book = PublicBook::from_json(&text, &book.display().to_string(), (&market, &policy))?;
        Ok(PublishedBook {
            policy,
            policy_from,
            market,
            market_from,
            book,
        })
    }
}
