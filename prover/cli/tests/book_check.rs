//! `book include` and `book check`: what a customer gets, and what he does with it.

use crate::common::{Folder, IDENTITY, MARKET, SECRET_FILE};
use serde_json::Value;
use zkmargin_engine::units::apart;

/// A book of 70 accounts of three positions, the first of the secret's identity, and the packet of
/// number 66.
fn with_packet() -> (Folder, Value) {
    let folder = Folder::with_files();
    let line = "venue generate --market market.json --accounts 70 --positions 3 --insecure-seed 1 \
                --identity identity.json";
    folder.run(&format!("{line} --out accounts.jsonl")).code(0);
    let line = "book build accounts.jsonl --market market.json --k 10 --out book --json";
    let built = folder.run(line).code(0).json();
    let made = folder
        .run("book include book --index 66 --out packet.json")
        .code(0);
    assert!(made.stderr.contains("1 account of 70"), "{}", made.stderr);
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
    let own = &packet["accounts"][0];
    for field in ["identity", "account"] {
        assert_eq!(own[field], account[field]);
    }
    assert_eq!(packet["customer"]["id"], account["customer"]);
    assert_eq!(packet["customer"]["nonce"], account["nonce"]);
    assert_eq!(packet["accounts"].as_array().unwrap().len(), 1);
    assert!(packet["private"].as_str().unwrap().contains("salts"));
    let shown = folder
        .run(&format!(
            "book check packet.json --policy rm1 --root {root}"
        ))
        .code(0);
    let text = &shown.stdout;
    let customer = account["customer"].as_str().unwrap();
    for word in [
        "COUNTED: these accounts",
        "66 of 70",
        root,
        "USD cash",
        customer,
    ] {
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
    for secret in [&own["salt"], &account["nonce"]] {
        let value = secret.as_str().unwrap();
        assert!(!text.contains(value) && !shown.stderr.contains(value));
    }
    // Nobody vouches for a root that only the packet names.
    let alone = folder.run("book check packet.json").code(3);
    assert!(
        alone.stdout.starts_with("IN THIS FILE ONLY") && alone.stdout.contains("Compare the root"),
        "{}",
        alone.stdout
    );
    let json = folder.run("book check packet.json --json").code(3).json();
    assert_eq!(json["counted"], false);
    assert_eq!(json["answer"], "in this file only");
    assert_eq!(json["compared"], false);
    assert_eq!(
        json["accounts"][0]["positions"].as_array().unwrap().len(),
        3
    );
    assert_eq!(json["customer"], account["customer"]);
}

/// By what the customer brought, in any spelling, the same packet; and with the salt that the book gave
/// it, the trader's own commitment is the leaf in the book.
#[test]
fn a_packet_is_found_by_its_customer_and_has_the_trader_s_leaf() {
    let (folder, _) = with_packet();
    let lines = folder.read("accounts.jsonl");
    let line = lines.lines().nth(66).unwrap();
    let account: Value = serde_json::from_str(line).unwrap();
    let customer = account["customer"].as_str().unwrap();
    let packet: Value = serde_json::from_str(&folder.read("packet.json")).unwrap();
    let own = &packet["accounts"][0];
    for id in [customer, &customer.to_uppercase()] {
        let by_id = folder.run(&format!("book include book --customer {id}"));
        assert_eq!(by_id.code(0).stdout, folder.read("packet.json"));
    }
    let salt = own["salt"].as_str().unwrap();
    let salted = format!("{{\"salt\": \"{salt}\", {}", line.trim_start_matches('{'));
    folder.write("account.json", &salted);
    let commit = "commit --account account.json --market market.json --json";
    let leaf = folder.run(commit).code(0).json()["leaf"].clone();
    assert_eq!(own["path"][0][66 % 8], leaf);
}

/// Every eighth account is the second of its customer: his packet has both, each for itself.
#[test]
fn a_packet_has_all_accounts_of_a_customer() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    let include = "book include book";
    let of = |wanted: &str| folder.run(&format!("{include} {wanted}")).code(0);
    let both = of("--index 7");
    assert_eq!(both.stdout, of("--index 6").stdout);
    assert_eq!(both.stdout, of("--customer customer6@example.com").stdout);
    let packet = both.json();
    let numbers: Vec<&Value> = packet["accounts"].as_array().unwrap().iter().collect();
    let numbers: Vec<(u64, u64)> = numbers
        .iter()
        .map(|a| (a["account"].as_u64().unwrap(), a["index"].as_u64().unwrap()))
        .collect();
    assert_eq!(numbers, [(6, 6), (7, 7)]);
    folder.write("both.json", &both.stdout);
    let check = format!("book check both.json --policy rm1 --root {root}");
    let shown = folder.run(&check).code(0).stdout;
    for word in ["COUNTED: these accounts", "6 of 70", "7 of 70"] {
        assert!(shown.contains(word), "no {word:?} in: {shown}");
    }
    // A fault of the second is as bad as one of the first.
    let mut bad = packet.clone();
    bad["accounts"][1]["positions"][0]["quantity"] = "1".into();
    folder.write("both.json", &bad.to_string());
    let no = folder.run(&check).code(1).stdout;
    assert!(no.starts_with("NOT COUNTED"), "{no}");
    let mut bad = packet.clone();
    bad["accounts"][1] = bad["accounts"][0].clone();
    folder.write("both.json", &bad.to_string());
    let no = folder.run(&check).code(1).stdout;
    assert!(no.contains("account 6 stands in the packet twice"), "{no}");
    // A proof is about one account, and of the packet's two nobody named one.
    folder.write("both.json", &both.stdout);
    let prove = "prove --market market.json --packet both.json --identity identity.json";
    folder
        .run(prove)
        .refused(&["both.json: accounts", "[6, 7]", "--number"]);
    folder
        .run(&format!("{prove} --number 8"))
        .refused(&["both.json: accounts", "no account 8"]);
    folder
        .run(&format!("{prove} --number 7"))
        .refused(&["identity.json: secret", "not the one behind the identity"]);
}

