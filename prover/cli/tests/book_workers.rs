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
    let folder = Folder::with_files();
    let line = "venue generate --market market.json --accounts 900 --positions 3 --underwater 2 \
                --short 1 --insecure-seed 1 --out accounts.jsonl";
    folder.run(line).code(0);
    folder
        .run("book build accounts.jsonl --market market.json --k 10 --out book")
        .code(0);
    folder.run("book queue-key --out queue.key").code(0);
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
    assert_eq!(verified["count"], 900);
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

#[test]
fn a_worker_needs_broker_and_key() {
    let folder = Folder::new();
    folder.run("book worker").refused(&["--nats"]);
    let run = folder.run("book worker --nats nats://127.0.0.1:1");
    assert_eq!(run.code, 2);
}
