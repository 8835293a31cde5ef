//! `market generate`, `market import` and `account generate`.

use crate::common::{Folder, IDENTITY};

#[test]
fn a_market_goes_to_standard_output_or_to_a_file() {
    let folder = Folder::new();
    let shown = folder.run("market generate --seed 7").code(0);
    assert_eq!(shown.stderr, "");
    let written = folder.run("market generate --seed 7 --out m.json").code(0);
    assert_eq!(written.stdout, "");
    assert!(
        written.stderr.contains("wrote m.json: "),
        "{}",
        written.stderr
    );
    assert_eq!(folder.read("m.json"), shown.stdout);
    assert!(shown.json()["instruments"].as_array().unwrap().len() > 2_000);
    let other = folder.run("market generate --seed 8").code(0);
    assert_ne!(other.stdout, shown.stdout);
    let crash = folder.run("market generate --seed 7 --crash").code(0);
    assert_ne!(crash.stdout, shown.stdout);
    assert_eq!(folder.names(), ["m.json"]);
}

#[test]
fn an_account_can_be_held_on_a_calm_and_on_a_crash_day() {
    let folder = Folder::new();
    folder
        .run("market generate --seed 1 --out calm.json")
        .code(0);
    folder
        .run("market generate --seed 1 --crash --out crash.json")
        .code(0);
    for style in ["hedged", "short", "long", "mixed"] {
        let line =
            "account generate --market calm.json --positions 14 --seed 2 --out a.json --force";
        let made = folder.run(&format!("{line} --style {style}")).code(0);
        assert!(made.stderr.contains("insecure-seed"), "{}", made.stderr);
        let calm = folder
            .run("evaluate --market calm.json --account a.json --json")
            .code(0)
            .json();
        assert_eq!(calm["solvent"], true);
        let crash = folder
            .run("evaluate --market crash.json --account a.json --json")
            .code(0);
        assert_ne!(crash.json()["equity"], calm["equity"]);
    }
}

#[cfg(unix)]
#[test]
fn an_account_file_is_for_its_owner_alone_and_says_nothing_aloud() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with_files();
    let made = folder.run("account generate --market market.json --positions 3 --out a.json");
    let made = made.code(0);
    let mode = std::fs::metadata(folder.path("a.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!made.stderr.contains("insecure"), "{}", made.stderr);
    let first = folder.read("a.json");
    let file: serde_json::Value = serde_json::from_str(&first).unwrap();
    let shown = folder
        .run("evaluate --market market.json --account a.json")
        .code(0);
    assert_eq!(file["version"], 2);
    assert_eq!(file["account"], 0);
    assert_eq!(file["customer"], "me");
    assert!(made.stderr.contains("no identity (0x0)"), "{}", made.stderr);
    for field in ["nonce", "salt"] {
        let value = file[field].as_str().unwrap();
        assert!(
            !made.stderr.contains(value) && !shown.stdout.contains(value),
            "{field}"
        );
    }
    folder
        .run("account generate --market market.json --positions 3 --out a.json --force")
        .code(0);
    assert_ne!(folder.read("a.json"), first);
}

#[test]
fn an_account_names_whose_it_is_and_holds_no_secret() {
    let folder = Folder::with_files();
    let line = "account generate --market market.json --positions 3 --identity identity.json";
    let of = "--customer Bob@Example.com --number 4294967295 --out a.json";
    let made = folder.run(&format!("{line} {of}")).code(0);
    assert!(!made.stderr.contains("no identity"), "{}", made.stderr);
    let text = folder.read("a.json");
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["customer"], "bob@example.com");
    assert_eq!(file["account"], 4_294_967_295_u32);
    assert_eq!(file["identity"], IDENTITY);
    assert!(
        !text.contains("c0ffee") && file.get("secret").is_none(),
        "{text}"
    );
    let commit = "commit --market market.json --account a.json --identity identity.json --scope 1";
    folder.run(commit).code(0);
}

