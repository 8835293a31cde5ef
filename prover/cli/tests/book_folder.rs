//! `venue generate` and `book build`.

use crate::common::{line, Folder, CUSTOMER, IDENTITY, NONCE, OLD_ACCOUNT};

pub(crate) const BUILD: &str = "book build accounts.jsonl --market market.json --k 10 --out book";

pub(crate) fn names(folder: &Folder, inner: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path(inner)).unwrap();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A folder with the small market and `count` generated accounts.
pub(crate) fn venue(count: u32, more: &str) -> Folder {
    let folder = Folder::with_files();
    let line = "venue generate --market market.json --insecure-seed 1 --out accounts.jsonl";
    folder
        .run(&format!("{line} --accounts {count} {more}"))
        .code(0);
    folder
}

#[test]
fn a_venue_is_generated_and_built() {
    let folder = venue(1_500, "--positions 3 --underwater 3 --short 4");
    assert_eq!(folder.read("accounts.jsonl").lines().count(), 1_500);
    let built = folder.run(&format!("{BUILD} --json")).code(0).json();
    assert_eq!(built["count"], 1_500);
    assert_eq!(built["batches"], 3);
    assert_eq!(built["unchanged"], false);
    assert_eq!(built["totals"]["failing"], 7);
    assert_eq!(names(&folder, "book/inputs").len(), 3);
    let manifest: serde_json::Value = serde_json::from_str(&folder.read("book/book.json")).unwrap();
    assert_eq!(manifest["root"], built["root"]);
    // As even as they can be.
    assert_eq!(manifest["batches"][2]["first"], 1_024);
    assert_eq!(manifest["batches"][2]["accounts"], 476);
    let text = folder.run(&format!("{BUILD} --resume")).code(0);
    assert!(
        text.stdout.contains("longs and shorts are equal"),
        "{}",
        text.stdout
    );
}

