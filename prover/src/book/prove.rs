//! Proofs of all batches on this machine, and what is published from them.
//!
//! A proof is stored under the digest of its batch's input, when it is complete and checked. A run
//! that was interrupted goes on with what is missing; a stored proof that was damaged, or is of
//! another build, counts as missing.

use rayon::prelude::*;
use zkmargin_engine::book::{BatchStatement, InstrumentTable};
use zkmargin_engine::file::{read_bounded, read_text, write_atomic};
use zkmargin_verifier::book::{add_up, check, BatchProof, PublicBatch, PublicBook};
use zkmargin_verifier::error::FieldError;

use super::batch_prover::BatchProver;
use super::encoding;
use super::error::{BookError, REBUILD};
use super::folder::Book;
use super::jobs::Jobs;
use super::manifest::Batch;
use super::store::{make_folder, Store};

/// No input comes near this many bytes.
const LONGEST_INPUT: u64 = 1 << 30;
/// No stored proof does.
const LONGEST_PROOF: u64 = 64 << 20;

/// What proves batches.
pub trait BatchProve: Send + Sync {
    /// The file of statement and proof ([`BatchProof`]) for a batch's input ([`encoding`]).
    ///
    /// # Errors
    /// When the input is no batch, or cannot be proven.
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, BookError>;

    /// The statement of such a file whose proof holds.
    ///
    /// # Errors
    /// When it is no such file, or the proof does not hold.
    fn verify(&self, output: &[u8]) -> Result<BatchStatement, BookError>;
}

impl BatchProve for BatchProver {
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, BookError> {
        let input = encoding::decode(input).map_err(|e| {
            let (field, hint) = (
                format!("byte {}", e.offset),
                "run `zkmargin book build` again",
            );
            FieldError::new("input of a batch", &field, e.problem, hint)
        })?;
        let (statement, proof, _) = BatchProver::prove(self, &input)?;
        Ok(BatchProof { statement, proof }.to_bytes())
    }

    fn verify(&self, output: &[u8]) -> Result<BatchStatement, BookError> {
        let BatchProof { statement, proof } = BatchProof::from_bytes(output, "proof of a batch")?;
        self.verifier().verify(&statement, &proof)?;
        Ok(statement)
    }
}

/// How a batch stands.
#[derive(Debug)]
pub enum State {
    /// Its proof is stored and holds.
    Proven(Box<BatchStatement>),
    /// It has no proof.
    Missing,
    /// What is stored is not its proof.
    Unusable(BookError),
}

/// How every batch stands. Proofs are checked in parallel.
pub fn states(book: &Book, prover: &dyn BatchProve) -> Vec<State> {
    let state = |batch: &Batch| {
        let path = book.folder.proof_path(&batch.input);
        if !path.exists() {
            return State::Missing;
        }
        let bytes = read_bounded(&path, LONGEST_PROOF).map_err(BookError::from);
        let statement = bytes.and_then(|bytes| prover.verify(&bytes));
        let checked = statement.and_then(|s| batch.check(&s).map(|()| s));
        checked.map_or_else(State::Unusable, |s| State::Proven(Box::new(s)))
    };
    book.manifest.batches.par_iter().map(state).collect()
}

/// The input of a batch, as it was built.
///
/// # Errors
/// When it cannot be read or is damaged.
pub(crate) fn input(book: &Book, batch: &Batch) -> Result<Vec<u8>, BookError> {
    let inputs = book.folder.inputs();
    inputs.get(&batch.input, LONGEST_INPUT)?.ok_or_else(|| {
        BookError::folder(
            &inputs.path(&batch.input),
            "the file is not what its name says",
            REBUILD,
        )
    })
}

/// Stores the proof of a batch that holds and is the one expected.
///
/// # Errors
/// When it is not, or cannot be written.
pub fn store(
    book: &Book,
    batch: &Batch,
    prover: &dyn BatchProve,
    output: &[u8],
) -> Result<(), BookError> {
    batch.check(&prover.verify(output)?)?;
    write_atomic(&book.folder.proof_path(&batch.input), output)?;
    Ok(())
}

/// What happens while batches are proven.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many batches, of which so many have a proof already.
    Start {
        /// Batches.
        batches: usize,
        /// Batches with a proof.
        proven: usize,
    },
    /// A stored proof is not used.
    Discarded {
        /// Number of the batch.
        number: usize,
        /// Why.
        why: &'a BookError,
    },
    /// A batch has been proven, and its proof stored.
    Proven {
        /// Number of the batch.
        number: usize,
        /// Its accounts.
        accounts: u64,
    },
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Batches of the book.
    pub batches: usize,
    /// Those that had a proof before.
    pub before: usize,
    /// Those that were proven now.
    pub proven: usize,
}

