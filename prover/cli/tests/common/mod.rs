//! A folder to run the program in, and files to run it on.
#![allow(dead_code)] // Each test file uses its own part.

use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// A small market by hand.
pub const MARKET: &str = r#"{"time": 1787412831, "instruments": [
  {"id": "USD", "kind": "cash", "mark": "1"},
  {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
  {"id": "BTC", "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
  {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
  {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"},
  {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200, "strike": "80000", "forward": "77405.28", "vol": "0.4198"},
  {"id": "BTC-25SEP26-70000-P", "kind": "put", "underlying": "BTC", "expiry": 1790323200, "strike": "70000", "forward": "77405.28", "vol": "0.4405"}]}
"#;

/// A trader's secret, drawn once, and the identity that a venue gets of it.
pub const SECRET: &str = "0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84";
pub const IDENTITY: &str = "0x21e49ef1a635b308510e2783aeb01352c76d4ef5feb4614d2fe1d3b42bcb4632";

/// Whose account it is, what hides his id, and what hides the positions.
pub const CUSTOMER: &str = "zoe.quill@example.net";
pub const NONCE: &str = "0xcb7f10cf6459ca05ec3a291bd3f64c2967ff2f95caeb4bef7845f2f788423d";
pub const SALT: &str = "0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493";

/// The file of the secret.
pub const SECRET_FILE: &str = r#"{"version": 2, "secret": "0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84"}
"#;

/// An account in the market, well funded.
pub const ACCOUNT: &str = r#"{"version": 2, "customer": "zoe.quill@example.net", "nonce": "0xcb7f10cf6459ca05ec3a291bd3f64c2967ff2f95caeb4bef7845f2f788423d", "identity": "0x21e49ef1a635b308510e2783aeb01352c76d4ef5feb4614d2fe1d3b42bcb4632", "account": 7, "salt": "0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493", "positions": [
  {"instrument": "USD", "quantity": "250000.00"},
  {"instrument": "BTC-PERPETUAL", "quantity": "-1.5", "entry": "76500.00"},
  {"instrument": "BTC-25SEP26-80000-C", "quantity": "-10"}]}
"#;

/// The same as version 1 had it: with the secret.
pub const OLD_ACCOUNT: &str = r#"{"owner": "0x01", "secret": "0x1bc0ffee52a7d94e813f60b7ce25a8f19d3047e6b5c28f10a9e47d36c0ffee84", "salt": "0x5a17e90c4d3b8f7061e52c9d8b7f43e21a6058d7c4b3f29e1f08a7d6b5c493", "positions": [
  {"instrument": "USD", "quantity": "250000.00"}]}
"#;

/// The account without its salt and on one line, as the file of a book has it.
pub fn line() -> String {
    let salt = format!("\"salt\": \"{SALT}\", ");
    assert!(ACCOUNT.contains(&salt), "the account has a salt");
    ACCOUNT.replace(&salt, "").replace('\n', " ")
}

/// An empty folder in which the program runs.
pub struct Folder(tempfile::TempDir);

/// What a run left behind.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with the market, the account and the secret above.
    pub fn with_files() -> Folder {
        let folder = Folder::new();
        folder.write("market.json", MARKET);
        folder.write("account.json", ACCOUNT);
        folder.write("identity.json", SECRET_FILE);
        folder
    }

    /// The same with the accounts of a venue, three positions each, and a key of a queue. `more` are options
    /// of `venue generate`.
    pub fn with_venue(accounts: usize, more: &str) -> Folder {
        let folder = Folder::with_files();
        let line = format!(
            "venue generate --market market.json --accounts {accounts} --positions 3 {more} \
             --insecure-seed 1 --out accounts.jsonl"
        );
        folder.run(&line).code(0);
        folder.run("book queue-key --out queue.key").code(0);
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of the files in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs `zkmargin` here; words are split at blanks.
    pub fn run(&self, line: &str) -> Run {
        self.run_with(line, "")
    }

    /// [`Folder::run`] with a text on standard input.
    pub fn run_with(&self, line: &str, input: &str) -> Run {
        Run::of(self.command(line).write_stdin(input).output().unwrap())
    }

    /// [`Folder::run`] with a variable of the environment.
    pub fn run_under(&self, variable: (&str, &str), line: &str) -> Run {
        let (name, value) = variable;
        Run::of(self.command(line).env(name, value).output().unwrap())
    }

    /// The program as [`Folder::run`] starts it, to be started and watched.
    pub fn process(&self, line: &str) -> std::process::Command {
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_zkmargin"));
        process
            .current_dir(self.0.path())
            .env(
                "ZKMARGIN_CACHE",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
            )
            .args(line.split_whitespace());
        process
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::cargo_bin("zkmargin").unwrap();
        command
            .current_dir(self.0.path())
            .env(
                "ZKMARGIN_CACHE",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
            )
            // Sentences in one piece, as a test looks for them.
            .env("COLUMNS", "1000")
            .args(line.split_whitespace());
        command
    }
}

impl Run {
    fn of(output: Output) -> Run {
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The run, if it ended with this code.
    pub fn code(self, code: i32) -> Run {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }

    /// The run, if its standard error holds all of these, and standard output nothing but the same
    /// as JSON where that was asked for.
    pub fn refused(self, words: &[&str]) -> Run {
        let run = self.code(2);
        for word in words.iter().chain(&["hint: "]) {
            assert!(run.stderr.contains(word), "no {word:?} in: {}", run.stderr);
        }
        assert!(run.says_nothing_else(), "{}", run.stdout);
        run
    }

    /// Whether standard output is empty, or the error of standard error as JSON.
    pub fn says_nothing_else(&self) -> bool {
        let told = |value: Value| {
            let error = value["error"].as_str().map(str::to_owned);
            error.is_some_and(|error| self.stderr.contains(&error))
        };
        self.stdout.is_empty() || serde_json::from_str(&self.stdout).is_ok_and(told)
    }

    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}
