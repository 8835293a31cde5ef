//! Files of a command: what it reads, and where its result goes.

use std::path::{Path, PathBuf};

use zkmargin_engine::account::{Account, AccountFile, Listing};
use zkmargin_engine::commitment::{Book as Leaves, Inclusion};
use zkmargin_engine::file::{read_text, FileError, Output};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_element, parse_element};
use zkmargin_engine::Fr;
use zkmargin_prover::book::folder::{Book, Folder};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::command::{load_policy, looked_again, policy_file, read_file, FileKind};

use super::error::CliError;
use super::next::Next;

/// No input file comes near this many bytes.
const LONGEST_INPUT: u64 = 64 << 20;

/// Option that chooses the risk model.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PolicyOption {
    /// Risk model: one of those in the program (`rm1`, `rm2`, `rm2-compact`, `spanlike`, `deribit`, `wide`), or a TOML file
    #[arg(long, value_name = "POLICY", default_value = "rm1")]
    pub policy: String,
}

impl PolicyOption {
    /// The file that the policy is read from; a bundled one is in none.
    pub fn file(&self) -> &Path {
        Path::new(&self.policy)
    }

    /// A command with the same policy.
    pub(crate) fn after(&self, next: Next) -> Next {
        next.unless("rm1", "policy", &self.policy)
    }

    /// Reads and checks the policy.
    pub fn load(&self) -> Result<Policy, CliError> {
        Ok(load_policy(&self.policy)?)
    }

    /// The policy's file.
    pub fn text(&self) -> Result<String, CliError> {
        Ok(policy_file(&self.policy)?)
    }
}

/// Reads and checks a market file.
pub fn market(path: &Path, policy: &Policy) -> Result<Market, CliError> {
    let parse = |text: &str, file: &str| Market::from_json(text, file, policy);
    Ok(read_file(path, FileKind::Market, parse)?)
}

/// Reads and checks an account file, or one of positions alone.
pub(crate) fn positions(
    path: &Path,
    market: &Market,
    policy: &Policy,
) -> Result<AccountFile, CliError> {
    let listing = Listing::new(market, policy);
    let parse = |text: &str, file: &str| AccountFile::from_json(text, file, &listing);
    Ok(read_file(path, FileKind::Account, parse)?)
}

/// Reads and checks an account file with all that its leaf needs.
pub fn account(path: &Path, market: &Market, policy: &Policy) -> Result<Account, CliError> {
    Ok(positions(path, market, policy)?.account(&name(path))?)
}

/// Reads the leaves of a book, one in hexadecimal a line, and finds where a leaf stands.
pub fn inclusion(path: &Path, leaf: Fr) -> Result<Inclusion, CliError> {
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
        let element = parse_element(line.trim()).map_err(|problem| {
            // What may be a secret is not shown.
            let mistaken = FileKind::Leaves.mistaken(&name(path), text.as_bytes());
            let shown: String = line.chars().take(68).collect();
            mistaken.map_or_else(
                || bad(number, &shown, problem.to_string(), &problem.hint()),
                CliError::from,
            )
        })?;
        leaves.push(element);
    }
    let hint =
        "the venue's list holds what `zkmargin commit` prints as the leaf, for every account";
    match leaves.iter().position(|l| *l == leaf) {
        Some(index) => Ok(Leaves { leaves }.inclusion(index)),
        None => Err(bad(
            leaves.len(),
            &format_element(&leaf),
            "the leaf of this account is in no line".to_owned(),
            hint,
        )),
    }
}

/// Reads a proof bundle.
pub(crate) fn bundle(path: &Path) -> Result<Bundle, CliError> {
    Ok(read_file(path, FileKind::Bundle, Bundle::from_json)?)
}

/// What a reader says of a file, unless it refuses one that is of another kind than wanted: then
/// that is said.
pub(crate) fn of_kind<T>(
    path: &Path,
    wanted: FileKind,
    read: Result<T, impl Into<CliError>>,
) -> Result<T, CliError> {
    read.map_err(|error| looked_again(path, wanted).map_or_else(|| error.into(), CliError::from))
}

/// Opens a book that was built.
pub fn folder(path: &Path) -> Result<Book, CliError> {
    if path.is_file() {
        return Err(CliError::NoFolder {
            path: name(path),
            hint: "name the folder that `zkmargin book build` made",
        });
    }
    let folder = Folder::new(path);
    let opened = folder.open();
    of_kind(&folder.manifest_path(), FileKind::PrivateBook, opened)
}

/// Reads a text file.
pub fn text(path: &Path) -> Result<String, CliError> {
    Ok(read_text(path, LONGEST_INPUT)?)
}

/// A file's name for messages.
pub fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Options that say where a result goes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OutOption {
    /// File to write; standard output if left out, or `-`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "out")]
    force: bool,
}

/// [`OutOption`] of a result that is not for a terminal.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OutFile {
    /// File to write; `-` for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

impl OutOption {
    /// The place, looked at before any work is done; `inputs` are the files that the command reads.
    pub(crate) fn place(&self, inputs: &[&Path]) -> Result<Output, CliError> {
        place(self.out.as_deref(), self.force, inputs)
    }
}

impl OutFile {
    /// As [`OutOption::place`].
    pub(crate) fn place(&self, inputs: &[&Path]) -> Result<Output, CliError> {
        place(Some(&self.out), self.force, inputs)
    }
}

fn place(out: Option<&Path>, force: bool, inputs: &[&Path]) -> Result<Output, CliError> {
    Output::new(out, force, inputs).map_err(|error| match error {
        FileError::Exists { path } => CliError::option(
            "out",
            path.display(),
            "the file is there already, and nothing is overwritten unasked",
            "name another file, or say --force to replace it",
        ),
        other => other.into(),
    })
}

/// Writes a result as text.
pub(crate) fn deliver(output: &Output, content: &str) -> Result<(), CliError> {
    Ok(output.write(|out| out.write_all(content.as_bytes()))?)
}

/// As [`deliver`], for content that nobody but the owner may read: a file gets mode 0600.
pub(crate) fn deliver_secret(output: &Output, content: &str) -> Result<(), CliError> {
    Ok(output.write_private(|out| out.write_all(content.as_bytes()))?)
}
