//! Distributed proving: batches go to workers on other machines through NATS JetStream.
//!
//! One process, the coordinator ([`run`]), knows the accounts. Any number of worker processes
//! ([`work`]) prove. They meet at a broker, which neither of them has to trust:
//!
//! | what | where | content |
//! |---|---|---|
//! | jobs | stream `ZKMARGIN_BOOK_JOBS`, subject `zkmargin.book.job.<book>.<input>` | batch number and digests; a work queue, one message per job |
//! | inputs | object store `zkmargin-book`, `input.<book>.<input>` | private accounts, encrypted |
//! | contexts, outputs | object store `zkmargin-book`, `context.<sha256>`, `output.<sha256>` | public, named by their content |
//! | results | key-value bucket `zkmargin-book-results`, key `<book>.<input>` | digest of the output, or why there is none |
//! | dead letters | stream `ZKMARGIN_BOOK_DEAD`, subject `zkmargin.book.dead.<book>.<input>` | the job, and a class of error that tells nothing of its accounts |
//!
//! # What holds however it is interrupted
//!
//! - **A job is acknowledged only once its output is stored and recorded.** A worker that ends
//!   before that leaves the job in the queue; after [`Options::ack_wait`] another gets it.
//! - **A job is proven once.** The queue holds one message per input; publishing a second is
//!   refused. A worker that gets a job whose output is recorded checks that output and is done. Of
//!   two that prove the same job the first to record its output counts: records are written by
//!   compare-and-set.
//! - **Nothing stored is believed.** The coordinator checks every output's digest and then proof
//!   before it takes it; a bad one is discarded and its job queued again. The identifier that
//!   JetStream removes duplicates by holds the revision of the job's record, so that the new job
//!   is no duplicate of the old.
//! - **A broker may lose power.** nats-server then forgets its last moments: a batch that was being
//!   proven may be given to a second worker, and messages may be stuck, which the coordinator
//!   notices and replaces. Outputs and their order of precedence are not affected.
//! - **A batch that cannot be proven does not block others.** It is tried [`MAX_TRIES`] times, then
//!   it becomes a dead letter and the coordinator reports it. The next run tries it again.
//! - **A broker that is away or full is waited for**, for [`Options::patience`]; the person at the
//!   terminal is told what is full and what to do.
//!
//! Why inputs are encrypted, and how: [`secret`].

mod attempt;
mod broker;
mod coordinator;
pub mod error;
mod hand;
mod names;
mod notice;
mod object;
mod publisher;
mod record;
mod rescue;
pub mod secret;
mod task;
mod worker;

use std::sync::Arc;

pub use super::store::digest;
pub use broker::Options;
pub use coordinator::{clear, run, Event, Failure, Outcome, Plan};
pub use error::QueueError;
pub use hand::{WorkerEvent, WorkerReport, MAX_TRIES};
pub use names::{DEAD_STREAM, DEAD_SUBJECTS, JOBS_STREAM, JOBS_SUBJECTS, OBJECTS, RESULTS};
pub use notice::Notice;
pub use secret::Key;
pub use task::{Task, MAX_DELIVERIES};
pub use worker::{work, WorkerOptions};

/// What is done with a batch. Both methods use the processor for seconds or minutes.
pub trait Work: Send + Sync + 'static {
    /// Makes the output for an input.
    ///
    /// # Errors
    /// In words for whoever runs the worker: they go to no broker.
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, String>;

    /// Checks that an output is right for the batch.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    fn verify(&self, number: u32, input_digest: &str, output: &[u8]) -> Result<(), String>;
}

/// Makes the work of a public context: policy, market, ratio, size. A worker keeps the last one.
pub type Factory = Arc<dyn Fn(&[u8]) -> Result<Arc<dyn Work>, String> + Send + Sync>;

/// Reads the input of a job when it is needed.
pub(crate) type Loader = Arc<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>;

/// A batch to prove.
#[derive(Clone)]
pub struct Job {
    /// Number of the batch in its book.
    pub number: u32,
    /// [`digest`] of the input. The broker sees it: the input has to hold something that cannot be
    /// guessed, as the salts of accounts are.
    pub input_digest: String,
    /// Reads the input, which must have this digest.
    pub input: Loader,
}

/// A runtime for the connection to the broker; proofs run on threads of their own.
fn runtime() -> Result<tokio::runtime::Runtime, QueueError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("zkmargin-queue")
        .enable_all()
        .build()
        .map_err(|error| QueueError::System(error.to_string()))
}

/// Runs what needs the processor on a thread of its own; a panic there becomes an error.
async fn heavy<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => {
            Err("the program panicked; its standard error says where".to_owned())
        }
        Err(_) => Err("the program is shutting down".to_owned()),
    }
}
