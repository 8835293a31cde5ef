//! `book run`: nights of a venue, one of them killed at every step.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use zkmargin_prover::book::lock::Lock;

use crate::common::{Folder, NONCE};

const RUN: &str = "book run accounts.jsonl --market market.json --k 10 --out nights --json";
/// No step of a small book takes this long.
const PATIENCE: Duration = Duration::from_secs(120);

fn folder(accounts: u32) -> Folder {
    let folder = Folder::with_files();
    let line = format!(
        "venue generate --market market.json --accounts {accounts} --positions 3 --insecure-seed 1 \
         --out accounts.jsonl"
    );
    folder.run(&line).code(0);
    folder
}

/// Names in a folder, sorted; none where it is not there.
fn names(folder: &Folder, inner: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path(inner)).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every unfinished file under a folder.
fn unfinished(path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(".zkmargin-") && name != ".zkmargin-lock" {
            found.push(name);
        }
        if path.is_dir() {
            found.extend(unfinished(&path));
        }
    }
    found
}

/// Starts the program and kills it as soon as something is there; whether it was.
fn killed_when(folder: &Folder, there: &dyn Fn() -> bool) -> bool {
    let mut child = folder
        .process(RUN)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if there() {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("nothing happened");
}

#[test]
fn real_proof_a_night_that_is_killed_at_every_step() {
    let folder = folder(660);
    let some = |inner: &'static str| !names(&folder, inner).is_empty();
    let one_of = |inner: &str, ending: &str| {
        let names = names(&folder, inner);
        names.iter().any(|name| name.ends_with(ending))
    };
    let steps: [(&str, &dyn Fn() -> bool); 9] = [
        ("the folder", &|| some("nights")),
        ("the secret", &|| folder.path("nights/work/secret").exists()),
        ("an input", &|| one_of("nights/work/inputs", ".bin")),
        ("the manifest", &|| {
            folder.path("nights/work/book.json").exists()
        }),
        ("the run", &|| folder.path("nights/run.json").exists()),
        ("a proof", &|| one_of("nights/work/proofs", ".json")),
        ("public", &|| {
            folder.path("nights/work/public/book.json").exists()
        }),
        ("packets", &|| some("nights/packets")),
        ("the publication", &|| some("nights/published")),
    ];
    let mut killed = 0;
    for (step, there) in steps {
        killed += usize::from(killed_when(&folder, there));
        // Complete or absent.
        for name in names(&folder, "nights/published") {
            let line = format!("book verify nights/published/{name} --json");
            folder.run(&line).code(0);
        }
        println!("killed at {step}");
    }
    assert!(killed >= 7, "{killed}");
    let report = folder.run(RUN).code(0).json();
    let published = names(&folder, "nights/published");
    assert!(
        published.len() <= 2 && published[0].starts_with("000000-2026-"),
        "{published:?}"
    );
    let name = published.last().unwrap();
    assert_eq!(report["name"], *name);
    let line = format!("book verify nights/published/{name} --json");
    let verified = folder.run(&line).code(0).json();
    assert_eq!(verified["count"], 660);
    for field in ["root", "digest", "totals", "assets"] {
        assert_eq!(verified[field], report[field], "{field}");
    }
    assert!(!folder.path("nights/run.json").exists());
    assert_eq!(unfinished(&folder.path("nights")), [""; 0]);
    // Nothing of books that were never published: no build has their salts again.
    assert_eq!(names(&folder, "nights/work/inputs").len(), 2);
    assert_eq!(names(&folder, "nights/work/proofs").len(), 2);
    let packets = names(&folder, &format!("nights/packets/{name}"));
    assert!(packets.contains(&"packets.csv".to_owned()));
    let root = report["root"].as_str().unwrap();
    let packet = format!("nights/packets/{name}/{}", packets[0]);
    folder
        .run(&format!("book check {packet} --root {root} --policy rm1"))
        .code(0);
}

#[test]
fn real_proof_nights_of_a_venue() {
    let folder = folder(20);
    let run = format!("{RUN} --metrics book.prom --keep 1");
    let first = folder.run(&run).code(0);
    assert!(
        first.stderr.contains("Proving batches: 1 of 1, "),
        "{}",
        first.stderr
    );
    let metrics = folder.read("book.prom");
    for line in [
        "zkmargin_book_accounts 20\n",
        "zkmargin_book_batches_proven 1\n",
        "zkmargin_book_phase_seconds{phase=\"prove\"} ",
        "zkmargin_book_published 1\n",
        "zkmargin_book_running 0\n",
    ] {
        assert!(metrics.contains(line), "no {line:?} in: {metrics}");
    }
    let first = first.json();
    assert_eq!(first["resumed"], false);
    // The next night: another book of the same accounts, and packets of the last one alone.
    // What a run left that was killed, and whose accounts are others now.
    std::fs::create_dir(folder.path("nights/packets/000009-never")).unwrap();
    let second = folder.run(&run).code(0).json();
    assert_ne!(second["root"], first["root"]);
    assert_eq!(names(&folder, "nights/published").len(), 2);
    let packets = names(&folder, "nights/packets");
    assert_eq!(packets, [second["name"].as_str().unwrap()]);
    // Fewer than half, nobody, an account that changed hands: the books are as they were.
    let good = folder.read("accounts.jsonl");
    let lines: Vec<&str> = good.lines().collect();
    let before = names(&folder, "nights/published");
    folder.write("accounts.jsonl", "");
    folder.run(&run).refused(&["an export of nobody"]);
    folder.write("accounts.jsonl", &good);
    folder
        .run(&format!("{run} --at-least 21"))
        .refused(&["20 accounts", "21 at least"]);
    let account: Value = serde_json::from_str(lines[0]).unwrap();
    let nonce = account["nonce"].as_str().unwrap();
    folder.write("accounts.jsonl", &good.replace(nonce, NONCE));
    let number = account["account"].to_string();
    let words = format!("account {number}: another customer than in an earlier book");
    folder.run(&run).refused(&[&words]);
    assert!(folder
        .read("book.prom")
        .contains("zkmargin_book_published 0\n"));
    assert_eq!(names(&folder, "nights/published"), before);
    let forced = folder.run(&format!("{run} --force")).code(0);
    assert!(
        forced.stderr.contains("note: forced: account"),
        "{}",
        forced.stderr
    );
    // From here on the number is his.
    folder.run(&run).code(0);
    folder.write("accounts.jsonl", &good);
    folder.run(&run).refused(&[&words]);
    folder.write("nights/letter.txt", "all is well");
    folder
        .run(&run)
        .refused(&["letter.txt", "no part of a venue's books"]);
}

#[test]
fn one_at_a_time_in_a_folder() {
    let folder = folder(20);
    let build = "book build accounts.jsonl --market market.json --k 10 --out book";
    folder.run(build).code(0);
    let held = Lock::take(&folder.path("book"), "somebody's test").unwrap();
    let holder = format!(
        "book: in use by process {}, somebody's test",
        std::process::id()
    );
    for line in [build, "book prove book"] {
        folder.run(line).refused(&[&holder]);
    }
    drop(held);
    folder.run(build).code(0);
    std::fs::create_dir(folder.path("nights")).unwrap();
    let held = Lock::take(&folder.path("nights"), "somebody's test").unwrap();
    folder.run(RUN).refused(&["nights: in use by process"]);
    drop(held);
    // A build that fails leaves no lock in a folder that it made.
    folder.write("empty.jsonl", "");
    let line = "book build empty.jsonl --market market.json --k 10 --out new";
    folder.run(line).refused(&["an export of nobody"]);
    assert!(!folder.path("new").exists());
}

/// The program when no file may grow beyond so many blocks of 512 bytes: what a full disk says.
fn without_room(folder: &Folder, blocks: u32) -> std::process::Output {
    let inner = folder.process(RUN);
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\""])
        .arg(blocks.to_string())
        .arg(inner.get_program())
        .args(inner.get_args())
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(inner.get_current_dir().unwrap());
    shell.output().unwrap()
}

