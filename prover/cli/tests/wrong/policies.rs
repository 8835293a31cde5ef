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
    ("code = 1", "code = 5000", &["code", "between 1 and 4095"]),
    ("code = 2", "code = 1", &["code"]),
    ("symbol = \"BTC\"", "symbol = \"\"", &["symbol"]),
    ("haircut = \"", "haircut = \"-", &["haircut", "negative"]),
];

/// The policy of format 2 in the program.
const RM2: &str = include_str!("../../../../policies/rm2.toml");

const CHANGES_OF_FORMAT_2: [Change; 18] = [
    (
        "version = 2",
        "version = 3",
        &["version = \"3\"", "between 1 and 2"],
    ),
    (
        "version = 2
",
        "",
        &["belongs to format 2", "version = 2"],
    ),
    ("maturity_floor = 60\n", "", &["maturity_floor", "missing"]),
    (
        "maturity_floor = 60",
        "maturity_floor = 0",
        &["maturity_floor"],
    ),
    (
        "scale = \"1.4\"",
        "scale = \"0.9\"",
        &["market_risk.scale", "between 1 and 10"],
    ),
    (
        "rule = \"greatest\"",
        "rule = \"mix\"",
        &["market_risk.share", "missing"],
    ),
    ("rule = \"greatest\"", "rule = \"least\"", &["least"]),
    ("last_day = \"0.04\"\n", "", &["roll.last_day", "missing"]),
    (
        "[[\"BTC\", \"ETH\"]]",
        "[[\"BTC\", \"SOL\"]]",
        &["offset.groups[0]", "SOL", "paths"],
    ),
    (
        "[[\"BTC\", \"ETH\"]]",
        "[[\"BTC\", \"BTC\"]]",
        &["offset.groups[0]", "twice"],
    ),
    (
        "paths = [\"BTC\", \"ETH\"]",
        "paths = [\"BTC\", \"USD\"]",
        &["paths", "USD"],
    ),
    (
        "total = 3998",
        "total = 5",
        &["expected_shortfall.total", "points count"],
    ),
    (
        "level = \"0.99\"",
        "level = \"1\"",
        &["expected_shortfall.level"],
    ),
    (
        "[2, \"-1\", \"1\", \"-1\", \"1\"]",
        "[2, \"-1\", \"1\"]",
        &["points[0]", "not a point"],
    ),
    (
        "[2, \"-1\", \"1\", \"-1\", \"1\"]",
        "[2, \"-1.1\", \"1\", \"-1\", \"1\"]",
        &["points[0]", "1.1", "between 0 and 1"],
    ),
    (
        "  { of_range = \"0.7\", vol = \"static\" },\n",
        "",
        &["scenarios", "0.7 of the range", "static"],
    ),
    ("days_later = 1", "days_later = 2", &["days_later"]),
    (
        "account = \"5\"",
        "account = \"-5\"",
        &["settlement.account", "negative"],
    ),
];

#[test]
fn a_wrong_policy_of_format_2_is_refused() {
    let mut desk = Desk::new();
    let line = "evaluate --market market.json --account account.json --policy wrong.toml";
    desk.changes(line, "wrong.toml", RM2, &CHANGES_OF_FORMAT_2);
    desk.done();
}

#[test]
fn a_wrong_policy_is_refused() {
    let mut desk = Desk::new();
    let line = "evaluate --market market.json --account account.json --policy wrong.toml";
    desk.changes(line, "wrong.toml", RM1, &CHANGES);
    desk.done();
}
