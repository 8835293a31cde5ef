//! `book prove` and `book verify` with real proofs of small batches, and `book reserves` on them.

mod common;

use common::{Folder, MARKET};
use serde_json::Value;

const PROVE: &str = "book prove book --json";
const VERIFY: &str = "book verify book/public --json";

fn names(folder: &Folder, inner: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path(inner)).unwrap();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A book whose batches hold 320 accounts each; three of the accounts fail.
fn built(accounts: u32) -> (Folder, Value) {
    let folder = Folder::with_files();
    let line = format!(
        "venue generate --market market.json --accounts {accounts} --positions 3 --underwater 2 \
                --short 1 --insecure-seed 1 --out accounts.jsonl"
    );
    folder.run(&line).code(0);
    let line = "book build accounts.jsonl --market market.json --k 10 --out book --json";
    let built = folder.run(line).code(0).json();
    (folder, built)
}

#[test]
fn proven_resumed_published_and_verified() {
    let (folder, built) = built(330);
    let first = folder.run(PROVE).code(0).json();
    let batches = built["batches"].as_u64().unwrap();
    assert_eq!(batches, 2);
    assert_eq!(first["proven_now"].as_u64(), Some(batches));
    let verified = folder.run(VERIFY).code(0).json();
    assert_eq!(verified["verified"], true);
    for field in ["root", "count", "totals", "market", "policy"] {
        assert_eq!(verified[field], built[field], "{field}");
    }
    let text = folder.run("book verify book/public").code(0).stdout;
    assert!(text.contains("cover each of 330 accounts once"), "{text}");
    // Nothing is proven twice; a lost and a damaged proof are made again.
    assert_eq!(folder.run(PROVE).code(0).json()["proven_now"], 0);
    let proofs = names(&folder, "book/proofs");
    std::fs::remove_file(folder.path(&format!("book/proofs/{}", proofs[0]))).unwrap();
    let other = format!("book/proofs/{}", proofs[1]);
    let damaged = folder
        .read(&other)
        .replacen("\"failing\":", "\"failing\":1", 1);
    folder.write(&other, &damaged);
    let again = folder.run(PROVE).code(0);
    assert!(again.stderr.contains("proven again"), "{}", again.stderr);
    assert_eq!(again.json()["proven_now"], 2);
    folder.run(VERIFY).code(0);
    // A customer checks against the published file.
    folder
        .run("book include book --index 7 --out packet.json")
        .code(0);
    folder
        .run("book check packet.json --public book/public/book.json")
        .code(0);
    let root = built["root"].as_str().unwrap();
    folder.run(&format!("{VERIFY} --root {root}")).code(0);
    let other = folder.run(&format!("{VERIFY} --root 0x77")).code(1).json();
    assert_eq!(other["verified"], false);
    // Another ratio is another statement: the inputs stay, the proofs do not.
    let line =
        "book build accounts.jsonl --market market.json --k 10 --ratio 8000 --out book --json";
    assert_eq!(folder.run(line).code(0).json()["new_inputs"], 0);
    let again = folder.run(PROVE).code(0);
    assert!(again.stderr.contains("another ratio"), "{}", again.stderr);
    assert_eq!(again.json()["proven_now"].as_u64(), Some(batches));
    assert_eq!(folder.run(VERIFY).code(0).json()["ratio"], 8_000);
    assert_eq!(names(&folder, "book/public/proofs").len() as u64, batches);
}

