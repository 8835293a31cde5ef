//! What the program overwrites (nothing unasked, an input never), and links, devices and `-`.

use crate::common::{Folder, ACCOUNT, MARKET, SECRET_FILE};

/// Commands that write a file quickly, without their `--out`.
const COMMANDS: [&str; 7] = [
    "market generate --seed 1",
    "market import chain.csv",
    "account generate --market market.json --positions 2",
    "venue generate --market market.json --accounts 3 --positions 2",
    "export statement",
    "setup insecure --k 4",
    "setup import s.zksetup",
];

const CHAIN: &str = "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,implied_volatility,index_price\n\
    2026-09-01T10:00:00+00:00,BTC-25SEP26-80000-C,77405.28,call,80000,2026-09-25T08:00:00+00:00,0.4198,77081.8\n";

fn folder() -> Folder {
    let folder = Folder::with_files();
    folder.write("chain.csv", CHAIN);
    folder.run("setup insecure --k 4 --out s.zksetup").code(0);
    folder
}

#[test]
fn nothing_is_overwritten_unasked() {
    let folder = folder();
    // The only copy of somebody's secret.
    folder.write("old", SECRET_FILE);
    for command in COMMANDS {
        let line = format!("{command} --out old");
        folder
            .run(&line)
            .refused(&["old", "there already", "--force"]);
        assert_eq!(folder.read("old"), SECRET_FILE, "{command}");
        folder.run(&format!("{command} --out new")).code(0);
        folder
            .run(&format!("{command} --out new"))
            .refused(&["new", "--force"]);
        folder.run(&format!("{command} --out new --force")).code(0);
        std::fs::remove_file(folder.path("new")).unwrap();
    }
    let names = folder.names();
    assert!(!names.iter().any(|name| name.contains("tmp")), "{names:?}");
    folder.run("market generate --seed 1 --force").code(2);
}

#[test]
fn proofs_and_keys_are_not_overwritten_before_any_work_is_done() {
    let folder = folder();
    folder.write("old", "old");
    for command in [
        "prove --market market.json --account account.json --identity identity.json",
        "identity new",
        "export solidity --size small",
        "export protocol --size small",
        "book queue-key",
    ] {
        let run = folder.run(&format!("{command} --out old")).code(2);
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
        assert_eq!(folder.read("old"), "old", "{command}");
    }
}

#[test]
fn an_input_is_never_overwritten() {
    let folder = folder();
    let all = [
        "market import chain.csv --out chain.csv",
        "account generate --market market.json --out market.json",
        "venue generate --market market.json --out ./market.json",
        "prove --market market.json --account account.json --identity identity.json --out account.json",
        "prove --market market.json --account account.json --identity identity.json --out market.json",
        "prove --market market.json --account account.json --identity identity.json --out identity.json",
        "account generate --market market.json --identity identity.json --out identity.json",
        "setup import s.zksetup --out s.zksetup",
    ];
    for line in all {
        folder
            .run(&format!("{line} --force"))
            .refused(&["read by the same command"]);
    }
    assert_eq!(folder.read("market.json"), MARKET);
    assert_eq!(folder.read("account.json"), ACCOUNT);
    assert_eq!(folder.read("identity.json"), SECRET_FILE);
    assert_eq!(folder.read("chain.csv"), CHAIN);
}

#[test]
fn a_book_is_not_written_into_and_a_key_not_lost() {
    let folder = Folder::with_files();
    let venue = "venue generate --market market.json --accounts 3 --positions 2 --out a.jsonl";
    folder.run(venue).code(0);
    let build = "book build a.jsonl --market market.json --k 10 --out book";
    folder.run(build).code(0);
    let secret = std::fs::read(folder.path("book/secret")).unwrap();
    for name in ["leaves.bin", "customers.bin", "new"] {
        let line = format!("book include book --index 0 --out book/{name} --force");
        folder.run(&line).refused(&["folder of the book"]);
    }
    // Nor by commands that do not know the folder; a queue's key neither.
    folder.run("book queue-key --out queue.key").code(0);
    let key = folder.read("queue.key");
    for name in ["book/secret", "queue.key"] {
        let line = format!("market generate --seed 1 --out {name} --force");
        folder.run(&line).refused(&["the file holds a secret"]);
    }
    assert_eq!(folder.read("queue.key"), key);
    assert_eq!(std::fs::read(folder.path("book/secret")).unwrap(), secret);
    for place in ["-", "/dev/null"] {
        let line = format!("book queue-key --out {place}");
        folder.run(&line).refused(&["the key would be lost"]);
    }
    // Accounts that hold nothing are an export of nobody too.
    let emptied: String = folder
        .read("a.jsonl")
        .lines()
        .fold(String::new(), |text, line| {
            let keys = line.split_once('[').unwrap().0;
            text + keys + "[]}\n"
        });
    folder.write("empty.jsonl", &emptied);
    let line = build.replace("a.jsonl", "empty.jsonl");
    folder
        .run(&line)
        .refused(&["3 accounts", "export of nobody"]);
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let folder = folder();
    let to_file = folder.run("market generate --seed 1 --out m.json").code(0);
    assert_eq!(to_file.stdout, "");
    let shown = folder.run("market generate --seed 1 --out -").code(0);
    assert_eq!(shown.stdout, folder.read("m.json"));
    assert!(!folder.names().contains(&"-".to_owned()));
    let line = "evaluate --market market.json --account";
    let from_file = folder.run(&format!("{line} account.json --json")).code(0);
    let piped = folder
        .run_with(&format!("{line} - --json"), ACCOUNT)
        .code(0);
    assert_eq!(piped.stdout, from_file.stdout);
    folder
        .run_with("evaluate --market - --account -", MARKET)
        .refused(&["standard input can be read once"]);
    let imported = folder.run_with("market import - --out -", CHAIN).code(0);
    assert_eq!(
        imported.stdout,
        folder.run("market import chain.csv").stdout
    );
}

#[cfg(unix)]
#[test]
fn links_are_written_through_and_devices_stay() {
    let folder = folder();
    std::os::unix::fs::symlink("target", folder.path("link")).unwrap();
    let line = "account generate --market market.json --positions 1 --out";
    folder.run(&format!("{line} link")).code(0);
    let kind = |name: &str| {
        std::fs::symlink_metadata(folder.path(name))
            .unwrap()
            .file_type()
    };
    assert!(kind("link").is_symlink() && kind("target").is_file());
    folder
        .run(&format!("{line} link"))
        .refused(&["link", "--force"]);
    folder.run(&format!("{line} link --force")).code(0);
    assert!(kind("link").is_symlink());
    folder.run(&format!("{line} /dev/null")).code(0);
    let null = std::fs::metadata("/dev/null").unwrap();
    assert!(!null.is_file());
    let shown = folder.run(&format!("{line} /dev/stdout")).code(0);
    assert!(shown.stdout.contains("\"salt\""), "{}", shown.stdout);
}
