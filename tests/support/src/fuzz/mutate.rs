//! Small changes of good bytes, the same ones for the same seed.

use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha20Rng;

use crate::random::rng;

/// What breaks readers of text and of numbers.
const WORDS: [&str; 28] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-",
    "-0",
    "0",
    "00",
    "1e400",
    ".",
    "+1",
    " ",
    "\\u0000",
    "\u{feff}",
    "0x",
    "é",
    "\n",
    "=",
    "99999999999999999999999999999999999999999999999999",
    "0.000000000000000000000000000000000001",
    "18446744073709551615",
    "-170141183460469231731687303715884105728",
    "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001",
];

/// Makes changed bytes out of seeds.
pub struct Mutator {
    rng: ChaCha20Rng,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// Over the seeds of a target.
    ///
    /// # Panics
    /// Without seeds.
    pub fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Self {
        assert!(!seeds.is_empty(), "a target has seeds");
        Mutator {
            rng: rng(seed),
            seeds,
        }
    }

    /// The next bytes: a seed with one to four changes.
    pub fn next_bytes(&mut self) -> Vec<u8> {
        let mut bytes = self.pick();
        for _ in 0..self.rng.gen_range(1..=4) {
            self.change(&mut bytes);
        }
        bytes
    }

    fn pick(&mut self) -> Vec<u8> {
        self.seeds
            .choose(&mut self.rng)
            .cloned()
            .unwrap_or_default()
    }

    /// A range of the bytes, mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.rng.gen_range(0..=length);
        let longest = if self.rng.gen_bool(0.8) { 12 } else { length };
        let end = start + self.rng.gen_range(0..=longest.min(length - start));
        start..end
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes.len());
        match self.rng.gen_range(0..8) {
            0 => bytes.truncate(range.start),
            1 => drop(bytes.drain(range)),
            2 => {
                let copy = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, copy);
            }
            3 => {
                let word = WORDS.choose(&mut self.rng).copied().unwrap_or_default();
                bytes.splice(range, word.bytes());
            }
            4 => {
                let other = self.pick();
                let from = self.range(other.len());
                bytes.splice(range, other[from].iter().copied());
            }
            // Digits become other digits: numbers stay numbers.
            5 => {
                let digit = b'0' + self.rng.gen_range(0..10);
                let place = bytes[range.start..].iter().position(u8::is_ascii_digit);
                if let Some(place) = place {
                    bytes[range.start + place] = digit;
                }
            }
            6 => {
                if let Some(byte) = bytes.get_mut(range.start) {
                    *byte ^= 1 << self.rng.gen_range(0..8);
                }
            }
            _ => {
                for byte in &mut bytes[range] {
                    *byte = self.rng.gen();
                }
            }
        }
    }
}
