//! Malformed proofs in the chain encoding: one change at a time.

use zkmargin_verifier::bn254::{Fq, Fr};

/// Bytes of a word.
pub const WORD: usize = 32;

/// A statement as its words.
pub type Words = [[u8; WORD]; 8];

/// One proof with a statement, and what was done to it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What was done.
    pub name: String,
    /// The proof.
    pub proof: Vec<u8>,
    /// The statement.
    pub statement: Words,
}

/// r, most significant byte first.
pub(crate) fn scalar_modulus() -> [u8; WORD] {
    Fr::modulus_be_bytes()
}

/// q, most significant byte first.
pub(crate) fn base_modulus() -> [u8; WORD] {
    let mut bytes = (-Fq::ONE).to_be_bytes();
    bytes[WORD - 1] += 1;
    bytes
}

/// `a + b` modulo 2^256.
pub(crate) fn plus(a: &[u8; WORD], b: &[u8; WORD]) -> [u8; WORD] {
    let mut carry = 0u16;
    let mut out = [0; WORD];
    for i in (0..WORD).rev() {
        carry += u16::from(a[i]) + u16::from(b[i]);
        out[i] = carry as u8;
        carry >>= 8;
    }
    out
}

fn one() -> [u8; WORD] {
    let mut one = [0; WORD];
    one[WORD - 1] = 1;
    one
}

/// What is done to a word; `modulus` is that of its kind.
fn replacements(word: &[u8; WORD], modulus: &[u8; WORD]) -> Vec<(&'static str, [u8; WORD])> {
    vec![
        ("+ 1", plus(word, &one())),
        ("= 0", [0; WORD]),
        ("= modulus", *modulus),
        ("+ modulus", plus(word, modulus)),
        ("all ones", [0xff; WORD]),
    ]
}

/// A good proof and its statement, with what is made of them.
struct Corpus<'a> {
    proof: &'a [u8],
    statement: &'a Words,
    entries: Vec<Entry>,
}

impl Corpus<'_> {
    fn word(&self, i: usize) -> [u8; WORD] {
        self.proof[WORD * i..WORD * (i + 1)]
            .try_into()
            .expect("a word")
    }

    /// The proof with other bytes from word i on.
    fn with(&self, i: usize, bytes: &[u8]) -> Vec<u8> {
        let mut changed = self.proof.to_vec();
        changed[WORD * i..WORD * i + bytes.len()].copy_from_slice(bytes);
        changed
    }

    fn add(&mut self, name: String, proof: Vec<u8>) {
        let statement = *self.statement;
        self.entries.push(Entry {
            name,
            proof,
            statement,
        });
    }

    /// Words that are no number of their field, or another one.
    fn words(&mut self, point_words: &[bool]) {
        for (i, is_point) in point_words.iter().enumerate() {
            let modulus = match is_point {
                true => base_modulus(),
                false => scalar_modulus(),
            };
            for (what, bytes) in replacements(&self.word(i), &modulus) {
                self.add(format!("word {i} {what}"), self.with(i, &bytes));
            }
        }
    }

    /// Whole points: at infinity, of the other sign, another point of the curve.
    fn points(&mut self, point_words: &[bool]) {
        let coordinates: Vec<usize> = (0..point_words.len()).filter(|i| point_words[*i]).collect();
        for pair in coordinates.chunks(2) {
            let (x, y) = (pair[0], self.word(pair[1]));
            self.add(
                format!("point at word {x} at infinity"),
                self.with(x, &[0; 64]),
            );
            let negative = -Fq::from_be_bytes(&y).expect("a coordinate");
            let negated = self.with(pair[1], &negative.to_be_bytes());
            self.add(format!("point at word {x} negated"), negated);
            let generator = [one(), plus(&one(), &one())].concat();
            let named = format!("point at word {x} is the generator");
            self.add(named, self.with(x, &generator));
            let off = [one(), one()].concat();
            self.add(
                format!("point at word {x} off the curve"),
                self.with(x, &off),
            );
        }
    }

    /// Neighbours swapped.
    fn swaps(&mut self, words: usize) {
        for i in 0..words - 1 {
            let (first, second) = (self.word(i), self.word(i + 1));
            if first != second {
                let swapped = self.with(i, &[second, first].concat());
                self.add(format!("words {i} and {} swapped", i + 1), swapped);
            }
        }
    }

    fn lengths(&mut self) {
        let proof = self.proof;
        for cut in [1, 31, 32, 64, proof.len() / 2, proof.len()] {
            let short = proof[..proof.len() - cut].to_vec();
            self.add(format!("{cut} bytes cut"), short);
        }
        for extra in [1, 32, 64] {
            let long = [proof, &vec![0; extra]].concat();
            self.add(format!("{extra} bytes appended"), long);
        }
        self.add("twice".to_owned(), [proof, proof].concat());
        let longer = [&[0; WORD], proof].concat();
        self.add("a word prepended".to_owned(), longer);
    }

    fn statements(&mut self) {
        let statement = *self.statement;
        let mut entry = |name: String, changed: Words| {
            if changed != statement {
                self.entries.push(Entry {
                    name,
                    proof: self.proof.to_vec(),
                    statement: changed,
                });
            }
        };
        for i in 0..statement.len() {
            for (what, bytes) in replacements(&statement[i], &scalar_modulus()) {
                let mut changed = statement;
                changed[i] = bytes;
                entry(format!("statement {i} {what}"), changed);
            }
            let mut changed = statement;
            changed.swap(i, (i + 1) % statement.len());
            entry(format!("statement {i} swapped with the next"), changed);
        }
        entry("statement of zeros".to_owned(), [[0; WORD]; 8]);
    }
}

/// The corpus of a good proof. `point_words[i]` tells whether word i is a coordinate.
pub fn corpus(proof: &[u8], point_words: &[bool], statement: &Words) -> Vec<Entry> {
    let mut corpus = Corpus {
        proof,
        statement,
        entries: Vec::new(),
    };
    corpus.words(point_words);
    corpus.points(point_words);
    corpus.swaps(point_words.len());
    corpus.lengths();
    corpus.statements();
    corpus.entries
}

/// A corpus for the compact encoding: every word with flags and values that it must not have.
pub fn compact_corpus(proof: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut entries = Vec::new();
    for i in 0..proof.len() / WORD {
        let mut entry = |what: &str, change: &dyn Fn(&mut [u8])| {
            let mut changed = proof.to_vec();
            change(&mut changed[WORD * i..WORD * (i + 1)]);
            if changed != proof {
                entries.push((format!("word {i} {what}"), changed));
            }
        };
        entry("first byte", &|w| w[0] ^= 1);
        entry("bit 6", &|w| w[WORD - 1] ^= 0x40);
        entry("bit 7", &|w| w[WORD - 1] ^= 0x80);
        entry("both flags", &|w| w[WORD - 1] |= 0xc0);
        entry("zeros", &|w| w.fill(0));
        entry("infinity", &|w| {
            w.fill(0);
            w[WORD - 1] = 0x80;
        });
        entry("all ones", &|w| w.fill(0xff));
        for modulus in [base_modulus(), scalar_modulus()] {
            entry("+ modulus", &|w| {
                w.reverse();
                let sum = plus((&*w).try_into().expect("a word"), &modulus);
                w.copy_from_slice(&sum);
                w.reverse();
            });
        }
    }
    for cut in [1, 32, proof.len()] {
        entries.push((
            format!("{cut} bytes cut"),
            proof[..proof.len() - cut].to_vec(),
        ));
    }
    entries.push(("a byte appended".to_owned(), [proof, &[0]].concat()));
    entries
}
