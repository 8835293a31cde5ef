//! The proof bundle: a JSON file with the statement by name, the key id and the proof.

use zkmargin_engine::size::Size;
use zkmargin_engine::statement::{Row, Statement, BUFFER_BITS};
use zkmargin_engine::units::{format_element, format_money, parse_element, parse_money};

use crate::proof_file::{ProofFile, ProofFileError, StatementFile};

pub use crate::proof_file::{LONGEST_PROOF, VERSION};

/// A proof with everything that a verifier needs and nothing that he must not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Name of the key.
    pub key: String,
    /// Size of the circuit.
    pub size: Size,
    /// What is proven.
    pub statement: Statement,
    /// The proof.
    pub proof: Vec<u8>,
}

impl Bundle {
    /// The file's text.
    pub fn to_json(&self) -> String {
        let s = &self.statement;
        ProofFile {
            key: self.key.clone(),
            size: self.size.name().to_owned(),
            statement: StatementFile {
                policy: format_element(&s.policy),
                market: format_element(&s.market),
                book: format_element(&s.book),
                nullifier: format_element(&s.nullifier),
                scope: format_element(&s.scope),
                message: format_element(&s.message),
                ratio: s.ratio.to_string(),
                buffer: format_money(s.buffer as i128),
            },
            proof: self.proof.clone(),
        }
        .to_json()
    }

    /// Reads a bundle from a file's text.
    ///
    /// # Errors
    /// [`ProofFileError`] with the field and what is wrong with it.
    pub fn from_json(text: &str, file: &str) -> Result<Self, ProofFileError> {
        let bad = |field: &str, problem: String, hint: &str| ProofFileError {
            file: file.to_owned(),
            field: field.to_owned(),
            problem,
            hint: hint.to_owned(),
        };
        let raw = ProofFile::from_json(text, file)?;
        let size = raw.size.parse().map_err(|_| {
            let problem = format!("unknown size `{}`", raw.size);
            bad("size", problem, "small, standard or large")
        })?;
        let s = &raw.statement;
        let field = |row: Row, text: &str| {
            parse_element(text).map_err(|e| {
                bad(
                    &format!("statement.{}", row.name()),
                    e.to_string(),
                    "64 hexadecimal digits after 0x, below the field's modulus",
                )
            })
        };
        let ratio = canonical_ratio(&s.ratio).ok_or_else(|| {
            let problem = format!("`{}` is no whole number below 65536", s.ratio);
            bad(
                "statement.ratio",
                problem,
                "basis points, 10000 is the initial margin",
            )
        })?;
        let buffer = parse_money(&s.buffer)
            .ok()
            .and_then(|b| u128::try_from(b).ok())
            .filter(|b| b >> BUFFER_BITS == 0)
            .ok_or_else(|| {
                let problem = format!("`{}` is no amount of USD of at least 0", s.buffer);
                bad(
                    "statement.buffer",
                    problem,
                    "a decimal number with up to 8 decimals",
                )
            })?;
        let statement = Statement {
            policy: field(Row::Policy, &s.policy)?,
            market: field(Row::Market, &s.market)?,
            book: field(Row::Book, &s.book)?,
            nullifier: field(Row::Nullifier, &s.nullifier)?,
            scope: field(Row::Scope, &s.scope)?,
            message: field(Row::Message, &s.message)?,
            ratio,
            buffer,
        };
        Ok(Bundle {
            key: raw.key,
            size,
            statement,
            proof: raw.proof,
        })
    }
}

fn canonical_ratio(text: &str) -> Option<u16> {
    let ratio: u16 = text.parse().ok()?;
    (ratio.to_string() == text).then_some(ratio)
}
