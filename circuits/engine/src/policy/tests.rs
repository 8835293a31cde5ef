//! Tests of policy files and tables.

use std::fmt::Write;

mod format_2;

use super::*;

const RM1: &str = include_str!("../../../../policies/rm1.toml");
const WIDE: &str = include_str!("../../../../policies/wide.toml");

fn read(text: &str) -> Result<Policy, Error> {
    Policy::from_toml(text, "p.toml")
}

/// RM-1 with one part of its text replaced, which must be there.
fn changed(from: &str, to: &str) -> Result<Policy, Error> {
    assert!(RM1.contains(from), "{from}");
    read(&RM1.replacen(from, to, 1))
}

fn message(from: &str, to: &str) -> String {
    changed(from, to).expect_err(to).to_string()
}

fn tables_hash(tables: &PolicyTables) -> String {
    let mut text = String::new();
    for (index, n, phi) in &tables.normal {
        writeln!(text, "{index} {n} {phi}").unwrap();
    }
    for x in tables.log.iter().chain(&tables.pow_ln) {
        writeln!(text, "{x}").unwrap();
    }
    for (up, down) in &tables.day {
        writeln!(text, "{up} {down}").unwrap();
    }
    for rate in &tables.roll {
        writeln!(text, "{rate}").unwrap();
    }
    for node in tables.node.iter().flatten() {
        writeln!(text, "{} {} {}", node.lambda, node.gross_bp, node.weight).unwrap();
    }
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The hashes are those of the same tables made from their definitions with mpmath at 60 digits,
/// independently of the code here.
#[test]
fn tables_equal_the_high_precision_reference() {
    let rm1 = tables_hash(Policy::rm1().tables());
    assert_eq!(
        rm1,
        "6506f9058d252305c754bc3deb87fc851ee3520173b3dd76441cbae1ede44358"
    );
    let wide = tables_hash(read(WIDE).unwrap().tables());
    assert_eq!(
        wide,
        "36dd7dbaf605f96c2c103d96f373a4f7c8e3f102565ec17ac38e7822869af9cd"
    );
}

#[test]
fn rm1_is_the_documented_model() {
    let policy = Policy::rm1();
    assert_eq!(policy.name(), "RM-1");
    assert_eq!((policy.max_days, policy.floor_vol), (510, 5_000));
    assert_eq!((policy.som_bp, policy.maintenance_bp), (50, 8_000));
    assert_eq!(policy.scenarios().len(), 22);
    assert_eq!(policy.underlyings().len(), 21);
    let of = |symbol| {
        let u = policy.underlying(symbol).unwrap();
        (u.code, u.cash, u.class, u.range_bp, u.haircut_bp)
    };
    assert_eq!(of("USD"), (1, true, 0, 0, 0));
    assert_eq!(of("USDT"), (3, true, 0, 0, 500));
    assert_eq!(of("BTC"), (16, false, 0, 1_600, 1_200));
    assert_eq!(of("ETH"), (17, false, 1, 1_800, 700));
    assert_eq!(of("TON"), (30, false, 2, 2_500, 2_500));
    assert_eq!(policy.by_code(28).unwrap().symbol, "HYPE");
    assert!(policy.by_code(31).is_none() && policy.underlying("btc").is_none());
}

#[test]
fn rm1_nodes_by_hand() {
    let policy = Policy::rm1();
    let tables = policy.tables();
    assert_eq!(
        (tables.classes, tables.day.len(), tables.roll.len()),
        (3, 511, 512)
    );
    let gross: Vec<u32> = tables.node[0].iter().map(|n| n.gross_bp).collect();
    let core = [
        10_000, 10_400, 9_600, 10_800, 9_200, 11_200, 8_800, 11_600, 8_400,
    ];
    let twice: Vec<u32> = core.iter().flat_map(|g| [*g, *g]).collect();
    assert_eq!(gross[..18], twice[..]);
    assert_eq!(gross[18..], [3_400, 6_700, 15_000, 60_000]);
    for (i, scenario) in policy.scenarios().iter().enumerate() {
        let up = i >= 18 || i % 2 == 0;
        assert_eq!(scenario.vol == VolShock::Up, up, "{i}");
        assert_eq!(tables.node[0][i].weight == 1 << 24, i < 18, "{i}");
    }
    // 16/66, 16/33, 16/50 and 16/500 of 2^24, rounded up.
    let weights: Vec<u32> = tables.node[0][18..].iter().map(|n| n.weight).collect();
    assert_eq!(weights, [4_067_204, 8_134_408, 5_368_710, 536_871]);
    assert_eq!(tables.node[2][21].weight, 838_861);
    // The largest is +R of the widest range, not +500% at its weight.
    assert_eq!(tables.gmax, 12_500);
    assert_eq!(tables.node[1][0].lambda, 0);
    assert_eq!(tables.roll[0], 42_949_673);
    assert_eq!(tables.day[0], tables.day[1]);
    assert_eq!(tables.day[30], ((3 << 29) / 2, (3 << 29) / 4));
}

#[test]
fn normal_table_shape() {
    let policy = Policy::rm1();
    let tables = policy.tables();
    assert_eq!(tables.normal.len(), 6_145);
    assert_eq!(tables.normal_at(-3_072), (0, 0));
    assert_eq!(tables.normal_at(i32::MIN), (0, 0));
    assert_eq!(tables.normal_at(3_072), (1 << 36, 0));
    assert_eq!(tables.normal_at(0), (1 << 35, 26_145));
    for (i, (index, n, _)) in tables.normal.iter().enumerate() {
        assert_eq!(*index, i as i32 - 3_072);
        assert_eq!(n + tables.normal_at(-index).0, 1 << 36);
    }
    assert!(tables.normal.windows(2).all(|w| w[0].1 <= w[1].1));
}

#[test]
fn scenario_names() {
    let names: Vec<String> = Policy::rm1()
        .scenarios()
        .iter()
        .map(|s| s.to_string())
        .collect();
    assert_eq!(names[0], "0% of range, vol up");
    assert_eq!(names[5], "-25% of range, vol down");
    assert_eq!(names[14], "+100% of range, vol up");
    assert_eq!(names[18], "-66%, vol up");
    assert_eq!(names[21], "+500%, vol up");
}

#[test]
fn digest_is_of_the_meaning() {
    let policy = Policy::rm1();
    let digest = policy.digest();
    let lines = policy.canonical();
    assert!(
        lines.starts_with("zkmargin policy 1\nname RM-1\nmax_days 510\nmaturity_floor 60\n"),
        "{lines}"
    );
    assert_eq!(lines.lines().count(), 10 + 21 + 22);
    // Another spelling, another order: the same policy.
    assert_eq!(changed("\"0.16\"", "\"00.1600\"").unwrap().digest(), digest);
    let (head, tail) = RM1.split_at(RM1.rfind("[[underlying]]").unwrap());
    let first = head.find("[[underlying]]").unwrap();
    let moved = format!("{}{tail}\n{}", &head[..first], &head[first..]);
    let moved = read(&moved).unwrap();
    assert_eq!(moved, policy);
    // Another meaning: another digest.
    for (from, to) in [
        ("\"0.16\"", "\"0.2\""),
        ("haircut = \"0.12\"", "haircut = \"0.13\""),
        ("maintenance = \"0.8\"", "maintenance = \"0.7\""),
        (
            "short_option_minimum = \"0.005\"",
            "short_option_minimum = \"0.006\"",
        ),
        ("max_days = 510", "max_days = 509"),
        ("maturity_floor = 60", "maturity_floor = 61"),
        ("name = \"RM-1\"", "name = \"RM-2\""),
        ("up = \"0.5\"", "up = \"0.6\""),
        ("down = \"0.25\"", "down = \"0.26\""),
        ("floor = \"0.5\"", "floor = \"0.4\""),
        ("reference_days = 30", "reference_days = 31"),
        ("short_power = \"0.3\"", "short_power = \"0.31\""),
        ("long_power = \"0.13\"", "long_power = \"0.1\""),
        ("rate = \"0.075\"", "rate = \"0.07\""),
        ("minimum = \"0.01\"", "minimum = \"0.02\""),
        (
            "{ of_range = \"0.25\", vol = \"up\" }",
            "{ of_range = \"0.25\", vol = \"down\" }",
        ),
        (
            "{ shock = \"5\", vol = \"up\" }",
            "{ shock = \"4\", vol = \"up\" }",
        ),
        (
            "{ shock = \"5\", vol = \"up\" }",
            "{ shock = \"5\", vol = \"up\", weight = \"0.5\" }",
        ),
        ("code = 30", "code = 31"),
        ("\"TON\"", "\"TUN\""),
    ] {
        assert_ne!(changed(from, to).unwrap().digest(), digest, "{to}");
    }
    let wide = read(WIDE).unwrap();
    assert_ne!(wide.digest(), digest);
    assert_eq!((wide.scenarios().len(), wide.tables().classes), (31, 5));
}

#[test]
fn errors_name_file_field_value_and_hint() {
    for (from, to, parts) in [
        (
            "range = \"0.16\"",
            "range = \"0.16001\"",
            ["underlying[4].range", "0.16001", "4 decimals"],
        ),
        (
            "range = \"0.16\"",
            "range = \"1.1\"",
            ["underlying[4].range", "1.1", "out of range"],
        ),
        (
            "range = \"0.16\"",
            "range = \"-0.1\"",
            ["underlying[4].range", "-0.1", "negative"],
        ),
        (
            "range = \"0.16\"",
            "range = \"NaN\"",
            ["underlying[4].range", "NaN", "not a plain decimal"],
        ),
        (
            "range = \"0.16\"",
            "range = \"0.1601\"",
            ["scenarios[2]", "16.01%", "whole number of basis"],
        ),
        (
            "range = \"0.16\"",
            "",
            ["underlying[4].range", "\"\"", "missing"],
        ),
        (
            "code = 17",
            "code = 16",
            ["underlying[5].code", "16", "used twice"],
        ),
        (
            "code = 17",
            "code = 0",
            ["underlying[5].code", "0", "between 1 and 4095"],
        ),
        (
            "code = 17",
            "code = 4096",
            ["underlying[5].code", "4096", "between 1 and 4095"],
        ),
        (
            "maturity_floor = 60",
            "maturity_floor = 0",
            ["maturity_floor", "0", "between 1 and 86400"],
        ),
        (
            "maturity_floor = 60",
            "maturity_floor = 86401",
            ["maturity_floor", "86401", "out of range"],
        ),
        (
            "haircut = \"0\"",
            "haircut = \"0.01\"",
            ["underlying[0].haircut", "0.01", "unit of account"],
        ),
        (
            "\"ETH\"",
            "\"BTC\"",
            ["underlying[5].symbol", "BTC", "used twice"],
        ),
        (
            "\"ETH\"",
            "\"E H\"",
            ["underlying[5].symbol", "E H", "letters"],
        ),
        (
            "max_days = 510",
            "max_days = 0",
            ["max_days", "0", "out of range"],
        ),
        (
            "vol = \"up\"",
            "vol = \"up\", weight = \"0\"",
            ["scenarios[0].weight", "0", "out of range"],
        ),
        (
            "{ of_range = \"0\", ",
            "{ shock = \"0\", ",
            ["scenarios[0].shock", "0", "range over shock"],
        ),
        (
            "{ of_range = \"0\", ",
            "{ shock = \"0\", of_range = \"0\", ",
            ["scenarios[0].shock", "both", "exclude"],
        ),
        (
            "{ of_range = \"0\", ",
            "{ ",
            ["scenarios[0].shock", "", "neither"],
        ),
        (
            "\"-0.66\"",
            "\"-1\"",
            ["scenarios[18]", "-100%", "falls to zero"],
        ),
        (
            "\"-0.66\"",
            "\"--1\"",
            ["scenarios[18].shock", "--1", "two signs"],
        ),
        (
            "\"5\"",
            "\"5.5536\"",
            ["scenarios[21]", "555.36%", "555.35%"],
        ),
        (
            "down = \"0.25\"",
            "down = \"0.9\"",
            ["vol.down", "0.9", "at 0 days"],
        ),
        (
            "up = \"0.5\"",
            "up = \"9\"",
            ["vol.up", "9", "by 8 or more"],
        ),
        (
            // 30^0.3 = 2.77: a multiplier of 3.43, which is less than 8.
            "up = \"0.5\"",
            "up = \"0.8762\"",
            [
                "vol.up",
                "at 0 days",
                "more than the certified price error covers",
            ],
        ),
        (
            "rate = \"0.075\"",
            "rate = \"0.5\"",
            ["roll.rate", "0.5", "whole delta"],
        ),
        (
            "cash = true",
            "cash = true\nrange = \"0.2\"",
            ["underlying[0].range", "0.2", "not shocked"],
        ),
    ] {
        let text = message(from, to);
        assert!(
            text.starts_with("p.toml: ") && text.contains("\nhint: "),
            "{text}"
        );
        for part in parts {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn every_policy_has_cash_for_entry_costs_and_custody() {
    let without = |symbol: &str| {
        let entry = RM1
            .split("[[underlying]]\n")
            .filter(|e| !e.contains(symbol));
        let text = entry.collect::<Vec<_>>().join("[[underlying]]\n");
        read(&text).unwrap_err().to_string()
    };
    for symbol in ["USD-SETTLEMENT", "USDC-CUSTODY"] {
        let text = without(&format!("symbol = \"{symbol}\""));
        assert!(text.starts_with("p.toml: underlying = "), "{text}");
        assert!(
            text.contains("missing") && text.contains("a free code"),
            "{text}"
        );
    }
    let own = |symbol: &str, to: &str| {
        let at = RM1.find(&format!("symbol = \"{symbol}\"")).unwrap();
        let (head, tail) = RM1.split_at(at);
        let tail = tail.replacen("cash = true\nhaircut = \"0\"", to, 1);
        read(&format!("{head}{tail}")).unwrap_err().to_string()
    };
    for (symbol, words) in [
        ("USD-SETTLEMENT", "the unit of account has no haircut"),
        (
            "USDC-CUSTODY",
            "is not the haircut of what it is redeemed for",
        ),
    ] {
        let text = own(symbol, "cash = true\nhaircut = \"0.01\"");
        assert!(text.contains(words), "{text}");
        let text = own(symbol, "range = \"0.25\"\nhaircut = \"0\"");
        assert!(text.contains("has to be cash"), "{text}");
    }
}

#[test]
fn a_contract_may_be_many_coins() {
    let policy = changed("code = 17", "code = 17\nscale = 6").unwrap();
    let of = |symbol| policy.underlying(symbol).unwrap().scale.power();
    assert_eq!((of("ETH"), of("BTC"), of("USD")), (6, 0, 0));
    assert_eq!(policy.scale(17).coins(), 1_000_000);
    assert_eq!(policy.scale(999), Scale::ONE);
    // What a contract is, is part of the policy.
    assert_ne!(policy.digest(), Policy::rm1().digest());
    let text = message("code = 17", "code = 17\nscale = 9");
    assert!(
        text.contains("underlying[5].scale = \"9\": out of range"),
        "{text}"
    );
    let text = message("code = 1\n", "code = 1\nscale = 2\n");
    assert!(text.contains("counted in its own unit"), "{text}");
}

#[test]
fn syntax_errors_tell_the_place() {
    for (from, to, part) in [
        ("range = \"0.16\"", "range = 0.16", "expected a string"),
        ("max_days = 510", "max_days = -1", "max_days"),
        (
            "max_days = 510",
            "max_days = 510\nmax_days = 510",
            "duplicate",
        ),
        (
            "max_days = 510",
            "max_days = 510\nmax_weeks = 1",
            "unknown field `max_weeks`",
        ),
        ("max_days = 510", "", "missing field `max_days`"),
        ("code = 17", "code = 65536", "code"),
        ("maturity_floor = 60", "", "missing field `maturity_floor`"),
        ("vol = \"up\"", "vol = \"sideways\"", "sideways"),
    ] {
        let text = message(from, to);
        assert!(
            text.starts_with("p.toml: ") && text.contains("\nhint: "),
            "{text}"
        );
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(read("").is_err() && read("\u{0}").is_err());
}

#[test]
fn limits_of_size() {
    assert!(message("max_days = 510", "max_days = 511").contains("max_days"));
    let last = "{ shock = \"5\", vol = \"up\" },";
    let grid = |extra: usize| format!("{last}\n").repeat(extra + 1);
    assert_eq!(changed(last, &grid(42)).unwrap().scenarios().len(), 64);
    assert!(message(last, &grid(43)).contains("65"));
    assert!(changed("code = 17", "code = 4095").is_ok());
    let many = |count: usize| {
        let entry = |n: usize| {
            format!(
                "\n[[underlying]]\nsymbol = \"X{n}\"\ncode = {}\nrange = \"0.25\"\nhaircut = \"0\"\n",
                n + 100
            )
        };
        let more: String = (0..count).map(entry).collect();
        read(&format!("{RM1}{more}"))
    };
    assert_eq!(many(2_979).unwrap().underlyings().len(), 3_000);
    assert!(many(2_980)
        .unwrap_err()
        .to_string()
        .contains("at most 3000 underlyings"));
    let mut eight = RM1.to_owned();
    for i in 0..6 {
        let entry = "\nrange = \"0.25\"";
        eight = eight.replacen(entry, &format!("\nrange = \"0.0{}\"", i + 1), 1);
        let result = read(&eight);
        // Whole basis points at every quarter: 1% to 6% make 4 to 9 classes.
        assert_eq!(result.is_ok(), i < 5, "{i}");
    }
}
