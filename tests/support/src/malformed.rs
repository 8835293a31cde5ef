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

/// The corpus of a good proof. `point_words[i]` tells whether word i is a coordinate.
pub fn corpus(proof: &[u8], point_words: &[bool], statement: &Words) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut entry = |name: String, proof: Vec<u8>, statement: Words| {
        entries.push(Entry {
            name,
            proof,
            statement,
        });
    };
    let word =
        |i: usize| -> [u8; WORD] { proof[WORD * i..WORD * (i + 1)].try_into().expect("a word") };
    let with = |i: usize, bytes: &[u8]| {
        let mut changed = proof.to_vec();
        changed[WORD * i..WORD * i + bytes.len()].copy_from_slice(bytes);
        changed
    };
    for (i, is_point) in point_words.iter().enumerate() {
        let modulus = if *is_point {
            base_modulus()
        } else {
            scalar_modulus()
        };
        for (what, bytes) in replacements(&word(i), &modulus) {
            entry(format!("word {i} {what}"), with(i, &bytes), *statement);
        }
    }
    // Whole points: at infinity, of the other sign, another point of the curve.
    let coordinates: Vec<usize> = (0..point_words.len()).filter(|i| point_words[*i]).collect();
    for pair in coordinates.chunks(2) {
        let (x, y) = (pair[0], word(pair[1]));
        entry(
            format!("point at word {x} at infinity"),
            with(x, &[0; 64]),
            *statement,
        );
        let negative = -Fq::from_be_bytes(&y).expect("a coordinate");
        let negated = with(pair[1], &negative.to_be_bytes());
        entry(format!("point at word {x} negated"), negated, *statement);
        let generator = [one(), plus(&one(), &one())].concat();
        entry(
            format!("point at word {x} is the generator"),
            with(x, &generator),
            *statement,
        );
        let off = [one(), one()].concat();
        entry(
            format!("point at word {x} off the curve"),
            with(x, &off),
            *statement,
        );
    }
    // Neighbours swapped.
    for i in 0..point_words.len() - 1 {
        let swapped = with(i, &[word(i + 1), word(i)].concat());
        if word(i) != word(i + 1) {
            entry(
                format!("words {i} and {} swapped", i + 1),
                swapped,
                *statement,
            );
        }
    }
    for cut in [1, 31, 32, 64, proof.len() / 2, proof.len()] {
        let short = proof[..proof.len() - cut].to_vec();
        entry(format!("{cut} bytes cut"), short, *statement);
    }
    for extra in [1, 32, 64] {
        let long = [proof, &vec![0; extra]].concat();
        entry(format!("{extra} bytes appended"), long, *statement);
    }
    entry("twice".to_owned(), [proof, proof].concat(), *statement);
    entry(
        "a word prepended".to_owned(),
        [&[0; WORD], proof].concat(),
        *statement,
    );
    for i in 0..statement.len() {
        for (what, bytes) in replacements(&statement[i], &scalar_modulus()) {
            let mut changed = *statement;
            changed[i] = bytes;
            if changed != *statement {
                entry(format!("statement {i} {what}"), proof.to_vec(), changed);
            }
        }
        let mut changed = *statement;
        changed.swap(i, (i + 1) % statement.len());
        if changed != *statement {
            entry(
                format!("statement {i} swapped with the next"),
                proof.to_vec(),
                changed,
            );
        }
    }
    entry(
        "statement of zeros".to_owned(),
        proof.to_vec(),
        [[0; WORD]; 8],
    );
    entries
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
