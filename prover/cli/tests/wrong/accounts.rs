//! Accounts.

use super::{Change, Desk};
use crate::common::{ACCOUNT, CUSTOMER, IDENTITY, NONCE, OLD_ACCOUNT, SALT};

const WIDE_NONCE: &str = "0x1cb7f10cf6459ca05ec3a291bd3f64c2967ff2f95caeb4bef7845f2f788423d";

/// More than any field holds.
const MODULUS: &str = "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

pub const CHANGES: [Change; 52] = [
    ("]}\n", "]", &["line 4", "EOF"]),
    (ACCOUNT, " \n", &["the file is empty"]),
    (ACCOUNT, "7", &["the file = 7", "an object"]),
    (ACCOUNT, "{}", &["positions is missing"]),
    (
        ACCOUNT,
        OLD_ACCOUNT,
        &["account file of version 1", "secret is burnt", "identity"],
    ),
    ("\"version\": 2", "\"version\": 1", &["version = 1", "2"]),
    ("\"version\": 2, ", "", &["version is missing"]),
    (
        "\"version\": 2, ",
        "\"version\": 2, \"owner\": \"0x1\", ",
        &["account file of version 1"],
    ),
    (
        "\"customer\": \"zoe.quill@example.net\", ",
        "",
        &["customer is missing"],
    ),
    ("\"zoe.quill@example.net\"", "1", &["customer", "string"]),
    (CUSTOMER, " ", &["customer", "is no id", "256 characters"]),
    (
        CUSTOMER,
        "zoe.quill@example.net\\u0007",
        &["customer", "is no id"],
    ),
    ("\"nonce\"", "\"nunce\"", &["nunce: there is no such field"]),
    (NONCE, "0x7", &["nonce can be guessed"]),
    (NONCE, MODULUS, &["nonce", "modulus"]),
    (NONCE, WIDE_NONCE, &["nonce has more than 248 bits"]),
    (
        "\"identity\": ",
        "\"identity\": 0, \"id\": ",
        &["id: there"],
    ),
    (IDENTITY, "0x5", &["identity can be guessed"]),
    (IDENTITY, MODULUS, &["identity", "modulus"]),
    ("\"identity\": \"0x", "\"identity\": \"", &["identity"]),
    (", \"account\": 7", "", &["account is missing"]),
    (
        "\"account\": 7",
        "\"account\": \"7\"",
        &["account", "without quotes"],
    ),
    (
        "\"account\": 7",
        "\"account\": -7",
        &["account = a number", "below 2^32"],
    ),
    (
        "\"account\": 7",
        "\"account\": 4294967296",
        &["account = 4294967296", "below 2^32"],
    ),
    (
        "\"positions\"",
        "\"holdings\"",
        &["holdings: there is no such field"],
    ),
    (
        "{\"version\"",
        "{\"name\": \"me\", \"version\"",
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
    ("\"nonce\": \"0x", "\"nonce\": \"", &["nonce"]),
    ("\"nonce\": \"0xcb", "\"nonce\": \"0xcbzz", &["nonce"]),
    (SALT, MODULUS, &["salt", "modulus"]),
    (SALT, "0x5a17", &["salt can be guessed", "openssl rand"]),
    (SALT, NONCE, &["salt is the nonce"]),
    (SALT, IDENTITY, &["salt is the identity"]),
    (
        "\"salt\": ",
        "\"salt\": \"0x1\", \"salt\": ",
        &["salt", "repeated"],
    ),
];

/// Files that can be evaluated and not committed to.
pub const UNCOMMITTED: [Change; 3] = [
    (
        "\"salt\": \"0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493\", ",
        "",
        &["salt is missing", "openssl rand"],
    ),
    (
        ACCOUNT,
        POSITIONS,
        &["customer is missing", "positions alone"],
    ),
    (ACCOUNT, OLD_ACCOUNT, &["version 1", "secret is burnt"]),
];

/// Positions alone.
pub const POSITIONS: &str =
    "{\"positions\": [{\"instrument\": \"USD\", \"quantity\": \"250000.00\"}]}";

#[test]
fn a_wrong_account_is_refused() {
    let mut desk = Desk::new();
    let prove = "prove --identity identity.json --out proof.json";
    for command in ["evaluate", prove, "commit"] {
        let line = format!("{command} --market market.json --account wrong.json");
        // Every change once; the commands read an account in the same way.
        let changes = match command {
            "evaluate" => &CHANGES[..],
            _ => &CHANGES[3..8],
        };
        desk.changes(&line, "wrong.json", ACCOUNT, changes);
        if command != "evaluate" {
            desk.changes(&line, "wrong.json", ACCOUNT, &UNCOMMITTED);
        }
    }
    desk.done();
}
