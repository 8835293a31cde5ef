//! The error type of this crate: why nobody could tell. A definite no is a [`No`].

use std::path::PathBuf;

use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::file::FileError;

use crate::no::No;
use crate::protocol::ProtocolError;

/// A field of a file cannot be used. No secret is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {problem}\nhint: {hint}")]
pub struct FieldError {
    /// The file.
    pub file: String,
    /// The field by its path.
    pub field: String,
    /// What is wrong, with the value where it may be shown.
    pub problem: String,
    /// What to do.
    pub hint: &'static str,
}

impl FieldError {
    /// A field that cannot be used.
    pub fn new(file: &str, field: &str, problem: impl ToString, hint: &'static str) -> Self {
        FieldError {
            file: file.to_owned(),
            field: field.to_owned(),
            problem: problem.to_string(),
            hint,
        }
    }
}

/// Why there is no verdict; with [`VerifyError::No`], the verdict itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A definite no.
    #[error(transparent)]
    No(#[from] No),
    /// A bundle, packet or published book is malformed.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A policy or a market is wrong.
    #[error(transparent)]
    Engine(Box<EngineError>),
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key as a file is malformed.
    #[error("{file}: {fault}")]
    Protocol {
        /// File name.
        file: String,
        /// What is wrong with it.
        fault: ProtocolError,
    },
    /// The program holds no key of this policy and size.
    #[error(
        "no key of policy {policy} and size {size} is in the program\nhint: name a protocol file; \
         `zkmargin export protocol` writes one"
    )]
    NoKey {
        /// Name of the policy.
        policy: String,
        /// Size of the bundle.
        size: &'static str,
    },
    /// A file of one kind where another is wanted.
    #[error("{file}: {found}, and {wanted} is wanted here\nhint: {hint}")]
    OtherFile {
        /// The file.
        file: String,
        /// What it is, in a sentence.
        found: String,
        /// What it should be.
        wanted: &'static str,
        /// What to do.
        hint: String,
    },
    /// A folder in which no book is published.
    #[error("{folder}: {problem}\nhint: {hint}")]
    NoBook {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do.
        hint: String,
    },
    /// Something in a published folder that is no part of what is published.
    #[error(
        "{}: {problem}, so the folder has no digest\nhint: a published folder has book.json, \
         market.json, policy.toml and the proofs that book.json names, as plain files; take \
         anything else out of it",
        path.display()
    )]
    NotPublished {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The key is no key of margin proofs.
    #[error("{file}: the key has {found}, a margin proof has {wanted}\nhint: this is another kind of key; `zkmargin export protocol` writes one of margin proofs")]
    OtherKind {
        /// File name.
        file: String,
        /// What it has.
        found: String,
        /// What it must have.
        wanted: &'static str,
    },
    /// The key is no key of the batches that are to be verified.
    #[error("{file}: the key is {found}, and {wanted} is wanted here\nhint: `zkmargin export protocol` writes keys of batches too; `book.json` has their k")]
    OtherBatchKey {
        /// File name.
        file: String,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: String,
    },
    /// The key is another one than the verifier knows.
    #[error(
        "{file}: the key's digest is {found}, not {wanted} as was asked for\nhint: take the file \
         whose digest is published, or look up the digest again; other keys have other digests"
    )]
    OtherDigest {
        /// File name.
        file: String,
        /// Digest of the key.
        found: String,
        /// Digest asked for.
        wanted: String,
    },
    /// The proof is about another policy than the one given.
    #[error(
        "{file}: statement.policy = {found}: not the policy {policy}, which is {wanted}\n\
         hint: name the policy that the proof was made for"
    )]
    OtherPolicy {
        /// The proof bundle.
        file: String,
        /// Digest in the bundle.
        found: String,
        /// Name of the policy given.
        policy: String,
        /// Its digest.
        wanted: String,
    },
    /// The value of an option cannot be used.
    #[error("--{option} {value}: {problem}\nhint: {hint}")]
    Option {
        /// Name of the option without dashes.
        option: &'static str,
        /// The value given.
        value: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        hint: String,
    },
}

impl From<EngineError> for VerifyError {
    fn from(error: EngineError) -> Self {
        VerifyError::Engine(Box::new(error))
    }
}
