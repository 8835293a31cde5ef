//! Markets.

use super::{Change, Desk};
use crate::common::MARKET;

pub const CHANGES: [Change; 50] = [
    ("]}\n", "", &["line 8", "EOF"]),
    (MARKET, "", &["the file is empty"]),
    (MARKET, "null", &["the file", "an object"]),
    (MARKET, "[]", &["the file", "an object"]),
    (MARKET, "{}", &["time is missing"]),
    (MARKET, "\u{feff}{}", &["byte-order mark of UTF-8"]),
    ("{\"time\"", "{time", &["line 1"]),
    ("]}", "]} x", &["line 8", "trailing"]),
    ("\"time\": 1787412831, ", "", &["time is missing"]),
    ("1787412831", "\"soon\"", &["time = \"soon\""]),
    ("1787412831", "-1", &["time", "seconds"]),
    ("1787412831", "1.5", &["time", "seconds"]),
    ("1787412831", "4294967296", &["time = 4294967296"]),
    ("1787412831", "null", &["time = null"]),
    (
        "1787412831",
        "1790323201",
        &["BTC-25SEP26", "expired", "1790323200", "settlements"],
    ),
    // In the second of its expiry it has expired too.
    (
        "1787412831",
        "1790323200",
        &["BTC-25SEP26", "expired", "1790323200"],
    ),
    (
        "\"time\": 1787412831",
        "\"time\": 1790323200, \"settlements\": [{\"underlying\": \"BTC\", \"expiry\": 1790323200, \"price\": \"1\"}]",
        &["mark", "follows from the settlement price", "settlements"],
    ),
    (
        "\"instruments\": [",
        "\"settlements\": [{\"underlying\": \"BTC\", \"expiry\": 1790323200, \"price\": \"1\"}], \"instruments\": [",
        &["settlements[0].expiry = 1790323200", "is after the market's time"],
    ),
    (
        "\"instruments\": [",
        "\"settlements\": [{\"underlying\": \"BTC\", \"expiry\": 1, \"price\": \"0\"}], \"instruments\": [",
        &["settlements[0].price = \"0\""],
    ),
    ("1787412831", "1700000000", &["BTC-25SEP26", "days", "510"]),
    (
        "\"instruments\": [",
        "\"instruments\": {}, \"x\": [",
        &["instruments"],
    ),
    (
        "\"instruments\"",
        "\"instrument\"",
        &["instrument", "no such field"],
    ),
    (
        "\"time\"",
        "\"at\": 1, \"time\"",
        &["at: there is no such field"],
    ),
    (
        "\"0.4198\"",
        "\"-0.4198\"",
        &["instruments[5].vol = \"-0.4198\"", "negative"],
    ),
    ("\"0.4198\"", "0.4198", &["instruments[5].vol", "string"]),
    (
        "\"0.4198\"",
        "\"4.198e-1\"",
        &["instruments[5].vol = \"4.198e-1\""],
    ),
    (
        "\"0.4198\"",
        "\"0,4198\"",
        &["instruments[5].vol = \"0,4198\""],
    ),
    (
        "\"0.4198\"",
        "\" 0.4198\"",
        &["instruments[5].vol", "blanks"],
    ),
    ("\"0.4198\"", "\"+0.4198\"", &["instruments[5].vol", "plus"]),
    (
        "\"0.4198\"",
        "\"0.41985\"",
        &["vol", "more than 4 decimals"],
    ),
    ("\"0.4198\"", "\"0\"", &["vol = \"0\""]),
    ("\"0.4198\"", "\"0.0099\"", &["vol", "0.01 to 6.5535"]),
    ("\"0.4198\"", "\"6.5536\"", &["vol", "0.01 to 6.5535"]),
    ("\"0.4198\"", "\"NaN\"", &["vol = \"NaN\""]),
    ("\"0.4198\"", "\"\"", &["vol = \"\"", "empty"]),
    (
        "77405.28\", \"vol\"",
        "77405.280000001\", \"vol\"",
        &["more than 8 decimals"],
    ),
    (
        "77405.28\", \"vol\"",
        "80000\", \"vol\"",
        &["forward", "one forward"],
    ),
    ("\"80000\", \"f", "\"0\", \"f", &["strike = \"0\""]),
    (
        "\"80000\", \"f",
        "\"80000.00001\", \"f",
        &["strike", "more than 4 decimals"],
    ),
    (
        "\"80000\", \"f",
        "\"1759218604.4416\", \"f",
        &["strike", "range"],
    ),
    ("\"spot\"", "\"stock\"", &["kind = \"stock\"", "cash, spot"]),
    (
        "\"spot\"",
        "\"call\"",
        &["instruments[2].mark", "no such field"],
    ),
    (
        "\"BTC\", \"mark\"",
        "\"XYZ\", \"mark\"",
        &["underlying = \"XYZ\"", "BTC"],
    ),
    (
        "\"mark\": \"1\"",
        "\"mark\": \"1\", \"colour\": \"red\"",
        &["instruments[0].colour", "no such field"],
    ),
    (
        "\"mark\": \"1\"",
        "\"mark\": \"1\", \"mark\": \"2\"",
        &["mark", "line 2"],
    ),
    (
        "\"mark\": \"1\"",
        "\"mark\": \"11529215046.06846976\"",
        &["instruments[0].mark", "11529215046.06846976"],
    ),
    (", \"mark\": \"1\"", "", &["instruments[0].mark is missing"]),
    (
        "\"BTC-PERPETUAL\"",
        "\"BTC\"",
        &["instruments[3].id = \"BTC\"", "repeats"],
    ),
    (
        "\"BTC-PERPETUAL\"",
        "\"BTC\\u0007\"",
        &["instruments[3].id"],
    ),
    (
        "1790323200, \"mark\"",
        "1790323201, \"mark\"",
        &["instruments[4]"],
    ),
];

#[test]
fn a_wrong_market_is_refused() {
    let mut desk = Desk::new();
    let line = "evaluate --market wrong.json --account account.json";
    desk.changes(line, "wrong.json", MARKET, &CHANGES);
    desk.done();
}
