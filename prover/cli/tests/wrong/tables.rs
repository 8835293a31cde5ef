//! Accounts of a venue as lines and as a table, and snapshots of option chains.

use super::{Change, Desk};
use crate::common::{line, CUSTOMER, NONCE, OLD_ACCOUNT, SALT};

/// Changes of a file with the account on its first line.
pub const LINES: [Change; 18] = [
    ("{\"version\"", "{version", &["wrong.jsonl:1"]),
    (
        "{\"version\"",
        "\u{feff}{\"version\"",
        &["byte-order mark"],
    ),
    (
        "\"version\": 2",
        "\"version\": 1",
        &["wrong.jsonl:1", "version = 1"],
    ),
    (
        "\"version\"",
        "\"owner\": \"0x1\", \"version\"",
        &["wrong.jsonl:1: an account file of version 1"],
    ),
    (NONCE, "01", &["wrong.jsonl:1", "nonce"]),
    (NONCE, "0x7", &["wrong.jsonl:1", "nonce can be guessed"]),
    (CUSTOMER, "", &["wrong.jsonl:1", "customer", "is no id"]),
    (
        "\"account\": 7",
        "\"account\": 7, \"salt\": \"0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493\"",
        &["wrong.jsonl:1", "salts are made when the book is built"],
    ),
    (
        "\"quantity\": \"-10\"",
        "\"quantity\": \"ten\"",
        &["wrong.jsonl:1", "positions[2].quantity = \"ten\""],
    ),
    (
        "\"quantity\": \"-10\"",
        "\"quantity\": -10",
        &["wrong.jsonl:1", "positions[2].quantity"],
    ),
    (
        "BTC-PERPETUAL",
        "BTC-PERPETUALS",
        &["wrong.jsonl:1", "BTC-PERPETUALS"],
    ),
    (
        ", \"entry\": \"76500.00\"",
        "",
        &["wrong.jsonl:1", "positions[1].entry"],
    ),
    ("]}", "]} {", &["wrong.jsonl:1"]),
    ("]} ", "]", &["wrong.jsonl:1"]),
    (
        "{\"version\"",
        "[]\n{\"version\"",
        &["wrong.jsonl:1", "an object"],
    ),
    (
        "{\"version\"",
        "\n\n{\"name\": 1, \"version\"",
        &["wrong.jsonl:3", "name"],
    ),
    ("]} ", "]}\n7", &["wrong.jsonl:2"]),
    (
        "-1.5",
        "-1.6",
        &["longs and shorts are not equal", "--inventory"],
    ),
];

const TABLE_GOOD: &str = "customer,nonce,identity,account,instrument,quantity,entry
zoe.quill@example.net,0xcb7f10cf6459ca05ec3a291bd3f64c2967ff2f95caeb4bef7845f2f788423d,0x0,7,USD,5,
";

pub const TABLE: [Change; 19] = [
    ("account,", "", &["wrong.csv: the column `account` is missing"]),
    (
        "identity,account",
        "account,account",
        &["`account` stands twice"],
    ),
    (
        "customer,nonce",
        "owner,secret",
        &["the column `owner` is of version 1", "identity"],
    ),
    (
        "nonce",
        "secret",
        &["the column `secret` is of version 1", "no secret"],
    ),
    (
        "nonce",
        "salt",
        &["no column `salt`", "salts are made when the book is built"],
    ),
    ("instrument", "symbol", &["there is no column `symbol`"]),
    (",USD,5,", ",USD,5", &["wrong.csv:2", "cells"]),
    (
        ",USD,5,",
        ",USD,five,",
        &["wrong.csv", "line 2", "quantity"],
    ),
    (",USD,5,", ",GBP,5,", &["wrong.csv", "line 2", "GBP"]),
    (
        ",USD,5,",
        ",0xcb7f10cf6459ca05ec3a291bd3f64c2967ff2f95caeb4bef7845f2f788423d,5,",
        &["line 2"],
    ),
    (",7,USD", ",,USD", &["wrong.csv:2", "no number"]),
    (
        ",7,USD",
        ",seven,USD",
        &["line 2", "account", "below 2^32"],
    ),
    (",7,USD", ",4294967296,USD", &["line 2", "account"]),
    (NONCE, "0x2", &["line 2", "nonce can be guessed"]),
    (",0x0,7", ",0x9,7", &["line 2", "identity can be guessed"]),
    ("zoe.quill@example.net", "", &["line 2", "customer", "is no id"]),
    (
        ",USD,5,",
        ",USD,5,\nzoe.quill@example.net,0x67d8ec9f567e9700ea7b9800a4462513d387d12a5a6b39bc64ff03921352eb,0x0,7,BTC,1,",
        &["line 3", "differ from the account's first row"],
    ),
    (
        ",USD,5,",
        ",USD,5,\nzoe.quill@example.net,0x67d8ec9f567e9700ea7b9800a4462513d387d12a5a6b39bc64ff03921352eb,0x0,8,BTC,1,",
        &["wrong.csv:3", "customer of line 2, with another nonce"],
    ),
    (
        TABLE_GOOD,
        "customer,nonce,identity,account,instrument,quantity,entry\n",
        &["0 accounts"],
    ),
];

