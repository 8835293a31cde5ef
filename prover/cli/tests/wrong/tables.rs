//! Accounts of a venue as lines and as a table, and snapshots of option chains.

use super::{Change, Desk};
use crate::common::ACCOUNT;

/// The account of the other files on one line.
fn line() -> String {
    ACCOUNT.replace('\n', " ")
}

/// Changes of a file with the account on its first line.
pub const LINES: [Change; 14] = [
    ("{\"owner\"", "{owner", &["wrong.jsonl:1"]),
    ("{\"owner\"", "\u{feff}{\"owner\"", &["byte-order mark"]),
    ("\"0x01\"", "\"01\"", &["wrong.jsonl:1", "owner"]),
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
    (
        "\"secret\": \"0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84\"",
        "\"secret\": \"0x7\"",
        &["wrong.jsonl:1", "secret can be guessed"],
    ),
    ("]}", "]} {", &["wrong.jsonl:1"]),
    ("]} ", "]", &["wrong.jsonl:1"]),
    (
        "{\"owner\"",
        "[]\n{\"owner\"",
        &["wrong.jsonl:1", "an object"],
    ),
    (
        "{\"owner\"",
        "\n\n{\"name\": 1, \"owner\"",
        &["wrong.jsonl:3", "name"],
    ),
    ("]} ", "]}\n7", &["wrong.jsonl:2"]),
    (
        "-1.5",
        "-1.6",
        &["longs and shorts are not equal", "--inventory"],
    ),
];

const TABLE_GOOD: &str = "account,owner,secret,salt,instrument,quantity,entry
me,0x01,0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84,0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493,USD,5,
";

pub const TABLE: [Change; 10] = [
    ("account,", "", &["wrong.csv"]),
    (
        "account,owner",
        "account,account",
        &["`account` stands twice"],
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
        ",0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84,5,",
        &["line 2"],
    ),
    ("me,", ",", &["wrong.csv:2", "no name"]),
    (
        "me,0x01,0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84",
        "me,0x01,0x2",
        &["secret can be guessed"],
    ),
    (
        TABLE_GOOD,
        "account,owner,secret,salt,instrument,quantity,entry\n",
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
    let build = "book build wrong.csv --market market.json --k 10 --out new";
    desk.changes(build, "wrong.csv", TABLE_GOOD, &TABLE);
    desk.done();
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
