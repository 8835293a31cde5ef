//! A book proven by worker processes through a real nats-server, with real proofs: one worker is
//! killed in the middle, one batch cannot be proven at first, and the verdict is right each time.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::Folder;
use zkmargin_testing::broker::Server;

struct Worker(Child);

impl Worker {
    fn start(folder: &Folder, url: &str) -> Worker {
        let log = std::fs::File::create(folder.path("worker.log")).unwrap();
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("zkmargin"));
        command
            .current_dir(folder.path("."))
            .env(
                "ZKMARGIN_CACHE",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
            )
            .args(["book", "worker", "--nats", url, "--queue-key", "queue.key"])
            .args(["--nats-ack-wait", "5"])
            .stdout(Stdio::null())
            .stderr(log);
        Worker(command.spawn().unwrap())
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the worker's log says something.
fn said(folder: &Folder, words: &str) {
    let started = Instant::now();
    loop {
        let log = std::fs::read_to_string(folder.path("worker.log")).unwrap_or_default();
        if log.contains(words) {
            return;
        }
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(120), "no {words:?} in: {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_book_is_proven_by_workers_of_which_one_is_killed() {
    let server = Server::start();
    let folder = Folder::with_venue(1_300, "--underwater 2 --short 1");
    folder
        .run("book build accounts.jsonl --market market.json --k 10 --out book")
        .code(0);
    let prove = format!(
        "book prove book --json --nats {} --queue-key queue.key --nats-ack-wait 5",
        server.url()
    );
    let mut first = Worker::start(&folder, &server.url());
    let report = std::thread::scope(|scope| {
        let coordinator = scope.spawn(|| folder.run(&prove));
        said(&folder, "taken");
        // In the middle of its first proof; nobody else works until it is dead.
        first.kill();
        let _second = Worker::start(&folder, &server.url());
        coordinator.join().unwrap()
    });
    let report = report.code(0).json();
    assert_eq!(report["proven_now"], 3);
    let verified = folder.run("book verify book/public --json").code(0).json();
    assert_eq!(verified["verified"], true);
    assert_eq!(verified["count"], 1_300);
    // Nothing is left to prove, here or at a broker.
    assert_eq!(folder.run(&prove).code(0).json()["proven_now"], 0);
    // Nothing of a customer is in the worker's log.
    let accounts = folder.read("accounts.jsonl");
    let first: serde_json::Value = serde_json::from_str(accounts.lines().next().unwrap()).unwrap();
    let log = folder.read("worker.log");
    for field in ["customer", "nonce", "identity"] {
        let value = first[field].as_str().unwrap().trim_start_matches("0x");
        assert!(value.len() > 12 && !log.contains(value), "{field}");
    }
}

/// `book run` through a broker that goes away in the middle, and comes back: one book, published whole,
/// and nothing of it is left at the broker.
#[test]
fn real_proof_a_night_through_a_broker_that_goes_away() {
    let server = Server::start();
    let folder = Folder::with_venue(1_300, "");
    let run = format!(
        "book run accounts.jsonl --market market.json --k 10 --out nights --json --nats {} \
         --queue-key queue.key --nats-ack-wait 5",
        server.url()
    );
    // Nobody works for it, and then there is no broker: an error, and nothing is published.
    let hasty = format!("{run} --nats-patience 1");
    let gone = hasty.replace(&server.url(), "nats://127.0.0.1:9");
    assert_eq!(folder.run(&gone).code, 2);
    let published = std::fs::read_dir(folder.path("nights/published"));
    assert_eq!(published.into_iter().flatten().count(), 0);
    let _worker = Worker::start(&folder, &server.url());
    let report = std::thread::scope(|scope| {
        let night = scope.spawn(|| folder.run(&run));
        said(&folder, "taken");
        server.kill();
        std::thread::sleep(Duration::from_millis(500));
        server.restart();
        night.join().unwrap()
    });
    let report = report.code(0).json();
    assert_eq!(
        (&report["count"], &report["batches"]),
        (&1_300.into(), &3.into())
    );
    let published = format!(
        "book verify {} --json",
        report["published"].as_str().unwrap()
    );
    assert_eq!(folder.run(&published).code(0).json()["verified"], true);
    let admin = zkmargin_testing::broker::Admin::new(&server.url());
    assert_eq!(admin.jobs(), 0);
    for prefix in ["input.", "output."] {
        assert_eq!(admin.objects(prefix), [""; 0], "{prefix}");
    }
}

/// A worker that is told to end after one batch does, and leaves the others.
#[test]
fn real_proof_a_worker_of_one_batch() {
    let server = Server::start();
    let folder = Folder::with_venue(900, "");
    folder
        .run("book build accounts.jsonl --market market.json --k 10 --out book")
        .code(0);
    let at = format!("--nats {} --queue-key queue.key", server.url());
    let prove = format!("book prove book --json {at}");
    std::thread::scope(|scope| {
        let coordinator = scope.spawn(|| folder.run(&prove));
        let once = format!("book worker --once {at}");
        let admin = zkmargin_testing::broker::Admin::new(&server.url());
        for left in [1, 0] {
            let worker = folder.run(&once).code(0);
            assert_eq!(
                worker.stderr.matches("proven in").count(),
                1,
                "{}",
                worker.stderr
            );
            assert!(admin.jobs() <= left);
        }
        assert_eq!(coordinator.join().unwrap().code(0).json()["proven_now"], 2);
    });
}

#[test]
fn a_worker_needs_broker_and_key() {
    let folder = Folder::new();
    folder.run("book worker").refused(&["--nats"]);
    let run = folder.run("book worker --nats nats://127.0.0.1:1");
    assert_eq!(run.code, 2);
}