/// Proves every batch that has no valid proof, several at the same time. What is proven, and what is
/// published from it, does not depend on how many.
///
/// # Errors
/// When a batch cannot be proven, or a file not be read or written: then those being proven are
/// finished, and no other is begun. Proofs stored before stay.
pub fn run(
    book: &Book,
    prover: &dyn BatchProve,
    jobs: &Jobs,
    progress: &dyn Fn(Event<'_>),
) -> Result<Summary, BookError> {
    make_folder(&book.folder.proofs(), false)?;
    let states = states(book, prover);
    let done = |state: &&State| matches!(state, State::Proven(_));
    let before = states.iter().filter(done).count();
    let batches = states.len();
    progress(Event::Start {
        batches,
        proven: before,
    });
    let mut missing = Vec::with_capacity(batches - before);
    for (batch, state) in book.manifest.batches.iter().zip(&states) {
        let number = batch.number;
        match state {
            State::Proven(_) => continue,
            State::Missing => {}
            State::Unusable(why) => progress(Event::Discarded { number, why }),
        }
        missing.push(batch);
    }
    let prove = |batch: &&Batch| {
        let output = prover.prove(&input(book, batch)?)?;
        store(book, batch, prover, &output)
    };
    let mut proven = 0;
    jobs.each(&missing, prove, |batch| {
        proven += 1;
        progress(Event::Proven {
            number: batch.number,
            accounts: batch.accounts,
        });
    })?;
    Ok(Summary {
        batches,
        before,
        proven,
    })
}

/// Writes what is published, when every batch has a proof.
///
/// # Errors
/// When proofs are missing or do not belong together, or a file cannot be written.
pub fn publish(book: &Book, table: &InstrumentTable) -> Result<PublicBook, BookError> {
    let manifest = &book.manifest;
    let folder = &book.folder;
    let public = folder.public();
    make_folder(&public, false)?;
    let proofs = Store::new(public.join("proofs"), "bin", false);
    proofs.create()?;
    let mut batches = Vec::with_capacity(manifest.batches.len());
    let missing = |batch: &&Batch| !folder.proof_path(&batch.input).exists();
    let missing = manifest.batches.iter().filter(missing).count();
    if missing > 0 {
        let batches = manifest.batches.len();
        return Err(BookError::Missing { missing, batches });
    }
    for batch in &manifest.batches {
        let path = folder.proof_path(&batch.input);
        let bytes = read_bounded(&path, LONGEST_PROOF)?;
        let stored = BatchProof::from_bytes(&bytes, &path.display().to_string())?;
        batch.check(&stored.statement)?;
        batches.push(PublicBatch {
            proof: proofs.put(&stored.proof)?.digest,
            statement: stored.statement,
        });
    }
    let statements: Vec<&BatchStatement> = batches.iter().map(|b| &b.statement).collect();
    let wrong = |problem: String| {
        let hint = "run `zkmargin book build` and `zkmargin book prove` again";
        BookError::folder(folder.path(), problem, hint)
    };
    let (totals, assets) = add_up(&statements).map_err(|fault| wrong(fault.to_string()))?;
    let published = PublicBook {
        number: manifest.number,
        time: book.market.time().into(),
        cut_off: manifest.cut_off,
        policy: manifest.policy,
        market: manifest.market,
        root: manifest.root,
        count: manifest.count,
        ratio: manifest.ratio,
        k: manifest.k,
        totals,
        assets,
        inventory: manifest.inventory.clone(),
        batches,
    };
    if let Some(fault) = check(&published, &book.market, table).first() {
        return Err(wrong(fault.to_string()));
    }
    for name in ["market.json", "policy.toml"] {
        let text = read_text(&folder.path().join(name), 64 << 20)?;
        write_atomic(&public.join(name), text.as_bytes())?;
    }
    let named: Vec<&str> = published.batches.iter().map(|b| b.proof.as_str()).collect();
    // Proofs of an earlier book are of no use to anyone.
    proofs.keep(&named)?;
    let text = published.to_json(&book.policy);
    write_atomic(&public.join("book.json"), text.as_bytes())?;
    folder.forget_others(manifest)?;
    Ok(published)
}
