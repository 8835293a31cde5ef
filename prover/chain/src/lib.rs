//! Margin proofs on an EVM chain: a client of a node, the contracts' interface, and the parties
//! that act through it.
//!
//! | module | what |
//! |---|---|
//! | [`anvil`] | a local chain of its own, stopped when it is dropped |
//! | [`rpc`], [`node`] | JSON-RPC; calls, transactions, receipts, time |
//! | [`abi`], [`revert`] | the contracts' functions, events and errors |
//! | [`artifact`], [`deployment`] | compiled contracts and how they are put on a chain |
//! | [`binding`] | what ties a proof to a vault: scope, message, identity of an agreement |
//! | [`signer`] | who signs markets, and what parties of an agreement grant |
//! | [`keeper`] | what an agreement asks of its parties now, and by when |
//! | [`terms`] | terms of an agreement: file, meaning in words, and whether their verifiers work |
//! | [`publication`], [`record`] | what a proven book says on chain; what a venue put there |
//! | [`trader`] | who proves from a book |
//! | [`address`] | addresses as people write them |
//! | [`solidity`] | verifiers, generated from keys |
//! | [`reserves`] | what a venue holds on chains against what its book says it owes |
//!
//! Transactions are sent from accounts that the node holds the keys of, as local chains do.

#[allow(missing_docs)]
pub mod abi;
pub mod address;
pub mod anvil;
pub mod artifact;
pub mod binding;
pub mod deployment;
pub mod error;
pub mod keeper;
pub mod node;
pub mod publication;
pub mod record;
#[cfg(feature = "proofs")]
pub mod reserves;
pub mod revert;
pub mod rpc;
pub mod signer;
pub mod solidity;
pub mod terms;
#[cfg(feature = "proofs")]
pub mod trader;

pub use error::ChainError;
