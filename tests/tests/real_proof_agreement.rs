//! halo2's verifier, the light verifier and the generated contract give the same verdict on real
//! proofs and on a corpus of malformed ones.

use zkmargin_chain::solidity::{call_data, generate, Options};
use zkmargin_engine::Fr as Halo2Fr;
use zkmargin_keys::transcript::{from_halo2, to_halo2};
use zkmargin_keys::verify::verify_encoded;
use zkmargin_testing::evm::{compile, Called, Chain};
use zkmargin_testing::malformed::{compact_corpus, corpus, Words, WORD};
use zkmargin_testing::proofs::{expect_all, small, standard, Proven};
use zkmargin_verifier::bn254::Fr;
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::key::{KeyFacts, KeyOrigin, ProofKey};
use zkmargin_verifier::light::{LightKey, LightVerifier};
use zkmargin_verifier::protocol::Protocol;
use zkmargin_verifier::transcript::Encoding;
use zkmargin_verifier::verdict::No;
use zkmargin_verifier::verify::{verify, Bound, Expectations};

/// Most bytes of a contract's code.
const LONGEST_CODE: usize = 24_576;

/// The three verifiers of one key.
struct Three<'p> {
    proven: &'p Proven,
    light: LightVerifier,
    chain: Chain,
}

impl<'p> Three<'p> {
    fn new(proven: &'p Proven) -> Self {
        let protocol = proven.key.protocol(&proven.verifier).expect("a protocol");
        let file = protocol.to_bytes();
        let protocol = Protocol::from_bytes(&file).expect("its own file");
        assert_eq!(protocol.to_bytes(), file);
        let contract = generate(&protocol, Options::default()).expect("a contract");
        let code = compile(&contract.name, &contract.source);
        assert!(code.runtime.len() <= LONGEST_CODE, "{}", code.runtime.len());
        Three {
            proven,
            light: LightVerifier::new(protocol),
            chain: Chain::deploy(&code.creation),
        }
    }

    fn halo2(&self, statement: &Words, proof: &[u8], encoding: Encoding) -> bool {
        let rows: Option<Vec<Halo2Fr>> = parsed(statement).map(|r| r.map(to_halo2).to_vec());
        let (key, setup) = (&self.proven.key, &self.proven.verifier);
        rows.is_some_and(|rows| verify_encoded(key, setup, &rows, proof, encoding).is_ok())
    }

    fn light(&self, statement: &Words, proof: &[u8], encoding: Encoding) -> bool {
        let rows = parsed(statement);
        rows.is_some_and(|rows| self.light.verify(&[&rows], proof, encoding).is_ok())
    }

    fn chain(&mut self, statement: &Words, proof: &[u8]) -> (bool, Called) {
        let called = self.chain.call(&call_data(proof, statement));
        (accepted(&called), called)
    }
}

/// A contract's yes; anything else is a no.
fn accepted(called: &Called) -> bool {
    let mut yes = [0; WORD];
    yes[WORD - 1] = 1;
    called.output.as_deref() == Some(yes.as_slice())
}

fn parsed(statement: &Words) -> Option<[Fr; 8]> {
    let rows: Option<Vec<Fr>> = statement.iter().map(Fr::from_be_bytes).collect();
    rows?.try_into().ok()
}

fn words(bundle: &Bundle) -> Words {
    bundle
        .statement
        .rows()
        .map(|row| from_halo2(&row).to_be_bytes())
}

/// Whether each word of the chain encoding is a coordinate.
fn coordinates(three: &Three<'_>) -> Vec<bool> {
    let rounds = three.light.plan().rounds.iter();
    rounds
        .flat_map(|round| {
            let points = std::iter::repeat_n(true, 2 * round.points);
            points.chain(std::iter::repeat_n(false, round.scalars))
        })
        .collect()
}

/// Every proof holds for all three, in both encodings; then the corpus, every `step`-th entry.
fn agree(proven: &Proven, step: usize) {
    let mut three = Three::new(proven);
    let mut good = 0;
    for bundle in [&proven.bundle, &proven.again()] {
        let statement = words(bundle);
        let chain = three.light.plan().to_chain(&bundle.proof).expect("a proof");
        for (proof, encoding) in [
            (&bundle.proof, Encoding::Compact),
            (&chain, Encoding::Chain),
        ] {
            assert!(three.halo2(&statement, proof, encoding));
            assert!(three.light(&statement, proof, encoding));
        }
        let (yes, called) = three.chain(&statement, &chain);
        assert!(yes, "{called:?}");
        good = called.gas;
    }
    let statement = words(&proven.bundle);
    let proof = three
        .light
        .plan()
        .to_chain(&proven.bundle.proof)
        .expect("a proof");
    let entries = corpus(&proof, &coordinates(&three), &statement);
    let (mut tried, mut worst) = (0, 0);
    for entry in entries.iter().step_by(step) {
        let halo2 = three.halo2(&entry.statement, &entry.proof, Encoding::Chain);
        let light = three.light(&entry.statement, &entry.proof, Encoding::Chain);
        let (chain, called) = three.chain(&entry.statement, &entry.proof);
        assert_eq!(
            (halo2, light, chain),
            (false, false, false),
            "{}",
            entry.name
        );
        assert!(called.output.is_some(), "{}: reverted", entry.name);
        if entry.name.ends_with("off the curve") || entry.name.ends_with("at infinity") {
            // No precompiled contract was asked: it would have burned all gas. What is left is the
            // least price of the calldata.
            assert!(called.gas < good / 2, "{}: {} gas", entry.name, called.gas);
        }
        worst = worst.max(called.gas);
        tried += 1;
    }
    assert!(
        worst <= good + good / 10,
        "a failing proof costs {worst}, a good one {good}"
    );
    let mut compact = 0;
    for (name, proof) in compact_corpus(&proven.bundle.proof).iter().step_by(step) {
        let halo2 = three.halo2(&statement, proof, Encoding::Compact);
        let light = three.light(&statement, proof, Encoding::Compact);
        assert_eq!((halo2, light), (false, false), "{name}");
        compact += 1;
    }
    println!("{tried} malformed in chain encoding, {compact} in compact, none accepted by any");
    println!("gas: good {good}, worst of the failing {worst}");
}

