//! `book include` and `book check`: what a customer gets, and what he does with it.

use crate::common::{Folder, MARKET};
use serde_json::Value;
use zkmargin_engine::units::apart;

/// A book of 70 accounts of three positions, and the packet of number 66.
fn with_packet() -> (Folder, Value) {
    let folder = Folder::with_files();
    let line = "venue generate --market market.json --accounts 70 --positions 3 --insecure-seed 1";
    folder.run(&format!("{line} --out accounts.jsonl")).code(0);
    let line = "book build accounts.jsonl --market market.json --k 10 --out book --json";
    let built = folder.run(line).code(0).json();
    let made = folder
        .run("book include book --index 66 --out packet.json")
        .code(0);
    assert!(made.stderr.contains("account 66 of 70"), "{}", made.stderr);
    (folder, built)
}

#[test]
fn a_customer_finds_his_account_in_the_published_root() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    let line = folder
        .read("accounts.jsonl")
        .lines()
        .nth(66)
        .unwrap()
        .to_owned();
    let account: Value = serde_json::from_str(&line).unwrap();
    let packet: Value = serde_json::from_str(&folder.read("packet.json")).unwrap();
    for field in ["owner", "secret", "salt"] {
        assert_eq!(packet["account"][field], account[field]);
    }
    assert!(packet["private"].as_str().unwrap().contains("secret"));
    let shown = folder
        .run(&format!("book check packet.json --root {root}"))
        .code(0);
    let text = &shown.stdout;
    for word in ["COUNTED: this account", "66 of 70", root, "USD cash"] {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
    for position in account["positions"].as_array().unwrap() {
        assert!(
            text.contains(position["instrument"].as_str().unwrap()),
            "{text}"
        );
        let quantity = apart(position["quantity"].as_str().unwrap(), 0);
        assert!(text.contains(&quantity), "{quantity} is not in: {text}");
    }
    for secret in ["secret", "salt"] {
        let value = account[secret].as_str().unwrap();
        assert!(!text.contains(value) && !shown.stderr.contains(value));
    }
    // Nobody vouches for a root that only the packet names.
    let alone = folder.run("book check packet.json").code(2);
    assert!(
        alone.stdout.starts_with("IN THIS FILE ONLY") && alone.stdout.contains("Compare the root"),
        "{}",
        alone.stdout
    );
    let json = folder.run("book check packet.json --json").code(2).json();
    assert_eq!(json["counted"], false);
    assert_eq!(json["answer"], "could not tell");
    assert_eq!(json["compared"], false);
    assert_eq!(json["positions"].as_array().unwrap().len(), 3);
    // By the owner, the same packet; and the trader's own commitment is the leaf in the book.
    let owner = account["owner"].as_str().unwrap();
    let by_owner = folder
        .run(&format!("book include book --owner {owner}"))
        .code(0);
    assert_eq!(by_owner.stdout, folder.read("packet.json"));
    folder.write("account.json", &line);
    let commit = "commit --account account.json --market market.json --json";
    let leaf = folder.run(commit).code(0).json()["leaf"].clone();
    assert_eq!(packet["path"][0][66 % 8], leaf);
}

#[test]
fn a_changed_account_and_another_root_are_a_definite_no() {
    let (folder, _) = with_packet();
    let good = folder.read("packet.json");
    let packet: Value = serde_json::from_str(&good).unwrap();
    let quantity = packet["account"]["positions"][0]["quantity"]
        .as_str()
        .unwrap();
    let altered = |from: &str, to: &str, words: &str| {
        assert!(good.contains(from), "{from}");
        folder.write("packet.json", &good.replacen(from, to, 1));
        let run = folder.run("book check packet.json").code(1);
        assert!(
            run.stdout.contains("NOT COUNTED") && run.stdout.contains(words),
            "{}",
            run.stdout
        );
    };
    altered(&format!("\"{quantity}\""), "\"1\"", "counted differently");
    altered("\"index\": 66", "\"index\": 67", "counted differently");
    altered("\"count\": 70", "\"count\": 71", "another root");
    altered("\"count\": 70", "\"count\": 66", "places the account at 66");
    folder.write("packet.json", &good);
    let run = folder
        .run("book check packet.json --root 0x1234 --json")
        .code(1);
    assert_eq!(run.json()["counted"], false);
    assert!(run.json()["reason"]
        .as_str()
        .unwrap()
        .contains("the root that you named"));
}