/// Wherever the disk is full: an error that names the file, nothing half written, nothing published,
/// and the right book once there is room.
#[test]
fn real_proof_a_disk_that_is_full_at_every_step() {
    let folder = folder(660);
    let mut refused = 0;
    for blocks in [0, 1, 8, 24, 40, 60, 100, 200] {
        let out = without_room(&folder, blocks);
        let said = String::from_utf8_lossy(&out.stderr).into_owned()
            + &String::from_utf8_lossy(&out.stdout);
        if out.status.success() {
            break;
        }
        refused += 1;
        assert_eq!(out.status.code(), Some(2), "{blocks}: {said}");
        assert!(said.contains("hint"), "{blocks}: {said}");
        assert_eq!(names(&folder, "nights/published"), [""; 0], "{blocks}");
        if folder.path("nights").exists() {
            assert_eq!(unfinished(&folder.path("nights")), [""; 0], "{blocks}");
        }
    }
    assert!(refused >= 3, "{refused}");
    if names(&folder, "nights/published").is_empty() {
        folder.run(RUN).code(0);
    }
    let [name] = &names(&folder, "nights/published")[..] else {
        panic!("one book");
    };
    let line = format!("book verify nights/published/{name} --json");
    let verified = folder.run(&line).code(0).json();
    assert_eq!(
        (&verified["verified"], &verified["count"]),
        (&true.into(), &660.into())
    );
}
