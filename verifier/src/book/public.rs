//! A published book, and the proofs of batches as they are stored.

use serde::{Deserialize, Serialize};
use zkmargin_engine::account::Position;
use zkmargin_engine::book::{AssetTotal, BatchStatement, Totals};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;

use super::inventory::{self, Holding};
use super::statement::StatementFile;
use super::wire::{AssetFile, Field, TotalsFile};
use crate::error::FieldError;

/// What a published book calls itself.
pub const BOOK_FORMAT: &str = "zkmargin-public-book";
const PROOF_FORMAT: &str = "zkmargin-batch-proof";
/// Of both.
const VERSION: u32 = 2;
/// No proof comes near this many bytes.
pub(super) const LONGEST_PROOF: u64 = 1 << 20;

/// A batch's statement and proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchProof {
    /// The statement.
    pub statement: BatchStatement,
    /// The proof.
    pub proof: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofFile {
    format: String,
    version: u32,
    statement: StatementFile,
    proof: String,
}

impl BatchProof {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let file = ProofFile {
            format: PROOF_FORMAT.to_owned(),
            version: VERSION,
            statement: StatementFile::new(&self.statement),
            proof: format!("0x{}", hex::encode(&self.proof)),
        };
        // A struct of strings and numbers always serialises.
        serde_json::to_vec(&file).unwrap_or_default()
    }

    /// Reads a file; `name` is for messages.
    ///
    /// # Errors
    /// When it is not what [`BatchProof::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, FieldError> {
        let field = Field { file: name };
        let file: ProofFile = field.parse(bytes, PROOF_FORMAT, VERSION)?;
        let proof = file.proof.strip_prefix("0x").map(hex::decode);
        let proof = match proof {
            Some(Ok(proof)) if proof.len() as u64 <= LONGEST_PROOF => proof,
            _ => return Err(field.wrong("proof", "not 0x and hexadecimal digits")),
        };
        Ok(BatchProof {
            statement: file.statement.read(&field, "statement")?,
            proof,
        })
    }
}

/// A batch as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBatch {
    /// What it proves.
    pub statement: BatchStatement,
    /// SHA-256 of its proof.
    pub proof: String,
}

/// A book as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBook {
    /// Number of the book among the venue's, from 0.
    pub number: u64,
    /// Time of the market, Unix seconds.
    pub time: u64,
    /// The moment at which the accounts were read, Unix seconds; not after `time`.
    pub cut_off: u64,
    /// Digest of the policy.
    pub policy: Fr,
    /// Digest of the market.
    pub market: Fr,
    /// Root of the book: what customers compare.
    pub root: Fr,
    /// Accounts.
    pub count: u64,
    /// Ratio in basis points.
    pub ratio: u16,
    /// Rows of a batch, as a power of two.
    pub k: u32,
    /// Sums over all accounts.
    pub totals: Totals,
    /// Gross quantities of every cash and spot asset.
    pub assets: Vec<AssetTotal>,
    /// What the venue holds itself, outside the book.
    pub inventory: Vec<Position>,
    /// The batches in order.
    pub batches: Vec<PublicBatch>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    format: String,
    version: u32,
    number: u64,
    time: u64,
    cut_off: u64,
    policy: String,
    market: String,
    root: String,
    count: u64,
    ratio: u16,
    k: u32,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
    inventory: Vec<Holding>,
    batches: Vec<BatchFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchFile {
    statement: StatementFile,
    proof: String,
}

impl PublicBook {
    /// The file.
    pub fn to_json(&self, policy: &Policy) -> String {
        let batch = |batch: &PublicBatch| BatchFile {
            statement: StatementFile::new(&batch.statement),
            proof: batch.proof.clone(),
        };
        let file = BookFile {
            format: BOOK_FORMAT.to_owned(),
            version: VERSION,
            number: self.number,
            time: self.time,
            cut_off: self.cut_off,
            policy: format_element(&self.policy),
            market: format_element(&self.market),
            root: format_element(&self.root),
            count: self.count,
            ratio: self.ratio,
            k: self.k,
            totals: TotalsFile::new(&self.totals),
            assets: self
                .assets
                .iter()
                .map(|a| AssetFile::named(a, policy))
                .collect(),
            inventory: inventory::written(&self.inventory, policy),
            batches: self.batches.iter().map(batch).collect(),
        };
        // A struct of strings and numbers always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a file with the market and the policy that it is about; `name` is for messages.
    ///
    /// # Errors
    /// When it is not what [`PublicBook::to_json`] writes, also for an asset whose name is not
    /// that of its id. Whether its parts agree is the business of [`super::check()`].
    pub fn from_json(
        text: &str,
        name: &str,
        (market, policy): (&Market, &Policy),
    ) -> Result<Self, FieldError> {
        let field = Field { file: name };
        let file: BookFile = field.parse(text.as_bytes(), BOOK_FORMAT, VERSION)?;
        let assets = file.assets.iter().enumerate();
        let assets = assets.map(|(n, asset)| {
            let path = format!("assets[{n}]");
            asset.check_name(&field, &path, policy)?;
            asset.read(&field, &path, policy)
        });
        let batches = file.batches.iter().enumerate().map(|(n, batch)| {
            let path = format!("batches[{n}]");
            let digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if batch.proof.len() != 64 || !batch.proof.bytes().all(digit) {
                // One spelling: the proof is a file of this name.
                let problem = "not a SHA-256 in lower-case hexadecimal";
                return Err(field.wrong(&format!("{path}.proof"), problem));
            }
            Ok(PublicBatch {
                statement: batch.statement.read(&field, &format!("{path}.statement"))?,
                proof: batch.proof.clone(),
            })
        });
        Ok(PublicBook {
            number: file.number,
            time: file.time,
            cut_off: file.cut_off,
            policy: field.element("policy", &file.policy)?,
            market: field.element("market", &file.market)?,
            root: field.element("root", &file.root)?,
            count: file.count,
            ratio: file.ratio,
            k: file.k,
            totals: file.totals.read(&field, "totals")?,
            assets: assets.collect::<Result<_, _>>()?,
            inventory: inventory::read(&file.inventory, (market, policy), name)?,
            batches: batches.collect::<Result<_, FieldError>>()?,
        })
    }
}
