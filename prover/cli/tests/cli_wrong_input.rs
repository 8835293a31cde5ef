//! Wrong inputs: one clear message with file, field, value and hint, exit code 2, no output.

use crate::common::{Folder, ACCOUNT, MARKET, SALT, SECRET};

const EVALUATE: &str = "evaluate --market market.json --account account.json";

/// Evaluates with a market in which `from` stands as `to`.
fn market(from: &str, to: &str, words: &[&str]) {
    assert!(MARKET.contains(from), "{from}");
    let folder = Folder::with_files();
    folder.write("market.json", &MARKET.replacen(from, to, 1));
    let run = folder.run(EVALUATE).refused(words);
    assert!(
        run.stderr.starts_with("error: market.json: "),
        "{}",
        run.stderr
    );
}

/// Evaluates with an account in which `from` stands as `to`.
fn account(from: &str, to: &str, words: &[&str]) {
    assert!(ACCOUNT.contains(from), "{from}");
    let folder = Folder::with_files();
    folder.write("account.json", &ACCOUNT.replacen(from, to, 1));
    let run = folder.run(EVALUATE).refused(words);
    assert!(
        run.stderr.starts_with("error: account.json: "),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("c0ffee"),
        "the secret shows: {}",
        run.stderr
    );
}

#[test]
fn markets() {
    market("]}\n", "", &["line"]);
    market("\"time\": 1787412831", "\"time\": \"soon\"", &["time"]);
    market(
        "\"0.4198\"",
        "\"-0.4198\"",
        &["instruments[4].vol", "-0.4198", "negative"],
    );
    market("\"0.4198\"", "0.4198", &["instruments[4].vol"]);
    market(
        "\"0.4198\"",
        "\"4.198e-1\"",
        &["instruments[4].vol", "4.198e-1"],
    );
    market(
        "\"0.4198\"",
        "\"0.41985\"",
        &["vol", "more than 4 decimals"],
    );
    market("\"0.4198\"", "\"0\"", &["vol"]);
    market("\"0.4198\"", "\"NaN\"", &["vol", "NaN"]);
    market(
        "77405.28\", \"vol\"",
        "77405.280000001\", \"vol\"",
        &["more than 8 decimals"],
    );
    market("\"strike\": \"80000\"", "\"strike\": \"0\"", &["strike"]);
    market(
        "\"kind\": \"spot\"",
        "\"kind\": \"stock\"",
        &["kind", "stock"],
    );
    market(
        "\"underlying\": \"BTC\", \"mark\": \"77081.80\"",
        "\"underlying\": \"XYZ\", \"mark\": \"1\"",
        &["XYZ"],
    );
    market(
        "\"mark\": \"1\"",
        "\"mark\": \"1\", \"colour\": \"red\"",
        &["colour", "no such field"],
    );
    market(
        "\"mark\": \"1\"",
        "\"mark\": \"1\", \"mark\": \"2\"",
        &["mark"],
    );
    market(", \"mark\": \"1\"", "", &["mark", "missing"]);
    market(
        "\"BTC-PERPETUAL\"",
        "\"BTC\"",
        &["instruments[2].id", "repeats"],
    );
}

#[test]
fn expired_and_distant_instruments() {
    let expired = MARKET.replace("1787412831", "1790323201");
    let folder = Folder::with_files();
    folder.write("market.json", &expired);
    folder
        .run(EVALUATE)
        .refused(&["BTC-25SEP26", "expired", "1790323200"]);
    folder.write("market.json", &MARKET.replace("1790323200", "1990323200"));
    folder.run(EVALUATE).refused(&["BTC-25SEP26", "days"]);
}

#[test]
fn accounts() {
    account("]}\n", "]", &["line"]);
    account(
        "80000-C",
        "81000-C",
        &["positions[2].instrument", "BTC-25SEP26-81000-C", "80000-C"],
    );
    account("\"-10\"", "-10", &["positions[2].quantity"]);
    account("\"-10\"", "\"-1e1\"", &["positions[2].quantity", "-1e1"]);
    account("\"-10\"", "\"0\"", &["positions[2].quantity", "zero"]);
    account(
        "\"-10\"",
        "\"0.000000001\"",
        &["quantity", "more than 8 decimals"],
    );
    account(
        "\"-10\"",
        "\"46116860184.27387904\"",
        &["quantity", "out of range"],
    );
    account(
        "\"-10\"",
        "\"-10\", \"entry\": \"5\"",
        &["positions[2].entry"],
    );
    account(
        "\"-10\"",
        "\"-10\", \"note\": \"x\"",
        &["note", "no such field"],
    );
    account(
        "\"-10\"}",
        "\"-10\"}, {\"instrument\": \"USD\", \"quantity\": \"1\"}",
        &["USD", "repeats"],
    );
    account("\"secret\": \"0x", "\"secret\": \"", &["secret"]);
    let modulus = format!("0x{}", "f".repeat(64));
    account(SALT, &modulus, &["salt", "modulus"]);
    let salt = format!("\"salt\": \"{SALT}\"");
    account(&format!("{salt}, "), "", &["salt", "missing"]);
    account(&salt, &format!("{salt}, {salt}"), &["salt"]);
    account(SALT, "0x5a17", &["salt can be guessed", "openssl rand"]);
    account(SECRET, "0x1", &["secret can be guessed"]);
    account(SALT, SECRET, &["salt is the secret"]);
    account(
        ", \"entry\": \"76500.00\"",
        "",
        &["positions[1].entry is missing", "mark"],
    );
}

#[test]
fn files_and_policies() {
    let folder = Folder::with_files();
    folder
        .run("evaluate --market no.json --account account.json")
        .refused(&["no.json: cannot read"]);
    folder
        .run("evaluate --market . --account account.json")
        .refused(&["folder"]);
    folder.write("market.bin", "");
    std::fs::write(folder.path("market.bin"), [0xff, 0xfe]).unwrap();
    folder
        .run("evaluate --market market.bin --account account.json")
        .refused(&["UTF-8"]);
    folder
        .run(&format!("{EVALUATE} --policy rm9"))
        .refused(&["--policy rm9", "rm1"]);
    folder
        .run(&format!("{EVALUATE} --policy ./rm9.toml"))
        .refused(&["rm9.toml: cannot read"]);
    folder.write("bad.toml", "name = 1\n");
    folder
        .run(&format!("{EVALUATE} --policy bad.toml"))
        .refused(&["bad.toml", "name"]);
}

#[test]
fn usage() {
    let folder = Folder::new();
    for line in [
        "",
        "evaluate",
        "nonsense",
        "market",
        "account generate",
        "evaluate --json",
    ] {
        let run = folder.run(line).code(2);
        assert_eq!(run.stdout, "", "{line}");
        assert!(!run.stderr.is_empty(), "{line}");
    }
    for line in ["--help", "--version", "evaluate --help", "help prove"] {
        let run = folder.run(line).code(0);
        assert!(!run.stdout.is_empty(), "{line}");
    }
}
