//! RM-2 from the command line: proofs of an account, and a book whose offset is waived.

use crate::common::Folder;
use serde_json::{json, Value};

/// An account with a million USD of bitcoin against as much ether.
const PAIR: &str = "pair.json";

fn folder() -> Folder {
    let folder = Folder::with_files();
    folder
        .run("market generate --seed 7 --force --out market.json")
        .code(0);
    let market: Value = serde_json::from_str(&folder.read("market.json")).unwrap();
    let mark = |name: &str| {
        let listed = market["instruments"].as_array().unwrap();
        let found = listed.iter().find(|i| i["id"] == name).unwrap();
        found["mark"].as_str().unwrap().parse::<f64>().unwrap()
    };
    let of = |name: &str, notional: f64| {
        let quantity = format!("{:.4}", notional / mark(name));
        json!({"instrument": name, "quantity": quantity, "entry": "mark"})
    };
    let mut account: Value = serde_json::from_str(&folder.read("account.json")).unwrap();
    account["positions"] = json!([
        {"instrument": "USD", "quantity": "250000"},
        of("BTC-PERPETUAL", -1e6),
        of("ETH-PERPETUAL", 1e6),
    ]);
    folder.write(PAIR, &account.to_string());
    folder
}

#[test]
fn real_proof_of_a_hedged_account_under_rm2() {
    let folder = folder();
    let margin = |policy: &str| {
        let line =
            format!("evaluate --market market.json --account {PAIR} --policy {policy} --json");
        let report = folder.run(&line).code(0).json();
        let margin = report["initial_margin"].as_str().unwrap().to_owned();
        margin.parse::<f64>().unwrap()
    };
    let (rm1, rm2) = (margin("rm1"), margin("rm2"));
    assert!(rm2 < 0.7 * rm1, "a hedge counts: {rm2} after {rm1}");
    // Equity that RM-1 would not be content with is proven under RM-2.
    let prove = format!("prove --market market.json --account {PAIR} --identity identity.json");
    let proven = "--policy rm2 --ratio 10000 --out proof.json --json";
    let report = folder.run(&format!("{prove} {proven}")).code(0).json();
    assert_eq!(report["size"], "small");
    let verify = "verify --proof proof.json --market market.json --min-ratio 10000";
    let verdict = folder.run(&format!("{verify} --policy rm2 --json"));
    assert_eq!(verdict.code(0).json()["verified"], true);
    folder.run(verify).refused(&["--policy"]);
    folder
        .run(&format!("{verify} --policy rm2-compact"))
        .refused(&["--policy"]);
    folder
        .run("export protocol --size small --policy rm2 --out key.zkprotocol")
        .code(0);
    let light = format!("{verify} --policy rm2 --protocol key.zkprotocol");
    folder.run(&light).code(0);
    folder
        .run("export solidity --size small --policy rm2 --out Verifier.sol")
        .code(0);
    let source = folder.read("Verifier.sol");
    assert!(source.contains("contract SmallRm2Verifier is IMarginVerifier"));
}

#[test]
fn real_proof_demo_under_rm2() {
    let folder = Folder::new();
    let report = folder.run("demo --policy rm2 --json").code(0).json();
    assert_eq!(report["verified"], true);
    assert_eq!(report["evaluation"]["policy"], "RM-2");
    assert!(report["evaluation"]["expected_shortfall"].is_string());
    folder.run("demo --chain --policy rm2").code(2);
}

#[test]
fn real_proof_of_a_book_under_rm2_says_that_the_offset_is_waived() {
    let folder = Folder::with_files();
    let line =
        "venue generate --market market.json --accounts 40 --positions 3 --underwater 2 --short 1 \
                --insecure-seed 1 --policy rm2 --out accounts.jsonl";
    folder.run(line).code(0);
    let line =
        "book build accounts.jsonl --market market.json --policy rm2 --k 10 --out book --json";
    let built = folder.run(line).code(0).json();
    folder.run("book prove book --json").code(0);
    let verified = folder.run("book verify book/public --json").code(0).json();
    assert_eq!(verified["offset"], "waived");
    for field in ["root", "count", "totals", "policy"] {
        assert_eq!(verified[field], built[field], "{field}");
    }
    let text = folder
        .run("book verify book/public --policy rm2")
        .code(0)
        .stdout;
    assert!(text.contains("offset waived"), "{text}");
    folder.run("book verify book/public --policy rm1").code(1);
    // Under a policy without offsets there is nothing to say.
    let line = "book build accounts.jsonl --market market.json --k 10 --out other --json";
    folder.run(line).code(0);
    folder.run("book prove other --json").code(0);
    let text = folder.run("book verify other/public").code(0).stdout;
    assert!(!text.contains("offset"), "{text}");
}
