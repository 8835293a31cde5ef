//! Accounts.

use super::{Change, Desk};
use crate::common::{ACCOUNT, SALT, SECRET};

/// More than any field holds.
const MODULUS: &str = "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

pub const CHANGES: [Change; 36] = [
    ("]}\n", "]", &["line 4", "EOF"]),
    (ACCOUNT, " \n", &["the file is empty"]),
    (ACCOUNT, "7", &["the file = 7", "an object"]),
    (ACCOUNT, "{}", &["owner is missing"]),
    ("\"owner\": \"0x01\", ", "", &["owner is missing"]),
    ("\"0x01\"", "1", &["owner"]),
    ("\"0x01\"", SECRET_QUOTED, &["owner"]),
    (
        "\"positions\"",
        "\"holdings\"",
        &["holdings: there is no such field"],
    ),
    (
        "{\"owner\"",
        "{\"name\": \"me\", \"owner\"",
        &["name: there is no such field"],
    ),
    (
        "80000-C",
        "81000-C",
        &["positions[2].instrument", "BTC-25SEP26-81000-C", "80000-C"],
    ),
    ("BTC-25SEP26-80000-C", "", &["positions[2].instrument"]),
    (
        "\"BTC-PERPETUAL\"",
        "7",
        &["positions[1].instrument", "string"],
    ),
    ("\"-10\"", "-10", &["positions[2].quantity", "string"]),
    ("\"-10\"", "\"-1e1\"", &["positions[2].quantity = \"-1e1\""]),
    ("\"-10\"", "\"0\"", &["positions[2].quantity", "zero"]),
    ("\"-10\"", "\"-0\"", &["positions[2].quantity"]),
    (
        "\"-10\"",
        "\"0.000000001\"",
        &["quantity", "more than 8 decimals"],
    ),
    (
        "\"-10\"",
        "\"46116860184.27387904\"",
        &["quantity", "out of range"],
    ),
    ("\"-10\"", "\"ten\"", &["positions[2].quantity = \"ten\""]),
    ("\"-10\"", "null", &["positions[2].quantity = null"]),
    (
        "\"-10\"",
        "\"-10\", \"entry\": \"5\"",
        &["positions[2].entry"],
    ),
    (
        "\"-10\"",
        "\"-10\", \"note\": \"x\"",
        &["note", "no such field"],
    ),
    (
        "\"-10\"}",
        "\"-10\"}, {\"instrument\": \"USD\", \"quantity\": \"1\"}",
        &["USD", "repeats"],
    ),
    ("\"-10\"}", "\"-10\"}, 5", &["positions[3]", "an object"]),
    (
        ", \"entry\": \"76500.00\"",
        "",
        &["positions[1].entry is missing", "mark"],
    ),
    (
        "\"76500.00\"",
        "\"Mark\"",
        &["positions[1].entry = \"Mark\""],
    ),
    ("\"76500.00\"", "\"-1\"", &["positions[1].entry = \"-1\""]),
    ("\"76500.00\"", "\"0\"", &["positions[1].entry = \"0\""]),
    ("\"secret\": \"0x", "\"secret\": \"", &["secret"]),
    ("\"secret\": \"0x1b", "\"secret\": \"0x1bzz", &["secret"]),
    (SECRET, "0x1", &["secret can be guessed", "openssl rand"]),
    (SALT, MODULUS, &["salt", "modulus"]),
    (SALT, "0x5a17", &["salt can be guessed", "openssl rand"]),
    (SALT, SECRET, &["salt is the secret"]),
    (
        "\"salt\": \"0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493\", ",
        "",
        &["salt is missing"],
    ),
    (
        "\"salt\": ",
        "\"salt\": \"0x1\", \"salt\": ",
        &["salt", "repeated"],
    ),
];

const SECRET_QUOTED: &str =
    "\"0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84\"";

#[test]
fn a_wrong_account_is_refused() {
    let mut desk = Desk::new();
    for command in ["evaluate", "prove --out proof.json", "commit"] {
        let line = format!("{command} --market market.json --account wrong.json");
        // Every change once; the commands read an account in the same way.
        let changes = match command {
            "evaluate" => &CHANGES[..],
            _ => &CHANGES[28..31],
        };
        desk.changes(&line, "wrong.json", ACCOUNT, changes);
    }
    desk.done();
}
