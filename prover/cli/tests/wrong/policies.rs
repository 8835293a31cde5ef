//! Policies.

use super::{Change, Desk};

/// The policy in the program.
const RM1: &str = include_str!("../../../../policies/rm1.toml");

pub const CHANGES: [Change; 16] = [
    (RM1, "", &["the file is empty"]),
    (RM1, "name = 1\n", &["name"]),
    (RM1, "name\n", &["line 1"]),
    ("name = \"RM-1\"", "name = \"\"", &["name"]),
    (
        "name = \"RM-1\"",
        "name = \"RM-1\"\ncolour = \"red\"",
        &["colour"],
    ),
    (
        "name = \"RM-1\"",
        "\u{feff}name = \"RM-1\"",
        &["wrong.toml"],
    ),
    (
        "max_days = 510",
        "max_days = 0",
        &["max_days = \"0\"", "between 1 and"],
    ),
    ("max_days = 510", "max_days = 100000", &["max_days"]),
    ("max_days = 510", "max_days = \"510\"", &["max_days"]),
    (
        "max_days = 510",
        "max_days = 510\nmax_days = 510",
        &["max_days"],
    ),
    ("[vol]", "[volume]", &["volume"]),
    ("code = 1", "code = 0", &["code"]),
    ("code = 1", "code = 300", &["code"]),
    ("code = 2", "code = 1", &["code"]),
    ("symbol = \"BTC\"", "symbol = \"\"", &["symbol"]),
    ("haircut = \"", "haircut = \"-", &["haircut", "negative"]),
];

#[test]
fn a_wrong_policy_is_refused() {
    let mut desk = Desk::new();
    let line = "evaluate --market market.json --account account.json --policy wrong.toml";
    desk.changes(line, "wrong.toml", RM1, &CHANGES);
    desk.done();
}
