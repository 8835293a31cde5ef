//! Proofs of the circuit in `tests/support/src/tabled`, which has what batches have: halo2's verifier and the
//! light one say the same, and every byte of a key's file counts.

use alloy_primitives::keccak256;
use halo2_proofs::plonk::{create_proof, keygen_pk, verify_proof};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2curves::bn256::Bn256;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zkmargin_engine::Fr;
use zkmargin_keys::transcript::{from_halo2, to_halo2, Challenge, KeccakRead, KeccakWrite};
use zkmargin_testing::malformed::{compact_corpus, corpus, Words};
use zkmargin_testing::tabled::{
    column, complete, Table, Tabled, TabledKey, INPUTS, NOTHING, SQUARES, TABLE,
};
use zkmargin_verifier::bn254;
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::protocol::{KeyFile, Protocol, Template};
use zkmargin_verifier::transcript::Encoding;

use crate::synthetic_circuits::is_coordinate;

struct Proven {
    key: TabledKey,
    circuit: Tabled,
    chain: Vec<u8>,
    compact: Vec<u8>,
}

fn prove(table: Table) -> Proven {
    let (key, circuit) = (TabledKey::new(table), Tabled::new(table));
    let params = key.setup.params();
    let pk = keygen_pk(params, key.vk.clone(), &circuit).expect("a proving key");
    let inputs = circuit.inputs();
    let columns: Vec<&[Fr]> = inputs.iter().map(Vec::as_slice).collect();
    let proof = |encoding| {
        let mut transcript = KeccakWrite::new(encoding);
        create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, Challenge, _, _, _>(
            params,
            &pk,
            std::slice::from_ref(&circuit),
            &[&columns],
            ChaCha20Rng::seed_from_u64(9),
            &mut transcript,
        )
        .expect("a proof");
        transcript.finish()
    };
    let (chain, compact) = (proof(Encoding::Chain), proof(Encoding::Compact));
    Proven {
        key,
        circuit,
        chain,
        compact,
    }
}

impl Proven {
    /// What the light verifier and halo2's say, which is the same.
    fn verdict(
        &self,
        light: &LightVerifier,
        inputs: &[Vec<bn254::Fr>],
        proof: &[u8],
        encoding: Encoding,
    ) -> bool {
        let columns: Vec<&[bn254::Fr]> = inputs.iter().map(Vec::as_slice).collect();
        let ours = light.verify(&columns, proof, encoding).is_ok();
        let theirs = self.halo2(inputs, proof, encoding);
        assert_eq!(ours, theirs);
        ours
    }

    fn halo2(&self, inputs: &[Vec<bn254::Fr>], proof: &[u8], encoding: Encoding) -> bool {
        let inputs: Vec<Vec<Fr>> = inputs
            .iter()
            .map(|column| column.iter().copied().map(to_halo2).collect())
            .collect();
        let columns: Vec<&[Fr]> = inputs.iter().map(Vec::as_slice).collect();
        let setup = self.key.setup.verifier();
        let mut transcript = KeccakRead::new(proof, encoding);
        verify_proof::<
            KZGCommitmentScheme<Bn256>,
            VerifierSHPLONK<'_, Bn256>,
            Challenge,
            _,
            SingleStrategy<'_, Bn256>,
        >(
            setup.params(),
            &self.key.vk,
            SingleStrategy::new(setup.params()),
            &[&columns],
            &mut transcript,
        )
        .is_ok()
            && transcript.rest().is_empty()
    }

    fn inputs(&self) -> Vec<Vec<bn254::Fr>> {
        let inputs = self.circuit.inputs();
        inputs.map(|c| c.iter().map(from_halo2).collect()).to_vec()
    }
}

/// A statement of eight words as columns; none where a word is no number.
fn split(words: &Words) -> Option<Vec<Vec<bn254::Fr>>> {
    let all: Option<Vec<_>> = words.iter().map(bn254::Fr::from_be_bytes).collect();
    let (mut all, mut columns) = (all?.into_iter(), Vec::new());
    for rows in INPUTS {
        columns.push(all.by_ref().take(rows).collect());
    }
    Some(columns)
}

