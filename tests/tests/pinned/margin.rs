//! The margin circuit by size, with the keys under RM-1 and RM-2 and the Ignition setup.

use serde_json::{json, Map, Value};
use zkmargin_circuits::margin::{
    constraint_system, layout, MarginCircuit, MarginWitness, Shape, Size,
};
use zkmargin_engine::policy::Policy;
use zkmargin_keys::key::Key;
use zkmargin_testing::proofs::fixture::shipped;
use zkmargin_testing::proofs::{ignition, small, small_rm2, standard, standard_rm2, Proven};

use super::file::compare;

const POLICIES: [(&str, &str); 2] = [("rm1", "rm1.json"), ("rm2", "rm2.json")];

/// The circuit of a size, without keys.
fn circuit(policy: &Policy, size: Size) -> Value {
    let witness = MarginWitness::blank(size);
    let laid = layout::build(policy, size, &witness, None);
    let parts: Map<String, Value> = laid
        .parts
        .iter()
        .map(|(part, rows)| {
            let by_lane = json!({
                "wide": rows.wide, "arithmetic": rows.arithmetic, "range": rows.range,
            });
            ((*part).to_owned(), by_lane)
        })
        .collect();
    let blank = MarginCircuit::blank(policy, size);
    let trace = blank.trace();
    let system = constraint_system(Shape {
        size,
        scenarios: policy.scenarios().len(),
    });
    let lookups = system.lookups();
    json!({
        "columns": {
            "advice": system.num_advice_columns(),
            "fixed": system.num_fixed_columns(),
            "instance": system.num_instance_columns(),
            "equality": system.permutation().get_columns().len(),
        },
        "gates": system.gates().len(),
        "polynomials": system.gates().iter().map(|g| g.polynomials().len()).sum::<usize>(),
        "lookups": lookups.len(),
        "lookup columns": lookups.iter().map(|l| l.input_expressions().len()).sum::<usize>(),
        "advice queries": system.advice_queries().len(),
        "degree": system.degree(),
        "k": blank.k(),
        "rows used": laid.rows,
        "rows by part": parts,
        "assigned cells": trace.order.len(),
        "copies": trace.copies.len(),
        "public inputs": trace.publics.len(),
    })
}

#[test]
fn pinned_circuits() {
    for (name, file) in POLICIES {
        let policy = shipped(name);
        let found: Map<String, Value> = Size::ALL
            .into_iter()
            .map(|size| (size.name().to_owned(), circuit(&policy, size)))
            .collect();
        compare(file, "circuits", &Value::Object(found));
    }
}

/// Made by the prover, by the verifier, and once more: key generation has no randomness.
fn key(proven: &Proven) -> Value {
    let (policy, size) = (&proven.case.policy, proven.case.size);
    let again = Key::generate(policy, size, &ignition(policy, size)).expect("a key");
    assert_eq!(again.id, proven.key.id);
    assert_eq!(again.id, proven.proving.key.id);
    json!({ "key": again.id, "proof bytes": proven.bundle.proof.len() })
}

#[test]
fn real_proof_pinned_keys_and_lengths() {
    for ((_, file), sizes) in POLICIES.into_iter().zip([
        [small as fn() -> &'static Proven, standard],
        [small_rm2, standard_rm2],
    ]) {
        let [small, standard] = sizes.map(|proven| key(proven()));
        let found = json!({ "small": small, "standard": standard });
        compare(file, "keys", &found);
    }
}
