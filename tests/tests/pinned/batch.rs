//! The batch circuit of a book at its smallest and at its default `k`, with the keys of one market
//! under RM-1 and the Ignition setup.

use serde_json::{json, Map, Value};
use zkmargin_circuits::book::columns::Columns;
use zkmargin_circuits::book::{constraint_system, key_trace, sums, BatchInput};
use zkmargin_engine::account::Account;
use zkmargin_engine::book::{inventory_digest, InstrumentTable, Shape};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_testing::proofs::fixture::{self, MIXED};
use zkmargin_verifier::protocol::KeyFile;

use super::file::compare;

const FILE: &str = "rm1-batch.json";
/// Smallest and default `k`.
const PINNED: [u32; 2] = [10, 14];

fn shape(policy: &Policy, k: u32) -> Shape {
    Shape::new(k, policy.scenarios().len()).expect("a k in range")
}

/// The batch circuit of a shape over a market, without keys.
fn circuit(shape: Shape, market: &Market, policy: &Policy) -> Value {
    let system = constraint_system(shape);
    let columns = Columns::new(shape);
    let phases = system.advice_column_phase();
    let fractions: usize = columns.helpers.iter().map(ExactSizeIterator::len).sum();
    let trace =
        key_trace(shape, &InstrumentTable::new(policy, market)).expect("a market that fits");
    let set = |column: &Vec<Fr>| column.iter().filter(|v| **v != Fr::zero()).count();
    let capacity = shape.capacity();
    json!({
        "columns": {
            "advice": system.num_advice_columns(),
            "second phase": phases.iter().filter(|phase| **phase == 1).count(),
            "fixed": system.num_fixed_columns(),
            "instance": system.num_instance_columns(),
            "equality": system.permutation().get_columns().len(),
            "limbs": columns.limbs().len(),
        },
        "challenges": system.challenge_phase().len(),
        "polynomials": system.gates().iter().map(|g| g.polynomials().len()).sum::<usize>(),
        "lookups": system.lookups().len(),
        "lookup columns": system.lookups().iter().map(|l| l.input_expressions().len()).sum::<usize>(),
        "queries": {
            "advice": system.advice_queries().len(),
            "fixed": system.fixed_queries().len(),
            "instance": system.instance_queries().len(),
        },
        "degree": system.degree(),
        "fractions": fractions,
        "helpers": columns.helpers.len(),
        "limb bits": shape.limb_bits(),
        "k": shape.k(),
        "rows": {
            "active": shape.active_rows(),
            "first of the stream": shape.first_stream_row(),
            "stream": capacity.stream,
            "positions": capacity.positions,
            "groups": capacity.groups,
            "risk": capacity.risk,
        },
        "accounts": shape.accounts(),
        "fixed cells that are not zero": trace.fixed.iter().map(set).sum::<usize>(),
    })
}

#[test]
fn pinned_batch_circuits() {
    let policy = Policy::rm1();
    let market = fixture::market(&policy);
    let found: Map<String, Value> = PINNED
        .into_iter()
        .map(|k| {
            let circuit = circuit(shape(&policy, k), &market, &policy);
            (format!("k{k}"), circuit)
        })
        .collect();
    compare(FILE, "circuits", &Value::Object(found));
}

/// Bytes of a proof: a point or a number of 32 bytes each.
fn proof_bytes(shape: Shape) -> usize {
    let system = constraint_system(shape);
    let lookups = system.lookups().len();
    // Columns, two permuted columns and a product for each look-up, a random polynomial, pieces of
    // the quotient, two openings.
    let points = system.num_advice_columns() + 3 * lookups + 1 + (system.degree() - 1) + 2;
    // Queries, the random polynomial, five values of each look-up.
    let evaluations =
        system.advice_queries().len() + system.fixed_queries().len() + 1 + 5 * lookups;
    32 * (points + evaluations)
}

#[test]
fn real_proof_pinned_batch_keys_and_lengths() {
    let policy = Policy::rm1();
    let market = fixture::market(&policy);
    let found: Map<String, Value> = PINNED
        .into_iter()
        .map(|k| {
            let setup = Setup::embedded(k).expect("the embedded setup is large enough");
            let shape = shape(&policy, k);
            let verifier = BatchVerifier::new(&setup, &policy, &market, shape).expect("a key");
            // The same for every market.
            let template = verifier
                .template(&setup, policy.name())
                .expect("a template");
            let file = KeyFile::Open(Box::new(template));
            let found = json!({
                "key": verifier.id(),
                "proof bytes": proof_bytes(shape),
                "protocol": format!("0x{}", hex::encode(file.digest())),
                "protocol bytes": file.to_bytes().len(),
            });
            (format!("k{k}"), found)
        })
        .collect();
    compare(FILE, "keys", &Value::Object(found));
}

#[test]
fn real_proof_of_a_batch_has_the_pinned_length_and_key() {
    // The count of `proof_bytes` is that of a proof, and the prover derives the verifier's key.
    let policy = Policy::rm1();
    let market = fixture::market(&policy);
    let (shape, setup) = (shape(&policy, 10), Setup::embedded(10).expect("a setup"));
    let account: Account = fixture::account(&market, &MIXED);
    let input = BatchInput {
        book: Fr::from(1),
        inventory: inventory_digest(&[]),
        first: 0,
        accounts: vec![account],
        secrets: [Fr::from(2), Fr::from(3)],
    };
    let prover = BatchProver::new(&setup, &policy, &market, 10_000, shape).expect("keys");
    let (_, proof, _) = prover.prove(&input).expect("a proof");
    assert_eq!(proof.len(), proof_bytes(shape));
    let verifier = BatchVerifier::new(&setup, &policy, &market, shape).expect("a key");
    assert_eq!(prover.verifier().id(), verifier.id());
    // Each fraction stands in one helper, in order.
    let columns = Columns::new(shape);
    let sent = sums::fractions(&columns, &zkmargin_circuits::system::algebra::Degrees);
    assert_eq!(columns.helpers.last().map(|run| run.end), Some(sent.len()));
    let gaps = columns.helpers.windows(2).any(|w| w[0].end != w[1].start);
    assert!(!gaps && columns.helpers[0].start == 0);
}
