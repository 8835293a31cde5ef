//! The proof bundle: a JSON file with the statement by name, the key id and the proof.

use serde::{Deserialize, Serialize};
use zkmargin_circuits::circuit::Size;
use zkmargin_circuits::statement::{Row, Statement, BUFFER_BITS};
use zkmargin_circuits::units::{format_element, format_money, parse_element, parse_money};

use crate::error::VerifierError;
use crate::transcript;

/// Version of the format.
pub const VERSION: u32 = 2;
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
    /// The proof.
    pub proof: Vec<u8>,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementFile {
    policy: String,
    market: String,
    book: String,
    nullifier: String,
    scope: String,
    message: String,
    ratio: String,
    buffer: String,
}

impl Bundle {
    /// The file's text.
    pub fn to_json(&self) -> String {
        let s = &self.statement;
        let file = File {
            version: VERSION,
            transcript: transcript::NAME.to_owned(),
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
            proof: format!("0x{}", hex::encode(&self.proof)),
        };
        // A struct of strings always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a bundle from a file's text.
    ///
    /// # Errors
    /// [`VerifierError::Bundle`] with the field and what is wrong with it.
    pub fn from_json(text: &str, file: &str) -> Result<Self, VerifierError> {
        let bad = |field: &str, problem: String, hint: &str| VerifierError::Bundle {
            file: file.to_owned(),
            field: field.to_owned(),
            problem,
            hint: hint.to_owned(),
        };
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
            return Err(bad("transcript", problem, "proofs of this version use keccak256"));
        }
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
        let proof = raw
            .proof
            .strip_prefix("0x")
            .and_then(|digits| hex::decode(digits).ok())
            .ok_or_else(|| {
                let problem = "not hexadecimal digits after 0x".to_owned();
                bad("proof", problem, "copy the file again, it may be cut")
            })?;
        if proof.len() > LONGEST_PROOF {
            let problem = format!("{} bytes are too many", proof.len());
            return Err(bad("proof", problem, "a proof has about 5,000 bytes"));
        }
        Ok(Bundle {
            key: raw.key,
            size,
            statement,
            proof,
        })
    }
}

fn canonical_ratio(text: &str) -> Option<u16> {
    let ratio: u16 = text.parse().ok()?;
    (ratio.to_string() == text).then_some(ratio)
}
