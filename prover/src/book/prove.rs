//! Proofs of all batches on this machine, and what is published from them.
//!
//! A proof is stored under the digest of its batch's input, when it is complete and checked. A run
//! that was interrupted goes on with what is missing; a stored proof that was damaged, or is of
//! another build, counts as missing.

use rayon::prelude::*;
use zkmargin_engine::book::statement::block_root;
use zkmargin_engine::book::{inventory_digest, BatchStatement, InstrumentTable, BLOCK};
use zkmargin_engine::file::{read_bounded, read_text, write_atomic};
use zkmargin_engine::Fr;
use zkmargin_verifier::book::{add_up, check, BatchProof, PublicBatch, PublicBook};
use zkmargin_verifier::error::FieldError;

use super::encoding;
use super::engine::BatchProver;
use super::error::BookError;
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

/// What the proof of a batch must say, as far as it is known without its accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Number of the batch.
    pub number: usize,
    /// Digest of the policy.
    pub policy: Fr,
    /// Digest of the market.
    pub market: Fr,
    /// Root of the book.
    pub book: Fr,
    /// Digest of what the venue holds itself.
    pub inventory: Fr,
    /// Ratio in basis points.
    pub ratio: u16,
    /// Index of the first account.
    pub first: u64,
    /// Accounts.
    pub accounts: u64,
    /// Roots of its blocks.
    pub roots: Vec<Fr>,
}

impl Expected {
    /// What the proofs of a book must say, batch by batch.
    ///
    /// # Errors
    /// When the leaves are not those of the book.
    pub fn of(book: &Book) -> Result<Vec<Expected>, BookError> {
        let leaves = book.folder.leaves()?;
        let expected = |batch: &Batch| {
            let first = usize::try_from(batch.first).ok()?;
            let end = first.checked_add(usize::try_from(batch.accounts).ok()?)?;
            let blocks = leaves.get(first..end)?.par_chunks(BLOCK);
            let mut roots: Vec<Fr> = blocks.map(block_root).collect();
            if roots.is_empty() {
                roots.push(block_root(&[]));
            }
            Some(Expected {
                number: batch.number,
                policy: book.manifest.policy,
                market: book.manifest.market,
                book: book.manifest.root,
                inventory: inventory_digest(&book.manifest.inventory),
                ratio: book.manifest.ratio,
                first: batch.first,
                accounts: batch.accounts,
                roots,
            })
        };
        let all = book.manifest.batches.iter().map(expected);
        all.collect::<Option<Vec<Expected>>>().ok_or_else(|| {
            BookError::folder(
                &book.folder.leaves_path(),
                "fewer leaves than the batches have accounts",
                "run `zkmargin book build --resume` with the same files",
            )
        })
    }

    /// Whether a statement is that of the batch.
    ///
    /// # Errors
    /// What is another.
    pub fn check(&self, statement: &BatchStatement) -> Result<(), BookError> {
        let differs = [
            ("policy", statement.policy != self.policy),
            ("market", statement.market != self.market),
            ("book", statement.book != self.book),
            ("ratio", statement.ratio != self.ratio),
            ("inventory", statement.inventory != self.inventory),
            ("first account", statement.first != self.first),
            (
                "number of accounts",
                statement.totals.accounts != self.accounts,
            ),
            ("roots", statement.roots != self.roots),
        ];
        match differs.into_iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((what, _)) => Err(BookError::Proof {
                number: self.number,
                problem: format!("the stored proof has another {what}"),
            }),
        }
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
///
/// # Errors
/// When the leaves cannot be read.
pub fn states(book: &Book, prover: &dyn BatchProve) -> Result<Vec<State>, BookError> {
    let expected = Expected::of(book)?;
    let state = |(batch, expected): (&Batch, &Expected)| {
        let path = book.folder.proof_path(&batch.input);
        if !path.exists() {
            return State::Missing;
        }
        let bytes = read_bounded(&path, LONGEST_PROOF).map_err(BookError::from);
        let statement = bytes.and_then(|bytes| prover.verify(&bytes));
        let checked = statement.and_then(|s| expected.check(&s).map(|()| s));
        checked.map_or_else(State::Unusable, |s| State::Proven(Box::new(s)))
    };
    let batches = book.manifest.batches.par_iter();
    Ok(batches.zip(&expected).map(state).collect())
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
            "run `zkmargin book build --resume` with the same files; proofs that still fit are kept",
        )
    })
}

/// Stores the proof of a batch that holds and is the one expected.
///
/// # Errors
/// When it is not, or cannot be written.
pub fn store(
    book: &Book,
    expected: &Expected,
    prover: &dyn BatchProve,
    output: &[u8],
) -> Result<(), BookError> {
    expected.check(&prover.verify(output)?)?;
    let batch = &book.manifest.batches[expected.number];
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
    let expected = Expected::of(book)?;
    let states = states(book, prover)?;
    let done = |state: &&State| matches!(state, State::Proven(_));
    let before = states.iter().filter(done).count();
    let batches = states.len();
    progress(Event::Start {
        batches,
        proven: before,
    });
    let mut missing = Vec::with_capacity(batches - before);
    for ((batch, expected), state) in book.manifest.batches.iter().zip(&expected).zip(&states) {
        let number = batch.number;
        match state {
            State::Proven(_) => continue,
            State::Missing => {}
            State::Unusable(why) => progress(Event::Discarded { number, why }),
        }
        missing.push((batch, expected));
    }
    let prove = |(batch, expected): &(&Batch, &Expected)| {
        let output = prover.prove(&input(book, batch)?)?;
        store(book, expected, prover, &output)
    };
    let mut proven = 0;
    jobs.each(&missing, prove, |(batch, _)| {
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
    let (folder, expected) = (&book.folder, Expected::of(book)?);
    let public = folder.public();
    make_folder(&public, false)?;
    let proofs = Store::new(public.join("proofs"), "bin", false);
    proofs.create()?;
    let mut batches = Vec::with_capacity(expected.len());
    let missing = |batch: &&Batch| !folder.proof_path(&batch.input).exists();
    let missing = manifest.batches.iter().filter(missing).count();
    if missing > 0 {
        let batches = manifest.batches.len();
        return Err(BookError::Missing { missing, batches });
    }
    for (batch, expected) in manifest.batches.iter().zip(&expected) {
        let path = folder.proof_path(&batch.input);
        let bytes = read_bounded(&path, LONGEST_PROOF)?;
        let stored = BatchProof::from_bytes(&bytes, &path.display().to_string())?;
        expected.check(&stored.statement)?;
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
    let (totals, assets) =
        add_up(&statements).map_err(|what| wrong(format!("the sum of {what} overflows")))?;
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