#[test]
fn a_tampered_publication_is_a_definite_no() {
    let (folder, _) = built(330);
    folder.run(PROVE).code(0);
    let path = "book/public/book.json";
    let good = folder.read(path);
    let book: Value = serde_json::from_str(&good).unwrap();
    let refused = |alter: &dyn Fn(&mut Value), words: &str| {
        let mut bad = book.clone();
        alter(&mut bad);
        folder.write(path, &bad.to_string());
        let run = folder.run(VERIFY).code(1).json();
        assert_eq!(run["verified"], false);
        let faults = run["faults"].to_string();
        assert!(faults.contains(words), "{words} is not in {faults}");
    };
    let shortfall = |bad: &mut Value| {
        bad["totals"]["shortfall"] = "0".into();
        for batch in bad["batches"].as_array_mut().unwrap() {
            batch["statement"]["totals"]["shortfall"] = "0".into();
        }
    };
    // The totals add up, but no proof says so.
    refused(&shortfall, "does not hold");
    refused(
        &|bad| bad["totals"]["shortfall"] = "0".into(),
        "do not add up",
    );
    let drop = |bad: &mut Value| bad["batches"].as_array_mut().unwrap().truncate(1);
    refused(&drop, "do not lead to the root");
    let swap = |bad: &mut Value| bad["batches"].as_array_mut().unwrap().swap(0, 1);
    refused(&swap, "must begin at 0");
    let proof = |bad: &mut Value| bad["batches"][0]["proof"] = bad["batches"][1]["proof"].clone();
    refused(&proof, "batch 0: ");
    refused(
        &|bad| bad["batches"][0]["statement"]["word"] = "0x5".into(),
        "longs and shorts",
    );
    folder.write(path, &good);
    folder.run(VERIFY).code(0);
    let name = names(&folder, "book/public/proofs").remove(0);
    let proof = folder.path(&format!("book/public/proofs/{name}"));
    let bytes = std::fs::read(&proof).unwrap();
    std::fs::write(&proof, &bytes[..bytes.len() - 1]).unwrap();
    let faults = folder.run(VERIFY).code(1).json()["faults"].to_string();
    assert!(
        faults.contains("not the one that the book names"),
        "{faults}"
    );
    std::fs::remove_file(&proof).unwrap();
    folder.run(VERIFY).refused(&[&name]);
    std::fs::write(&proof, &bytes).unwrap();
    // Another market than the verifier's own.
    folder.write("other.json", &MARKET.replace("77081.80", "77081.81"));
    let faults = folder
        .run(&format!("{VERIFY} --market other.json"))
        .code(1)
        .json();
    assert!(faults["faults"].to_string().contains("of another market"));
    folder.write(path, &good.replacen("\"version\": 1", "\"version\": 7", 1));
    folder.run(VERIFY).refused(&["version", "7"]);
}

#[test]
fn reserves_are_set_against_the_published_book() {
    let (folder, _) = built(40);
    folder.run(PROVE).code(0);
    let path = "book/public/book.json";
    let book: Value = serde_json::from_str(&folder.read(path)).unwrap();
    let root = book["root"].as_str().unwrap();
    let line = format!("book reserves addresses.json --liabilities {path}");
    let file = |venue: &str, signature: &str| {
        format!(
            r#"{{"venue": "{venue}", "book": "{root}", "assets": [{{"asset": "USD",
            "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "addresses": [{{
            "address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "chain_id": 1,
            "block": 25000000, "balance": "1", "scheme": "personal_sign"{signature}}}]}}]}}"#
        )
    };
    folder.write("addresses.json", &file("Example Exchange", ""));
    let messages = folder.run(&format!("{line} --messages")).code(0).json();
    let text = messages[0]["text"].as_str().unwrap();
    for word in ["Example Exchange", root, "Chain id: 1", "Block: 25000000"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    let report = folder.run(&format!("{line} --json")).code(1).json();
    assert_eq!(report["covered"], false);
    assert!(report["faults"].to_string().contains("is not signed"));
    folder.write(
        "addresses.json",
        &file("Example Exchange", ", \"signature\": \"0x00\""),
    );
    let text = folder.run(&line).code(1).stdout;
    assert!(
        text.contains("NOT COVERED") && text.contains("has 65 bytes"),
        "{text}"
    );
    folder.write("addresses.json", &file("", ""));
    folder.run(&line).refused(&["addresses.json: venue"]);
    folder.write("addresses.json", "{}");
    folder.run(&line).refused(&["addresses.json"]);
    folder.write("addresses.json", &file("Example Exchange", ""));
    folder
        .run(&format!("{line} --rpc http://127.0.0.1:9"))
        .refused(&["127.0.0.1:9"]);
}