#[test]
fn keys_with_a_table_agree_on_good_and_malformed_proofs() {
    let proven = prove(SQUARES);
    let light = LightVerifier::new(complete(&proven.key.template(), &SQUARES));
    assert_eq!(light.protocol().challenge_phases, [0, 0]);
    let inputs = proven.inputs();
    assert!(proven.verdict(&light, &inputs, &proven.chain, Encoding::Chain));
    assert!(proven.verdict(&light, &inputs, &proven.compact, Encoding::Compact));
    let words: Vec<_> = inputs.iter().flatten().map(|v| v.to_be_bytes()).collect();
    let words: Words = words.try_into().expect("eight public inputs");
    assert_eq!(split(&words).as_ref(), Some(&inputs));
    let mut tried = 0;
    for entry in corpus(&proven.chain, &is_coordinate(&light), &words) {
        // A column of zeros is zero at x, too: where nothing changed, nothing is wrong.
        let same = entry.proof == proven.chain && entry.statement == words;
        let Some(inputs) = split(&entry.statement).filter(|_| !same) else {
            continue;
        };
        let verdict = proven.verdict(&light, &inputs, &entry.proof, Encoding::Chain);
        assert!(!verdict, "{}", entry.name);
        tried += 1;
    }
    for (name, proof) in compact_corpus(&proven.compact) {
        let verdict = proven.verdict(&light, &inputs, &proof, Encoding::Compact);
        assert!(!verdict, "{name}");
        tried += 1;
    }
    println!("{tried} malformed, none accepted by any");
}

#[test]
fn inputs_of_a_column_are_that_column_s_alone() {
    let proven = prove(SQUARES);
    let light = LightVerifier::new(complete(&proven.key.template(), &SQUARES));
    let good = proven.inputs();
    let no = |inputs: &[Vec<bn254::Fr>], what: &str| {
        assert!(
            !proven.verdict(&light, inputs, &proven.chain, Encoding::Chain),
            "{what}"
        );
    };
    // Columns may be as long as each other: what counts is where a number stands.
    for (a, b) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
        let mut swapped = good.clone();
        swapped.swap(a, b);
        no(&swapped, "swapped");
        // The transcript of these is the same: a number moves from the end of a column to the next.
        if b == a + 1 {
            let mut moved = good.clone();
            let last = moved[a].pop().expect("an input");
            moved[b].insert(0, last);
            no(&moved, "moved");
        }
    }
    // Rows below are zeros, but the transcript tells them from none.
    let mut longer = good.clone();
    longer[2].push(bn254::Fr::ZERO);
    no(&longer, "a zero more");
    no(&good[..3], "a column less");
    no(&[good.clone(), vec![Vec::new()]].concat(), "a column more");
    // More than a column takes.
    longer[2].resize(6, bn254::Fr::ZERO);
    no(&longer, "too many");
}

#[test]
fn a_template_completes_to_the_key_of_every_table() {
    let mut other = SQUARES;
    other[10] += 1;
    let tables = [SQUARES, NOTHING, other];
    let proven: Vec<Proven> = tables.into_iter().map(prove).collect();
    let templates: Vec<Template> = proven.iter().map(|p| p.key.template()).collect();
    for template in &templates {
        assert_eq!(template.to_bytes(), templates[0].to_bytes());
    }
    let whole: Vec<Protocol> = proven.iter().map(|p| p.key.whole()).collect();
    let zeros = |key: &Protocol| key.fixed_commitments.iter().filter(|p| p.is_none()).count();
    assert_eq!(zeros(&whole[1]), zeros(&whole[0]) + 1);
    for (table, whole) in tables.iter().zip(&whole) {
        let completed = complete(&templates[0], table);
        assert_eq!(completed.to_bytes(), whole.to_bytes());
        let read = Protocol::from_bytes(&whole.to_bytes()).expect("its own file");
        assert_eq!(read.to_bytes(), whole.to_bytes());
        let light = LightVerifier::new(completed);
        for (proven, its) in proven.iter().zip(&tables) {
            let inputs = proven.inputs();
            let columns: Vec<&[bn254::Fr]> = inputs.iter().map(Vec::as_slice).collect();
            let verdict = light.verify(&columns, &proven.chain, Encoding::Chain);
            // Each proof under its own table alone.
            assert_eq!(verdict.is_ok(), its == table);
        }
    }
}

