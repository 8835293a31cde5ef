//! One small file a case: what is typed, what is said, and how the program ends (`cmd/*.trycmd`).
//!
//! `[..]` stands for whatever is on a line, `...` for whole lines. `TRYCMD=overwrite` writes what
//! the program says now; read the difference before it is committed. A case with a folder of its
//! name and `.out` may write files.

use std::path::Path;

use trycmd::TestCases;

/// Lines of the README that no case has, since they need a broker, addresses, a chain or a root.
const ELSEWHERE: [&str; 4] = [
    "book check packet.json",
    "book reserves",
    "--chain",
    "--book 0x",
];

fn cases(files: &str) -> TestCases {
    let cases = TestCases::new();
    cases
        .register_bin("zkmargin", Path::new(env!("CARGO_BIN_EXE_zkmargin")))
        .env(
            "ZKMARGIN_CACHE",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
        )
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .case(files);
    cases
}

#[test]
fn every_case_says_what_its_file_says() {
    cases("tests/cmd/*.trycmd").run();
}

/// Cases that prove: they take turns with other proofs.
#[test]
fn real_proof_cases() {
    cases("tests/cmd/proofs/*.trycmd").run();
}

/// What the README shows of the program, somebody has run.
#[test]
fn the_walk_of_the_readme_is_among_the_cases() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(here.join("../../README.md")).unwrap();
    let mut run = String::new();
    for entry in std::fs::read_dir(here.join("tests/cmd/proofs")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            run.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let shown = readme
        .lines()
        .filter(|line| line.starts_with("$ zkmargin "));
    let commands = shown.map(|line| line.split("  #").next().unwrap_or(line).trim());
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        let elsewhere = ELSEWHERE.iter().any(|word| command.contains(word));
        assert!(
            elsewhere || run.lines().any(|line| line == command),
            "no case runs: {command}"
        );
    }
}
