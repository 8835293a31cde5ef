//! Batches proven by workers on other machines: what [`super::queue`] carries.
//!
//! A worker gets policy, market, ratio and shape as a public context and derives the keys from them
//! itself, with a setup of its own. What it returns is checked by the coordinator as if a stranger
//! had sent it: the proof, and that it is about this batch of this book.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zkmargin_engine::file::read_text;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::format_element;
use zkmargin_keys::setup::Setup;

use super::batch_prover::BatchProver;
use super::error::BookError;
use super::folder::Book;
use super::manifest::Batch;
use super::plan::shape;
use super::prove::{input, BatchProve};
use super::queue::{digest, Factory, Job, Plan, Work};

/// No market or policy comes near this many bytes.
const LONGEST_TEXT: u64 = 64 << 20;

/// What a worker needs to know, and anyone may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    policy: String,
    market: String,
    ratio: u16,
    k: u32,
}

/// Reads the powers of a setup of `2^k` rows.
pub(crate) type Powers = Arc<dyn Fn(u32) -> Result<Setup, String> + Send + Sync>;

/// Proofs of batches as work of a queue.
struct BatchWork {
    prover: Arc<BatchProver>,
    /// Known to the coordinator alone.
    batches: Vec<Batch>,
}

impl Work for BatchWork {
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, String> {
        BatchProve::prove(self.prover.as_ref(), input).map_err(|error| error.to_string())
    }

    fn verify(&self, number: u32, _: &str, output: &[u8]) -> Result<(), String> {
        let check = || -> Result<(), BookError> {
            let statement = BatchProve::verify(self.prover.as_ref(), output)?;
            match self.batches.get(number as usize) {
                Some(batch) => batch.check(&statement),
                None => Ok(()),
            }
        };
        check().map_err(|error| error.to_string())
    }
}

/// The coordinator's side of the work: it knows what the proof of every batch must say.
pub fn work(book: &Book, prover: Arc<BatchProver>) -> Arc<dyn Work> {
    let batches = book.manifest.batches.clone();
    Arc::new(BatchWork { prover, batches })
}

/// What is to be proven by workers: the given batches of a book.
///
/// # Errors
/// When market or policy of the book cannot be read.
pub fn plan<'b>(
    book: &Arc<Book>,
    missing: impl Iterator<Item = &'b Batch>,
) -> Result<Plan, BookError> {
    let text = |name: &str| read_text(&book.folder.path().join(name), LONGEST_TEXT);
    let context = Context {
        policy: text("policy.toml")?,
        market: text("market.json")?,
        ratio: book.manifest.ratio,
        k: book.manifest.k,
    };
    // A struct of strings and numbers always serialises.
    let context = serde_json::to_vec(&context).unwrap_or_default();
    let name = format!(
        "{} {}",
        format_element(&book.manifest.root),
        digest(&context)
    );
    let job = |batch: &Batch| {
        let (book, batch) = (book.clone(), batch.clone());
        Job {
            number: batch.number as u32,
            input_digest: batch.input.clone(),
            input: Arc::new(move || input(&book, &batch).map_err(|error| error.to_string())),
        }
    };
    Ok(Plan {
        book: digest(name.as_bytes())[..32].to_owned(),
        jobs: missing.map(job).collect(),
        context,
    })
}

/// The worker's side: keys from the context, once for each book.
pub fn factory(powers: Powers) -> Factory {
    Arc::new(move |bytes: &[u8]| {
        let context: Context = serde_json::from_slice(bytes)
            .map_err(|error| format!("the context of the book is malformed: {error}"))?;
        let policy = Policy::from_toml(&context.policy, "policy of the book")
            .map_err(|error| error.to_string())?;
        let market = Market::from_json(&context.market, "market of the book", &policy)
            .map_err(|error| error.to_string())?;
        let shape = shape(context.k, &policy).map_err(|error| error.to_string())?;
        let setup = powers(context.k)?;
        let prover = BatchProver::new(&setup, &policy, &market, context.ratio, shape)
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(BatchWork {
            prover: Arc::new(prover),
            batches: Vec::new(),
        }) as Arc<dyn Work>)
    })
}
