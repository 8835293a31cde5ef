//! The book of a venue: proofs for all its accounts, batch by batch.
//!
//! The flow: [`read`] accounts → [`build`] a [`folder`] of batches → [`prove`] each → what
//! is published → [`zkmargin_verifier::book`] checks it. A customer gets a packet from
//! [`mod@include`].
//!
//! | module | what |
//! |---|---|
//! | [`read`] | accounts from JSON lines or CSV, in parallel and streaming |
//! | [`encoding`] | binary form of a batch's accounts and of what its masks are made of |
//! | [`store`] | private and content-addressed files |
//! | [`folder`], [`manifest`] | layout of a book's folder; what it says that it holds |
//! | `salts`, `secrets`, `customers`, `entries`, `spool` | what a build draws, keeps private, and holds until batches are cut |
//! | [`build`], [`plan`] | accounts to leaves, batches, masks; what a build may replace |
//! | [`batch_prover`], [`prove`], [`jobs`] | proofs of batches; which are missing; how many at a time |
//! | [`queue`], [`remote`] | the same on other machines, through NATS JetStream |
//! | [`mod@include`] | packets for customers |
//! | [`lock`] | one at a time in a folder |
//! | [`run`] | a venue's books, one after the other: what a run may be killed in and goes on with |

pub mod batch_prover;
mod before;
pub mod build;
mod customers;
pub mod encoding;
mod entries;
pub mod error;
pub mod folder;
mod fresh;
pub mod include;
pub mod jobs;
pub mod lock;
pub mod manifest;
mod memory;
pub mod plan;
pub mod prove;
pub mod queue;
pub mod read;
pub mod remote;
pub mod request;
pub mod run;
mod salts;
mod secrets;
mod spool;
pub mod store;

pub use error::BookError;
