//! `book prove` and `book verify` with real proofs of small batches, and `book reserves` on them.

use crate::common::{Folder, IDENTITY, MARKET, NONCE};
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

/// A book of more accounts than the risk lane of a batch holds; three of the accounts fail.
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
    let (folder, built) = built(660);
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
    assert!(text.contains("cover each of 660 accounts once"), "{text}");
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
    let check = "book check packet.json --public book/public/book.json";
    let run = folder.run(check).code(3);
    assert!(
        run.stdout.starts_with("IN THIS FILE ONLY"),
        "{}",
        run.stdout
    );
    let root = built["root"].as_str().unwrap();
    folder.run(&format!("{check} --root {root}")).code(3);
    let check = format!("{check} --policy rm1 --customer Customer6@example.com");
    let run = folder.run(&format!("{check} --root {root}")).code(0);
    assert!(run.stdout.starts_with("COUNTED"), "{}", run.stdout);
    // What is not named is taken on trust, and a strict verifier does not say yes.
    let trusted = &verified["trusted"];
    assert_eq!(
        trusted,
        &serde_json::json!(["policy", "market", "ratio", "root"])
    );
    folder
        .run(&format!("{VERIFY} --strict --root {root}"))
        .code(2);
    let all = format!("{VERIFY} --strict --root {root} --ratio 10000 --policy rm1");
    folder.run(&format!("{all} --market market.json")).code(0);
    folder.run(&format!("{VERIFY} --max-age 1s")).code(1);
    folder.run(&format!("{VERIFY} --root {root}")).code(0);
    let other = folder.run(&format!("{VERIFY} --root 0x77")).code(1).json();
    assert_eq!(other["verified"], false);
    // Another ratio is another statement, under other masks. A proof that holds, and says something else
    // than the accounts of the batch whose name it has, counts as none.
    let old = names(&folder, "book/proofs").remove(0);
    let line =
        "book build accounts.jsonl --market market.json --k 10 --ratio 8000 --out book --json --resume";
    let rebuilt = folder.run(line).code(0).json();
    assert_eq!(rebuilt["new_inputs"].as_u64(), Some(batches));
    let manifest: Value = serde_json::from_str(&folder.read("book/book.json")).unwrap();
    let input = manifest["batches"][0]["input"].as_str().unwrap();
    let stored = folder.read(&format!("book/proofs/{old}"));
    folder.write(&format!("book/proofs/{input}.json"), &stored);
    let again = folder.run(PROVE).code(0);
    let why = "batch 0: proven again: batch 0: the proof says something else";
    assert!(again.stderr.contains(why), "{}", again.stderr);
    assert_eq!(again.json()["proven_now"].as_u64(), Some(batches));
    assert_eq!(folder.run(VERIFY).code(0).json()["ratio"], 8_000);
    assert_eq!(names(&folder, "book/public/proofs").len() as u64, batches);
    // What was there of another book goes when this one is published, and not before.
    let line = "book build accounts.jsonl --market market.json --k 10 --out book --json";
    let old = names(&folder, "book/inputs");
    folder.run(line).code(0);
    assert_eq!(names(&folder, "book/inputs").len() as u64, 2 * batches);
    let warned = folder
        .run("book include book --index 0 --out early.json")
        .code(0);
    assert!(
        warned.stderr.contains("not published yet"),
        "{}",
        warned.stderr
    );
    folder.run(PROVE).code(0);
    let new = names(&folder, "book/inputs");
    assert_eq!(new.len() as u64, batches);
    assert!(new.iter().all(|input| !old.contains(input)), "{new:?}");
    assert_eq!(names(&folder, "book/proofs").len() as u64, batches);
    let quiet = folder
        .run("book include book --index 0 --out own.json")
        .code(0);
    assert!(!quiet.stderr.contains("not published"), "{}", quiet.stderr);
}

#[test]
fn a_tampered_publication_is_a_definite_no() {
    let (folder, _) = built(660);
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
            batch["statement"]["totals"]["shortfall"] = "0x0".into();
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
        &|bad| bad["batches"][0]["statement"]["totals"]["word"] = "0x5".into(),
        "longs and shorts",
    );
    refused(
        &|bad| bad["batches"][1]["statement"]["secrets"][0] = "0x5".into(),
        "the masks between batch 0 and batch 1 are not the same",
    );
    refused(
        &|bad| bad["batches"][0]["statement"]["totals"]["equity"] = "0x5".into(),
        "the sum of equity over the batches is no number",
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
    folder.write(path, &good.replacen("\"version\": 2", "\"version\": 7", 1));
    folder
        .run(VERIFY)
        .refused(&["version", "7", "a newer program"]);
    // A book whose batches show their totals.
    folder.write(path, &good.replacen("\"version\": 2", "\"version\": 1", 1));
    let words = [
        "version",
        "1: this program reads version 2",
        "builds and proves the book again",
    ];
    folder.run(VERIFY).refused(&words);
}

