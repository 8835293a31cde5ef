//! Workers that lie through a real broker: a proof that holds and is another batch's, or that of the
//! same accounts in another book, under other masks; and a broker that lies itself, with a proof of the same
//! accounts under the same root. The coordinator takes none of them.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use zkmargin_engine::Fr;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_prover::book::encoding::{decode, encode};
use zkmargin_prover::book::folder::Folder as BookFolder;
use zkmargin_prover::book::plan::shape;
use zkmargin_prover::book::prove::BatchProve;
use zkmargin_prover::book::queue::{self, digest, Key, Options, Work, WorkerOptions};
use zkmargin_testing::broker::{wait_for, Admin, Server};

use crate::common::Folder;

const BUILD: &str = "book build accounts.jsonl --market market.json --k 10 --out";

/// Proofs of batches of a book's folder, by the digests of their inputs.
type Proofs = Vec<(String, Vec<u8>)>;

fn proofs(folder: &Path) -> Proofs {
    let entries = std::fs::read_dir(folder.join("proofs")).unwrap();
    let read = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(&path).unwrap())
    });
    read.collect()
}

/// Returns the proofs of others, one after the other.
struct Liar {
    own: Proofs,
    lies: Mutex<VecDeque<Option<Vec<u8>>>>,
}

impl Work for Liar {
    fn prove(&self, input: &[u8]) -> Result<Vec<u8>, String> {
        let asked = digest(input);
        let next = self.lies.lock().unwrap().pop_front().unwrap();
        Ok(next.unwrap_or_else(|| {
            // Of the same book, and of another batch.
            let other = self.own.iter().find(|(name, _)| *name != asked);
            other.unwrap().1.clone()
        }))
    }

