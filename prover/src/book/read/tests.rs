use std::io::Write;

use zkmargin_circuits::market::Market;
use zkmargin_circuits::policy::Policy;

use super::*;

const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD",  "kind": "cash", "mark": "1"},
  {"id": "BTC",  "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;

const SECRET: &str = "0x5ec4e7c0ffee";

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
    format!(
        r#"{{"owner":"0x{owner:x}","secret":"{SECRET}","salt":"0x3","positions":[{positions}]}}"#
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
        &line(1, BOTH).replace("c0ffee", "c0ffeeg"),
        ".jsonl",
        &[":1: secret"],
    );
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let text = line(1, BOTH).replace("\"0x3\"", &format!("\"0x{modulus}\""));
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
    refused(&twice, ".jsonl", &[":4:", "as line 1", "the same account"]);
    let other = format!("{}\n{}", line(1, BOTH), line(1, ""));
    refused(
        &other,
        ".jsonl",
        &[":2:", "as line 1", "two accounts of one owner"],
    );
    // Far apart, in different chunks.
    let mut many: String = (1..=9_000).map(|n| line(n, "") + "\n").collect();
    many.push_str(&line(17, ""));
    refused(&many, ".jsonl", &[":9001:", "as line 17"]);
}

const HEADER: &str = "account,owner,secret,salt,instrument,quantity,entry\n";

#[test]
fn a_table_gives_the_accounts_that_lines_give() {
    let table = "quantity,instrument,account,owner,secret,salt,entry\n\
                 250000.00,USD,alice,0x1,0x2,0x3,\n\
                 -1.5, BTC-PERPETUAL ,alice,0x1,0x2,0x3,76500.00\n\
                 ,,bob,0x4,0x5,0x6,\n\
                 -10,BTC-25SEP26-80000-C,\"carol, c\",0x7,0x8,0x9,\n";
    let lines = "{\"owner\":\"0x1\",\"secret\":\"0x2\",\"salt\":\"0x3\",\"positions\":[\
                 {\"instrument\":\"USD\",\"quantity\":\"250000\"},\
                 {\"instrument\":\"BTC-PERPETUAL\",\"quantity\":\"-1.5\",\"entry\":\"76500\"}]}\n\
                 {\"owner\":\"0x4\",\"secret\":\"0x5\",\"salt\":\"0x6\",\"positions\":[]}\n\
                 {\"owner\":\"0x7\",\"secret\":\"0x8\",\"salt\":\"0x9\",\"positions\":[\
                 {\"instrument\":\"BTC-25SEP26-80000-C\",\"quantity\":\"-10\"}]}";
    let table = read(table.as_bytes(), ".CSV").unwrap();
    let lines = read(lines.as_bytes(), ".jsonl").unwrap();
    let accounts = |read: &[Numbered]| read.iter().map(|n| n.account.clone()).collect::<Vec<_>>();
    assert_eq!(accounts(&table), accounts(&lines));
    assert_eq!(table[0].account.leaf(), lines[0].account.leaf());
    assert_eq!([table[1].line, table[2].line], [4, 5]);
    assert!(read(HEADER.as_bytes(), ".csv").unwrap().is_empty());
    let without = "account,owner,secret,salt,instrument,quantity\na,0x1,0x2,0x3,USD,1\n";
    assert_eq!(read(without.as_bytes(), ".csv").unwrap().len(), 1);
}

#[test]
fn a_wrong_table_is_refused_with_its_line() {
    let bad = |rows: &str, words: &[&str]| refused(&format!("{HEADER}{rows}"), ".csv", words);
    let row = |cells: &str| format!("a,0x1,{SECRET},0x3,{cells}\n");
    bad(&row("USD,NaN,"), &["line 2.quantity = \"NaN\""]);
    bad(&row("USD,,"), &["line 2.quantity", "missing"]);
    bad(&row(",5,"), &["line 2.instrument", "missing"]);
    bad(&row("USD,5,1"), &["line 2.entry", "entry price"]);
    bad(
        &format!("{}{}", row("USD,5,"), row("USD,6,")),
        &["line 3.instrument = \"USD\": repeats line 2"],
    );
    bad(&row("DOGE,5,"), &["line 2.instrument = \"DOGE\""]);
    bad(&row("USD,5,,7"), &[":2: 8 cells, and the header has 7"]);
    bad(
        &format!("{}{}", row("USD,5,"), row("BTC,6,").replace("0x3", "0x4")),
        &["line 3: owner, secret or salt differ"],
    );
    bad(
        &format!("{}b,0x4,0x5,0x6,,,\n{}", row("USD,5,"), row("BTC,6,")),
        &[":4:", "also has rows that begin on line 2"],
    );
    bad(
        &format!("{}{}", row("USD,5,"), row("BTC,6,").replacen('a', "b", 1)),
        &[":3:", "as line 2"],
    );
    bad(&row("USD,5,").replacen('a', "", 1), &[":2:", "no name"]);
    bad(
        &row("USD,5,").replace("c0ffee", "c0ffeeg"),
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
