use std::io::Write;

use sha2::{Digest, Sha256};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::*;

const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;

/// A secret or salt that nobody guesses; all end alike, so that one that shows is noticed.
fn key(what: &str, n: u32) -> String {
    let digest = hex::encode(Sha256::digest(format!("{what} {n}")));
    format!("0x{}c0ffee", &digest[..56])
}

fn read(text: &[u8], extension: &str) -> Result<Vec<Numbered>, BookError> {
    let policy = Policy::rm1();
    let market = Market::from_json(MARKET, "m.json", &policy).unwrap();
    let listing = Listing::new(&market, &policy);
    let mut file = tempfile::Builder::new()
        .suffix(extension)
        .tempfile()
        .unwrap();
    file.write_all(text).unwrap();
    let mut reader = Reader::open(file.path(), None, &listing)?;
    let mut all = Vec::new();
    loop {
        let chunk = reader.chunk()?;
        if chunk.is_empty() {
            return Ok(all);
        }
        all.extend(chunk);
    }
}

fn line(owner: u32, positions: &str) -> String {
    with_secret(owner, &key("secret", owner), positions)
}

fn with_secret(owner: u32, secret: &str, positions: &str) -> String {
    let salt = key("salt", owner);
    format!(
        r#"{{"owner":"0x{owner:x}","secret":"{secret}","salt":"{salt}","positions":[{positions}]}}"#
    )
}

const BOTH: &str = r#"{"instrument":"USD","quantity":"5"},{"instrument":"BTC","quantity":"-0.5"}"#;