/// Fields of a report that tell where the key is from, and one that a clock does.
const OF_THE_KEY: [&str; 5] = [
    "key_origin",
    "key_digest",
    "checked",
    "trusted",
    "market_age_seconds",
];

/// A report but for where the key is from.
fn without_key(mut report: Value) -> Value {
    let fields = report.as_object_mut().unwrap();
    for field in OF_THE_KEY {
        fields.remove(field);
    }
    report
}

#[test]
fn a_key_from_a_file_says_the_same_as_one_that_is_derived() {
    let (folder, _) = built(660);
    folder.run(PROVE).code(0);
    let export = "export protocol --batch 10 --out key.zkprotocol --json";
    let made = folder.run(export).code(0).json();
    let digest = made["digest"].as_str().unwrap();
    assert_eq!(made["size"], "batch");
    let bytes = std::fs::metadata(folder.path("key.zkprotocol")).unwrap();
    assert_eq!(made["bytes"], bytes.len());
    let derived = folder.run(VERIFY).code(0).json();
    let by_file = format!("{VERIFY} --protocol key.zkprotocol");
    let known = format!("{by_file} --key-digest {digest}");
    // On trust, unless its digest was known.
    let trusting = folder.run(&by_file).code(0).json();
    assert_eq!(trusting["key_origin"], "a file, taken on trust");
    let trusted = trusting["trusted"].as_array().unwrap();
    assert!(trusted.contains(&"key".into()), "{trusted:?}");
    let text = folder.run(&by_file.replace(" --json", "")).code(0).stdout;
    for word in ["key        book-k10-", digest, "--key-digest"] {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
    let sure = folder.run(&known).code(0).json();
    assert_eq!(sure["key_origin"], "a file of a known digest");
    for field in ["checked", "trusted"] {
        assert_eq!(sure[field], derived[field]);
    }
    assert!(derived["checked"]
        .as_array()
        .unwrap()
        .contains(&"key".into()));
    assert_eq!(sure["key_digest"], made["digest"]);
    let text = folder.run(&known.replace(" --json", "")).code(0).stdout;
    assert!(!text.contains("--key-digest"), "{text}");
    for report in [trusting, sure] {
        assert_eq!(without_key(report), without_key(derived.clone()));
    }
    let root = derived["root"].as_str().unwrap();
    let all = format!("--strict --root {root} --ratio 10000 --policy rm1 --market market.json");
    folder.run(&format!("{known} {all}")).code(0);
    let run = folder.run(&format!("{by_file} {all}")).code(2).json();
    assert!(run["reason"].to_string().contains("key"), "{run}");
    // What does not hold does not hold for either, for the same reasons.
    let path = "book/public/book.json";
    let good = folder.read(path);
    let mut bad: Value = serde_json::from_str(&good).unwrap();
    bad["batches"][0]["statement"]["roots"][0] = "0x5".into();
    bad["totals"]["shortfall"] = "0".into();
    for batch in bad["batches"].as_array_mut().unwrap() {
        batch["statement"]["totals"]["shortfall"] = "0x0".into();
    }
    folder.write(path, &bad.to_string());
    let derived = folder.run(VERIFY).code(1).json();
    assert!(derived["faults"].to_string().contains("does not hold"));
    let run = folder.run(&known).code(1).json();
    assert_eq!(without_key(run), without_key(derived));
    folder.write(path, &good);
    // No key, another digest, a key of other batches or of margin proofs, an altered file.
    folder
        .run(&format!("{VERIFY} --protocol market.json"))
        .refused(&["market.json: this is a market", "a key (a protocol file)"]);
    folder
        .run("prove --market market.json --account account.json --identity identity.json --out p.json")
        .code(0);
    folder
        .run("verify --proof p.json --protocol key.zkprotocol")
        .refused(&["key.zkprotocol", "a key of a book's batches"]);
    let other = format!("0x{}", "5a".repeat(32));
    folder
        .run(&format!("{by_file} --key-digest {other}"))
        .refused(&["key.zkprotocol", &other, digest]);
    folder
        .run("export protocol --batch 11 --out k11.zkprotocol")
        .code(0);
    folder
        .run(&format!("{VERIFY} --protocol k11.zkprotocol"))
        .refused(&["k11.zkprotocol", "2^11 rows", "2^10"]);
    folder
        .run("export protocol --size small --out small.zkprotocol")
        .code(0);
    folder
        .run(&format!("{VERIFY} --protocol small.zkprotocol"))
        .refused(&["small.zkprotocol", "of size `small`", "of batches"]);
    let mut bytes = std::fs::read(folder.path("key.zkprotocol")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(folder.path("key.zkprotocol"), &bytes).unwrap();
    folder.run(&by_file).refused(&["key.zkprotocol", "digest"]);
}

/// A venue's own risk model under a well-known name: digests tell, not names.
#[test]
fn a_policy_is_known_by_its_digest() {
    let folder = Folder::with_files();
    let policy = folder.run("policy show rm1").code(0).stdout;
    let weak = policy.replacen("range = \"0.16\"", "range = \"0.01\"", 1);
    assert_ne!(policy, weak);
    folder.write("own.toml", &weak);
    let line = "venue generate --market market.json --accounts 20 --positions 3 \
                --insecure-seed 1 --out accounts.jsonl";
    folder.run(line).code(0);
    let line = "book build accounts.jsonl --market market.json --policy own.toml --k 10 --out book";
    folder.run(line).code(0);
    folder.run(PROVE).code(0);
    let report = folder.run(VERIFY).code(0).json();
    assert_eq!(report["policy_known"], false);
    assert!(report["trusted"].to_string().contains("policy"), "{report}");
    let text = folder.run("book verify book/public").code(0).stdout;
    let own = "not one of this program; its file calls it \"RM-1\"";
    for words in [own, "the policy is none of this program", "63.39%"] {
        assert!(text.contains(words), "no {words:?} in: {text}");
    }
    let other = folder.run(&format!("{VERIFY} --policy rm1")).code(1).json();
    assert!(
        other["faults"].to_string().contains("of another policy"),
        "{other}"
    );
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
    for word in [
        "Example Exchange",
        root,
        "Asset: USD",
        "Token: 0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
        "Chain: 1",
        "Block: 25000000",
    ] {
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
    // Policy and market are the book's.
    folder
        .run(&format!("{line} --policy wide"))
        .refused(&["wide: not the file", "book.json names"]);
    folder.write("other.json", &MARKET.replace("77081.80", "77081.81"));
    folder
        .run(&format!("{line} --market other.json"))
        .refused(&["other.json: not the file"]);
    // Whoever writes the policy says what codes are called, but not under the same digest.
    let policy = folder.read("book/public/policy.toml");
    let swapped = policy
        .replace("symbol = \"BTC\"", "symbol = \"?\"")
        .replace("symbol = \"ETH\"", "symbol = \"BTC\"")
        .replace("symbol = \"?\"", "symbol = \"ETH\"");
    assert_ne!(policy, swapped);
    folder.write("book/public/policy.toml", &swapped);
    assert_eq!(folder.run(&line).code, 2);
    assert_ne!(folder.run(VERIFY).code, 0);
    folder.write("book/public/policy.toml", &policy);
    // A published name that is not that of its id.
    let good = folder.read(path);
    folder.write(
        path,
        &good.replacen("\"instrument\": \"BTC\"", "\"instrument\": \"ETH\"", 1),
    );
    for line in [&line, VERIFY] {
        folder
            .run(line)
            .refused(&["assets[2].instrument", "\"ETH\"", "is BTC"]);
    }
}

/// A venue that its customers won from, and that has nothing.
#[test]
fn what_customers_won_from_the_venue_is_owed() {
    let folder = Folder::with_files();
    let position = r#"{"instrument": "BTC-PERPETUAL", "quantity": "1000", "entry": "77000"}"#;
    let holder = format!(r#""customer": "ann", "nonce": "{NONCE}", "identity": "{IDENTITY}""#);
    let account = format!(r#"{{"version": 2, {holder}, "account": 0, "positions": [{position}]}}"#);
    folder.write("accounts.jsonl", &account);
    let held = r#"[{"instrument": "BTC-PERPETUAL", "quantity": "-1000"}]"#;
    folder.write("held.json", held);
    let line = "book build accounts.jsonl --market market.json --k 10 --inventory held.json";
    folder.run(&format!("{line} --out book")).code(0);
    folder.run(PROVE).code(0);
    let path = "book/public/book.json";
    let book: Value = serde_json::from_str(&folder.read(path)).unwrap();
    let root = book["root"].as_str().unwrap();
    let nothing = format!(r#"{{"venue": "V", "book": "{root}", "assets": []}}"#);
    folder.write("addresses.json", &nothing);
    let line = format!("book reserves addresses.json --liabilities {path}");
    let report = folder.run(&format!("{line} --json")).code(1).json();
    assert_eq!(report["covered"], false);
    let usd = &report["assets"][0];
    for (field, value) in [
        ("asset", "USD"),
        ("customers_owe", "0"),
        ("customers_gained", "77095120"),
        ("liabilities", "95120"),
        ("reserves", "0"),
    ] {
        assert_eq!(usd[field], value, "{field}");
    }
    for (field, value) in [
        ("reserves_usd", "0"),
        ("equity_usd", "95120"),
        ("surplus_usd", "-95120"),
        ("shortfall_usd", "0"),
        ("inventory_value_usd", "-77095120"),
    ] {
        assert_eq!(report[field], value, "{field}");
    }
    assert_eq!(report["inventory"][0]["instrument"], "BTC-PERPETUAL");
    assert_eq!(report["inventory"][0]["quantity"], "-1000");
    assert_eq!(report["failing"], 1);
    let faults = report["faults"].to_string();
    for word in [
        "USD: reserves of 0 are less than the 95120 that are owed",
        "worth 0 USD, less than the 95120 USD",
        "initial margin of the venue's own inventory",
    ] {
        assert!(faults.contains(word), "{word} is not in {faults}");
    }
    nobody_can_tell(&folder, &line, root);
    folder.write("addresses.json", &nothing);
    let text = folder.run(&line).code(1).stdout;
    for word in [
        "NOT COVERED: V",
        "which is no reserve, worth -77,095,120.00 USD",
        "-1,000",
        "on trust",
        "its proofs are not checked here",
    ] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

/// What makes the difference and cannot be checked: a third verdict, with a code of its own.
fn nobody_can_tell(folder: &Folder, line: &str, root: &str) {
    let wallet = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    let file = format!(
        r#"{{"venue": "V", "book": "{root}", "assets": [{{"asset": "USD",
        "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "addresses": [{{
        "address": "{wallet}", "chain_id": 1, "block": 25000000, "balance": "99000000",
        "scheme": "eip1271", "signature": "0x00"}}]}}]}}"#
    );
    folder.write("addresses.json", &file);
    // USD is in no list of the program: what it holds counts against dollars owed, and is worth nothing.
    let report = folder.run(&format!("{line} --json")).code(1).json();
    assert!(
        report["faults"]
            .to_string()
            .contains("independent assets are worth 0 USD"),
        "{report}"
    );
    let list = folder.run("book reserves --show-assets").code(0).stdout;
    let own = "[[asset]]\nsymbol = \"USD\"\nindependent = true\n\
               at = [{ chain = 1, token = \"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48\" }]\n";
    folder.write("assets.toml", &(list + own));
    let line = format!("{line} --assets assets.toml");
    let report = folder.run(&format!("{line} --json")).code(2).json();
    assert_eq!(report["answer"], "could not tell");
    assert_eq!(report["covered"], false);
    assert_eq!(report["addresses"][0]["chain"], "1");
    assert_eq!(report["addresses"][0]["state"], "could not tell");
    let text = folder.run(&line).code(2).stdout;
    for word in [
        "COULD NOT TELL: V",
        "is a contract, and no node",
        "asset  reserves",
    ] {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
    // Another venue shows the same address.
    folder.write("other.json", &file.replace("\"V\"", "\"W\""));
    let report = folder
        .run(&format!("{line} --other other.json --json"))
        .code(1)
        .json();
    assert!(
        report["faults"]
            .to_string()
            .contains("in the file of another venue"),
        "{report}"
    );
    folder.write("assets.toml", "version = 2");
    folder.run(&line).refused(&["assets.toml: version: 2"]);
    folder
        .run(&format!("{line} --other market.json"))
        .refused(&["assets.toml"]);
}
