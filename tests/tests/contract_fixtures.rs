//! Real proofs for the tests of the contracts: `contracts/test/fixtures`.
//!
//! `ZKMARGIN_REPIN=1 ./test contract_fixtures` writes them anew, after the circuit or the policy
//! changed. Proofs are blinded at random, so the files are not compared: they are verified.

use serde_json::{json, Value};
use zkmargin_keys::transcript::from_halo2;
use zkmargin_testing::fixtures;
use zkmargin_testing::proofs::{small, small_rm2, standard, standard_rm2, Proven};
use zkmargin_verifier::bn254::Fr;
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::transcript::Encoding;

/// Set to anything but `0` to write the files anew.
const REPIN: &str = "ZKMARGIN_REPIN";

fn light(proven: &Proven) -> LightVerifier {
    LightVerifier::new(proven.key.protocol(&proven.verifier).expect("a protocol"))
}

/// The proof in chain encoding and the statement, as `forge` reads them.
fn fixture(proven: &Proven) -> Value {
    let plan = light(proven).plan().to_chain(&proven.bundle.proof);
    let word = |row| format!("0x{}", hex::encode(from_halo2(row).to_be_bytes()));
    json!({
        "key": proven.key.id,
        "proof": format!("0x{}", hex::encode(plan.expect("a proof"))),
        "statement": proven.bundle.statement.rows().iter().map(word).collect::<Vec<_>>(),
    })
}

fn check(name: &str, proven: &Proven) {
    let path = fixtures::path(name);
    if std::env::var_os(REPIN).is_some_and(|set| set != "0") {
        let folder = path.parent().expect("a folder");
        std::fs::create_dir_all(folder).expect("the folder can be made");
        let text = serde_json::to_string_pretty(&fixture(proven)).expect("JSON") + "\n";
        std::fs::write(&path, text).expect("the fixture can be written");
    }
    let hint = format!("hint: {REPIN}=1 ./test contract_fixtures writes it");
    let found = fixtures::read(name, &hint);
    let path = path.display();
    assert_eq!(found.key, proven.key.id, "{path}: of another key\n{hint}");
    let rows: Option<Vec<Fr>> = found.statement.iter().map(Fr::from_be_bytes).collect();
    light(proven)
        .verify(
            &[&rows.expect("field elements")],
            &found.proof,
            Encoding::Chain,
        )
        .unwrap_or_else(|e| panic!("{path}: {e}\n{hint}"));
}

#[test]
fn real_proof_contract_fixtures_small() {
    check("small", small());
}

#[test]
fn real_proof_contract_fixtures_standard() {
    check("standard", standard());
}

#[test]
fn real_proof_contract_fixtures_small_rm2() {
    check("small-rm2", small_rm2());
}

#[test]
fn real_proof_contract_fixtures_standard_rm2() {
    check("standard-rm2", standard_rm2());
}