fn refused(text: &str, extension: &str, words: &[&str]) {
    let error = read(text.as_bytes(), extension).unwrap_err().to_string();
    for word in words.iter().chain(&["hint: "]) {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
    assert!(!error.contains("c0ffee"), "the secret shows: {error}");
}

#[test]
fn lines_with_blanks_between_and_no_end_of_the_last() {
    let text = format!(
        "{}\n\n  \r\n{}\r\n{}",
        line(1, BOTH),
        line(2, ""),
        line(3, BOTH)
    );
    let read = read(text.as_bytes(), ".jsonl").unwrap();
    let lines: Vec<u64> = read.iter().map(|n| n.line).collect();
    assert_eq!(lines, [1, 4, 5]);
    assert_eq!(read[0].account.positions.len(), 2);
    assert!(read[1].account.positions.is_empty());
    assert_eq!(read[2].account.owner, Fr::from(3));
}

#[test]
fn more_accounts_than_are_read_at_once_keep_their_order() {
    let text: String = (1..=10_000).map(|n| line(n, BOTH) + "\n").collect();
    let read = read(text.as_bytes(), ".jsonl").unwrap();
    assert!((1..)
        .zip(&read)
        .all(|(n, r)| r.line == n && r.account.owner == Fr::from(n)));
    assert_eq!(read.len(), 10_000);
}

#[test]
fn a_wrong_line_is_named_the_first_if_there_are_several() {
    let of = |positions: &str| format!("{}\n{}\n{{\n", line(1, BOTH), line(2, positions));
    let bad = |positions: &str, words: &[&str]| refused(&of(positions), ".jsonl", words);
    bad(
        r#"{"instrument":"USD","quantity":"NaN"}"#,
        &[":2: positions[0].quantity = \"NaN\""],
    );
    bad(
        r#"{"instrument":"USD","quantity":"1","quantity":"2"}"#,
        &[":2: column", "repeated field \"quantity\""],
    );
    bad(
        r#"{"instrument":"USD","quantity":"1","colour":"red"}"#,
        &[":2: positions[0].colour", "no such field"],
    );
    bad(
        &format!("{BOTH},{BOTH}"),
        &[":2: positions[2].instrument = \"USD\": repeats positions[0]"],
    );
    bad(
        r#"{"instrument":"DOGE","quantity":"1"}"#,
        &[":2: positions[0].instrument = \"DOGE\"", "does not list"],
    );
    bad("{", &[":2: column"]);
    refused(
        &line(1, BOTH).replacen("c0ffee", "c0ffeeg", 1),
        ".jsonl",
        &[":1: secret"],
    );
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let text = line(1, BOTH).replace(&key("salt", 1), &format!("0x{modulus}"));
    refused(&text, ".jsonl", &[":1: salt", "modulus"]);
    refused(&format!("{}\nnull", line(1, "")), ".jsonl", &[":2:"]);
}

#[test]
fn not_text_and_endless_lines() {
    let error = read(b"{\"owner\": \"\xff\"}\n", ".jsonl").unwrap_err();
    assert!(
        error.to_string().contains(":1: byte 12 of the line"),
        "{error}"
    );
    let endless = vec![b' '; (1 << 20) + 5];
    let error = read(&endless, ".jsonl").unwrap_err().to_string();
    assert!(error.contains(":1: longer than 1 MiB"), "{error}");
}

#[test]
fn accounts_that_stand_twice() {
    let twice = format!("{}\n\n{}\n{}", line(1, BOTH), line(2, ""), line(1, BOTH));
    refused(&twice, ".jsonl", &[":4:", "on line 1", "the same account"]);
    let other = format!("{}\n{}", line(1, BOTH), line(1, ""));
    refused(
        &other,
        ".jsonl",
        &[
            ":2:",
            "on line 1",
            "the owner and the salt of another account",
        ],
    );
    // Far apart, in different chunks.
    let mut many: String = (1..=9_000).map(|n| line(n, "") + "\n").collect();
    many.push_str(&line(17, ""));
    refused(&many, ".jsonl", &[":9001:", "on line 17"]);
}

#[test]
fn twins_with_one_secret_are_refused() {
    // Under water and healthy: their nullifiers are the same, and either answers for the other.
    let loser = r#"{"instrument":"USD","quantity":"-5000"}"#;
    let text = format!(
        "{}\n{}\n{}",
        line(1, loser),
        line(2, BOTH),
        with_secret(3, &key("secret", 1), BOTH)
    );
    refused(
        &text,
        ".jsonl",
        &[":3:", "the secret of another account", "on line 1"],
    );
    let weak = with_secret(1, "0x1", BOTH);
    refused(&weak, ".jsonl", &[":1: secret can be guessed"]);
    let twice = with_secret(1, &key("salt", 1), BOTH);
    refused(&twice, ".jsonl", &[":1: salt is the secret"]);
}

const HEADER: &str = "account,owner,secret,salt,instrument,quantity,entry\n";

#[test]
fn a_table_gives_the_accounts_that_lines_give() {
    let keys = |n| format!("0x{n:x},{},{}", key("secret", n), key("salt", n));
    let [alice, bob, carol] = [1, 2, 3].map(keys);
    let table = format!(
        "quantity,instrument,account,owner,secret,salt,entry\n\
         250000.00,USD,alice,{alice},\n\
         -1.5, BTC-PERPETUAL ,alice,{alice},76500.00\n\
         2, BTC-PERPETUAL ,bob,{bob},mark\n\
         -10,BTC-25SEP26-80000-C,\"carol, c\",{carol},\n\
         ,,dave,{},\n",
        keys(4)
    );
    let lines = [
        r#"{"instrument":"USD","quantity":"250000"},
           {"instrument":"BTC-PERPETUAL","quantity":"-1.5","entry":"76500"}"#,
        r#"{"instrument":"BTC-PERPETUAL","quantity":"2","entry":"77095.12"}"#,
        r#"{"instrument":"BTC-25SEP26-80000-C","quantity":"-10"}"#,
        "",
    ];
    let lines = lines.map(|positions| positions.replace('\n', ""));
    let lines = (1..)
        .zip(&lines)
        .map(|(n, positions)| line(n, positions) + "\n");
    let lines: String = lines.collect();
    let table = read(table.as_bytes(), ".CSV").unwrap();
    let lines = read(lines.as_bytes(), ".jsonl").unwrap();
    let accounts = |read: &[Numbered]| read.iter().map(|n| n.account.clone()).collect::<Vec<_>>();
    assert_eq!(accounts(&table), accounts(&lines));
    assert_eq!(table[0].account.leaf(), lines[0].account.leaf());
    assert_eq!([table[1].line, table[2].line], [4, 5]);
    assert!(read(HEADER.as_bytes(), ".csv").unwrap().is_empty());
    let without = format!("account,owner,secret,salt,instrument,quantity\na,{alice},USD,1\n");
    assert_eq!(read(without.as_bytes(), ".csv").unwrap().len(), 1);
}

#[test]
fn a_wrong_table_is_refused_with_its_line() {
    let bad = |rows: &str, words: &[&str]| refused(&format!("{HEADER}{rows}"), ".csv", words);
    let salt = key("salt", 1);
    let row = |cells: &str| format!("a,0x1,{},{salt},{cells}\n", key("secret", 1));
    bad(&row("USD,NaN,"), &["line 2.quantity = \"NaN\""]);
    bad(&row("USD,,"), &["line 2.quantity", "missing"]);
    bad(&row(",5,"), &["line 2.instrument", "missing"]);
    bad(&row("USD,5,1"), &["line 2.entry", "entry price"]);
    bad(
        &row("BTC-PERPETUAL,5,"),
        &["line 2.entry is missing", "mark"],
    );
    bad(
        &row("USD,5,").replace(&salt, "0x3"),
        &["line 2.salt can be guessed"],
    );
    bad(
        &format!("{}{}", row("USD,5,"), row("USD,6,")),
        &["line 3.instrument = \"USD\": repeats line 2"],
    );
    bad(&row("DOGE,5,"), &["line 2.instrument = \"DOGE\""]);
    bad(&row("USD,5,,7"), &[":2: 8 cells, and the header has 7"]);
    bad(
        &format!(
            "{}{}",
            row("USD,5,"),
            row("BTC,6,").replace(&salt, &key("salt", 2))
        ),
        &["line 3: owner, secret or salt differ"],
    );
    bad(
        &format!(
            "{}b,0x4,{},{},,,\n{}",
            row("USD,5,"),
            key("secret", 4),
            key("salt", 4),
            row("BTC,6,")
        ),
        &[":4:", "also has rows that begin on line 2"],
    );
    bad(
        &format!("{}{}", row("USD,5,"), row("BTC,6,").replacen('a', "b", 1)),
        &[":3:", "on line 2"],
    );
    bad(&row("USD,5,").replacen('a', "", 1), &[":2:", "no name"]);
    bad(
        &row("USD,5,").replacen("c0ffee", "c0ffeeg", 1),
        &["line 2.secret"],
    );
    refused(
        "account,owner\n",
        ".csv",
        &["the column `secret` is missing"],
    );
    refused("account,account\n", ".csv", &["`account` stands twice"]);
    refused("account,colour\n", ".csv", &["no column `colour`"]);
    refused("", ".csv", &["`account` is missing"]);
}
