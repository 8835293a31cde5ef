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
use zkmargin_engine::file::{read_bounded, read_text, FileError};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use super::public::LONGEST_PROOF;
use super::{digest, PublicBook};
use crate::error::VerifyError;

/// Files of every published folder, beside the proofs.
const FILES: [&str; 3] = ["book.json", "market.json", "policy.toml"];
/// Folder of the proofs.
const PROOFS: &str = "proofs";
/// No text file of a published folder comes near this many bytes.
const LONGEST_TEXT: u64 = 64 << 20;

/// SHA-256 of the list of a published folder's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderDigest(pub [u8; 32]);

impl fmt::Display for FolderDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

/// The text files of a published folder, and what they say.
pub(super) struct Contents {
    pub policy: Policy,
    pub market: Market,
    pub book: PublicBook,
    /// In the order of `FILES`.
    texts: [String; 3],
}

impl Contents {
    pub fn read(folder: &Path) -> Result<Self, VerifyError> {
        let text = |name: &str| -> Result<(String, String), VerifyError> {
            let path = folder.join(name);
            Ok((read_text(&path, LONGEST_TEXT)?, path.display().to_string()))
        };
        let [book, market, policy] = FILES.map(text);
        let (policy_text, file) = policy?;
        let policy = Policy::from_toml(&policy_text, &file)?;
        let (market_text, file) = market?;
        let market = Market::from_json(&market_text, &file, &policy)?;
        let (book_text, file) = book?;
        let book = PublicBook::from_json(&book_text, &file, (&market, &policy))?;
        Ok(Contents {
            policy,
            market,
            book,
            texts: [book_text, market_text, policy_text],
        })
    }
}

/// The digest of a published folder, whose `book.json` has been read as `book`. Whether the book
/// holds is another question ([`super::verify()`]).
///
/// What is hashed is what the book is: the three files are read again from the bytes that go into the
/// digest, and proofs have the content that names them. So a folder that shows something else the second
/// time, or lies beside a market or a policy of another book, has no digest.
///
/// # Errors
/// When a file is missing or cannot be read, is no plain file, is none that the book names, or is not
/// of this book.
pub fn folder_digest(folder: &Path, book: &PublicBook) -> Result<FolderDigest, VerifyError> {
    let proofs = book.batches.iter().map(|batch| proof_file(&batch.proof));
    let names = proofs.map(|name| (name, LONGEST_PROOF));
    let names = names.chain(FILES.map(|name| (name.to_owned(), LONGEST_TEXT)));
    // A map sorts by bytes, and two batches with one proof have one file.
    let names: BTreeMap<String, u64> = names.collect();
    no_others(folder, "", &names)?;
    no_others(&folder.join(PROOFS), &format!("{PROOFS}/"), &names)?;
    let Contents {
        policy,
        market,
        book: again,
        texts,
    } = Contents::read(folder)?;
    for (name, fits, problem) in [
        (
            FILES[2],
            policy.digest() == book.policy,
            "is not the policy of the book",
        ),
        (
            FILES[1],
            market.digest() == book.market,
            "is not the market of the book",
        ),
        (
            FILES[0],
            again == *book,
            "was another when it was read before",
        ),
    ] {
        if !fits {
            return Err(foreign(&folder.join(name), problem));
        }
    }
    let mut list = Sha256::new();
    for (name, longest) in &names {
        let text = FILES.iter().position(|file| file == name);
        let content = match text {
            Some(text) => digest(texts[text].as_bytes()),
            None => {
                let path = folder.join(name);
                let content = digest(&read_bounded(&path, *longest)?);
                if *name != proof_file(&content) {
                    return Err(foreign(&path, "is not the proof that its name says"));
                }
                content
            }
        };
        list.update(format!("{content}  {name}\n"));
    }
    Ok(FolderDigest(list.finalize().into()))
}

fn proof_file(digest: &str) -> String {
    format!("{PROOFS}/{digest}.bin")
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
