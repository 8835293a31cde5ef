//! What a verification costs, by `cargo bench -p zkmargin-tests --bench verification`:
//! time of the light verifier against halo2's in the same run, of margin proofs and of a batch, and gas of
//! the contract by part.

use std::time::{Duration, Instant};

use zkmargin_chain::solidity::{call_data, generate, Options};
use zkmargin_circuits::book::BatchInput;
use zkmargin_engine::book::{inventory_digest, Shape};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr as Halo2Fr;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::from_halo2;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_testing::evm::{compile, Chain};
use zkmargin_testing::proofs::fixture::{self, MIXED};
use zkmargin_testing::proofs::{small, standard, Proven};
use zkmargin_verifier::key::{BatchKey, KeyOrigin};
use zkmargin_verifier::light::{LightBatchKey, LightVerifier};
use zkmargin_verifier::protocol::plan::{Commitment, Plan};
use zkmargin_verifier::protocol::KeyFile;
use zkmargin_verifier::transcript::Encoding;

/// Verifications by each, in turn.
const RUNS: usize = 101;
/// Times that a key is made.
const KEYS: usize = 7;
/// log2 of the rows of the batch.
const BATCH_K: u32 = 14;
/// Gas of any transaction.
const TRANSACTION: u64 = 21_000;
/// Gas of a multiplication and an addition on the curve, with the two calls.
const MULTIPLY_AND_ADD: u64 = 6_000 + 150 + 2 * 100;
/// Gas of the pairing of two pairs, with its call.
const PAIRING: u64 = 45_000 + 2 * 34_000 + 100;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn time(proven: &Proven, light: &LightVerifier) {
    let rows = proven.bundle.statement.rows();
    let ours: Vec<_> = rows.iter().map(from_halo2).collect();
    let proof = &proven.bundle.proof;
    let (mut halo2, mut own) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        halo2.push(timed(|| proven.check_rows(&rows, proof).expect("holds")));
        own.push(timed(|| {
            light
                .verify(&[&ours], proof, Encoding::Compact)
                .expect("holds")
        }));
    }
    let (halo2, own) = (median(halo2), median(own));
    println!(
        "  halo2 {halo2:.2} ms, light {own:.2} ms, ratio {:.2}",
        own / halo2
    );
}

/// Commitments of the key that are opened.
fn key_points(plan: &Plan) -> u64 {
    let members = plan.sets.iter().flat_map(|set| &set.members);
    let of_key = |c: &Commitment| matches!(c, Commitment::Fixed(_) | Commitment::Permutation(_));
    members.filter(|m| of_key(&m.commitment)).count() as u64
}

fn gas(proven: &Proven, light: &LightVerifier) {
    let contract = generate(light.protocol(), Options::default()).expect("a contract");
    let code = compile(&contract.name, &contract.source);
    let mut chain = Chain::deploy(&code.creation);
    let plan = light.plan();
    let proof = plan.to_chain(&proven.bundle.proof).expect("a proof");
    let words = proven
        .bundle
        .statement
        .rows()
        .map(|row| from_halo2(&row).to_be_bytes());
    let data = call_data(&proof, &words);
    let called = chain.call(&data);
    assert_eq!(called.output.as_ref().and_then(|o| o.last()), Some(&1));
    let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
    let bytes = data.len() as u64;
    let calldata = 4 * zeros + 16 * (bytes - zeros);
    // EIP-7623: a transaction costs at least this for its data.
    let floor = TRANSACTION + 10 * zeros + 40 * (bytes - zeros);
    // One commitment has coefficient one, and the generator takes part.
    let multiples = plan.points as u64 + key_points(plan);
    let curve = multiples * MULTIPLY_AND_ADD + PAIRING;
    println!(
        "  gas {} = {TRANSACTION} + calldata {calldata} + {multiples} multiplications and pairing \
         {curve} + rest {}; floor {floor}",
        called.gas,
        called.gas - TRANSACTION - calldata - curve
    );
    println!(
        "  {} points, {} commitments of the key, {} scalars, {} sets; proof {} bytes in files, {} \
         on chain; code {} bytes, deployment {} gas",
        plan.points,
        key_points(plan),
        plan.scalars,
        plan.sets.len(),
        proven.bundle.proof.len(),
        proof.len(),
        code.runtime.len(),
        chain.deployment_gas
    );
}

/// A batch of accounts at the default k: its key from a template, and its proof by both verifiers.
fn batch() {
    let policy = Policy::rm1();
    let market = fixture::market(&policy);
    let shape = Shape::new(BATCH_K, policy.scenarios().len()).expect("a k in range");
    let setup = Setup::embedded(BATCH_K).expect("a setup");
    let prover = BatchProver::new(&setup, &policy, &market, 10_000, shape).expect("keys");
    let input = BatchInput {
        book: Halo2Fr::from(1),
        inventory: inventory_digest(&[]),
        first: 0,
        accounts: vec![fixture::account(&market, &MIXED); 64],
        secrets: [Halo2Fr::from(2), Halo2Fr::from(3)],
    };
    let (statement, proof, _) = prover.prove(&input).expect("a proof");
    let (mut deriving, mut reading, mut completing) = (Vec::new(), Vec::new(), Vec::new());
    let mut keys = None;
    let derive = || BatchVerifier::new(&setup, &policy, &market, shape).expect("a key");
    let template = derive()
        .template(&setup, policy.name())
        .expect("a template");
    let bytes = KeyFile::Open(Box::new(template)).to_bytes();
    for _ in 0..KEYS {
        let (mut derived, mut read, mut light) = (None, None, None);
        deriving.push(timed(|| derived = Some(derive())));
        reading.push(timed(|| {
            read = Some(KeyFile::from_bytes(&bytes).expect("its own file"));
        }));
        let file = read.expect("read");
        completing.push(timed(|| {
            let key = LightBatchKey::new(&file, "key", KeyOrigin::File, (&policy, &market));
            light = Some(key.expect("a key"));
        }));
        keys = derived.zip(light);
    }
    println!(
        "  {} instruments, file of {} bytes; halo2's key derived in {:.0} ms; read in {:.0} ms, \
         completed in {:.0} ms, ratio {:.2}",
        market.instruments().len(),
        bytes.len(),
        median(deriving.clone()),
        median(reading.clone()),
        median(completing.clone()),
        (median(reading) + median(completing)) / median(deriving)
    );
    let (derived, light) = keys.expect("made");
    let (mut halo2, mut own) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        halo2.push(timed(|| derived.holds(&statement, &proof).expect("holds")));
        own.push(timed(|| light.holds(&statement, &proof).expect("holds")));
    }
    let (halo2, own) = (median(halo2), median(own));
    println!(
        "  halo2 {halo2:.2} ms, light {own:.2} ms, ratio {:.2}; proof {} bytes",
        own / halo2,
        proof.len()
    );
}

fn main() {
    println!("batch, k = {BATCH_K}");
    batch();
    for (name, proven) in [("small", small()), ("standard", standard())] {
        println!("{name}");
        let protocol = proven.key.protocol(&proven.verifier).expect("a protocol");
        let light = LightVerifier::new(protocol);
        time(proven, &light);
        gas(proven, &light);
    }
}
