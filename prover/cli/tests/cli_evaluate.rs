//! `evaluate` and `commit`.

use crate::common::{Folder, ACCOUNT, CUSTOMER, IDENTITY, NONCE, OLD_ACCOUNT, SALT};
use serde_json::Value;

const EVALUATE: &str = "evaluate --market market.json --account account.json";

fn usd(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    let (_, decimals) = text.split_once('.').unwrap();
    assert_eq!(decimals.len(), 8, "{text}");
    text.parse().unwrap()
}

#[test]
fn json_has_every_key_and_adds_up() {
    let report = Folder::with_files()
        .run(&format!("{EVALUATE} --json"))
        .code(0)
        .json();
    let initial = usd(&report["initial_margin"]);
    let parts = [
        "scenario_loss",
        "roll",
        "short_option_minimum",
        "haircut",
        "pricing_error",
    ];
    let sum: f64 = parts.iter().map(|part| usd(&report[part])).sum();
    assert!((sum - initial).abs() < 1e-6);
    assert!((usd(&report["maintenance_margin"]) - 0.8 * initial).abs() < 1e-6);
    let ratio: f64 = report["ratio"].as_str().unwrap().parse().unwrap();
    assert!((ratio - usd(&report["equity"]) / initial).abs() < 1e-7);
    let values = report["positions"].as_array().unwrap().iter();
    let values: f64 = values.map(|position| usd(&position["value"])).sum();
    let error = usd(&report["price_error"]);
    assert!(
        error < 0.0,
        "options are priced against the account: {error}"
    );
    assert!((values + error - usd(&report["equity"])).abs() < 1e-6);
    // Nothing was asked: the report is no verdict.
    assert!(report.get("answer").is_none());
    let scenarios = report["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), 22);
    let worst = report["worst_scenario"].as_u64().unwrap() as usize;
    for (index, scenario) in scenarios.iter().enumerate() {
        assert_eq!(scenario["index"], index);
        let btc = &scenario["underlyings"]["BTC"];
        assert_eq!(usd(&scenario["loss"]), usd(&btc["loss"]).max(0.0));
        assert!(usd(&scenario["loss"]) <= usd(&report["scenario_loss"]));
        assert_eq!(
            btc["vol"],
            if index < 18 && index % 2 == 1 {
                "down"
            } else {
                "up"
            }
        );
    }
    assert_eq!(
        usd(&scenarios[worst]["loss"]),
        usd(&report["scenario_loss"])
    );
    let shocks = ["0", "0", "0.04", "0.04", "-0.04"];
    for (scenario, shock) in scenarios.iter().zip(shocks) {
        assert_eq!(scenario["underlyings"]["BTC"]["shock"], shock);
    }
}

#[test]
fn the_table_shows_positions_scenarios_and_the_verdict() {
    let folder = Folder::with_files();
    let run = folder.run(EVALUATE).code(0);
    for words in [
        "BTC-25SEP26-80000-C",
        "◀ worst",
        "Initial margin",
        "Maintenance margin",
        "SOLVENT",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    for hidden in [CUSTOMER, &NONCE[2..], &SALT[2..], &IDENTITY[2..]] {
        assert!(!run.stdout.contains(hidden) && !run.stderr.contains(hidden));
    }
    assert!(!run.stdout.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn a_bound_makes_the_report_a_question() {
    let folder = Folder::with_files();
    folder.run(&format!("{EVALUATE} --ratio 10000")).code(0);
    let short = folder.run(&format!("{EVALUATE} --buffer 10000000")).code(1);
    assert!(short.stdout.contains("SHORT") && short.stdout.contains("USD are missing"));
    assert!(
        short.stdout.contains("worst is scenario"),
        "{}",
        short.stdout
    );
    for (option, words) in [
        ("--buffer -1", "--buffer -1: out of range"),
        ("--buffer 1e6", "--buffer 1e6: not a plain decimal number"),
        ("--buffer 0.000000001", "more than 8 decimals"),
    ] {
        folder
            .run(&format!("{EVALUATE} {option}"))
            .refused(&[words]);
    }
    for option in ["--ratio -1", "--ratio 65536", "--ratio 1.5", "--ration 1"] {
        assert_eq!(
            folder.run(&format!("{EVALUATE} {option}")).code,
            2,
            "{option}"
        );
    }
}

#[test]
fn an_account_of_cash_alone_requires_nothing() {
    let folder = Folder::with_files();
    let (head, _) = ACCOUNT.split_once("},").unwrap();
    folder.write("account.json", &format!("{head}}}]}}"));
    let report = folder.run(&format!("{EVALUATE} --json")).code(0).json();
    assert_eq!(report["equity"], "250000.00000000");
    assert_eq!(report["initial_margin"], "0.00000000");
    assert_eq!(report["ratio"], Value::Null);
    let table = folder.run(EVALUATE).code(0);
    assert!(
        table.stdout.contains("nothing is required"),
        "{}",
        table.stdout
    );
}

#[test]
fn another_policy_gives_another_requirement() {
    let folder = Folder::with_files();
    let rm1 = folder.run(&format!("{EVALUATE} --json")).code(0).json();
    let wide = folder
        .run(&format!("{EVALUATE} --json --policy wide"))
        .code(0)
        .json();
    assert_ne!(rm1["initial_margin"], wide["initial_margin"]);
    assert_eq!(rm1["policy"], "RM-1");
}

#[test]
fn commitments_do_not_depend_on_order_or_prices() {
    let folder = Folder::with_files();
    let commit = "commit --market market.json --account account.json";
    let first = folder.run(&format!("{commit} --json")).code(0).json();
    let market = folder.read("market.json").replace("77081.80", "77000");
    folder.write("market.json", &market);
    assert_eq!(
        folder.run(&format!("{commit} --json")).code(0).json(),
        first
    );
    let text = folder.run(commit).code(0).stdout;
    assert!(text.contains(first["leaf"].as_str().unwrap()));
    assert!(text.contains(first["book"].as_str().unwrap()));
    // Every field of the account is in its leaf.
    for (from, to) in [
        ("0x5a17", "0x5a18"),
        ("zoe.", "joe."),
        ("0xcb7f", "0xcb7e"),
        (IDENTITY, "0x0"),
        ("\"account\": 7", "\"account\": 8"),
        ("\"-10\"", "\"-11\""),
    ] {
        assert!(ACCOUNT.contains(from), "{from}");
        folder.write("account.json", &ACCOUNT.replace(from, to));
        let leaf = folder.run(&format!("{commit} --json")).code(0).json()["leaf"].clone();
        assert_ne!(leaf, first["leaf"], "{from} -> {to}");
    }
    // One customer in another spelling.
    folder.write(
        "account.json",
        &ACCOUNT.replace("zoe.quill@example", " Zoe.Quill@EXAMPLE"),
    );
    assert_eq!(
        folder.run(&format!("{commit} --json")).code(0).json(),
        first
    );
}

#[test]
fn positions_alone_are_evaluated_and_not_committed_to() {
    let folder = Folder::with_files();
    let whole = folder.run(&format!("{EVALUATE} --json")).code(0).json();
    let (_, positions) = ACCOUNT.split_once("\"positions\"").unwrap();
    let commit = "commit --market market.json --account account.json";
    let prove = "prove --market market.json --account account.json --identity identity.json";
    let refused = |words: &[&str]| {
        for line in [commit, prove] {
            folder.run(line).refused(words);
        }
    };
    folder.write("account.json", &format!("{{\"positions\"{positions}"));
    let alone = folder.run(&format!("{EVALUATE} --json")).code(0).json();
    assert_eq!(alone, whole);
    refused(&["account.json: customer is missing", "positions alone"]);
    // Without a salt it is a line of a book, which can be evaluated too.
    folder.write("account.json", &crate::common::line());
    let line = folder.run(&format!("{EVALUATE} --json")).code(0).json();
    assert_eq!(line, whole);
    refused(&["account.json: salt is missing", "openssl rand"]);
    // What version 1 wrote is neither.
    folder.write("account.json", OLD_ACCOUNT);
    let words = ["account.json: an account file of version 1", "identity"];
    folder.run(EVALUATE).refused(&words);
    refused(&words);
}

#[test]
fn a_nullifier_is_of_one_account_in_one_scope() {
    let folder = Folder::with_files();
    let commit =
        "commit --market market.json --account account.json --identity identity.json --json";
    let of = |scope: &str| {
        let report = folder.run(&format!("{commit} --scope {scope}"));
        report.code(0).json()["nullifier"].clone()
    };
    let first = of("10");
    assert_eq!(of("0xa"), first);
    assert_ne!(of("11"), first);
    // Nothing but secret, scope and number is in it.
    folder.write("account.json", &ACCOUNT.replace("0x5a17", "0x5a18"));
    assert_eq!(of("10"), first);
    let other = ACCOUNT.replace("\"account\": 7", "\"account\": 8");
    folder.write("account.json", &other);
    assert_ne!(of("10"), first);
    // Of a secret that is not the account's there is none.
    folder.write("account.json", &ACCOUNT.replace(IDENTITY, "0x0"));
    folder
        .run(&format!("{commit} --scope 10"))
        .refused(&["account.json: identity: 0x0", "nobody can prove"]);
}