#[test]
fn an_account_can_be_made_short() {
    let folder = Folder::new();
    folder.run("market generate --seed 1 --out m.json").code(0);
    folder
        .run("account generate --market m.json --ratio 9000 --seed 1 --out a.json")
        .code(0);
    let report = folder
        .run("evaluate --market m.json --account a.json --json")
        .code(0)
        .json();
    assert_eq!(report["solvent"], false);
}

#[test]
fn a_generator_says_what_it_cannot_do() {
    let folder = Folder::with_files();
    folder
        .run("market generate --seed 1 --time 4294967000")
        .refused(&["time 4294967000 is too late"]);
    folder
        .run("account generate --market market.json --positions 900 --out a.json")
        .refused(&["900 positions asked for"]);
    folder
        .run("account generate --market none.json")
        .refused(&["none.json", "cannot read"]);
    folder
        .run("market generate --seed 1 --out no/m.json")
        .refused(&["no/m.json", "folder exists"]);
    assert_eq!(
        folder.names(),
        ["account.json", "identity.json", "market.json"]
    );
}

const HEADER: &str = "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,\
                      futures_price,futures_instrument_name,implied_volatility,index_price";
const ROWS: [&str; 3] = [
    "2026-09-01T10:00:00+00:00,BTC-25SEP26-80000-C,77405.28,call,80000.0,\
     2026-09-25T08:00:00+00:00,77405.28,BTC-25SEP26,0.41979999999999995,77081.8",
    "2026-09-01T10:00:00+00:00,BTC-25SEP26-80000-P,77405.28,put,80000.0,\
     2026-09-25T08:00:00+00:00,77405.28,BTC-25SEP26,,77081.8",
    "2026-09-01T10:00:00+00:00,ETH-25SEP26-2400-P,2403.07,put,2400.0,\
     2026-09-25T08:00:00+00:00,2403.07,ETH-25SEP26,0.55,2399.1",
];

#[test]
fn a_snapshot_becomes_a_market() {
    let folder = Folder::new();
    folder.write("chain.csv", &format!("{HEADER}\n{}\n", ROWS.join("\n")));
    let run = folder.run("market import chain.csv --out m.json").code(0);
    assert!(
        run.stderr
            .contains("left out 1 row without implied volatility"),
        "{}",
        run.stderr
    );
    folder
        .run("account generate --market m.json --positions 2 --seed 1 --out a.json")
        .code(0);
    folder
        .run("evaluate --market m.json --account a.json")
        .code(0);
    let only = folder.run("market import chain.csv --only eth").code(0);
    let rows = only.json()["instruments"].as_array().unwrap().len();
    assert_eq!(rows, 5, "{}", only.stdout);
}

#[test]
fn a_bad_snapshot_is_refused_with_its_line() {
    let folder = Folder::new();
    let import = |text: &str, words: &[&str]| {
        folder.write("chain.csv", text);
        folder
            .run("market import chain.csv --out m.json")
            .refused(words);
        assert_eq!(folder.names(), ["chain.csv"]);
    };
    import("a,b\n1,2\n", &["chain.csv: no column `timestamp`"]);
    let bad = ROWS[0].replace(",80000.0,", ",-80000.0,");
    import(
        &format!("{HEADER}\n{bad}\n"),
        &["chain.csv line 2: strike is `-80000.0`"],
    );
    let foreign = ROWS[0].replace("BTC", "XYZ");
    import(
        &format!("{HEADER}\n{foreign}\n"),
        &["chain.csv", "XYZ", "underlying"],
    );
    import(
        &format!("{HEADER}\n{0}\n{0}\n", ROWS[0]),
        &["line 3", "appears twice"],
    );
    import(&format!("{HEADER}\n{}\n", ROWS[1]), &["no usable row"]);
    folder
        .run("market import none.csv")
        .refused(&["none.csv: cannot read"]);
}
