//! Workers that lie through a real broker: a proof that holds and is another batch's, or that of the
//! same accounts in another book, under other masks. The coordinator takes none of them.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zkmargin_prover::book::queue::{self, digest, Key, Options, Work, WorkerOptions};
use zkmargin_testing::broker::Server;

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
    let folder = Folder::with_venue(600, "");
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
        (&true.into(), &600.into())
    );
}
