//! A published book as it is read.

use std::path::{Path, PathBuf};

use zkmargin_engine::file::folder_of;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::kind::{self, FileKind};
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
        if let Some(mistaken) = kind::looked_again(book, FileKind::PublishedBook) {
            return Err(mistaken);
        }
        let (policy_from, policy) = match policy {
            Some(named) => (PathBuf::from(named), policy::load(named)?),
            None => {
                let path = beside.join("policy.toml");
                let policy = kind::read(&path, FileKind::Policy, Policy::from_toml)?;
                (path, policy)
            }
        };
        let market_from = market.cloned();
        let market_from = market_from.unwrap_or_else(|| beside.join("market.json"));
        let market = kind::read_market(&market_from, &policy)?;
        let book = kind::read(book, FileKind::PublishedBook, |text, file| {
            PublicBook::from_json(text, file, (&market, &policy))
        })?;
        Ok(PublishedBook {
            policy,
            policy_from,
            market,
            market_from,
            book,
        })
    }

    /// The `book.json` of a published folder.
    ///
    /// # Errors
    /// When there is none, with what the folder is instead.
    pub(crate) fn in_folder(public: &Path) -> Result<PathBuf, VerifyError> {
        let book = public.join("book.json");
        if book.exists() {
            return Ok(book);
        }
        let within = Some(folder_of(public))
            .filter(|folder| public.ends_with("public") && folder.join("book.json").is_file());
        let (problem, hint) = match (within, public.is_dir(), public.is_file()) {
            (_, _, true) => (
                "this is a file, and a folder is wanted here",
                "name the folder that the published book.json is in".to_owned(),
            ),
            (Some(folder), ..) => (
                "nothing is published of this book yet",
                format!("`zkmargin book prove {}` writes it", folder.display()),
            ),
            (None, true, _) => (
                "this folder holds no published book",
                "name the folder `public` of a book, or one with what it holds".to_owned(),
            ),
            (None, false, _) => (
                "there is no such folder",
                "check the path; `zkmargin book prove` writes the folder `public` of a book"
                    .to_owned(),
            ),
        };
        let folder = public.display().to_string();
        Err(VerifyError::NoBook {
            folder,
            problem,
            hint,
        })
    }
}