/// Writes the packet of the customer at a place.
fn include(folder: &Folder, index: u8) {
    let line = format!("book include book --index {index} --out own.json --force");
    folder.run(&line).code(0);
}

#[test]
fn a_customer_is_told_who_can_prove_with_his_accounts() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    let check = format!("book check own.json --policy rm1 --root {root}");
    include(&folder, 0);
    // His own identity, as the file of his secret or as what the venue got.
    for own in ["identity.json", IDENTITY] {
        let line = format!("{check} --identity {own}");
        let text = folder.run(&line).code(0).stdout;
        assert!(
            text.starts_with("COUNTED") && text.contains(IDENTITY),
            "{text}"
        );
        assert!(!text.contains("identities were not checked"), "{text}");
        assert!(!text.contains("c0ffee"), "{text}");
        let json = folder.run(&format!("{line} --json")).code(0).json();
        assert_eq!(json["counted"], true);
        assert_eq!(json["identity_checked"], true);
        assert_eq!(json["foreign_identity"], false);
    }
    // Not compared: counted, with a word about it.
    let text = folder.run(&check).code(0).stdout;
    assert!(text.contains("The identities were not checked"), "{text}");
    let json = folder.run(&format!("{check} --json")).code(0).json();
    assert_eq!(json["identity_checked"], false);
}

