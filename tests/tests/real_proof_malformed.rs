//! A corpus of malformed proofs and public inputs, made of one real proof of `small`.
//!
//! Every entry differs from the proof in the way its name says, and every one is refused with
//! [`No::Rejected`]: no panic, no other error, no second encoding of the same proof.

use std::collections::HashSet;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Instant;

use ff::{Field, PrimeField};
use halo2curves::bn256::{Fq, G1Affine};
use halo2curves::group::GroupEncoding;
use zkmargin_engine::statement::{Row, Statement};
use zkmargin_engine::Fr;
use zkmargin_keys::verify::DerivedKey;
use zkmargin_testing::proofs::{expect_all, small, words, Proven, Word};
use zkmargin_verifier::bundle::LONGEST_PROOF;
use zkmargin_verifier::verdict::No;
use zkmargin_verifier::verify::{verify, Expectations};

const WORD: usize = 32;

/// One malformed proof.
struct Entry {
    name: String,
    proof: Vec<u8>,
}

/// Entries made of one honest proof.
struct Corpus<'p> {
    honest: &'p [u8],
    entries: Vec<Entry>,
    seen: HashSet<Vec<u8>>,
}

impl<'p> Corpus<'p> {
    fn new(honest: &'p [u8]) -> Self {
        Corpus {
            honest,
            entries: Vec::new(),
            seen: HashSet::from([honest.to_vec()]),
        }
    }

    /// Adds a proof unless it is the honest one or already there.
    fn add(&mut self, name: impl Into<String>, proof: Vec<u8>) {
        if self.seen.insert(proof.clone()) {
            let name = name.into();
            self.entries.push(Entry { name, proof });
        }
    }

    fn word(&self, index: usize) -> [u8; WORD] {
        let at = index * WORD;
        self.honest[at..at + WORD].try_into().expect("a whole word")
    }

    /// Adds the proof with another word at an index.
    fn put(&mut self, name: &str, index: usize, word: [u8; WORD]) {
        let mut proof = self.honest.to_vec();
        proof[index * WORD..(index + 1) * WORD].copy_from_slice(&word);
        self.add(format!("word {index}: {name}"), proof);
    }

    fn any_word(&mut self, index: usize) {
        let word = self.word(index);
        let mut low = word;
        low[0] ^= 1;
        self.put("lowest bit flipped", index, low);
        let mut middle = word;
        middle[17] ^= 0x10;
        self.put("a middle bit flipped", index, middle);
        self.put("all ones", index, [0xff; WORD]);
        self.put("zero", index, [0; WORD]);
        let mut reversed = word;
        reversed.reverse();
        self.put("other byte order", index, reversed);
        if (index + 2) * WORD <= self.honest.len() {
            let mut proof = self.honest.to_vec();
            let next = self.word(index + 1);
            proof[index * WORD..(index + 1) * WORD].copy_from_slice(&next);
            proof[(index + 1) * WORD..(index + 2) * WORD].copy_from_slice(&word);
            self.add(format!("word {index}: swapped with the next"), proof);
            self.put("the next word twice", index, next);
        }
        let mut without = self.honest.to_vec();
        without.drain(index * WORD..(index + 1) * WORD);
        self.add(format!("word {index}: left out"), without);
    }

    fn point(&mut self, index: usize) {
        let word = self.word(index);
        let sign = 0x40;
        let mut infinity = [0; WORD];
        infinity[31] = 0x80;
        self.put("infinity", index, infinity);
        infinity[31] = 0xc0;
        self.put("infinity with a sign", index, infinity);
        let mut negated = word;
        negated[31] ^= sign;
        self.put("negated", index, negated);
        let generator = G1Affine::generator().to_bytes();
        self.put(
            "generator",
            index,
            generator.as_ref().try_into().expect("32 bytes"),
        );
        self.put("off curve", index, off_curve(word));
        // The modulus of the coordinates stands for 0; a coordinate plus the modulus for itself.
        let modulus = add((-Fq::ONE).to_repr(), 1);
        self.put("x is the modulus", index, modulus);
        let mut x = word;
        x[31] &= 0x3f;
        if let Some(mut wide) = sum(x, modulus).filter(|wide| wide[31] < 0x40) {
            wide[31] |= word[31] & sign;
            self.put("x plus the modulus", index, wide);
        }
        let mut flagged = word;
        flagged[31] |= 0x80;
        self.put("flag of infinity over a point", index, flagged);
    }