const CHAIN_GOOD: &str = "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,implied_volatility,index_price
2026-09-01T10:00:00+00:00,BTC-25SEP26-80000-C,77405.28,call,80000,2026-09-25T08:00:00+00:00,0.4198,77081.8
";

pub const CHAIN: [Change; 14] = [
    ("timestamp", "time", &["wrong.csv: no column `timestamp`"]),
    (
        "2026-09-01T10:00:00+00:00",
        "yesterday",
        &["line 2", "timestamp is `yesterday`", "a date"],
    ),
    (
        "80000,2026",
        "0.00001,2026",
        &["line 2", "strike is `0.00001`", "rounds to zero"],
    ),
    ("80000,2026", "0,2026", &["line 2", "strike is `0`", "zero"]),
    (
        "80000,2026",
        "-1,2026",
        &["line 2", "strike is `-1`", "no sign"],
    ),
    (
        "80000,2026",
        "8e4,2026",
        &["line 2", "strike is `8e4`", "no exponent"],
    ),
    (
        ",call,",
        ",buy,",
        &["line 2", "option_type is `buy`", "call"],
    ),
    (
        "0.4198",
        "high",
        &["line 2", "implied_volatility is `high`"],
    ),
    ("0.4198", "", &["no usable row"]),
    ("77081.8", "", &["line 2", "index_price"]),
    (",0.4198,", ",", &["wrong.csv", "CSV"]),
    (
        "BTC-25SEP26-80000-C",
        "XYZ-25SEP26-80000-C",
        &["XYZ", "underlying"],
    ),
    (CHAIN_GOOD, "", &["the file is empty"]),
    (CHAIN_GOOD, "{}", &["no column `timestamp`"]),
];

#[test]
fn wrong_accounts_of_a_venue_are_refused() {
    let mut desk = Desk::new();
    let build = "book build wrong.jsonl --market market.json --k 10 --out new";
    desk.changes(build, "wrong.jsonl", &line(), &LINES);
    second_lines(&mut desk, build);
    let build = "book build wrong.csv --market market.json --k 10 --out new";
    desk.changes(build, "wrong.csv", TABLE_GOOD, &TABLE);
    desk.done();
}

/// Lines that are good alone and not beside the first, or in no book at all.
fn second_lines(desk: &mut Desk, build: &str) {
    let (first, old) = (line(), OLD_ACCOUNT.replace('\n', " "));
    let other_nonce = NONCE.replace("0xcb7f", "0xdb7f");
    let salted = first.replacen("\"nonce\"", &format!("\"salt\": \"{SALT}\", \"nonce\""), 1);
    let number = |line: &str| line.replace("\"account\": 7", "\"account\": 8");
    for (second, words) in [
        (
            first.replace(CUSTOMER, "bob@example.com"),
            "wrong.jsonl:2: the number of another account, which stands on line 1",
        ),
        (
            number(&first.replace(NONCE, &other_nonce)),
            "wrong.jsonl:2: the customer of line 1, with another nonce",
        ),
        // In another spelling it is the same customer.
        (
            number(&first.replace(NONCE, &other_nonce)).replace("zoe.", "ZOE."),
            "wrong.jsonl:2: the customer of line 1, with another nonce",
        ),
        (number(&salted), "wrong.jsonl:2: the account has a salt"),
        (
            "{\"positions\": []}".to_owned(),
            "wrong.jsonl:2: positions alone",
        ),
        (old, "wrong.jsonl:2: an account file of version 1"),
    ] {
        desk.folder
            .write("wrong.jsonl", &format!("{first}\n{second}\n"));
        desk.refused(build, words, &[words]);
    }
}

#[test]
fn a_wrong_snapshot_is_refused() {
    let mut desk = Desk::new();
    desk.changes(
        "market import wrong.csv --out new.json",
        "wrong.csv",
        CHAIN_GOOD,
        &CHAIN,
    );
    desk.done();
}
