//! Which options the hint of a library is about. Libraries speak their own words and name none.

use std::fmt::Display;

use zkmargin_chain::solidity::SolidityError;
use zkmargin_circuits::book::BatchError;
use zkmargin_circuits::margin::witness::WitnessError;
use zkmargin_prover::book::error::REBUILD;
use zkmargin_prover::book::folder::NOTHING_BEGUN;
use zkmargin_prover::book::BookError;
use zkmargin_prover::error::ProverError;
use zkmargin_verifier::error::VerifyError;

/// What an error's hint is about, as it is written on the command line.
pub(crate) trait Options {
    /// The options; empty where the hint is about none.
    fn options(&self) -> &'static str;
}

/// An error, whose message ends with its hint, and the options that the hint is about.
pub(crate) fn with_options(error: &(impl Display + Options)) -> String {
    match error.options() {
        "" => error.to_string(),
        options => format!("{error} ({options})"),
    }
}

impl Options for BookError {
    fn options(&self) -> &'static str {
        match self {
            BookError::Batch(error) => error.options(),
            BookError::Prover(error) => error.options(),
            BookError::OtherBook { .. } => "without --resume",
            BookError::OpenInterest { .. } => "--inventory",
            BookError::TooFew { .. } => "--at-least, --force",
            BookError::Shrunk { .. } | BookError::Before { .. } => "--force",
            BookError::Threads(_) => "--jobs",
            BookError::NoAccount { .. } => "--index, --customer",
            BookError::Folder { hint, .. } if *hint == REBUILD => "`zkmargin book build --resume`",
            BookError::Folder { hint, .. } if *hint == NOTHING_BEGUN => "without --resume",
            _ => "",
        }
    }
}

impl Options for ProverError {
    fn options(&self) -> &'static str {
        match self {
            ProverError::Batch(error) => error.options(),
            ProverError::Witness(WitnessError::TooLarge { .. }) => "--size auto",
            _ => "",
        }
    }
}

impl Options for BatchError {
    fn options(&self) -> &'static str {
        match self {
            BatchError::Market { .. } | BatchError::Assets { .. } => "--k",
            _ => "",
        }
    }
}

impl Options for SolidityError {
    fn options(&self) -> &'static str {
        match self {
            SolidityError::Insecure => "--insecure",
            _ => "",
        }
    }
}

impl Options for VerifyError {
    fn options(&self) -> &'static str {
        match self {
            VerifyError::OtherPolicy { .. } => "--policy",
            VerifyError::OtherBatchKey { .. } => "--batch",
            _ => "",
        }
    }
}
