//! Several batches at the same time on one machine. What proves here makes statements without
//! proofs: it is the jobs that are under test.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use zkmargin_desk::generate::market::{market, MarketSpec};
use zkmargin_engine::book::{inventory_digest, BatchStatement, MaskedTotals};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_prover::book::folder::{Book, Folder};
use zkmargin_prover::book::jobs::Jobs;
use zkmargin_prover::book::manifest::{Batch, Manifest};
use zkmargin_prover::book::prove::{run, BatchProve, Event};
use zkmargin_prover::book::BookError;
use zkmargin_verifier::book::{statement_digest, BatchProof};

const BATCHES: usize = 7;
const ACCOUNTS: u64 = 320;

struct Scene {
    _folder: tempfile::TempDir,
    book: Book,
}

impl Scene {
    fn new() -> Scene {
        let policy = Policy::rm1();
        let spec = MarketSpec {
            seed: 7,
            time: 1_787_327_221,
            crash: false,
        };
        let market = market(&spec, &policy).unwrap();
        let inner = tempfile::tempdir().unwrap();
        let folder = Folder::new(&inner.path().join("book"));
        folder.prepare().unwrap();
        let batch = |number: usize| Batch {
            number,
            first: ACCOUNTS * number as u64,
            accounts: ACCOUNTS,
            input: folder
                .inputs()
                .put(number.to_string().as_bytes())
                .unwrap()
                .digest,
            statement: statement_digest(&statement(number)),
        };
        let manifest = Manifest {
            number: 0,
            cut_off: market.time().into(),
            policy: policy.digest(),
            market: market.digest(),
            count: ACCOUNTS * BATCHES as u64,
            root: Fr::from(5),
            nonce: Fr::from(6),
            k: 10,
            ratio: 10_000,
            inventory: Vec::new(),
            batches: (0..BATCHES).map(batch).collect(),
        };
        let book = Book {
            folder,
            manifest,
            market,
            policy,
        };
        Scene {
            _folder: inner,
            book,
        }
    }

    /// Names and contents of all proofs.
    fn proofs(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.book.folder.proofs()).unwrap();
        let file = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        };
        entries.map(|entry| file(entry.unwrap())).collect()
    }

    fn is_proven(&self, number: usize) -> bool {
        let input = &self.book.manifest.batches[number].input;
        self.book.folder.proof_path(input).exists()
    }
}

/// What a batch says, apart from what a proof would show.
fn statement(number: usize) -> BatchStatement {
    BatchStatement {
        policy: Fr::from(1),
        market: Fr::from(2),
        book: Fr::from(5),
        inventory: inventory_digest(&[]),
        first: ACCOUNTS * number as u64,
        ratio: 10_000,
        accounts: ACCOUNTS,
        totals: MaskedTotals {
            word: Fr::from(number as u64),
            ..MaskedTotals::default()
        },
        assets: Vec::new(),
        roots: Vec::new(),
        secrets: [Fr::from(1), Fr::from(2)],
    }
}

