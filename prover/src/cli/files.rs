//! Files of a command: what it reads, and where its result goes.

use std::io::Write;
use std::path::{Path, PathBuf};

use zkmargin_circuits::account::Account;
use zkmargin_circuits::commitment::Book;
use zkmargin_circuits::market::Market;
use zkmargin_circuits::policy::Policy;
use zkmargin_circuits::units::{format_element, parse_element};
use zkmargin_circuits::Fr;
use zkmargin_verifier::files::{read_text, write_atomic, FileError};

use super::console;
use super::error::CliError;

/// No input file comes near this many bytes.
const LONGEST_INPUT: u64 = 64 << 20;
/// The policies inside the program, by name.
pub const BUNDLED: [&str; 2] = ["rm1", "wide"];

/// Option that chooses the risk model.
#[derive(Clone, Debug, clap::Args)]
pub struct PolicyOption {
    /// Risk model: `rm1` or `wide`, which are in the program, or a TOML file
    #[arg(long, value_name = "POLICY", default_value = "rm1")]
    pub policy: String,
}

impl PolicyOption {
    /// Reads and checks the policy.
    pub fn load(&self) -> Result<Policy, CliError> {
        match self.policy.as_str() {
            "rm1" => Ok(Policy::rm1()),
            _ => Ok(Policy::from_toml(&self.text()?, &self.policy)?),
        }
    }

    /// The policy's file.
    pub fn text(&self) -> Result<String, CliError> {
        Ok(match self.policy.as_str() {
            "rm1" => include_str!("../../../policies/rm1.toml").to_owned(),
            "wide" => include_str!("../../../policies/wide.toml").to_owned(),
            path if !Path::new(path).exists() && !path.contains(['/', '.']) => {
                return Err(CliError::option(
                    "policy",
                    path,
                    "neither a bundled policy nor a file",
                    format_args!("bundled are {}; or name a TOML file", BUNDLED.join(" and ")),
                ))
            }
            path => read_text(Path::new(path), LONGEST_INPUT)?,
        })
    }
}

/// Reads and checks a market file.
pub fn market(path: &Path, policy: &Policy) -> Result<Market, CliError> {
    let text = read_text(path, LONGEST_INPUT)?;
    Ok(Market::from_json(&text, &name(path), policy)?)
}

/// Reads and checks an account file.
pub fn account(path: &Path, market: &Market, policy: &Policy) -> Result<Account, CliError> {
    let text = read_text(path, LONGEST_INPUT)?;
    Ok(Account::from_json(&text, &name(path), market, policy)?)
}

/// Reads the leaves of a book, one in hexadecimal a line, and finds a leaf among them.
pub fn book(path: &Path, leaf: Fr) -> Result<(Book, usize), CliError> {
    let text = read_text(path, LONGEST_INPUT)?;
    let bad = |line: usize, value: &str, problem: String, hint: &str| CliError::Leaves {
        file: name(path),
        line: line + 1,
        value: value.to_owned(),
        problem,
        hint: hint.to_owned(),
    };
    let mut leaves = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let element = parse_element(line.trim());
        let element =
            element.map_err(|e| bad(number, line, e.to_string(), &e.hint().to_string()))?;
        leaves.push(element);
    }
    let hint =
        "the venue's list holds what `zkmargin commit` prints as the leaf, for every account";
    match leaves.iter().position(|l| *l == leaf) {
        Some(index) => Ok((Book { leaves }, index)),
        None => Err(bad(
            leaves.len(),
            &format_element(&leaf),
            "the leaf of this account is in no line".to_owned(),
            hint,
        )),
    }
}

/// Reads a text file.
pub fn text(path: &Path) -> Result<String, CliError> {
    Ok(read_text(path, LONGEST_INPUT)?)
}

/// A file's name for messages.
pub fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Writes a result to its file, or to standard output where none is named.
pub fn deliver(out: Option<&PathBuf>, content: &str) -> Result<(), CliError> {
    match out {
        Some(path) => Ok(write_atomic(path, content.as_bytes())?),
        None => console::data(content),
    }
}

/// Fails early where a result could not be written, before long work is done for it.
pub fn check_writable(out: Option<&PathBuf>) -> Result<(), CliError> {
    let Some(path) = out else {
        return Ok(());
    };
    let probe = match path.is_dir() {
        true => Err(std::io::ErrorKind::IsADirectory.into()),
        false => tempfile::tempfile_in(folder_of(path)).map(drop),
    };
    probe.map_err(|error| CliError::Verifier(FileError::io(path, "write the file", error).into()))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// As [`deliver`], for content that nobody but the owner may read: the file gets mode 0600.
pub fn deliver_secret(out: Option<&PathBuf>, content: &str) -> Result<(), CliError> {
    let Some(path) = out else {
        return console::data(content);
    };
    // Temporary files are made for the owner alone, and the rename keeps that.
    let write = || -> std::io::Result<()> {
        if path.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        let mut file = tempfile::Builder::new()
            .prefix(".zkmargin-")
            .suffix(".tmp")
            .tempfile_in(folder_of(path))?;
        file.write_all(content.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|refused| refused.error)?;
        Ok(())
    };
    write()
        .map_err(|error| FileError::io(path, "write the file", error))
        .map_err(|error| CliError::Verifier(error.into()))
}