    fn scalar(&mut self, index: usize) {
        let word = self.word(index);
        let modulus = add((-Fr::ONE).to_repr(), 1);
        self.put("the modulus", index, modulus);
        let mut wide = word;
        for times in 1.. {
            match sum(wide, modulus) {
                Some(next) => wide = next,
                None => break,
            }
            self.put(&format!("plus {times} times the modulus"), index, wide);
        }
        let value = Fr::from_repr(word).expect("a canonical scalar");
        for (name, other) in [
            ("plus one", value + Fr::ONE),
            ("negated", -value),
            ("one", Fr::ONE),
            ("minus one", -Fr::ONE),
        ] {
            self.put(name, index, other.to_repr());
        }
    }

    fn lengths(&mut self) {
        let honest = self.honest;
        let length = honest.len();
        for end in (0..length).step_by(WORD) {
            self.add(format!("cut to {end} bytes"), honest[..end].to_vec());
        }
        for end in [
            1,
            31,
            33,
            500,
            1501,
            length / 2 + 7,
            length - 31,
            length - 1,
        ] {
            self.add(format!("cut to {end} bytes"), honest[..end].to_vec());
        }
        for start in [1, WORD, length - WORD] {
            self.add(
                format!("{start} bytes cut in front"),
                honest[start..].to_vec(),
            );
        }
        let longer = |tail: &[u8]| [honest, tail].concat();
        let tails: [(&str, Vec<u8>); 6] = [
            ("a zero byte", vec![0]),
            ("a byte of ones", vec![0xff]),
            ("a word of zeros", vec![0; WORD]),
            ("its last word", honest[length - WORD..].to_vec()),
            ("its first word", honest[..WORD].to_vec()),
            ("itself", honest.to_vec()),
        ];
        for (name, tail) in tails {
            self.add(format!("followed by {name}"), longer(&tail));
        }
        self.add("after a zero byte", [&[0], honest].concat());
        self.add("after a zero word", [&[0; WORD], honest].concat());
        self.add("all zeros", vec![0; length]);
        self.add("all ones", vec![0xff; length]);
        self.add(
            "as long as a bundle may hold",
            longer(&vec![0; LONGEST_PROOF - length]),
        );
        let generator = G1Affine::generator().to_bytes();
        self.add("generators only", generator.as_ref().repeat(length / WORD));
    }
}

/// A little-endian number plus a small one.
fn add(mut number: [u8; WORD], small: u8) -> [u8; WORD] {
    number[0] += small;
    number
}

/// The sum of two little-endian numbers, if it fits.
fn sum(a: [u8; WORD], b: [u8; WORD]) -> Option<[u8; WORD]> {
    let mut out = [0; WORD];
    let mut carry = 0u16;
    for i in 0..WORD {
        carry += u16::from(a[i]) + u16::from(b[i]);
        out[i] = carry as u8;
        carry >>= 8;
    }
    (carry == 0).then_some(out)
}

/// The nearest compressed point above `word` that is on no curve.
fn off_curve(mut word: [u8; WORD]) -> [u8; WORD] {
    loop {
        word[0] = word[0].wrapping_add(1);
        let mut repr = <G1Affine as GroupEncoding>::Repr::default();
        repr.as_mut().copy_from_slice(&word);
        if bool::from(G1Affine::from_bytes(&repr).is_none()) {
            return word;
        }
    }
}

/// Asks the verifier about every entry and lists those that are not rejected.
fn survivors(proven: &Proven, entries: &[Entry]) -> Vec<String> {
    let rows = proven.bundle.statement.rows();
    let look = |entry: &Entry| {
        let result = catch_unwind(AssertUnwindSafe(|| proven.check_rows(&rows, &entry.proof)));
        match result {
            Ok(Err(No::Rejected)) => None,
            Ok(Ok(())) => Some(format!("{}: accepted", entry.name)),
            Ok(Err(other)) => Some(format!("{}: {other}", entry.name)),
            Err(_) => Some(format!("{}: panicked", entry.name)),
        }
    };
    entries.iter().filter_map(look).collect()
}

fn kinds(proven: &Proven) -> Vec<Word> {
    let kinds = words(proven);
    assert_eq!(
        kinds.len() * WORD,
        proven.bundle.proof.len(),
        "a proof is whole words"
    );
    kinds
}

fn none_survive(proven: &Proven, corpus: &Corpus<'_>, least: usize) {
    let started = Instant::now();
    let survivors = survivors(proven, &corpus.entries);
    let count = corpus.entries.len();
    println!("{count} malformed proofs in {:.2?}", started.elapsed());
    assert!(count >= least, "the corpus has only {count} entries");
    assert!(
        survivors.is_empty(),
        "{} of {count} malformed proofs were not rejected:\n{}",
        survivors.len(),
        survivors.join("\n")
    );
}