#[test]
fn real_proof_agreement_small() {
    agree(small(), 1);
}

#[test]
fn real_proof_agreement_standard() {
    agree(standard(), 3);
}

#[test]
fn real_proof_odd_calldata_is_refused() {
    let proven = small();
    let mut three = Three::new(proven);
    let proof = three
        .light
        .plan()
        .to_chain(&proven.bundle.proof)
        .expect("a proof");
    let good = call_data(&proof, &words(&proven.bundle));
    assert!(accepted(&three.chain.call(&good)));
    // Public inputs missing: the call is cut, head and all.
    for length in [0, 3, 4, 36, 4 + 32 * 8, good.len() - 1, good.len() - 32] {
        assert!(!accepted(&three.chain.call(&good[..length])), "{length}");
    }
    // The offset of the proof, and its length, moved.
    for (at, change) in [
        (35, 32),
        (35, 1),
        (4, 1),
        (4 + 32 * 9 + 31, 32),
        (4 + 32 * 9, 1),
    ] {
        let mut data = good.clone();
        data[at] ^= change;
        assert!(!accepted(&three.chain.call(&data)), "byte {at}");
    }
    // Bytes after the call mean nothing to Solidity, nor here.
    assert!(accepted(&three.chain.call(&[good, vec![7; 40]].concat())));
}

/// A bundle gets one verdict, whether the key was derived or read from a protocol file.
#[test]
fn real_proof_bundles_get_one_verdict_under_any_key() {
    let proven = small();
    let protocol = proven.key.protocol(&proven.verifier).expect("a protocol");
    let light = LightKey::new(protocol, "small.zkprotocol", KeyOrigin::File).expect("a key");
    let derived = proven.derived();
    let (ours, theirs) = (light.facts(), ProofKey::facts(&derived));
    let same = |facts: &KeyFacts| (facts.id.clone(), facts.size, facts.policy, facts.insecure);
    assert_eq!(same(ours), same(theirs));
    let good = &proven.bundle;
    let all = expect_all(&good.statement);
    let nothing = Expectations::default();
    let ratio = |bound| Expectations {
        ratio: Some(bound),
        ..nothing
    };
    let aged = Expectations {
        age: Some((11, 10)),
        ..nothing
    };
    let buffer = Expectations {
        buffer: Some(Bound::AtLeast(good.statement.buffer + 1)),
        ..nothing
    };
    let mut bundles = vec![good.clone(); 4];
    bundles[1].statement.ratio -= 1;
    bundles[2].proof[40] ^= 1;
    bundles[3].key.push('x');
    let highest = good.statement.ratio;
    for expected in [
        nothing,
        all,
        ratio(Bound::AtLeast(highest)),
        ratio(Bound::AtLeast(highest + 1)),
        ratio(Bound::Exactly(highest - 1)),
        aged,
        buffer,
    ] {
        for bundle in &bundles {
            let verdict = |key: &dyn ProofKey| {
                let verdict = verify(key, bundle, &expected);
                verdict.map(|verdict| (verdict.checked, verdict.trusted))
            };
            assert_eq!(verdict(&light), verdict(&derived), "{expected:?}");
        }
    }
    let no = |expected: &Expectations| verify(&light, good, expected).map(|_| ());
    let (found, least) = (highest, highest + 1);
    assert_eq!(
        no(&ratio(Bound::AtLeast(least))),
        Err(No::Ratio { found, least })
    );
    assert_eq!(no(&ratio(Bound::AtLeast(highest))), Ok(()));
    assert_eq!(no(&aged), Err(No::Old { age: 11, most: 10 }));
    assert!(matches!(no(&buffer), Err(No::Buffer { .. })));
    // The word of whoever wrote a key's file is trust; what was derived is not.
    let on_trust = |key: &dyn ProofKey| verify(key, good, &all).expect("holds").on_trust();
    assert_eq!(on_trust(&light), ["key"]);
    assert!(on_trust(&derived).is_empty());
}
