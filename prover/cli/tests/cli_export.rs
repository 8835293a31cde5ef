//! `export`: contracts, protocols and calldata.

use crate::common::Folder;

const PROVE: &str =
    "prove --market market.json --account account.json --identity identity.json --out proof.json";

#[test]
fn a_contract_and_a_protocol_name_the_same_key() {
    let folder = Folder::with_files();
    let report = folder
        .run("export protocol --size small --out key.zkprotocol --json")
        .code(0)
        .json();
    let digest = report["digest"].as_str().unwrap();
    let bytes = std::fs::read(folder.path("key.zkprotocol")).unwrap();
    assert_eq!(report["bytes"], bytes.len());
    folder
        .run("export solidity --size small --out SmallVerifier.sol")
        .code(0);
    let source = folder.read("SmallVerifier.sol");
    assert!(source.contains("contract SmallVerifier is IMarginVerifier"));
    assert!(source.contains(digest) && source.contains(report["key"].as_str().unwrap()));
    assert_eq!(
        folder.run("export solidity --size small").code(0).stdout,
        source
    );
    let rows = folder.run("export statement").code(0).stdout;
    assert!(
        rows.contains("POLICY = 0;") && rows.contains("BUFFER = 7;"),
        "{rows}"
    );
    folder
        .run("export protocol --size small --out no/key")
        .refused(&["no/key"]);
    assert_eq!(folder.run("export solidity --size tiny").code, 2);
    let protocol = "export protocol --out new.zkprotocol";
    folder.run(protocol).refused(&["--size", "--batch"]);
    folder
        .run(&format!("{protocol} --batch 9"))
        .refused(&["2^9 rows", "10 to 17"]);
    assert_eq!(
        folder
            .run(&format!("{protocol} --batch 10 --size small"))
            .code,
        2
    );
    assert!(!folder.path("new.zkprotocol").exists());
}

#[test]
fn a_proof_becomes_calldata_only_when_it_holds() {
    let folder = Folder::with_files();
    folder.run(&format!("{PROVE} --scope 7")).code(0);
    let made = folder
        .run("export calldata --proof proof.json --json")
        .code(0)
        .json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let statement = made["statement"].as_array().unwrap();
    assert_eq!(statement.len(), 8);
    assert_eq!(statement[4], format!("0x{:064x}", 7));
    let calldata = text("calldata");
    assert!(calldata.contains(text("proof").trim_start_matches("0x")));
    assert_eq!((calldata.len() - 2) / 2 % 32, 4);
    let shown = folder
        .run("export calldata --proof proof.json")
        .code(0)
        .stdout;
    assert!(
        shown.contains(&text("proof")) && shown.contains("nullifier"),
        "{shown}"
    );
    let broken =
        folder
            .read("proof.json")
            .replacen("\"ratio\": \"10000\"", "\"ratio\": \"9999\"", 1);
    folder.write("broken.json", &broken);
    let no = folder.run("export calldata --proof broken.json").code(1);
    assert!(no.stderr.contains("does not hold"), "{}", no.stderr);
}

#[test]
fn a_contract_of_an_insecure_setup_must_be_asked_for() {
    let folder = Folder::new();
    let key = folder.run("keygen --size small --json").code(0).json();
    let k = key["k"].as_u64().unwrap();
    folder
        .run(&format!("setup insecure --k {k} --seed 1 --out s.zksetup"))
        .code(0);
    let export = "export solidity --size small --setup s.zksetup --out v.sol";
    folder.run(export).refused(&["insecure", "forge"]);
    assert_eq!(folder.names(), ["s.zksetup"]);
    folder.run(&format!("{export} --insecure")).code(0);
    let source = folder.read("v.sol");
    assert!(source.contains("contract SmallInsecureVerifier") && source.contains("INSECURE SETUP"));
}
