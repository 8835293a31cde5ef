//! What a book's folder says that it holds: `book.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use zkmargin_engine::account::Position;
use zkmargin_engine::book::BatchStatement;
use zkmargin_engine::file::read_text;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_element, parse_element};
use zkmargin_engine::Fr;
use zkmargin_verifier::book::inventory::{self, Holding};
use zkmargin_verifier::book::statement_digest;

use super::error::{BookError, REBUILD};

/// Tells a book's manifest from other JSON.
const FORMAT: &str = "zkmargin-book";
const VERSION: u32 = 3;
/// No text file of a folder comes near this many bytes.
pub(super) const LONGEST_TEXT: u64 = 64 << 20;

/// What a book consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Number of the book among those of the folder, from 0.
    pub number: u64,
    /// The moment at which the accounts were read, Unix seconds.
    pub cut_off: u64,
    /// What every salt of this book is made with, beside the seed.
    pub nonce: Fr,
    /// Digest of the policy.
    pub policy: Fr,
    /// Digest of the market.
    pub market: Fr,
    /// Accounts.
    pub count: u64,
    /// Root of the book.
    pub root: Fr,
    /// Rows of a batch, as a power of two.
    pub k: u32,
    /// Ratio in basis points.
    pub ratio: u16,
    /// What the venue holds itself, outside the book.
    pub inventory: Vec<Position>,
    /// The batches in order.
    pub batches: Vec<Batch>,
}

/// A batch of a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Its number, from 0.
    pub number: usize,
    /// Index of its first account.
    pub first: u64,
    /// Its accounts.
    pub accounts: u64,
    /// SHA-256 of its input.
    pub input: String,
    /// SHA-256 of what its proof must say.
    pub statement: String,
}

impl Batch {
    /// Whether a statement is that of the batch, in every number: the venue computed it from the accounts
    /// when it built the book. Whoever proves has the secrets of the masks. He could take others, count
    /// more accounts as failing or raise what is owed, and his proof would hold.
    ///
    /// # Errors
    /// When it is another.
    pub fn check(&self, statement: &BatchStatement) -> Result<(), BookError> {
        match statement_digest(statement) == self.statement {
            true => Ok(()),
            false => Err(BookError::Proof {
                number: self.number,
                problem: "the proof says something else than the accounts of the batch".to_owned(),
            }),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    format: String,
    version: u32,
    pub number: u64,
    pub cut_off: u64,
    pub nonce: String,
    policy: String,
    market: String,
    pub count: u64,
    pub root: String,
    k: u32,
    ratio: u16,
    inventory: Vec<Holding>,
    batches: Vec<Batch>,
}

impl Manifest {
    /// The file.
    pub(super) fn to_json(&self, policy: &Policy) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            number: self.number,
            cut_off: self.cut_off,
            nonce: format_element(&self.nonce),
            policy: format_element(&self.policy),
            market: format_element(&self.market),
            count: self.count,
            root: format_element(&self.root),
            k: self.k,
            ratio: self.ratio,
            inventory: inventory::written(&self.inventory, policy),
            batches: self.batches.clone(),
        };
        // A struct of strings and numbers always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads the file of a book of this market and policy.
    ///
    /// # Errors
    /// When it cannot be read, or is of another format.
    pub(super) fn read(
        path: &Path,
        market: &Market,
        policy: &Policy,
    ) -> Result<Manifest, BookError> {
        let file = File::read(path)?;
        let name = path.display().to_string();
        let bad = |problem: String| BookError::folder(path, problem, REBUILD);
        let element = |field: &str, text: &str| {
            parse_element(text).map_err(|e| bad(format!("{field} = {text:?}: {e}")))
        };
        Ok(Manifest {
            number: file.number,
            cut_off: file.cut_off,
            // Not shown: with the seed it gives every salt.
            nonce: parse_element(&file.nonce).map_err(|e| bad(format!("nonce: {e}")))?,
            policy: element("policy", &file.policy)?,
            market: element("market", &file.market)?,
            count: file.count,
            root: element("root", &file.root)?,
            k: file.k,
            ratio: file.ratio,
            inventory: inventory::read(&file.inventory, (market, policy), &name)?,
            batches: file.batches,
        })
    }
}

impl File {
    /// Reads the file, whose market and policy are not known yet.
    ///
    /// # Errors
    /// When it cannot be read, or is of another format.
    pub(super) fn read(path: &Path) -> Result<File, BookError> {
        let text = read_text(path, LONGEST_TEXT)?;
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let bad = |problem: String| BookError::folder(path, problem, REBUILD);
        // Before anything else: another version has other fields.
        let Head { format, version } =
            serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if format != FORMAT || version != VERSION {
            return Err(bad(format!(
                "format {format:?}, version {version}: this program reads {FORMAT} {VERSION}"
            )));
        }
        serde_json::from_str(&text).map_err(|e| bad(e.to_string()))
    }
}
