use std::io::Write;

use sha2::{Digest, Sha256};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::*;

const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;

/// A nonce or an identity that nobody guesses; all end alike, so that one that shows is noticed.
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

fn line(number: u32, positions: &str) -> String {
    let customer = format!("c{number}@example.com");
    of(
        &customer,
        &nonce(number),
        &key("identity", number),
        number,
        positions,
    )
}

fn of(customer: &str, nonce: &str, identity: &str, number: u32, positions: &str) -> String {
    format!(
        r#"{{"version":2,"customer":"{customer}","nonce":"{nonce}","identity":"{identity}","account":{number},"positions":[{positions}]}}"#
    )
}

/// A nonce, which has 248 bits.
fn nonce(n: u32) -> String {
    key("nonce", n).replacen("0x", "0x00", 1)
}

const BOTH: &str = r#"{"instrument":"USD","quantity":"5"},{"instrument":"BTC","quantity":"-0.5"}"#;

fn refused(text: &str, extension: &str, words: &[&str]) {
    let error = read(text.as_bytes(), extension).unwrap_err().to_string();
    for word in words.iter().chain(&["hint: "]) {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
    assert!(!error.contains("c0ffee"), "a nonce shows: {error}");
    assert!(!error.contains("example.com"), "a customer shows: {error}");
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
    assert_eq!(read[0].positions.len(), 2);
    assert!(read[1].positions.is_empty());
    assert_eq!(read[2].holder.number, 3);
}

#[test]
fn more_accounts_than_are_read_at_once_keep_their_order() {
    let text: String = (1..=10_000).map(|n| line(n, BOTH) + "\n").collect();
    let read = read(text.as_bytes(), ".jsonl").unwrap();
    assert!((1..)
        .zip(&read)
        .all(|(n, r)| r.line == n && r.holder.number == n as u32));
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
        &[":1: nonce"],
    );
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let text = line(1, BOTH).replace(&nonce(1), &format!("0x{modulus}"));
    refused(&text, ".jsonl", &[":1: nonce", "modulus"]);
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
fn a_number_is_one_account_s() {
    let twice = format!("{}\n\n{}\n{}", line(1, BOTH), line(2, ""), line(1, BOTH));
    let words = [":4:", "on line 1", "the number of another account"];
    refused(&twice, ".jsonl", &words);
    // Under water and healthy, of one identity: one nullifier, and either answers for the other.
    let loser = r#"{"instrument":"USD","quantity":"-5000"}"#;
    let identity = key("identity", 1);
    let twin = of("c2@example.com", &nonce(2), &identity, 1, BOTH);
    let text = format!("{}\n{twin}", line(1, loser));
    refused(&text, ".jsonl", &[":2:", "on line 1"]);
    // Several accounts of one identity are told apart by their numbers.
    let second = of("c1@example.com", &nonce(1), &identity, 2, BOTH);
    let text = format!("{}\n{second}", line(1, loser));
    assert_eq!(read(text.as_bytes(), ".jsonl").unwrap().len(), 2);
    // Far apart, in different chunks.
    let mut many: String = (1..=9_000).map(|n| line(n, "") + "\n").collect();
    many.push_str(&line(17, ""));
    refused(&many, ".jsonl", &[":9001:", "on line 17"]);
}

#[test]
fn a_customer_has_one_nonce() {
    let other = of(" C1@Example.com", &nonce(2), &key("identity", 2), 2, BOTH);
    let text = format!("{}\n{other}", line(1, BOTH));
    refused(&text, ".jsonl", &[":2:", "line 1", "another nonce"]);
}

#[test]
fn lines_with_a_salt_of_version_1_or_of_nobody() {
    let salt = format!("\"account\":1,\"salt\":\"{}\"", key("salt", 1));
    let salted = line(1, BOTH).replace("\"account\":1", &salt);
    let words = [":1:", "salts are made when the book is built"];
    refused(&salted, ".jsonl", &words);
    let (secret, salt) = (key("secret", 1), key("salt", 1));
    let old =
        format!(r#"{{"owner":"0x1","secret":"{secret}","salt":"{salt}","positions":[{BOTH}]}}"#);
    refused(&old, ".jsonl", &[":1", "version 1"]);
    let alone = format!(r#"{{"positions":[{BOTH}]}}"#);
    refused(&alone, ".jsonl", &[":1: positions alone"]);
    let weak = of("c1@example.com", "0x1", &key("identity", 1), 1, BOTH);
    refused(&weak, ".jsonl", &[":1: nonce can be guessed"]);
    let none = of("c1@example.com", &nonce(1), "0x0", 1, BOTH);
    assert_eq!(read(none.as_bytes(), ".jsonl").unwrap().len(), 1);
}

const HEADER: &str = "customer,nonce,identity,account,instrument,quantity,entry\n";

#[test]
fn a_table_gives_the_accounts_that_lines_give() {
    let keys = |n| format!("c{n}@example.com,{},{},{n}", nonce(n), key("identity", n));
    let [alice, bob, carol] = [1, 2, 3].map(keys);
    let table = format!(
        "quantity,instrument,customer,nonce,identity,account,entry\n\
         250000.00,USD,{alice},\n\
         -1.5, BTC-PERPETUAL ,{alice},76500.00\n\
         2, BTC-PERPETUAL ,{bob},mark\n\
         -10,BTC-25SEP26-80000-C,{carol},\n\
         ,,{},\n",
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
    let accounts = |read: &[Numbered]| {
        let parts = read.iter().map(|n| (n.holder.clone(), n.positions.clone()));
        parts.collect::<Vec<_>>()
    };
    assert_eq!(accounts(&table), accounts(&lines));
    assert_eq!([table[1].line, table[2].line], [4, 5]);
    assert!(read(HEADER.as_bytes(), ".csv").unwrap().is_empty());
    let without = format!("customer,nonce,identity,account,instrument,quantity\n{alice},USD,1\n");
    assert_eq!(read(without.as_bytes(), ".csv").unwrap().len(), 1);
}

#[test]
fn a_wrong_table_is_refused_with_its_line() {
    let bad = |rows: &str, words: &[&str]| refused(&format!("{HEADER}{rows}"), ".csv", words);
    let of = |n: u32, number: &str, cells: &str| {
        let (nonce, identity) = (nonce(n), key("identity", n));
        format!("c{n}@example.com,{nonce},{identity},{number},{cells}\n")
    };
    let row = |cells: &str| of(1, "7", cells);
    bad(&row("USD,NaN,"), &["line 2.quantity = \"NaN\""]);
    bad(&row("USD,,"), &["line 2.quantity", "missing"]);
    bad(&row(",5,"), &["line 2.instrument", "missing"]);
    bad(&row("USD,5,1"), &["line 2.entry", "entry price"]);
    bad(
        &row("BTC-PERPETUAL,5,"),
        &["line 2.entry is missing", "mark"],
    );
    bad(
        &row("USD,5,").replace(&nonce(1), "0x3"),
        &["nonce can be guessed"],
    );
    bad(
        &format!("{}{}", row("USD,5,"), row("USD,6,")),
        &["line 3.instrument = \"USD\": repeats line 2"],
    );
    bad(&row("DOGE,5,"), &["line 2.instrument = \"DOGE\""]);
    bad(&row("USD,5,,7"), &[":2: 8 cells, and the header has 7"]);
    bad(
        &format!("{}{}", row("USD,5,"), of(2, "7", "BTC,6,")),
        &["line 3: customer, nonce or identity differ"],
    );
    bad(
        &format!("{}{}{}", row("USD,5,"), of(4, "8", ",,"), row("BTC,6,")),
        &[":4:", "also has rows that begin on line 2"],
    );
    // One number in two ways of writing.
    bad(
        &format!("{}{}", row("USD,5,"), of(4, "07", ",,")),
        &[":3:", "the number of another account", "on line 2"],
    );
    bad(&of(1, "", "USD,5,"), &[":2:", "no number"]);
    bad(&of(1, "-1", "USD,5,"), &["line 2.account"]);
    bad(&of(1, "4294967296", "USD,5,"), &["line 2.account"]);
    bad(
        &row("USD,5,").replacen("c0ffee", "c0ffeeg", 1),
        &["line 2.nonce"],
    );
    let header = |text: &str, words: &str| refused(text, ".csv", &[words]);
    header("customer,nonce\n", "the column `identity` is missing");
    header("account,account\n", "`account` stands twice");
    header("account,colour\n", "no column `colour`");
    header("account,owner\n", "the column `owner` is of version 1");
    header("account,salt\n", "salts are made when the book is built");
    header("", "`customer` is missing");
}
