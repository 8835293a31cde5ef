//! The published folder as one number, which a venue puts on chain.
//!
//! Whoever has the folder computes it with `sha256sum` alone (FORMATS.md). The digest is of the files
//! that `book.json` names and of no others: a folder that holds anything else has none, since nobody
//! could say whether the venue stands by it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use zkmargin_engine::file::{read_bounded, FileError};

use super::{digest, PublicBook};
use crate::error::VerifyError;

/// Files of every published folder, beside the proofs.
const FILES: [&str; 3] = ["book.json", "market.json", "policy.toml"];
/// Folder of the proofs.
const PROOFS: &str = "proofs";
/// No text file of a published folder comes near this many bytes.
pub(super) const LONGEST_TEXT: u64 = 64 << 20;
/// No proof does.
pub(super) const LONGEST_PROOF: u64 = 1 << 20;

/// SHA-256 of the list of a published folder's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderDigest(pub [u8; 32]);

impl fmt::Display for FolderDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

/// The digest of a published folder, whose `book.json` has been read as `book`. Whether the book
/// holds is another question ([`super::verify()`]).
///
/// # Errors
/// When a file is missing or cannot be read, is no plain file, or is none that the book names.
pub fn folder_digest(folder: &Path, book: &PublicBook) -> Result<FolderDigest, VerifyError> {
    let proofs = book
        .batches
        .iter()
        .map(|b| format!("{PROOFS}/{}.bin", b.proof));
    let names = proofs.map(|name| (name, LONGEST_PROOF));
    let names = names.chain(FILES.map(|name| (name.to_owned(), LONGEST_TEXT)));
    // A map sorts by bytes, and two batches with one proof have one file.
    let names: BTreeMap<String, u64> = names.collect();
    no_others(folder, "", &names)?;
    no_others(&folder.join(PROOFS), &format!("{PROOFS}/"), &names)?;
    let mut list = Sha256::new();
    for (name, longest) in &names {
        let content = read_bounded(&folder.join(name), *longest)?;
        list.update(format!("{}  {name}\n", digest(&content)));
    }
    Ok(FolderDigest(list.finalize().into()))
}

/// Refuses what is in a folder and not in the list, and what is no plain file: where a link leads,
/// somebody else may decide.
fn no_others(folder: &Path, lead: &str, names: &BTreeMap<String, u64>) -> Result<(), VerifyError> {
    let failed = |e| FileError::io(folder, "read the folder", e);
    let is_folder = fs::symlink_metadata(folder).map_err(failed)?.is_dir();
    if !lead.is_empty() && !is_folder {
        return Err(foreign(folder, "is no folder"));
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{lead}{}", entry.file_name().to_string_lossy());
        if name == PROOFS {
            continue;
        }
        if !names.contains_key(&name) {
            return Err(foreign(
                &entry.path(),
                "is not named in the published book.json",
            ));
        }
        if !entry.file_type().map_err(failed)?.is_file() {
            return Err(foreign(&entry.path(), "is no plain file"));
        }
    }
    Ok(())
}

fn foreign(path: &Path, problem: &'static str) -> VerifyError {
    VerifyError::NotPublished {
        path: path.to_owned(),
        problem,
    }
}