/// Workers get inputs: they name no customer, and nothing in them tells one from his id.
#[test]
fn inputs_hold_no_customer_and_no_nonce() {
    let folder = venue(70, "--positions 3");
    folder.run(BUILD).code(0);
    let holds = |file: &str, bytes: &[u8]| {
        let all = std::fs::read(folder.path(file)).unwrap();
        all.windows(bytes.len()).any(|window| window == bytes)
    };
    let input = format!("book/inputs/{}", names(&folder, "book/inputs")[0]);
    let accounts = folder.read("accounts.jsonl");
    for line in accounts.lines() {
        let account: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = account["customer"].as_str().unwrap();
        assert!(holds("book/customers.bin", id.as_bytes()));
        assert!(!holds(&input, id.as_bytes()), "{id}");
        let nonce = account["nonce"].as_str().unwrap().trim_start_matches("0x");
        let mut nonce: Vec<u8> = (0..nonce.len() / 2)
            .map(|n| u8::from_str_radix(&nonce[2 * n..2 * n + 2], 16).unwrap())
            .collect();
        let written = &nonce[nonce.len() - 31..];
        assert!(!holds(&input, written), "{id}");
        nonce.reverse();
        assert!(holds("book/customers.bin", &nonce[..31]));
        assert!(!holds(&input, &nonce[..31]), "{id}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_private_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = venue(10, "");
    folder.run(BUILD).code(0);
    let mode = |name: &str| {
        let found = std::fs::metadata(folder.path(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    for name in [
        "accounts.jsonl",
        "book/secret",
        "book/book.json",
        "book/leaves.bin",
        "book/customers.bin",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    let input = names(&folder, "book/inputs").remove(0);
    assert_eq!(mode(&format!("book/inputs/{input}")), 0o600);
    let entries = names(&folder, "book/entries");
    assert_eq!(entries, [input]);
    assert_eq!(mode(&format!("book/entries/{}", entries[0])), 0o600);
    assert_eq!((mode("book"), mode("book/entries")), (0o700, 0o700));
}

#[test]
fn a_table_builds_the_book_of_its_lines() {
    let folder = Folder::with_files();
    let call = ",   {\"instrument\": \"BTC-25SEP26-80000-C\", \"quantity\": \"-10\"}";
    assert!(line().contains(call));
    let account = line().replace(call, "");
    let long = r#"{"instrument":"BTC-PERPETUAL","quantity":"1.5","entry":"76500"}"#;
    let nonce = "0x8a7b6c5d4e3f20119f1e2d3c4b5a6978291807162534f5e4d3c2b1a0998877";
    folder.write(
        "accounts.jsonl",
        &format!(
            "{account}\n{{\"version\":2,\"customer\":\"bob\",\"nonce\":\"{nonce}\",\
             \"identity\":\"0x0\",\"account\":8,\"positions\":[{long}]}}\n"
        ),
    );
    let ann = format!("{CUSTOMER},{NONCE},{IDENTITY},7");
    folder.write(
        "accounts.csv",
        &format!(
            "customer,nonce,identity,account,instrument,quantity,entry\n\
             {ann},USD,250000,\n{ann},BTC-PERPETUAL,-1.5,76500\n\
             bob,{nonce},0x0,8,BTC-PERPETUAL,1.5,76500\n"
        ),
    );
    let lines = folder.run(&format!("{BUILD} --json")).code(0).json();
    let table = BUILD.replace("accounts.jsonl", "accounts.csv");
    let table = folder.run(&format!("{table} --resume --json")).code(0);
    let table = table.json();
    assert_eq!(lines["root"], table["root"]);
    assert_eq!(table["unchanged"], true);
    // The second account paid more than it has: with the fee of its position it is under water.
    assert_eq!(table["totals"]["failing"], 1);
    let usd = table["assets"].as_array().unwrap();
    let usd = usd
        .iter()
        .find(|asset| asset["instrument"] == "USD")
        .unwrap();
    assert_eq!(
        (usd["long"].as_str(), usd["short"].as_str()),
        (Some("250000"), Some("0"))
    );
}

#[test]
fn open_interest_must_be_closed_or_disclosed() {
    let folder = Folder::with_files();
    folder.write("accounts.jsonl", &line());
    folder.run(BUILD).refused(&[
        "not equal in 2 instruments",
        "BTC-PERPETUAL -1.5",
        "BTC-25SEP26-80000-C -10",
        "--inventory",
    ]);
    let with = format!("{BUILD} --inventory held.json --json");
    folder.write(
        "held.json",
        r#"[{"instrument": "BTC-PERPETUAL", "quantity": "1.5"},
            {"instrument": "BTC-25SEP26-80000-C", "quantity": "10"}]"#,
    );
    folder.run(&with).code(0);
    let held = |text: &str, words: &[&str]| {
        folder.write("held.json", text);
        folder.run(&with).refused(words);
    };
    held("{}", &["held.json", "inventory"]);
    held(
        r#"[{"instrument": "USD", "quantity": "1"}]"#,
        &["inventory[0]", "derivative"],
    );
    held(
        r#"[{"instrument": "X", "quantity": "1"}]"#,
        &["inventory[0].instrument"],
    );
    held(
        r#"[{"instrument": "BTC-PERPETUAL", "quantity": "1.50000000001"}]"#,
        &["inventory[0].quantity", "decimals"],
    );
    held(
        r#"[{"instrument": "BTC-PERPETUAL", "quantity": "1"},
            {"instrument": "BTC-PERPETUAL", "quantity": "0.5"}]"#,
        &["inventory[1].instrument", "twice"],
    );
}

#[test]
fn wrong_files_and_foreign_folders() {
    let folder = venue(70, "");
    let good = folder.read("accounts.jsonl");
    let first = good.lines().next().unwrap();
    folder.write("accounts.jsonl", &format!("{good}{first}\n"));
    folder.run(BUILD).refused(&[
        "accounts.jsonl:71:",
        "number of another account",
        "on line 1",
    ]);
    let old = OLD_ACCOUNT.replace('\n', " ");
    folder.write("accounts.jsonl", &format!("{good}{old}\n"));
    folder
        .run(BUILD)
        .refused(&["accounts.jsonl:71: an account file of version 1"]);
    // What was refused left no book behind, and the folder is taken again.
    folder
        .run("book prove book")
        .refused(&["book: holds no book"]);
    folder.write("accounts.jsonl", &good);
    folder.run(BUILD).code(0);
    folder
        .run(&BUILD.replace("accounts.jsonl", "none.jsonl"))
        .refused(&["none.jsonl"]);
    folder
        .run(&BUILD.replace("--k 10", "--k 9"))
        .refused(&["k = 9", "2^9 rows"]);
    folder
        .run(&BUILD.replace("--k 10", "--k 40"))
        .refused(&["k = 40"]);
    std::fs::create_dir(folder.path("home")).unwrap();
    folder.write("home/letter.txt", "dear reader");
    folder
        .run(&BUILD.replace("--out book", "--out home"))
        .refused(&["home", "not a book's"]);
    assert_eq!(names(&folder, "home"), ["letter.txt"]);
    folder
        .run(&BUILD.replace("--out book", "--out market.json"))
        .refused(&["market.json"]);
    folder.write("book/secret", "zkmargin book secret 01\nshort");
    folder.run(BUILD).refused(&["book/secret", "backup"]);
}

#[test]
fn venues_that_cannot_be() {
    let folder = Folder::with_files();
    let line = "venue generate --market market.json --accounts 10";
    let run = |more: &str| folder.run(&format!("{line} {more}"));
    run("--underwater 11").refused(&["accounts under water"]);
    run("--positions 9").refused(&["8 positions asked for"]);
    run("--out no/accounts.jsonl").refused(&["no/accounts.jsonl"]);
    let shown = run("--insecure-seed 3 --positions 3").code(0);
    assert!(shown.stderr.contains("insecure-seed"), "{}", shown.stderr);
    assert_eq!(shown.stdout.lines().count(), 10);
    let again = run("--insecure-seed 3 --positions 3").code(0);
    assert_eq!(again.stdout, shown.stdout);
    let fresh = run("--positions 3").code(0);
    assert!(fresh.stdout != shown.stdout && fresh.stderr.is_empty());
}

/// Accounts without derivatives, so that any number of them is a book.
fn savers(count: usize) -> String {
    let nonce = &NONCE[..NONCE.len() - 4];
    let line = |n: usize| {
        format!(
            "{{\"version\":2,\"customer\":\"saver {n}\",\"nonce\":\"{nonce}{n:04}\",\
             \"identity\":\"0x0\",\"account\":{n},\"positions\":[\
             {{\"instrument\":\"USD\",\"quantity\":\"{n}\"}}]}}\n"
        )
    };
    (1..=count).map(line).collect()
}

/// Every file of a folder with its content.
pub(crate) fn content(folder: &Folder, inner: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for name in names(folder, inner) {
        let inner = format!("{inner}/{name}");
        match folder.path(&inner).is_dir() {
            true => files.extend(content(folder, &inner)),
            false => files.push((inner.clone(), std::fs::read(folder.path(&inner)).unwrap())),
        }
    }
    files
}

#[test]
fn an_export_of_nobody_or_of_few_does_not_replace_the_book() {
    let folder = Folder::with_files();
    let build = |count: usize, more: &str| {
        folder.write("accounts.jsonl", &savers(count));
        folder.run(&format!("{BUILD} {more}"))
    };
    // Where there is no book yet, nobody is still no book.
    build(0, "").refused(&["accounts.jsonl: 0 accounts", "export of nobody"]);
    build(0, "--force").refused(&["export of nobody"]);
    assert!(!folder.path("book/book.json").exists());
    build(9, "--at-least 10").refused(&["accounts.jsonl: 9 accounts", "10 at least", "--force"]);
    assert!(!folder.path("book/book.json").exists());
    build(10, "--at-least 10").code(0);
    let before = content(&folder, "book");
    let words = ["4 accounts", "book has 10", "half", "--force", "as it was"];
    build(4, "").refused(&words);
    build(0, "--force").refused(&["export of nobody"]);
    folder.write(
        "accounts.csv",
        "customer,nonce,identity,account,instrument,quantity,entry\n",
    );
    let table = BUILD.replace("accounts.jsonl", "accounts.csv");
    folder.run(&table).refused(&["accounts.csv: 0 accounts"]);
    assert!(
        content(&folder, "book") == before,
        "the old book was touched"
    );
    build(5, "").code(0);
    build(2, "").refused(&["2 accounts", "has 5"]);
    let forced = build(2, "--at-least 7 --force").code(0);
    assert!(forced.stdout.contains("2 accounts"), "{}", forced.stdout);
}

#[test]
fn a_book_that_cannot_be_read_is_not_replaced_in_silence() {
    let folder = Folder::with_files();
    folder.write("accounts.jsonl", &savers(10));
    folder.run(BUILD).code(0);
    let manifest = folder.read("book/book.json");
    for damaged in [
        "",
        "{}",
        &manifest.replace("\"version\": 3", "\"version\": 9"),
        &manifest.replace("\"version\": 3", "\"version\": 2"),
    ] {
        folder.write("book/book.json", damaged);
        let before = content(&folder, "book");
        folder
            .run(BUILD)
            .refused(&["book/book.json", "how many accounts", "--force"]);
        assert!(
            content(&folder, "book") == before,
            "the old book was touched"
        );
    }
    let forced = folder.run(&format!("{BUILD} --force")).code(0);
    let note = "could not be read, and is replaced: book/book.json";
    assert!(forced.stderr.contains(note), "{}", forced.stderr);
    // Where the number of accounts can be read it counts, whatever else is wrong.
    folder.write("book/policy.toml", "");
    folder.write("accounts.jsonl", &savers(4));
    folder.run(BUILD).refused(&["4 accounts", "has 10"]);
    folder.write("accounts.jsonl", &savers(10));
    let again = folder.run(BUILD).code(0);
    assert!(
        again.stderr.contains("book/policy.toml"),
        "{}",
        again.stderr
    );
}
