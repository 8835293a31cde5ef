//! `setup`, `keygen`, `prove`, `verify` and `inspect` on circuit size `small`.

use crate::common::{Folder, ACCOUNT, CUSTOMER, IDENTITY, NONCE, SALT, SECRET, SECRET_FILE};
use serde_json::Value;

const PROVE: &str = "prove --market market.json --account account.json --identity identity.json";

#[test]
fn a_proof_is_made_verified_and_bound_to_its_statement() {
    let folder = Folder::with_files();
    let bound = "--ratio 9000 --buffer 12.5 --scope 7 --message 0xfeed";
    let made = folder
        .run(&format!("{PROVE} {bound} --out proof.json --json"))
        .code(0);
    let report = made.json();
    assert_eq!(report["size"], "small");
    assert!(report["proof_bytes"].as_u64().unwrap() < 5 * 1024);
    let file = folder.read("proof.json");
    let hidden = [SECRET, SALT, NONCE, IDENTITY].map(|element| &element[2..]);
    for secret in hidden.into_iter().chain([CUSTOMER, "BTC", "250000.0"]) {
        assert!(
            !file.contains(secret) && !made.stdout.contains(secret),
            "{secret}"
        );
    }

    let verify = "verify --proof proof.json";
    let all = format!("{verify} --market market.json {bound} --json");
    let verdict = folder.run(&all).code(0).json();
    assert_eq!(verdict["verified"], true);
    assert_eq!(verdict["trusted"], serde_json::json!(["book", "nullifier"]));
    assert_eq!(verdict["market_time"], 1787412831);
    assert_eq!(verdict["key_origin"], "derived from the circuit");
    let text = folder.run(verify).code(0).stdout;
    let open = text.split_once("what that leaves open\n").unwrap().1;
    let rows = open.lines().take_while(|line| line.starts_with("  "));
    assert_eq!(rows.count(), 7, "{text}");
    assert!(text.contains("lent to it for that time"), "{text}");
    folder.run(&format!("{verify} --strict")).code(2);
    let early = "--market market.json --at 1787412900 --max-age";
    folder.run(&format!("{verify} {early} 2m")).code(0);
    folder.run(&format!("{verify} {early} 1m")).code(1);

    let commit = "commit --market market.json --account account.json --json";
    let book = folder.run(commit).code(0).json()["book"]
        .as_str()
        .unwrap()
        .to_owned();
    folder.run(&format!("{verify} --book {book}")).code(0);

    for right in ["--min-ratio 9000", "--min-ratio 1", "--min-buffer 12.5"] {
        folder.run(&format!("{verify} {right}")).code(0);
    }
    // The same under the key as a file, with the same words.
    folder
        .run("export protocol --size small --out small.zkprotocol")
        .code(0);
    let light = folder.run(&format!("{all} --protocol small.zkprotocol"));
    let light = light.code(0).json();
    assert_eq!(
        light["trusted"],
        serde_json::json!(["key", "book", "nullifier"])
    );
    assert_eq!(light["statement"], verdict["statement"]);
    for wrong in [
        "--ratio 10000",
        "--buffer 12",
        "--scope 8",
        "--message 0xfeee",
        "--book 0x1",
        "--nullifier 0x1",
        "--min-ratio 9001",
        "--min-buffer 12.50000001",
    ] {
        let no = folder.run(&format!("{verify} {wrong}")).code(1);
        assert!(no.stderr.contains("NOT VERIFIED: "), "{}", no.stderr);
        assert_eq!(no.stdout, "");
        let json = folder
            .run(&format!("{verify} {wrong} --json"))
            .code(1)
            .json();
        assert_eq!(json["verified"], false);
    }
    let other = folder
        .run(&format!("{verify} --policy wide"))
        .refused(&["proof.json: statement.policy = 0x", "--policy"]);
    assert!(other.stderr.contains("RM-1") || other.stderr.contains("not the policy"));

    altered_bundles(&folder, &file);
}

/// Changed files: a definite no where the file is still a bundle, else a complaint about it.
fn altered_bundles(folder: &Folder, file: &str) {
    let mut bundle: Value = serde_json::from_str(file).unwrap();
    let proof = bundle["proof"].as_str().unwrap().to_owned();
    let mut with = |field: &str, value: Value| {
        let old = match field {
            "ratio" => std::mem::replace(&mut bundle["statement"]["ratio"], value),
            field => std::mem::replace(&mut bundle[field], value),
        };
        folder.write("changed.json", &bundle.to_string());
        match field {
            "ratio" => bundle["statement"]["ratio"] = old,
            field => bundle[field] = old,
        }
        folder.run("verify --proof changed.json")
    };
    with("ratio", "9001".into()).code(1);
    with("proof", format!("{proof}00").into()).code(1);
    with("proof", proof[..proof.len() - 2].into()).code(1);
    with("proof", proof.replacen("0x", "0y", 1).into()).refused(&["changed.json", "proof"]);
    with("ratio", "70000".into()).refused(&["statement.ratio", "70000"]);
    with("ratio", 9000.into()).refused(&["changed.json"]);
    with("version", 1.into()).refused(&["version 1", "make the proof again"]);
    with("transcript", "blake2b".into()).refused(&["transcript", "blake2b", "keccak256"]);
    with("size", "huge".into()).refused(&["huge", "small"]);
    folder.write("cut.json", &file[..file.len() / 2]);
    folder.run("verify --proof cut.json").refused(&["cut.json"]);
    folder.run("inspect cut.json").refused(&["cut.json"]);
    let shown = folder.run("inspect changed.json --json");
    assert_eq!(shown.code, 2);
    folder.write("changed.json", file);
    let shown = folder.run("inspect changed.json --json").code(0).json();
    assert_eq!(shown["verified"], false);
    assert_eq!(shown["statement"]["ratio"], "9000");
}