/// A definite no, though the account is counted.
#[test]
fn an_account_that_somebody_else_can_prove_with_is_not_safe() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    let check = format!("book check own.json --policy rm1 --root {root}");
    include(&folder, 0);
    folder.write("other.json", &SECRET_FILE.replace("0x1bc0", "0x2bc0"));
    for other in ["other.json", "0x5"] {
        let line = format!("{check} --identity {other}");
        let text = folder.run(&line).code(1).stdout;
        assert!(
            text.starts_with("NOT YOURS ALONE: the identity of account 0"),
            "{text}"
        );
        let json = folder.run(&format!("{line} --json")).code(1).json();
        assert_eq!(json["counted"], false);
        assert_eq!(json["foreign_identity"], true);
    }
    // A packet that does not hold is no question of whose it is.
    let packet = folder.read("own.json");
    folder.write(
        "own.json",
        &packet.replacen("\"index\": 0", "\"index\": 1", 1),
    );
    let json = folder
        .run(&format!("{check} --identity 0x5 --json"))
        .code(1);
    assert_eq!(json.json()["foreign_identity"], false);
    include(&folder, 1);
    folder
        .run(&format!("{check} --identity identity.json"))
        .code(1);
    for wrong in ["none.json", "market.json", "0xzz"] {
        let line = format!("{check} --identity {wrong}");
        folder.run(&line).refused(&[wrong]);
    }
}

/// An account that nobody can prove with is nobody else's.
#[test]
fn an_account_without_an_identity_is_counted_and_nobody_proves_with_it() {
    let folder = Folder::with_files();
    let account = crate::common::line().replace(IDENTITY, "0x0");
    folder.write("accounts.jsonl", &account);
    let held = r#"[{"instrument": "BTC-PERPETUAL", "quantity": "1.5"},
        {"instrument": "BTC-25SEP26-80000-C", "quantity": "10"}]"#;
    folder.write("held.json", held);
    let line = "book build accounts.jsonl --market market.json --k 10 --inventory held.json";
    let built = folder.run(&format!("{line} --out book --json")).code(0);
    let root = built.json()["root"].as_str().unwrap().to_owned();
    folder
        .run("book include book --customer zoe.quill@example.net --out packet.json")
        .code(0);
    let check =
        format!("book check packet.json --policy rm1 --root {root} --identity identity.json");
    let text = folder.run(&check).code(0).stdout;
    assert!(text.contains("none: nobody can prove with it"), "{text}");
    folder
        .run("prove --market market.json --packet packet.json --identity identity.json")
        .refused(&["packet.json: identity: 0x0", "nobody can prove"]);
}

