//! What can go wrong with a chain.

use std::path::PathBuf;

use super::revert::Reverted;

/// Why something was not done on a chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A program is not installed.
    #[error(
        "{tool} was not found: {looked}\n\
         hint: `npm ci --prefix contracts --ignore-scripts` (needs the packages nodejs and npm)"
    )]
    ToolMissing {
        /// Name of the program.
        tool: &'static str,
        /// Where it was looked for.
        looked: String,
    },
    /// A program ended early or could not be started.
    #[error("{tool}: {problem}\nhint: {hint}")]
    ToolFailed {
        /// The program.
        tool: String,
        /// What happened.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// A contract has not been compiled.
    #[error("{path}: {problem}\nhint: run `tools/forge build` in the folder of the contracts")]
    Artifact {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No contract verifies this size.
    #[error(
        "contracts/src/generated has no verifier for the size {0}\n\
         hint: take a smaller account, or `zkmargin export solidity` one and build it"
    )]
    NoVerifier(&'static str),
    /// The contract was generated from another key.
    #[error(
        "the verifier contract has the key {found}, this program has {wanted}\n\
         hint: generate it again with `zkmargin export solidity`, and run `tools/forge build`"
    )]
    OtherKey {
        /// Digest in the contract.
        found: String,
        /// Digest of the program's key.
        wanted: String,
    },
    /// The node cannot be reached.
    #[error("{url}: {problem}\nhint: check that the node runs and listens there")]
    Unreachable {
        /// Where the node should be.
        url: String,
        /// What happened.
        problem: String,
    },
    /// The node refused a request.
    #[error("{method}: the node refused: {problem}\nhint: check what answers there: a node of the chain is wanted, anvil 1.x where it is local")]
    Refused {
        /// Method of JSON-RPC.
        method: String,
        /// What it said.
        problem: String,
    },
    /// The node gave an answer of another form.
    #[error("{method}: an answer that cannot be read: {problem}\nhint: check that the node is anvil 1.x")]
    Answer {
        /// Method of JSON-RPC.
        method: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A contract refused.
    #[error(transparent)]
    Reverted(#[from] Box<Reverted>),
    /// Nothing can be signed with such a key.
    #[error("a secret key of zero or beyond the group order\nhint: take 32 random bytes")]
    SecretKey,
}

impl ChainError {
    /// What a contract said, where it was one that refused.
    pub fn reverted(&self) -> Option<&Reverted> {
        match self {
            ChainError::Reverted(reverted) => Some(reverted),
            _ => None,
        }
    }

    pub(crate) fn answer(method: &str, problem: impl ToString) -> Self {
        ChainError::Answer {
            method: method.to_owned(),
            problem: problem.to_string(),
        }
    }
}
