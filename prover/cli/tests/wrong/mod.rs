//! Wrong inputs of every kind. Each gets one clear message that names what is wrong and what to
//! do, and an exit code that is not 0; nothing is written, changed or left behind, no secret shows,
//! and nothing panics.

mod accounts;
mod book;
mod bundles;
mod kinds;
mod markets;
mod options;
mod places;
mod policies;
mod setups;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::{Folder, Run, CUSTOMER, IDENTITY, NONCE, SALT, SECRET};

/// What stands in a good file, what stands there instead, and what the message must hold.
pub type Change = (&'static str, &'static str, &'static [&'static str]);
/// A command and what the message must hold.
pub type Line = (&'static str, &'static [&'static str]);

/// A folder with good files, and what no message may show.
pub struct Desk {
    pub folder: Folder,
    hidden: Vec<String>,
    faults: Vec<String>,
}

impl Desk {
    /// With the market, the account and the secret by hand.
    pub fn new() -> Desk {
        Desk {
            folder: Folder::with_files(),
            hidden: [SECRET, SALT, NONCE, IDENTITY, CUSTOMER]
                .map(str::to_owned)
                .into(),
            faults: Vec::new(),
        }
    }

    /// What customers brought, nonces, identities and salts of a file of accounts are not to be shown
    /// either.
    pub fn hide_those_of(&mut self, file: &str) {
        let text = self.folder.read(file);
        let hidden = |word: &&str| word.len() == 66 || word.contains('@');
        let words = text.split('"').filter(hidden);
        self.hidden.extend(words.map(str::to_owned));
    }

    /// Runs commands that are wrong.
    pub fn lines(&mut self, lines: &[Line]) {
        for (line, words) in lines {
            self.refused(line, line, words);
        }
    }

    /// Runs a command on a file for each of its changes; the command reads the file as `wrong`.
    pub fn changes(&mut self, line: &str, wrong: &str, good: &str, changes: &[Change]) {
        for (from, to, words) in changes {
            assert!(good.contains(from), "not in the good file: {from}");
            self.folder.write(wrong, &good.replacen(from, to, 1));
            self.refused(line, &format!("{from:.40} -> {to:.40}"), words);
        }
    }

    /// Runs a wrong command and notes whatever its answer lacks.
    pub fn refused(&mut self, line: &str, case: &str, words: &[&str]) {
        let before = content(&self.folder.path(""));
        let run = self.folder.run(line);
        let mut lacks = lacking(&run, words, &self.hidden);
        if content(&self.folder.path("")) != before {
            lacks.push("a file was changed, made or removed".to_owned());
        }
        let told = format!("{case}\n{}{}", run.stderr, run.stdout);
        println!("{told}");
        if !lacks.is_empty() {
            self.faults.push(format!("{told}{}", lacks.join("\n")));
        }
    }

    /// Fails if any answer was not as it must be.
    pub fn done(self) {
        let faults = self.faults;
        assert!(
            faults.is_empty(),
            "{} answers are not as they must be:\n\n{}",
            faults.len(),
            faults.join("\n\n")
        );
    }
}

/// What an answer to a wrong input lacks, or has too much.
fn lacking(run: &Run, words: &[&str], hidden: &[String]) -> Vec<String> {
    let all = format!("{}{}", run.stdout, run.stderr);
    let told = |word: &str| run.stderr.contains(word);
    let mut lacks = Vec::new();
    if run.code != 2 {
        lacks.push(format!("!! exit code {}", run.code));
    }
    let errors = run.stderr.lines().filter(|l| l.starts_with("error:"));
    if errors.count() != 1 {
        lacks.push("!! not one line `error:`".to_owned());
    }
    if !told("\nhint: ") && !told("For more information, try '--help'") {
        lacks.push("!! no hint".to_owned());
    }
    for word in words.iter().filter(|word| !told(word)) {
        lacks.push(format!("!! not said: {word}"));
    }
    if !run.says_nothing_else() {
        lacks.push("!! something on standard output".to_owned());
    }
    for trace in ["panicked", "RUST_BACKTRACE", "/rustc/", "src/", "\u{1b}"] {
        if all.contains(trace) {
            lacks.push(format!("!! shows {trace:?}"));
        }
    }
    for secret in hidden {
        let shown = secret.as_bytes()[2..].windows(12);
        let shown = shown.filter_map(|digits| std::str::from_utf8(digits).ok());
        if shown.into_iter().any(|digits| all.contains(digits)) {
            lacks.push("!! shows a secret".to_owned());
        }
    }
    lacks
}

/// Every file under a folder.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => {
                all.insert(path.clone(), Vec::new());
                all.append(&mut content(&path));
            }
            false => {
                all.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

#[test]
fn there_are_two_hundred_wrong_inputs_at_least() {
    let counts = [
        markets::CHANGES.len(),
        accounts::CHANGES.len(),
        policies::CHANGES.len(),
        bundles::CHANGES.len(),
        bundles::PACKETS.len(),
        tables::LINES.len() + tables::TABLE.len() + tables::CHAIN.len(),
        kinds::LINES.len(),
        options::LINES.len(),
        places::LINES.len(),
        setups::LINES.len(),
        book::PUBLISHED.len() + book::INVENTORY.len() + book::ADDRESSES.len(),
    ];
    let all: usize = counts.iter().sum();
    assert!(all >= 200, "{counts:?}: {all}");
}
