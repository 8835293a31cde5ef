//! The proof bundle: a JSON file with the statement by name, the key id and the proof.

use serde::{Deserialize, Serialize};
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::{Row, Statement, BUFFER_BITS};
use zkmargin_engine::units::{format_element, parse_element, parse_money};

use crate::error::FieldError;
use crate::no::usd;
use crate::transcript;

/// Version of the format.
pub(crate) const VERSION: u32 = 2;
/// No proof comes near this many bytes.
pub const LONGEST_PROOF: usize = 64 * 1024;

/// A proof with everything that a verifier needs and nothing that he must not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Name of the key.
    pub key: String,
    /// Size of the circuit.
    pub size: Size,
    /// What is proven.
    pub statement: Statement,
    /// The proof, in the compact encoding.
    pub proof: Vec<u8>,
}

/// A statement in words, named like its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct StatementFile {
    pub policy: String,
    pub market: String,
    pub book: String,
    pub nullifier: String,
    pub scope: String,
    pub message: String,
    pub ratio: String,
    pub buffer: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    transcript: String,
    key: String,
    size: String,
    statement: StatementFile,
    proof: String,
}

#[derive(Deserialize)]
struct AnyVersion {
    version: u32,
}

impl StatementFile {
    /// A statement in words.
    pub fn new(statement: &Statement) -> Self {
        StatementFile {
            policy: format_element(&statement.policy),
            market: format_element(&statement.market),
            book: format_element(&statement.book),
            nullifier: format_element(&statement.nullifier),
            scope: format_element(&statement.scope),
            message: format_element(&statement.message),
            ratio: statement.ratio.to_string(),
            buffer: usd(statement.buffer),
        }
    }

    fn read(&self, file: &str) -> Result<Statement, FieldError> {
        let bad = |row: Row, problem: String, hint| {
            FieldError::new(file, &format!("statement.{}", row.name()), problem, hint)
        };
        let field = |row: Row, text: &str| {
            let hint = "64 hexadecimal digits after 0x, below the field's modulus";
            parse_element(text).map_err(|e| bad(row, e.to_string(), hint))
        };
        let ratio = canonical_ratio(&self.ratio).ok_or_else(|| {
            let problem = format!("`{}` is no whole number below 65536", self.ratio);
            let hint = "basis points, 10000 is the initial margin";
            bad(Row::Ratio, problem, hint)
        })?;
        let buffer = parse_money(&self.buffer).ok();
        let buffer = buffer.and_then(|b| u128::try_from(b).ok());
        let buffer = buffer.filter(|b| b >> BUFFER_BITS == 0).ok_or_else(|| {
            let problem = format!("`{}` is no amount of USD of at least 0", self.buffer);
            let hint = "a decimal number with up to 8 decimals";
            bad(Row::Buffer, problem, hint)
        })?;
        Ok(Statement {
            policy: field(Row::Policy, &self.policy)?,
            market: field(Row::Market, &self.market)?,
            book: field(Row::Book, &self.book)?,
            nullifier: field(Row::Nullifier, &self.nullifier)?,
            scope: field(Row::Scope, &self.scope)?,
            message: field(Row::Message, &self.message)?,
            ratio,
            buffer,
        })
    }
}

impl Bundle {
    /// The file's text.
    pub fn to_json(&self) -> String {
        let file = File {
            version: VERSION,
            transcript: transcript::NAME.to_owned(),
            key: self.key.clone(),
            size: self.size.name().to_owned(),
            statement: StatementFile::new(&self.statement),
            proof: format!("0x{}", hex::encode(&self.proof)),
        };
        // A struct of strings always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a bundle from a file's text; `file` names it in messages.
    ///
    /// # Errors
    /// [`FieldError`] with the field and what is wrong with it.
    pub fn from_json(text: &str, file: &str) -> Result<Self, FieldError> {
        let bad = |field: &str, problem: String, hint| FieldError::new(file, field, problem, hint);
        let not_json = |e: serde_json::Error| {
            let hint = "a bundle is the file that `zkmargin prove` writes";
            bad("(json)", e.to_string(), hint)
        };
        // Other versions have other fields, so this one is read before all others.
        let AnyVersion { version } = serde_json::from_str(text).map_err(not_json)?;
        if version != VERSION {
            let problem = format!("version {version} is not supported");
            let hint = "this program reads version 2; make the proof again with this version";
            return Err(bad("version", problem, hint));
        }
        let raw: File = serde_json::from_str(text).map_err(not_json)?;
        if raw.transcript != transcript::NAME {
            let problem = format!("unknown transcript `{}`", raw.transcript);
            let hint = "proofs of this version use keccak256";
            return Err(bad("transcript", problem, hint));
        }
        let proof = raw.proof.strip_prefix("0x");
        let proof = proof.and_then(|digits| hex::decode(digits).ok());
        let proof = proof.ok_or_else(|| {
            let problem = "not hexadecimal digits after 0x".to_owned();
            bad("proof", problem, "copy the file again, it may be cut")
        })?;
        if proof.len() > LONGEST_PROOF {
            let problem = format!("{} bytes are too many", proof.len());
            return Err(bad("proof", problem, "a proof has about 5,000 bytes"));
        }
        let size = raw.size.parse().map_err(|_| {
            let problem = format!("unknown size `{}`", raw.size);
            bad("size", problem, "small, standard or large")
        })?;
        Ok(Bundle {
            key: raw.key,
            size,
            statement: raw.statement.read(file)?,
            proof,
        })
    }
}

fn canonical_ratio(text: &str) -> Option<u16> {
    let ratio: u16 = text.parse().ok()?;
    (ratio.to_string() == text).then_some(ratio)
}