    fn verify(&self, _: u32, _: &str, _: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(from)
        .arg(to)
        .status();
    assert!(copied.unwrap().success());
}

#[test]
fn real_proof_what_a_worker_returns_is_compared_with_the_book() {
    let server = Server::start();
    let folder = Folder::with_venue(900, "");
    folder.run(&format!("{BUILD} book")).code(0);
    // The same book proven elsewhere, and the same accounts in a book of other masks.
    copy(&folder.path("book"), &folder.path("copy"));
    folder.run(&format!("{BUILD} other")).code(0);
    for book in ["copy", "other"] {
        folder.run(&format!("book prove {book}")).code(0);
    }
    let masked = proofs(&folder.path("other"));
    let liar = Arc::new(Liar {
        own: proofs(&folder.path("copy")),
        lies: Mutex::new(VecDeque::from([None, Some(masked[0].1.clone())])),
    });
    let at = format!(
        "--nats {} --queue-key queue.key --nats-ack-wait 5",
        server.url()
    );
    let key = Key::read(&folder.path("queue.key")).unwrap();
    let run = std::thread::scope(|scope| {
        let coordinator = scope.spawn(|| folder.run(&format!("book prove book --json {at}")));
        for _ in 0..2 {
            let liar = liar.clone();
            let worker = WorkerOptions {
                once: true,
                ..WorkerOptions::default()
            };
            let options = Options {
                ack_wait: Duration::from_secs(5),
                ..Options::new(server.url())
            };
            let factory = Arc::new(move |_: &[u8]| Ok(liar.clone() as Arc<dyn Work>));
            queue::work(&options, &worker, &key, factory, Arc::new(|_| ())).unwrap();
        }
        let started = Instant::now();
        while !coordinator.is_finished() {
            folder
                .run(&format!("book worker --idle-exit 3 {at}"))
                .code(0);
            assert!(started.elapsed() < Duration::from_secs(120), "no end");
        }
        coordinator.join().unwrap()
    });
    assert!(liar.lies.lock().unwrap().is_empty(), "both lies were told");
    let told = run.stderr.matches("the stored proof is not right").count();
    assert!(told >= 2, "{}", run.stderr);
    assert_eq!(run.code(0).json()["proven_now"], 2);
    let verified = folder.run("book verify book/public --json").code(0).json();
    assert_eq!(
        (&verified["verified"], &verified["count"]),
        (&true.into(), &900.into())
    );
}

/// A proof of the first batch of the book, under its root, whose masks are not those of the book: it holds.
/// With it, the digest of the batch's input.
fn other_masks(folder: &Folder) -> (String, Vec<u8>) {
    let book = BookFolder::new(&folder.path("book")).open().unwrap();
    let batch = &book.manifest.batches[0];
    let input = std::fs::read(folder.path(&format!("book/inputs/{}.bin", batch.input))).unwrap();
    let mut input = decode(&input).unwrap();
    for secret in &mut input.secrets {
        *secret += Fr::from(1);
    }
    assert_eq!(input.book, book.manifest.root);
    let shape = shape(book.manifest.k, &book.policy).unwrap();
    let setup = Setup::embedded(shape.k()).unwrap();
    let ratio = book.manifest.ratio;
    let prover = BatchProver::new(&setup, &book.policy, &book.market, ratio, shape).unwrap();
    let lie = BatchProve::prove(&prover, &encode(&input)).unwrap();
    let statement = BatchProve::verify(&prover, &lie).unwrap();
    assert_eq!(statement.book, book.manifest.root);
    assert!(batch.check(&statement).is_err());
    (batch.input.clone(), lie)
}

/// Whoever runs the broker, and a worker of the book's own, know enough to prove a batch once more under
/// masks of theirs. With one such proof the masks of the book would not cancel, and nothing could be published.
#[test]
fn real_proof_a_broker_that_swaps_a_result_for_one_with_other_masks() {
    let server = Server::start();
    let folder = Folder::with_venue(900, "");
    folder.run(&format!("{BUILD} book")).code(0);
    let at = format!(
        "--nats {} --queue-key queue.key --nats-ack-wait 5",
        server.url()
    );
    let work = format!("book worker --idle-exit 3 {at}");
    // Makes what the broker keeps things in.
    folder
        .run(&format!("book worker --idle-exit 1 {at}"))
        .code(0);
    let admin = Admin::new(&server.url());
    // The coordinator is killed when its jobs are queued; the worker proves them.
    let mut coordinator = folder.process(&format!("book prove book {at}"));
    let coordinator = coordinator.stdout(Stdio::null()).stderr(Stdio::null());
    let mut coordinator = coordinator.spawn().unwrap();
    wait_for("two jobs in the queue", || {
        (admin.jobs() == 2).then_some(())
    });
    coordinator.kill().unwrap();
    coordinator.wait().unwrap();
    folder.run(&work).code(0);
    let (input, lie) = other_masks(&folder);
    let named = admin.objects("input.");
    let named = named.iter().find(|name| name.ends_with(&input)).unwrap();
    let key = named.strip_prefix("input.").unwrap();
    let honest = admin.result(key).unwrap();
    let swapped = digest(&lie);
    assert!(
        honest.contains("output") && !honest.contains(&swapped),
        "{honest}"
    );
    admin.replace_object(&format!("output.{swapped}"), &lie);
    admin.replace_result(key, &format!("{{\"output\":\"{swapped}\"}}"));
    let run = std::thread::scope(|scope| {
        let coordinator = scope.spawn(|| folder.run(&format!("book prove book --json {at}")));
        let started = Instant::now();
        while !coordinator.is_finished() {
            folder.run(&work).code(0);
            assert!(started.elapsed() < Duration::from_secs(120), "no end");
        }
        coordinator.join().unwrap()
    });
    let told = "batch 0: the stored proof is not right, it is made again";
    assert_eq!(run.stderr.matches(told).count(), 1, "{}", run.stderr);
    assert!(
        !run.stderr.contains("batch 1: the stored proof"),
        "{}",
        run.stderr
    );
    run.code(0);
    // What is stored in the folder is the book's own.
    let stored: Value =
        serde_json::from_str(&folder.read(&format!("book/proofs/{input}.json"))).unwrap();
    let lie: Value = serde_json::from_slice(&lie).unwrap();
    assert_ne!(stored["statement"]["secrets"], lie["statement"]["secrets"]);
    let verified = folder.run("book verify book/public --json").code(0).json();
    assert_eq!(verified["verified"], true);
}
