//! halo2's verifier, with a key that it derived, and the light one, with a key from a file and prices of its
//! own, give the same verdict on real proofs of a batch and on malformed ones.

use zkmargin_circuits::book::BatchInput;
use zkmargin_engine::book::{inventory_digest, BatchStatement, Shape};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_testing::malformed::compact_corpus;
use zkmargin_testing::proofs::fixture::{self, MIXED};
use zkmargin_verifier::key::{BatchKey, KeyOrigin};
use zkmargin_verifier::light::LightBatchKey;
use zkmargin_verifier::protocol::KeyFile;
use zkmargin_verifier::verdict::No;

const K: u32 = 10;
/// Every so many entries of the corpus are tried: there are some ten for each of a thousand words.
const STEP: usize = 37;

/// The two verifiers of a market.
struct Two {
    derived: BatchVerifier,
    light: LightBatchKey,
}

impl Two {
    fn new(setup: &Setup, file: &KeyFile, policy: &Policy, market: &Market, shape: Shape) -> Self {
        let derived = BatchVerifier::new(setup, policy, market, shape).expect("a key");
        let (bytes, digest) = (file.to_bytes(), file.digest());
        let about = (policy, market);
        let light = LightBatchKey::from_bytes(&bytes, "k10", Some(digest), about).expect("a key");
        assert_eq!(light.origin(), KeyOrigin::KnownFile);
        assert_eq!(light.id(), BatchKey::id(&derived));
        assert_eq!(light.is_insecure(), derived.is_insecure());
        assert!(!light.is_insecure());
        assert_eq!(light.table().market, derived.table().market);
        Two { derived, light }
    }

    fn verdict(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No> {
        let verdict = self.derived.holds(statement, proof);
        assert_eq!(self.light.holds(statement, proof), verdict);
        verdict
    }
}

#[test]
fn real_proof_agreement_of_batch_verifiers() {
    let policy = Policy::rm1();
    let market = fixture::market(&policy);
    let shape = Shape::new(K, policy.scenarios().len()).expect("a k in range");
    let setup = Setup::embedded(K).expect("a setup");
    let empty = Market::new(0, Vec::new()).expect("a market of nothing");
    let any = BatchVerifier::new(&setup, &policy, &empty, shape).expect("a key");
    let template = any.template(&setup, policy.name()).expect("a template");
    let file = KeyFile::Open(Box::new(template));
    let two = Two::new(&setup, &file, &policy, &market, shape);
    let prover = BatchProver::new(&setup, &policy, &market, 10_000, shape).expect("keys");
    let account = fixture::account(&market, &MIXED);
    let input = |first, accounts| BatchInput {
        book: Fr::from(1),
        inventory: inventory_digest(&[]),
        first,
        accounts,
        secrets: [Fr::from(2), Fr::from(3)],
    };
    let batches = [
        input(0, vec![account.clone()]),
        input(64, vec![account; 70]),
    ];
    let proven = batches.map(|input| {
        let (statement, proof, _) = prover.prove(&input).expect("a proof");
        (statement, proof)
    });
    for (statement, proof) in &proven {
        assert_eq!(two.verdict(statement, proof), Ok(()));
    }
    let [(statement, proof), (other, others)] = &proven;
    assert_eq!(two.verdict(statement, others), Err(No::Rejected));
    assert_eq!(two.verdict(other, proof), Err(No::Rejected));
    let mut tried = 0;
    for (name, malformed) in compact_corpus(proof).iter().step_by(STEP) {
        let verdict = two.verdict(statement, malformed);
        assert_eq!(verdict, Err(No::Rejected), "{name}");
        tried += 1;
    }
    println!("{tried} malformed, none accepted by either");
    // The file serves a market of nothing, too, and its key refuses the proofs of the other.
    let nothing = Two::new(&setup, &file, &policy, &empty, shape);
    let row = No::OtherRow { row: "market" };
    assert_eq!(nothing.verdict(statement, proof), Err(row));
    let mut moved = statement.clone();
    moved.market = nothing.light.table().market;
    assert_eq!(nothing.verdict(&moved, proof), Err(No::Rejected));
}
