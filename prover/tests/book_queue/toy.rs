//! What is "proven" here: a hash of the input's digest, after a while.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zkmargin_prover::book::queue::{digest, Factory, Work};

/// Stands in every input, and must not stand in the broker's files.
pub const MARKER: &str = "PRIVATE-POSITION-OF-A-CUSTOMER";
/// Stands in every context, and may be seen.
pub const PUBLIC: &str = "PUBLIC-CONTEXT-OF-A-BOOK";
/// An input with this cannot be proven.
pub const POISON: &str = "POISON";
/// An input with this makes the prover panic.
pub const PANIC: &str = "PANIC";

const NONCE: usize = 8;

/// The work, and its context.
#[derive(Clone, Serialize, Deserialize)]
pub struct Toy {
    pub name: String,
    /// A line is added for every proof begun, and one for every proof made.
    pub log: PathBuf,
    pub delay: Duration,
    /// Length of an output.
    pub length: usize,
}

impl Toy {
    pub fn context(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap()
    }

    fn line(&self, line: &str) {
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.append(true).create(true).open(&self.log).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// An output for an input with this digest. Like a proof it is another one each time, here by
    /// a nonce in front.
    pub fn output(&self, number: u32, input: &str, nonce: &[u8]) -> Vec<u8> {
        let proof = digest(format!("{} {number} {input}", self.name).as_bytes());
        let proof = proof.bytes().cycle().take(self.length);
        nonce.iter().copied().chain(proof).collect()
    }
}

impl Work for Toy {
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, String> {
        let text = String::from_utf8_lossy(input);
        let number = text.split(' ').nth(1).unwrap().parse().unwrap();
        self.line(&format!("begun {number}"));
        std::thread::sleep(self.delay);
        if text.contains(POISON) {
            return Err(format!("batch {number}: constraint B.7 does not hold"));
        }
        assert!(!text.contains(PANIC), "a prover that panics");
        self.line(&format!("proven {number}"));
        let nonce: [u8; NONCE] = rand::random();
        Ok(self.output(number, &digest(input), &nonce))
    }

    fn verify(&self, number: u32, input_digest: &str, output: &[u8]) -> Result<(), String> {
        match output.split_at_checked(NONCE) {
            Some((nonce, _)) if output == self.output(number, input_digest, nonce) => Ok(()),
            _ => Err("the proof does not hold".to_owned()),
        }
    }
}

/// Makes toys of their contexts.
pub fn factory() -> Factory {
    Arc::new(|context| {
        let toy: Toy = serde_json::from_slice(context).map_err(|error| error.to_string())?;
        Ok(Arc::new(toy))
    })
}

/// An input: private, and different for every batch.
pub fn input(number: u32, what: &str) -> Vec<u8> {
    let line = format!("batch {number} {what} {MARKER} ");
    line.repeat(1000).into_bytes()
}

/// Numbers of the lines that begin with a word.
pub fn logged(log: &Path, word: &str) -> Vec<u32> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix(word));
    lines.map(|number| number.trim().parse().unwrap()).collect()
}