#[test]
fn two_proofs_of_one_account_differ() {
    let folder = Folder::with_files();
    folder.run(&format!("{PROVE} --out a.json")).code(0);
    let shown = folder.run(PROVE).code(0);
    let first: Value = serde_json::from_str(&folder.read("a.json")).unwrap();
    assert_eq!(first["statement"], shown.json()["statement"]);
    assert_ne!(first["proof"], shown.json()["proof"]);
}

#[test]
fn every_prover_proves_under_the_same_key() {
    let folder = Folder::with_files();
    for (number, variable) in [
        ("ZKMARGIN_PROVER", "own"),
        ("ZKMARGIN_PROVER", "halo2"),
        ("ZKMARGIN_CPU", "scalar"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("{number}.json");
        let prove = format!("{PROVE} --out {file}");
        folder.run_under(variable, &prove).code(0);
        folder.run(&format!("verify --proof {file}")).code(0);
    }
    for (name, known) in [
        ("ZKMARGIN_PROVER", "own, halo2"),
        ("ZKMARGIN_CPU", "scalar"),
    ] {
        let other = format!("{PROVE} --out other.json");
        let no = folder.run_under((name, "abacus"), &other);
        no.refused(&[name, "`abacus`", known]);
        assert!(!folder.names().contains(&"other.json".to_owned()));
    }
}

#[test]
fn a_short_account_is_told_how_much_and_where() {
    let folder = Folder::with_files();
    folder.write("account.json", &ACCOUNT.replace("250000.00", "150000.00"));
    let no = folder.run(&format!("{PROVE} --out proof.json")).code(1);
    for words in [
        "NO PROOF: SHORT",
        "USD are missing",
        "worst is scenario",
        "hint: ",
    ] {
        assert!(no.stderr.contains(words), "{words}: {}", no.stderr);
    }
    let json = folder
        .run(&format!("{PROVE} --out proof.json --json"))
        .code(1)
        .json();
    assert_eq!(json["proved"], false);
    assert_eq!(json["answer"], "no");
    assert!(json["worst_scenario"].is_u64());
    assert_eq!(
        folder.names(),
        ["account.json", "identity.json", "market.json"]
    );
}

#[test]
fn a_proof_takes_the_secret_behind_the_account() {
    let folder = Folder::with_files();
    let line = "prove --market market.json --account account.json --out proof.json";
    let without = folder.run(line).code(2);
    assert!(without.stderr.contains("--identity"), "{}", without.stderr);
    let refused = |words: &[&str]| {
        let run = folder
            .run(&format!("{PROVE} --out proof.json"))
            .refused(words);
        assert!(!run.stderr.contains("c0ffee"), "{}", run.stderr);
        assert_eq!(
            folder.names(),
            ["account.json", "identity.json", "market.json"]
        );
    };
    // Another trader's, nobody's, and one that anyone can guess.
    let other = SECRET_FILE.replace("0x1bc0", "0x2bc0");
    folder.write("identity.json", &other);
    refused(&["identity.json: secret", "not the one behind the identity"]);
    folder.write("account.json", &ACCOUNT.replace(IDENTITY, "0x0"));
    folder.write("identity.json", SECRET_FILE);
    refused(&[
        "account.json: identity: 0x0",
        "nobody can prove",
        "identity new",
    ]);
    folder.write("account.json", ACCOUNT);
    folder.write("identity.json", "{\"version\": 2, \"secret\": \"0x7\"}");
    refused(&["identity.json: secret can be guessed"]);
    folder.write(
        "identity.json",
        &SECRET_FILE.replace("\"version\": 2", "\"version\": 1"),
    );
    refused(&["identity.json: version = 1"]);
    folder.write("identity.json", &SECRET_FILE.replace(SECRET, "0xzz"));
    refused(&["identity.json: secret", "hexadecimal"]);
    // With the account's own, the statement has the nullifier that `commit` prints.
    folder.write("identity.json", SECRET_FILE);
    let bundle = folder.run(&format!("{PROVE} --scope 3")).code(0).json();
    let commit = "commit --market market.json --account account.json --identity identity.json";
    let own = folder.run(&format!("{commit} --scope 3 --json")).code(0);
    assert_eq!(bundle["statement"]["nullifier"], own.json()["nullifier"]);
}

#[test]
fn a_request_that_cannot_be_met_is_refused_before_any_work() {
    let folder = Folder::with_files();
    let refused = |options: &str, words: &[&str]| {
        folder
            .run(&format!("{PROVE} {options} --out proof.json"))
            .refused(words);
        assert_eq!(
            folder.names(),
            ["account.json", "identity.json", "market.json"]
        );
    };
    refused("--scope x", &["--scope x"]);
    refused("--message zz", &["--message zz"]);
    refused(
        &format!("--message 0x{}", "f".repeat(64)),
        &["--message", "modulus"],
    );
    refused("--buffer 1e3", &["--buffer 1e3"]);
    refused("--policy none", &["--policy none"]);
    refused("--setup none.zksetup", &["none.zksetup"]);
    folder
        .run(&format!("{PROVE} --out no/proof.json"))
        .refused(&["no/proof.json"]);
    assert_eq!(folder.run(&format!("{PROVE} --size tiny")).code, 2);
}

#[test]
fn an_account_larger_than_its_circuit_is_refused() {
    let folder = Folder::new();
    folder
        .run("market generate --seed 1 --out market.json")
        .code(0);
    folder.run("identity new --out identity.json").code(0);
    let generate = "account generate --market market.json --identity identity.json --seed 1";
    folder
        .run(&format!("{generate} --positions 70 --out account.json"))
        .code(0);
    for size in ["small", "standard"] {
        folder
            .run(&format!("{PROVE} --size {size} --out proof.json"))
            .refused(&["70 positions", size, "larger size"]);
    }
    folder
        .run(&format!(
            "{generate} --positions 300 --out account.json --force"
        ))
        .code(0);
    folder
        .run(&format!("{PROVE} --out proof.json"))
        .refused(&["300 positions", "largest size"]);
    assert_eq!(
        folder.names(),
        ["account.json", "identity.json", "market.json"]
    );
}

#[test]
fn an_insecure_setup_says_so_everywhere() {
    let folder = Folder::with_files();
    let key = folder.run("keygen --size small --json").code(0).json();
    let k = key["k"].as_u64().unwrap();
    assert_eq!(key["setup"], format!("ignition-k{k}"));
    let made = folder
        .run(&format!(
            "setup insecure --k {k} --seed 1 --out s.zksetup --json"
        ))
        .code(0);
    assert!(made.stderr.contains("INSECURE"));
    assert_eq!(made.json()["insecure"], true);
    let proved = folder
        .run(&format!("{PROVE} --setup s.zksetup --out proof.json"))
        .code(0);
    assert!(proved.stderr.contains("INSECURE") && proved.stdout.contains("insecure"));
    let verified = folder
        .run("verify --proof proof.json --setup s.zksetup")
        .code(0);
    assert!(verified.stdout.contains("INSECURE"), "{}", verified.stdout);
    assert!(!verified.stdout.contains("VERIFIED"), "{}", verified.stdout);
    let verify = "verify --proof proof.json --setup s.zksetup --market market.json --json";
    let json = folder.run(verify).code(0).json();
    assert_eq!(json["verified"], false);
    assert_eq!(json["answer"], "insecure");
    folder.run(&format!("{verify} --strict")).code(2);
    let no = folder.run("verify --proof proof.json").code(1);
    assert!(no.stderr.contains("insecure"), "{}", no.stderr);

    let bytes = std::fs::read(folder.path("s.zksetup")).unwrap();
    std::fs::write(folder.path("cut.zksetup"), &bytes[..bytes.len() - 100]).unwrap();
    folder
        .run("setup inspect cut.zksetup")
        .refused(&["cut.zksetup"]);
    folder
        .run(&format!("{PROVE} --setup cut.zksetup --out p.json"))
        .refused(&["cut.zksetup"]);
    let inspected = folder.run("setup inspect s.zksetup").code(0);
    assert!(inspected.stdout.contains("insecure"));
    folder.run("setup insecure --k 99 --out x").refused(&["99"]);
}

#[test]
fn a_proof_in_the_book_of_a_venue() {
    let folder = Folder::with_files();
    let commit = "commit --market market.json --account account.json --identity identity.json --scope 7 --json";
    let own = folder.run(commit).code(0).json();
    let leaf = own["leaf"].as_str().unwrap();
    let other = format!("0x{:064x}", 5);
    folder.write("leaves.txt", &format!("{other}\n{leaf}\n{other}\n"));
    let prove = &format!("{PROVE} --book leaves.txt --scope 7");
    let bundle = folder.run(prove).code(0).json();
    assert_eq!(bundle["statement"]["nullifier"], own["nullifier"]);
    assert_ne!(bundle["statement"]["book"], own["book"]);
    folder.write("leaves.txt", &format!("{other}\n"));
    folder
        .run(prove)
        .refused(&["leaves.txt", leaf, "in no line"]);
    folder.write("leaves.txt", &format!("{leaf}\nxyz\n"));
    folder.run(prove).refused(&["leaves.txt: line 2: xyz"]);
}
