//! What the circuits look like, held against `tests/pinned/rm1.json`.
//!
//! Columns, constraints, degree, rows by part, the key under RM-1 and the Ignition setup and the
//! length of a proof, by size. A change of any of them is a change of every key in use, so it has
//! to be seen in a review: `ZKMARGIN_REPIN=1 ./test pinned` writes the file anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{json, Map, Value};
use zkmargin_circuits::circuit::{
    constraint_system, margin, MarginCircuit, MarginWitness, Shape, Size,
};
use zkmargin_circuits::policy::Policy;
use zkmargin_tests::proofs::{ignition, small, standard, Proven};
use zkmargin_verifier::keys::Key;

/// Set to anything but `0` to write the file anew.
const REPIN: &str = "ZKMARGIN_REPIN";

fn file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "pinned", "rm1.json"]
        .iter()
        .collect()
}

/// The pinned values of one kind, by size.
fn pinned(kind: &str) -> Value {
    let path = file();
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}\nhint: {REPIN}=1 writes it", path.display()));
    let all: Value = serde_json::from_str(&text).expect("the pinned file is JSON");
    all.get(kind).cloned().unwrap_or(Value::Null)
}

/// Writes one kind of values into the file, beside the others.
fn repin(kind: &str, values: &Value) {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let mut all: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    all.insert(kind.to_owned(), values.clone());
    let text = serde_json::to_string_pretty(&all).expect("JSON") + "\n";
    std::fs::write(file(), text).expect("the pinned file can be written");
}

/// Every number and text in a tree, by its path.
fn leaves(value: &Value, path: &str, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(field, &format!("{path}.{name}"), out);
            }
        }
        Value::Null => {}
        other => {
            out.insert(path.to_owned(), other.to_string());
        }
    }
}

/// What differs, a line for each value.
fn differences(pinned: &Value, found: &Value) -> Vec<String> {
    let (mut before, mut now) = (BTreeMap::new(), BTreeMap::new());
    leaves(pinned, "", &mut before);
    leaves(found, "", &mut now);
    let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let side = |side: &BTreeMap<String, String>, path: &String| {
        side.get(path).map_or("nothing".to_owned(), String::clone)
    };
    paths
        .into_iter()
        .map(|path| (path, side(&before, path), side(&now, path)))
        .filter(|(_, before, now)| before != now)
        .map(|(path, before, now)| format!("  {}: {before} -> {now}", &path[1..]))
        .collect()
}

fn compare(kind: &str, found: &Value) {
    if std::env::var_os(REPIN).is_some_and(|set| set != "0") {
        return repin(kind, found);
    }
    let differences = differences(&pinned(kind), found);
    assert!(
        differences.is_empty(),
        "{} of {} changed, pinned -> found:\n{}\n\
         hint: if the change is meant, raise CIRCUIT_REVISION where cached keys would be stale, \
         and run {REPIN}=1 ./test pinned",
        kind,
        file().display(),
        differences.join("\n")
    );
}

/// The circuit of a size, without keys.
fn circuit(policy: &Policy, size: Size) -> Value {
    let witness = MarginWitness::blank(size);
    let builder = margin::build(policy, size, &witness, None);
    let parts: Map<String, Value> = builder
        .parts()
        .iter()
        .map(|(part, rows)| {
            let by_lane = json!({
                "wide": rows.wide, "arithmetic": rows.arithmetic, "range": rows.range,
            });
            ((*part).to_owned(), by_lane)
        })
        .collect();
    let rows_used = builder.rows_used();
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
        "rows used": rows_used,
        "rows by part": parts,
        "assigned cells": trace.order.len(),
        "copies": trace.copies.len(),
        "public inputs": trace.publics.len(),
    })
}

#[test]
fn pinned_circuits() {
    let policy = Policy::rm1();
    let found: Map<String, Value> = Size::ALL
        .into_iter()
        .map(|size| (size.name().to_owned(), circuit(&policy, size)))
        .collect();
    compare("circuits", &Value::Object(found));
}

#[test]
fn real_proof_pinned_keys_and_lengths() {
    let key = |proven: &Proven| {
        let (policy, size) = (&proven.case.policy, proven.case.size);
        // Made by the prover, by the verifier, and once more: key generation has no randomness.
        let again = Key::generate(policy, size, &ignition(policy, size)).expect("a key");
        assert_eq!(again.id, proven.key.id);
        assert_eq!(again.id, proven.proving.key.id);
        json!({ "key": again.id, "proof bytes": proven.bundle.proof.len() })
    };
    let found = json!({ "small": key(small()), "standard": key(standard()) });
    compare("keys", &found);
}

#[test]
fn a_difference_is_told_by_its_path() {
    let before = json!({"small": {"k": 13, "rows": {"leaf": 1}, "gone": 2}});
    let now = json!({"small": {"k": 14, "rows": {"leaf": 1}, "new": "x"}});
    assert_eq!(
        differences(&before, &now),
        [
            "  small.gone: 2 -> nothing",
            "  small.k: 13 -> 14",
            "  small.new: nothing -> \"x\"",
        ]
    );
    assert!(differences(&now, &now).is_empty());
    assert_eq!(differences(&Value::Null, &now).len(), 3);
}