/// Makes statements, and counts.
struct Toy {
    /// Batches whose statement is another.
    lying: Vec<usize>,
    /// Batches that cannot be proven.
    poisoned: Vec<usize>,
    /// Of a batch with an even number; the others take a third of it.
    time: Duration,
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Toy {
    fn new() -> Toy {
        Toy {
            lying: Vec::new(),
            poisoned: Vec::new(),
            time: Duration::from_millis(30),
            begun: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }
}

impl BatchProve for Toy {
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, BookError> {
        let number: usize = String::from_utf8_lossy(input).parse().unwrap();
        self.begun.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        std::thread::sleep(self.time / if number.is_multiple_of(2) { 1 } else { 3 });
        self.running.fetch_sub(1, Ordering::SeqCst);
        if self.poisoned.contains(&number) {
            let problem = "constraint B.7 does not hold".to_owned();
            return Err(BookError::Proof { number, problem });
        }
        let mut statement = statement(number);
        if self.lying.contains(&number) {
            statement.totals.failing += Fr::from(1);
        }
        let proof = vec![number as u8; 64];
        Ok(BatchProof { statement, proof }.to_bytes())
    }

    fn verify(&self, output: &[u8]) -> Result<BatchStatement, BookError> {
        Ok(BatchProof::from_bytes(output, "proof of a batch")?.statement)
    }
}

/// The threads of this machine may be fewer than the jobs of a test.
fn jobs(count: usize) -> Jobs {
    Jobs::sharing(count, count.max(3))
}

#[test]
fn the_same_is_proven_however_many_jobs_there_are() {
    let mut found = Vec::new();
    for count in 1..=3 {
        let scene = Scene::new();
        let toy = Toy::new();
        let told = RefCell::new(Vec::new());
        let progress = |event: Event<'_>| match event {
            Event::Start { batches, proven } => assert_eq!((batches, proven), (BATCHES, 0)),
            Event::Discarded { .. } => panic!("nothing was there"),
            Event::Proven { number, accounts } => {
                assert_eq!(accounts, ACCOUNTS);
                assert!(scene.is_proven(number), "told before it is stored");
                told.borrow_mut().push(number);
            }
        };
        let summary = run(&scene.book, &toy, &jobs(count), &progress).unwrap();
        assert_eq!((summary.before, summary.proven), (0, BATCHES));
        let mut told = told.into_inner();
        if count == 1 {
            assert_eq!(told, Vec::from_iter(0..BATCHES));
        }
        told.sort_unstable();
        assert_eq!(told, Vec::from_iter(0..BATCHES));
        assert_eq!(toy.most.into_inner(), count, "batches at the same time");
        assert_eq!(toy.begun.into_inner(), BATCHES);
        found.push(scene.proofs());
    }
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

/// A proof that holds and shows one failing account more than there are: whoever proves knows the masks,
/// and could say so.
#[test]
fn a_statement_in_which_one_number_is_another_is_not_stored() {
    let scene = Scene::new();
    let mut toy = Toy::new();
    toy.lying = vec![2];
    let error = run(&scene.book, &toy, &jobs(1), &|_| ()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("batch 2: the proof says something else"),
        "{text}"
    );
    assert!(scene.is_proven(1) && !scene.is_proven(2));
}

#[test]
fn a_batch_that_fails_leaves_the_others_and_the_next_run_goes_on() {
    let scene = Scene::new();
    let mut toy = Toy::new();
    // The one takes a third of the time of the other, which is being proven meanwhile.
    toy.poisoned = vec![1];
    let error = run(&scene.book, &toy, &jobs(2), &|_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("batch 1: constraint B.7"), "{text}");
    assert!(scene.is_proven(0), "what was being proven is stored");
    assert!(!scene.is_proven(1));
    assert_eq!(toy.begun.load(Ordering::SeqCst), 2, "no other is begun");
    let left = scene.proofs().into_keys().filter(|n| !n.ends_with(".json"));
    assert_eq!(left.count(), 0, "nothing is half-written");

    let toy = Toy::new();
    let summary = run(&scene.book, &toy, &jobs(2), &|_| ()).unwrap();
    assert_eq!((summary.before, summary.proven), (1, BATCHES - 1));
    assert_eq!(scene.proofs().len(), BATCHES);
}

#[test]
fn of_failures_that_of_the_first_batch_is_told() {
    let scene = Scene::new();
    let mut toy = Toy::new();
    toy.poisoned = vec![0, 1];
    let error = run(&scene.book, &toy, &jobs(2), &|_| ()).unwrap_err();
    assert!(error.to_string().contains("batch 0"), "{error}");
    assert_eq!(scene.proofs().len(), 0);
}

#[test]
fn a_damaged_proof_is_made_again_and_others_are_kept() {
    let scene = Scene::new();
    run(&scene.book, &Toy::new(), &jobs(3), &|_| ()).unwrap();
    let before = scene.proofs();
    let damaged = &scene.book.manifest.batches[4].input;
    std::fs::write(scene.book.folder.proof_path(damaged), b"nothing").unwrap();
    let toy = Toy::new();
    let discarded = RefCell::new(Vec::new());
    let progress = |event: Event<'_>| {
        if let Event::Discarded { number, .. } = event {
            discarded.borrow_mut().push(number);
        }
    };
    let summary = run(&scene.book, &toy, &jobs(3), &progress).unwrap();
    assert_eq!((summary.before, summary.proven), (BATCHES - 1, 1));
    assert_eq!(discarded.into_inner(), [4]);
    assert_eq!(scene.proofs(), before);
}
