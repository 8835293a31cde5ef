//! The specs as tables: numbers, what realises each, and the test that breaks it.

use std::path::{Path, PathBuf};

/// A constraint of a spec.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// Circuit, family and number.
    pub number: String,
    /// Kinds of rows, or a gate.
    pub realised_by: Vec<String>,
    /// File and name of a test.
    pub broken_by: Option<(String, String)>,
    /// Numbers that imply this one, where no test can break it alone.
    pub implied_by: Vec<String>,
}

/// The folder of the crate.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Words of a text that have the form of a number: a circuit, a family of three letters, digits.
pub fn numbers(text: &str) -> Vec<String> {
    let is_number = |word: &&str| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let family = &word[..word.len() - digits.len()];
        family.len() == 4
            && family.starts_with(['M', 'B'])
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit())
    };
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(is_number)
        .map(str::to_owned)
        .collect()
}

/// Every constraint of a spec, in order.
pub fn constraints(file: &str) -> Vec<Constraint> {
    let path = root().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().filter_map(constraint).collect()
}

fn constraint(line: &str) -> Option<Constraint> {
    // The first cell is a number and nothing else; bars inside formulas do not occur.
    let cells: Vec<&str> = line
        .split(" | ")
        .map(|c| c.trim_matches(['|', ' ']))
        .collect();
    let number = cells[0];
    if numbers(number) != [number] {
        return None;
    }
    assert_eq!(cells.len(), 4, "{line}");
    let kinds = cells[2].split([',', '(']).map(|kind| {
        let kind = kind.trim();
        kind.split(' ').next().unwrap_or(kind).to_owned()
    });
    let test = cells[3].split('`').nth(1).and_then(|t| t.split_once("::"));
    let implied_by = cells[3].strip_prefix("implied by").map(numbers);
    Some(Constraint {
        number: number.to_owned(),
        realised_by: kinds.collect(),
        broken_by: test.map(|(file, name)| (file.to_owned(), name.to_owned())),
        implied_by: implied_by.unwrap_or_default(),
    })
}

/// Every Rust file below a folder.
pub fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                rust_files(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}