#[test]
fn real_proof_with_malformed_bytes_is_rejected() {
    let proven = small();
    proven
        .check(&proven.bundle)
        .expect("the honest proof holds");
    let kinds = kinds(proven);
    let mut corpus = Corpus::new(&proven.bundle.proof);
    corpus.lengths();
    for (index, kind) in kinds.iter().enumerate() {
        corpus.any_word(index);
        match kind {
            Word::Point => corpus.point(index),
            Word::Scalar => corpus.scalar(index),
        }
    }
    let points = kinds.iter().filter(|kind| **kind == Word::Point).count();
    println!("{points} points and {} scalars", kinds.len() - points);
    none_survive(proven, &corpus, 8 * kinds.len());
}

#[test]
fn real_proof_with_other_rows_is_rejected() {
    let proven = small();
    let rows = proven.bundle.statement.rows().to_vec();
    let mut corpus: Vec<(String, Vec<Fr>)> = Vec::new();
    for row in Row::ALL {
        let (name, at) = (row.name(), row as usize);
        for (how, value) in [
            ("plus one", rows[at] + Fr::ONE),
            ("minus one", rows[at] - Fr::ONE),
            ("negated", -rows[at]),
            ("zero", Fr::ZERO),
        ] {
            let mut other = rows.clone();
            other[at] = value;
            corpus.push((format!("{name} {how}"), other));
        }
        let mut missing = rows.clone();
        missing.remove(at);
        corpus.push((format!("{name} missing"), missing));
        for second in &Row::ALL[at + 1..] {
            let mut swapped = rows.clone();
            swapped.swap(at, *second as usize);
            corpus.push((format!("{name} and {} swapped", second.name()), swapped));
        }
    }
    for extra in [Fr::ZERO, Fr::ONE, rows[7]] {
        let mut longer = rows.clone();
        longer.push(extra);
        corpus.push(("one row more".to_owned(), longer));
    }
    corpus.push(("no rows".to_owned(), Vec::new()));
    corpus.push(("2^14 rows".to_owned(), vec![Fr::ZERO; 1 << 14]));
    // A buffer of zero is its own negation.
    corpus.retain(|(_, other)| other != &rows);
    assert!(corpus.len() >= 65, "{}", corpus.len());
    for (name, other) in &corpus {
        let check = AssertUnwindSafe(|| proven.check_rows(other, &proven.bundle.proof));
        let result = catch_unwind(check).unwrap_or_else(|_| panic!("{name}: panicked"));
        assert!(matches!(result, Err(No::Rejected)), "{name}: {result:?}");
    }
    println!("{} wrong instance columns", corpus.len());
}

/// Statements that differ from the honest one in one row.
fn other_statements(honest: &Statement) -> [(&'static str, Statement); 8] {
    let with = |change: &dyn Fn(&mut Statement)| {
        let mut other = *honest;
        change(&mut other);
        other
    };
    [
        ("policy", with(&|s| s.policy += Fr::ONE)),
        ("market", with(&|s| s.market += Fr::ONE)),
        ("book", with(&|s| s.book += Fr::ONE)),
        ("nullifier", with(&|s| s.nullifier += Fr::ONE)),
        ("scope", with(&|s| s.scope += Fr::ONE)),
        ("message", with(&|s| s.message += Fr::ONE)),
        ("ratio", with(&|s| s.ratio -= 1)),
        ("buffer", with(&|s| s.buffer += 1)),
    ]
}

#[test]
fn real_proof_for_another_statement_is_refused() {
    let proven = small();
    let (key, setup) = (&proven.key, &proven.verifier);
    for (row, statement) in other_statements(&proven.bundle.statement) {
        // The verifier expects something else than what was proven.
        let expected = expect_all(&statement);
        let result = verify(
            &DerivedKey::new(key.clone(), setup.clone()),
            &proven.bundle,
            &expected,
        );
        match row {
            // The policy is expected by the key.
            "policy" => assert!(result.is_ok(), "{row}: {result:?}"),
            _ => match result {
                Err(No::OtherRow { row: named }) => assert_eq!(named, row),
                other => panic!("{row}: {other:?}"),
            },
        }
        // The bundle claims something else than what was proven.
        let mut bundle = proven.bundle.clone();
        bundle.statement = statement;
        match proven.check(&bundle) {
            Err(No::OtherRow { row: named }) => assert_eq!(named, row),
            other => panic!("{row}: {other:?}"),
        }
        // Nobody expects anything: the proof itself is bound to every row.
        let result = verify(
            &DerivedKey::new(key.clone(), setup.clone()),
            &bundle,
            &Expectations::default(),
        );
        match (row, result) {
            ("policy", Err(No::OtherRow { row: "policy" })) => {}
            (_, Err(No::Rejected)) => {}
            (_, other) => panic!("{row}: {other:?}"),
        }
    }
    let mut bundle = proven.bundle.clone();
    bundle.proof = Vec::new();
    let result = proven.check(&bundle);
    assert!(matches!(result, Err(No::Rejected)), "{result:?}");
}
