//! The text form of a proof bundle: a JSON file, read without knowing any circuit.

use serde::{Deserialize, Serialize};

use crate::bn254::Fr;
use crate::transcript;

/// Version of the format.
pub const VERSION: u32 = 2;
/// No proof comes near this many bytes.
pub const LONGEST_PROOF: usize = 64 * 1024;
/// Names of the public inputs, in order.
pub const ROWS: [&str; 8] = [
    "policy",
    "market",
    "book",
    "nullifier",
    "scope",
    "message",
    "ratio",
    "buffer",
];
/// Bits of the buffer.
const BUFFER_BITS: u32 = 90;
/// Decimals of money.
const MONEY_DECIMALS: usize = 8;

/// What is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {problem}\nhint: {hint}")]
pub struct ProofFileError {
    /// File name.
    pub file: String,
    /// Field by name.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub hint: String,
}

/// A bundle as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// Name of the key.
    pub key: String,
    /// Size of the circuit.
    pub size: String,
    /// The statement.
    pub statement: StatementFile,
    /// The proof, in the compact encoding.
    pub proof: Vec<u8>,
}

/// The public inputs in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Named like the rows of a statement.
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

impl ProofFile {
    /// The file's text.
    pub fn to_json(&self) -> String {
        let file = File {
            version: VERSION,
            transcript: transcript::NAME.to_owned(),
            key: self.key.clone(),
            size: self.size.clone(),
            statement: self.statement.clone(),
            proof: format!("0x{}", hex::encode(&self.proof)),
        };
        // A struct of strings always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a file's text. Values of the statement are not looked at.
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
        Ok(ProofFile {
            key: raw.key,
            size: raw.size,
            statement: raw.statement,
            proof,
        })
    }
}

impl StatementFile {
    /// The texts in the order of [`ROWS`].
    pub fn texts(&self) -> [&str; 8] {
        [
            &self.policy,
            &self.market,
            &self.book,
            &self.nullifier,
            &self.scope,
            &self.message,
            &self.ratio,
            &self.buffer,
        ]
    }

    /// The public inputs.
    ///
    /// # Errors
    /// [`ProofFileError`] names the first that cannot be read.
    pub fn rows(&self, file: &str) -> Result<[Fr; 8], ProofFileError> {
        let mut rows = [Fr::ZERO; 8];
        for ((row, name), text) in rows.iter_mut().zip(ROWS).zip(self.texts()) {
            *row = parse_row(name, text).map_err(|hint| ProofFileError {
                file: file.to_owned(),
                field: format!("statement.{name}"),
                problem: format!("`{text}` cannot be read"),
                hint: hint.to_owned(),
            })?;
        }
        Ok(rows)
    }
}

/// Reads a public input by its name.
///
/// # Errors
/// Says what such a value looks like.
pub fn parse_row(name: &str, text: &str) -> Result<Fr, &'static str> {
    match name {
        "ratio" => parse_ratio(text).ok_or("basis points, 10000 is the initial margin"),
        "buffer" => parse_buffer(text).ok_or("USD, a decimal number with up to 8 decimals"),
        _ => parse_element(text)
            .ok_or("1 to 64 hexadecimal digits after 0x, below the field's modulus"),
    }
}

fn parse_element(text: &str) -> Option<Fr> {
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || digits.len() > 64 {
        return None;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(format!("{digits:0>64}"), &mut bytes).ok()?;
    Fr::from_be_bytes(&bytes)
}

fn parse_ratio(text: &str) -> Option<Fr> {
    let ratio: u16 = text.parse().ok()?;
    (ratio.to_string() == text).then_some(Fr::from(u64::from(ratio)))
}

fn parse_buffer(text: &str) -> Option<Fr> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, part)) => (whole, part),
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > MONEY_DECIMALS || !digits(whole) || !digits(part) {
        return None;
    }
    let units: u128 = format!("{whole}{part:0<MONEY_DECIMALS$}").parse().ok()?;
    if units >> BUFFER_BITS != 0 || (negative && units != 0) {
        return None;
    }
    let [low, high] = [units as u64, (units >> 64) as u64];
    Fr::from_limbs([low, high, 0, 0])
}
