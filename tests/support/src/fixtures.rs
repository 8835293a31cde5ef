//! The real proofs that the tests of the contracts use: `contracts/test/fixtures`.

use std::path::PathBuf;

use serde_json::Value;

use crate::malformed::{Words, WORD};

/// A proof in the chain encoding with its statement.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Name of the key.
    pub key: String,
    /// The proof.
    pub proof: Vec<u8>,
    /// The statement.
    pub statement: Words,
}

/// Where the proof of a size is.
pub fn path(size: &str) -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "../../contracts/test/fixtures",
        &format!("{size}.json"),
    ]
    .iter()
    .collect()
}

/// Reads the proof of a size.
///
/// # Panics
/// When it is missing or not of its form; `hint` says how it is made.
pub fn read(size: &str, hint: &str) -> Fixture {
    let path = path(size);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}\n{hint}", path.display()));
    let found: Value = serde_json::from_str(&text).expect("JSON");
    let words = found["statement"].as_array().expect("a list").iter();
    let words: Vec<[u8; WORD]> = words
        .map(|word| bytes(word).try_into().expect("a word"))
        .collect();
    Fixture {
        key: found["key"].as_str().expect("a name").to_owned(),
        proof: bytes(&found["proof"]),
        statement: words.try_into().expect("eight words"),
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().and_then(|t| t.strip_prefix("0x"));
    hex::decode(text.expect("a hexadecimal text")).expect("hexadecimal digits")
}
