//! The committed contracts are what the keys of RM-1 and RM-2 give, byte for byte:
//! `ZKMARGIN_REPIN=1 ./test generated_contracts` writes them anew.

use std::path::PathBuf;

use zkmargin_chain::solidity::{generate, statement_library, Options};
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Row;
use zkmargin_keys::key::Key;
use zkmargin_testing::proofs::fixture::shipped;
use zkmargin_testing::proofs::{ignition, ignition_verifier};

/// Set to anything but `0` to write the files anew.
const REPIN: &str = "ZKMARGIN_REPIN";

fn compare(name: &str, source: &str) {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../contracts/src/generated",
        &format!("{name}.sol"),
    ]
    .iter()
    .collect();
    if std::env::var_os(REPIN).is_some_and(|set| set != "0") {
        std::fs::write(&path, source).expect("the contract can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = committed
        .lines()
        .zip(source.lines())
        .position(|(a, b)| a != b);
    assert!(
        committed == source,
        "{} is not what the key gives; the first different line is {differs:?}\n\
         hint: {REPIN}=1 ./test generated_contracts writes it anew",
        path.display()
    );
}

/// The keys inside `zkmargin-verify`.
fn compare_protocol(policy: &str, size: Size, bytes: &[u8]) {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../verifier/assets/protocols",
        &format!("{policy}-{size}.zkprotocol"),
    ]
    .iter()
    .collect();
    if std::env::var_os(REPIN).is_some_and(|set| set != "0") {
        std::fs::write(&path, bytes).expect("the protocol can be written");
        return;
    }
    let committed = std::fs::read(&path).unwrap_or_default();
    assert!(
        committed == bytes,
        "{} is not what the key gives\n\
         hint: {REPIN}=1 ./test generated_contracts writes it anew",
        path.display()
    );
}

#[test]
fn generated_contracts_are_those_of_the_keys() {
    for name in ["rm1", "rm2"] {
        let policy = shipped(name);
        for size in [Size::Small, Size::Standard] {
            let key = Key::generate(&policy, size, &ignition(&policy, size)).expect("a key");
            let setup = ignition_verifier(&policy, size);
            let protocol = key.protocol(&setup).expect("a protocol");
            let contract = generate(&protocol, Options::default()).expect("a contract");
            compare(&contract.name, &contract.source);
            compare_protocol(name, size, &protocol.to_bytes());
        }
    }
}

#[test]
fn generated_statement_library_is_that_of_the_rows() {
    let rows: Vec<&str> = Row::ALL.iter().map(|row| row.name()).collect();
    compare("MarginStatement", &statement_library(&rows));
}