/// The root binds ids. What the venue calls them is compared, and shown in no case.
#[test]
fn a_position_by_another_name_is_a_definite_no() {
    let (folder, built) = with_packet();
    let good = folder.read("packet.json");
    let root = built["root"].as_str().unwrap();
    let packet: Value = serde_json::from_str(&good).unwrap();
    let name = packet["account"]["positions"][1]["instrument"].clone();
    let name = name.as_str().unwrap();
    let line = format!("book check packet.json --root {root}");
    let quoted = format!("\"instrument\": \"{name}\"");
    assert!(good.contains(&quoted), "{good}");
    for text in ["ETH-PERPETUAL", "", "BTC\\u001b[2J"] {
        let other = format!("\"instrument\": \"{text}\"");
        folder.write("packet.json", &good.replacen(&quoted, &other, 1));
        let run = folder.run(&line).code(1);
        for word in ["NOT COUNTED: the packet calls a position", name] {
            assert!(run.stdout.contains(word), "no {word:?} in: {}", run.stdout);
        }
        assert!(!run.stdout.contains('\u{1b}'), "{:?}", run.stdout);
        let json = folder.run(&format!("{line} --json")).code(1).json();
        assert_eq!(json["positions"][1]["instrument"], name);
    }
    // Without the policy nobody knows what a code is called, and the packet is not asked.
    let other = folder.run(&format!("{line} --policy wide --json")).code(0);
    assert_eq!(other.json()["named"], false);
    assert!(!other.stdout.contains("BTC"), "{}", other.stdout);
    let text = folder.run(&format!("{line} --policy wide")).code(0).stdout;
    assert!(
        text.contains("The names of the underlyings are not known"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_looked_up_or_read() {
    let (folder, _) = with_packet();
    folder
        .run("book include book --index 70")
        .refused(&["--index 70", "70 accounts"]);
    folder
        .run("book include book --owner 0x5")
        .refused(&["--owner", "no account"]);
    folder
        .run("book include none --index 0")
        .refused(&["none: holds no book"]);
    assert_eq!(folder.run("book include book").code, 2);
    folder.write("packet.json", "{}");
    folder
        .run("book check packet.json")
        .refused(&["packet.json", "line 1"]);
    folder.run("book check none.json").refused(&["none.json"]);
    let (folder, _) = with_packet();
    folder
        .run("book check packet.json --root xyz")
        .refused(&["--root xyz"]);
    folder
        .run("book check packet.json --public market.json")
        .refused(&["market.json"]);
    // Files of the book that do not belong together.
    folder.write("book/market.json", &MARKET.replace("77081.80", "77081.81"));
    folder
        .run("book include book --index 0")
        .refused(&["market.json", "digest"]);
}

#[test]
fn a_customers_own_proof_holds_against_the_venues_root() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    let line = "prove --market market.json --packet packet.json --ratio 5000 --scope 1";
    folder.run(&format!("{line} --out proof.json")).code(0);
    let bundle: Value = serde_json::from_str(&folder.read("proof.json")).unwrap();
    assert_eq!(bundle["statement"]["book"], root);
    folder
        .run("verify --proof proof.json --market market.json --scope 1 --ratio 5000")
        .code(0);
    // A packet that says something else is refused before anything is proven.
    let packet = folder.read("packet.json");
    folder.write(
        "packet.json",
        &packet.replacen("\"count\": 70", "\"count\": 71", 1),
    );
    folder.run(line).refused(&["packet.json: path"]);
    folder.run("prove --market market.json").code(2);
}