/// The file with one byte changed and a digest that fits it.
fn altered(file: &[u8], at: usize, bit: u8) -> Vec<u8> {
    let mut content = file[..file.len() - 32].to_vec();
    content[at] ^= bit;
    let digest = keccak256(&content);
    [content.as_slice(), digest.as_slice()].concat()
}

/// Counts of what became of changed bytes.
#[derive(Debug, Default)]
struct Fate {
    refused: usize,
    failed: usize,
    /// What this key does not depend on: its names, the room of an instance column, what only another
    /// table needs.
    idle: usize,
    /// Places of bytes that make another key under which the proof holds.
    taken: Vec<usize>,
}

/// Changes every byte of a file: it is refused, or the good proof fails under its key, or the key is the
/// same but for its names.
fn alter_every_byte(proven: &Proven, file: &KeyFile) -> Fate {
    let bytes = file.to_bytes();
    let whole = proven.key.whole();
    let inputs = proven.inputs();
    let columns: Vec<&[bn254::Fr]> = inputs.iter().map(Vec::as_slice).collect();
    let mut fate = Fate::default();
    for at in 0..bytes.len() - 32 {
        let changed = altered(&bytes, at, 1 << (at % 8));
        let key = KeyFile::from_bytes(&changed).and_then(|read| {
            assert_eq!(read.to_bytes(), changed, "one encoding of a key: byte {at}");
            assert_ne!(read.digest(), file.digest());
            match read {
                KeyFile::Whole(key) => Ok(*key),
                KeyFile::Open(template) => template.complete(|name| column(&SQUARES, name)),
            }
        });
        let Ok(key) = key else {
            fate.refused += 1;
            continue;
        };
        let light = LightVerifier::new(key);
        if light
            .verify(&columns, &proven.chain, Encoding::Chain)
            .is_err()
        {
            fate.failed += 1;
            continue;
        }
        let mut same = light.protocol().clone();
        same.label = whole.label.clone();
        same.instance = whole.instance.clone();
        match same.to_bytes() == whole.to_bytes() {
            true => fate.idle += 1,
            false => fate.taken.push(at),
        }
    }
    fate
}

#[test]
fn every_byte_of_a_key_s_file_counts() {
    let proven = prove(SQUARES);
    let whole = KeyFile::Whole(Box::new(proven.key.whole()));
    let open = KeyFile::Open(Box::new(proven.key.template()));
    for (name, file) in [("whole", whole), ("open", open)] {
        let fate = alter_every_byte(&proven, &file);
        println!("{name}: {fate:?}");
        assert!(fate.refused > 0 && fate.failed > 0 && fate.idle > 0);
        assert!(fate.taken.is_empty(), "{:?}", fate.taken);
        // A file that was not sealed again is never read.
        let bytes = file.to_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(KeyFile::from_bytes(&changed).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_commitment_of_the_table_changed_by_one_value_fails() {
    let proven = prove(SQUARES);
    let template = proven.key.template();
    let good = complete(&template, &SQUARES);
    let inputs = proven.inputs();
    let columns: Vec<&[bn254::Fr]> = inputs.iter().map(Vec::as_slice).collect();
    let holds = |key: Protocol| {
        let light = LightVerifier::new(key);
        light
            .verify(&columns, &proven.chain, Encoding::Chain)
            .is_ok()
    };
    assert!(holds(good.clone()));
    for row in 0..TABLE - 1 {
        let mut table = SQUARES;
        table[row] += 1;
        let other = complete(&template, &table);
        assert!(!holds(other.clone()), "row {row}");
        // Also under the transcript of the honest key.
        let lie = Protocol {
            transcript_key: good.transcript_key,
            ..other
        };
        assert!(!holds(lie), "row {row}");
    }
}