#[test]
fn a_changed_account_and_another_root_are_a_definite_no() {
    let (folder, _) = with_packet();
    let good = folder.read("packet.json");
    let packet: Value = serde_json::from_str(&good).unwrap();
    let quantity = packet["accounts"][0]["positions"][0]["quantity"]
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
    altered("\"account\": 66", "\"account\": 67", "counted differently");
    altered("customer66@", "customer67@", "counted differently");
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
    let name = packet["accounts"][0]["positions"][1]["instrument"].clone();
    let name = name.as_str().unwrap();
    let line = format!("book check packet.json --policy rm1 --root {root}");
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
        assert_eq!(json["accounts"][0]["positions"][1]["instrument"], name);
    }
    // Without the policy nobody knows what a code is called, and the packet is not asked.
    let line = line.replace("--policy rm1", "--policy wide");
    let other = folder.run(&format!("{line} --json")).code(1);
    assert_eq!(other.json()["named"], false);
    assert!(!other.stdout.contains("BTC"), "{}", other.stdout);
    let text = folder.run(&line).code(1).stdout;
    for word in [
        "NOT COUNTED: the policy that you named is not that of the packet",
        "The names of the underlyings are not known",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

/// The root commits to codes, and which underlying a code is stands in the policy: a packet that names
/// another policy than the book was built with calls DOGE what it likes.
#[test]
fn a_packet_s_own_policy_counts_nothing() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    let run = folder.run(&format!("book check packet.json --root {root}"));
    let text = run.code(3).stdout;
    assert!(text.starts_with("IN THIS FILE ONLY: the root is"), "{text}");
    assert!(text.contains("Name with --policy"), "{text}");
    let line = format!("book check packet.json --policy rm1 --root {root}");
    let json = folder.run(&format!("{line} --json")).code(0).json();
    assert_eq!(
        (&json["policy_named"], &json["customer_checked"]),
        (&true.into(), &false.into())
    );
    let mine = format!("{line} --customer CUSTOMER66@example.com");
    let json = folder.run(&format!("{mine} --json")).code(0).json();
    assert_eq!(json["customer_checked"], true);
    let other = folder.run(&format!("{line} --customer customer67@example.com"));
    let text = other.code(1).stdout;
    assert!(
        text.starts_with("NOT COUNTED: the packet is another customer's"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_looked_up_or_read() {
    let (folder, _) = with_packet();
    // A secret from standard input is read once.
    let prove = "prove --packet packet.json --identity - --market market.json --out proof.json";
    folder
        .run_with(prove, SECRET_FILE)
        .refused(&["not the one behind the identity"]);
    folder
        .run("book include book --index 70")
        .refused(&["account 70", "70 accounts", "--index"]);
    folder
        .run("book include book --customer nobody@example.com")
        .refused(&["--customer", "this customer: no account of the book is his"]);
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
    folder
        .run("book include book --index 0 --out packet.json --force")
        .code(0);
    let line = "prove --market market.json --packet packet.json --identity identity.json \
                --ratio 5000 --scope 1";
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
    folder
        .run("prove --market market.json --identity identity.json")
        .code(2);
}

#[test]
fn every_customer_gets_one_packet_with_all_his_accounts() {
    let (folder, built) = with_packet();
    let root = built["root"].as_str().unwrap();
    // Batches of a few accounts, so that customers have accounts in several.
    let made = folder.run("book include book --all packets").code(0);
    assert!(made.stderr.contains("with 70 accounts"), "{}", made.stderr);
    let list = folder.read("packets/packets.csv");
    let mut rows = list.lines();
    assert_eq!(rows.next(), Some("customer,file,accounts"));
    let mut accounts = 0;
    for row in rows {
        let [customer, file, several] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let packet: Value = serde_json::from_str(&folder.read(&format!("packets/{file}"))).unwrap();
        assert_eq!(packet["customer"]["id"], customer);
        assert_eq!(
            packet["accounts"].as_array().unwrap().len().to_string(),
            several
        );
        let line = format!("book check packets/{file} --policy rm1 --root {root}");
        assert!(folder.run(&line).code(0).stdout.starts_with("COUNTED"));
        accounts += several.parse::<usize>().unwrap();
        // The same as he alone would get.
        let line = format!("book include book --customer {customer} --out alone.json --force");
        folder.run(&line).code(0);
        assert_eq!(
            folder.read("alone.json"),
            folder.read(&format!("packets/{file}"))
        );
    }
    assert_eq!(accounts, 70);
    let several = list.lines().filter(|row| !row.ends_with(",1")).count();
    assert!(several > 5, "customers with several accounts: {list}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (place, mode) in [
            ("packets", 0o700),
            ("packets/packets.csv", 0o600),
            ("packets/packet-00.json", 0o600),
        ] {
            let meta = std::fs::metadata(folder.path(place)).unwrap();
            assert_eq!(meta.permissions().mode() & 0o777, mode, "{place}");
        }
    }
}

#[test]
fn packets_are_complete_or_absent() {
    let (folder, _) = with_packet();
    folder
        .run("book include book --all packet.json")
        .refused(&["is there already"]);
    folder
        .run("book include book --all book/packets")
        .refused(&["lies in the folder of the book"]);
    folder
        .run("book include book --all packets --out x")
        .code(2);
    // A damaged batch: what was written before it goes too.
    let mut inputs: Vec<_> = std::fs::read_dir(folder.path("book/inputs"))
        .unwrap()
        .collect();
    let last = inputs.pop().unwrap().unwrap().path();
    std::fs::write(&last, "damaged").unwrap();
    folder
        .run("book include book --all packets")
        .refused(&["--resume"]);
    let left = std::fs::read_dir(folder.path(".")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(
        !left.into_iter().any(|name| name.contains("packets")),
        "something is left"
    );
}
