//! What is said fits a terminal of 80 columns, and the next step runs as it stands.

use crate::common::{Folder, Run};

const COLUMNS: usize = 80;

/// A line may be longer where it is one word, such as a digest, or a command to copy.
fn wide(text: &str) -> Vec<&str> {
    let long = |line: &&str| line.chars().count() > COLUMNS;
    let word = |line: &str| line.split(' ').any(|word| word.len() > 60);
    let lines = text.lines().filter(long);
    lines
        .filter(|line| !line.starts_with("next: ") && !word(line))
        .collect()
}

fn at_80(folder: &Folder, line: &str) -> Run {
    let run = folder.run_under(("COLUMNS", "80"), line);
    assert_eq!(wide(&run.stdout), [""; 0], "{line}");
    assert_eq!(wide(&run.stderr), [""; 0], "{line}");
    run
}

#[test]
fn reports_and_refusals_fit() {
    let folder = Folder::with_files();
    folder.write("empty.json", "");
    for line in [
        "evaluate --market market.json --account account.json",
        "evaluate --market market.json --account account.json --policy wide",
        "evaluate --market market.json --account empty.json",
        "commit --market market.json --account account.json --identity identity.json --scope 10",
        "commit --market market.json --account account.json",
        "identity new --out new.json",
        "identity show identity.json",
        "identity show account.json",
        "market generate --seed 7 --out generated.json",
        "account generate --market generated.json --positions 60 --out many.json",
        "evaluate --market generated.json --account many.json",
        "prove --market market.json --account account.json --identity identity.json --scope -1",
        "verify --proof market.json",
        "setup insecure --k 4 --out setup.zksetup",
        "book build account.json --market market.json --out book",
        "policy show rm9",
    ] {
        at_80(&folder, line);
    }
}

#[test]
fn help_fits() {
    let folder = Folder::new();
    for command in [
        "",
        "demo",
        "evaluate",
        "commit",
        "setup",
        "setup import",
        "setup inspect",
        "setup insecure",
        "keygen",
        "prove",
        "verify",
        "inspect",
        "export",
        "export solidity",
        "export protocol",
        "export calldata",
        "export statement",
        "book",
        "book build",
        "book prove",
        "book run",
        "book verify",
        "book worker",
        "book queue-key",
        "book include",
        "book check",
        "book reserves",
        "market",
        "market generate",
        "market import",
        "account",
        "account generate",
        "identity",
        "identity new",
        "identity show",
        "policy",
        "policy show",
        "venue",
        "venue generate",
        "completions",
        "man",
    ] {
        at_80(&folder, &format!("{command} --help")).code(0);
    }
}

/// From step to step as the program says, until nothing is left to say.
#[test]
fn each_step_says_the_next_one() {
    let folder = Folder::new();
    let mut line = "market generate --seed 7".to_owned() + " --out a.json";
    for wanted in ["account generate", "evaluate", "prove"] {
        let run = folder.run(&line).code(0);
        let next = run
            .stderr
            .lines()
            .find_map(|l| l.strip_prefix("next: zkmargin "));
        line = next
            .unwrap_or_else(|| panic!("{line}: {}", run.stderr))
            .to_owned();
        assert!(line.starts_with(wanted), "{line}");
    }
    let venue = folder
        .run("venue generate --market a.json --accounts 4 --out v.jsonl")
        .code(0);
    let next = "next: zkmargin book build v.jsonl --market a.json --out book\n";
    assert!(venue.stderr.ends_with(next), "{}", venue.stderr);
    // A name that is taken is not proposed.
    folder.write("account.json", "");
    let made = folder.run("market generate --seed 7 --out b.json").code(0);
    assert!(
        made.stderr.ends_with("--out account-2.json\n"),
        "{}",
        made.stderr
    );
}
