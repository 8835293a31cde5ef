//! The program `zkmargin-verify`, end to end on real proofs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;
use zkmargin_engine::account::{booked_at_mark, Account, Customer, Position};
use zkmargin_engine::commitment::Book;
use zkmargin_engine::policy::{Policy, ENTRY_COSTS};
use zkmargin_engine::units::format_element;
use zkmargin_keys::key::key_shape;
use zkmargin_keys::setup::Setup;
use zkmargin_testing::proofs::fixture::Case;
use zkmargin_testing::proofs::{small, Proven};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::light::embedded;
use zkmargin_verifier::packet::{Entered, Packet, Placed};

pub struct Folder(tempfile::TempDir);

pub struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Folder {
    /// A bundle of the mixed account, its market, and the key of its size as a file.
    pub fn new() -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        let proven = small();
        folder.write("proof.json", proven.bundle.to_json());
        folder.write(
            "market.json",
            proven.case.market.to_json(&small().case.policy).unwrap(),
        );
        folder.write(
            "key.zkprotocol",
            embedded(&proven.case.policy, proven.case.size)
                .unwrap()
                .to_bytes(),
        );
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn run(&self, line: &str) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_zkmargin-verify"))
            .current_dir(self.0.path())
            // Sentences in one piece, as a test looks for them.
            .env("COLUMNS", "1000")
            .args(line.split_whitespace())
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        let Run { stdout, stderr, .. } = &self;
        assert_eq!(self.code, code, "stdout: {stdout}\nstderr: {stderr}");
        self
    }

    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            let all = format!("{}{}", self.stdout, self.stderr);
            assert!(all.contains(word), "no {word:?} in: {all}");
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

/// Options that say everything that a verifier can know of the bundle.
fn everything() -> String {
    let statement = &small().bundle.statement;
    let [book, nullifier, scope, message] = [
        statement.book,
        statement.nullifier,
        statement.scope,
        statement.message,
    ]
    .map(|element| format_element(&element));
    format!(
        "--market market.json --book {book} --nullifier {nullifier} --scope {scope} \
         --message {message} --min-ratio 1 --min-buffer 0"
    )
}

fn time() -> u64 {
    u64::from(small().case.market.time())
}

#[test]
fn a_bundle_holds_and_says_what_it_takes_on_trust() {
    let folder = Folder::new();
    let run = folder.run("--proof proof.json --json").code(0);
    let report = run.json();
    assert_eq!(report["verified"], true);
    assert_eq!(report["answer"], "yes");
    assert_eq!(report["insecure"], false);
    assert_eq!(report["checked"], serde_json::json!(["policy"]));
    assert_eq!(report["trusted"].as_array().unwrap().len(), 7);
    assert_eq!(report["market_time"], Value::Null);
    assert_eq!(report["key_origin"], "in the program");
    let ratio = small().bundle.statement.ratio.to_string();
    assert_eq!(report["statement"]["ratio"], ratio);
    let text = folder.run("--proof proof.json").code(0);
    let open = text.stdout.split_once("what that leaves open\n").unwrap().1;
    for row in report["trusted"].as_array().unwrap() {
        let row = row.as_str().unwrap();
        assert_eq!(
            open.matches(&format!("\n  {row} ")).count() + usize::from(row == "market"),
            1
        );
    }
    text.says(&["VERIFIED in", "time and age not known", &ratio]);
    // The market's file tells its time, and its age follows.
    let at = format!("--at {}", time() + 7_200);
    let line = format!("--proof proof.json --market market.json {at}");
    folder.run(&line).code(0).says(&["2 hours old"]);
    let report = folder.run(&format!("{line} --json")).code(0).json();
    assert_eq!(report["market_time"], time());
    assert_eq!(report["market_age_seconds"], 7_200);
}

#[test]
fn a_strict_verifier_wants_everything_checked() {
    let folder = Folder::new();
    let all = format!("--proof proof.json --strict {}", everything());
    let report = folder.run(&format!("{all} --json")).code(0).json();
    assert_eq!(report["verified"], true);
    assert_eq!(report["trusted"], serde_json::json!([]));
    folder.run("--proof proof.json --strict").code(2).says(&[
        "NOT DECIDED",
        "taken on trust: market, book, nullifier, scope, message, ratio, buffer",
    ]);
    let report = folder.run("--proof proof.json --strict --json").code(2);
    let report = report.json();
    assert_eq!(report["verified"], false);
    assert_eq!(report["answer"], "could not tell");
    // A key's file is its author's word, unless its digest is known.
    let key = format!("{all} --protocol key.zkprotocol");
    folder.run(&key).code(2).says(&["taken on trust: key"]);
    let case = &small().case;
    let digest = hex::encode(embedded(&case.policy, case.size).unwrap().digest());
    let known = format!("{key} --key-digest 0x{digest}");
    folder
        .run(&known)
        .code(0)
        .says(&["a file of a known digest"]);
    let other = format!("{key} --key-digest 0x{}", "5".repeat(64));
    folder
        .run(&other)
        .code(2)
        .says(&["key.zkprotocol", &digest]);
    let line = "--proof proof.json --protocol key.zkprotocol";
    folder.run(line).code(0).says(&["a file, taken on trust"]);
}

#[test]
fn ratio_and_buffer_may_be_higher_than_asked_and_never_lower() {
    let folder = Folder::new();
    let statement = &small().bundle.statement;
    let ratio = statement.ratio;
    let line = |options: String| format!("--proof proof.json {options}");
    for (options, code) in [
        (format!("--min-ratio {ratio}"), 0),
        (format!("--min-ratio {}", ratio - 1), 0),
        (format!("--min-ratio {}", ratio + 1), 1),
        (format!("--ratio {ratio}"), 0),
        (format!("--ratio {}", ratio - 1), 1),
        ("--min-buffer 0".to_owned(), 0),
        ("--min-buffer 1000000000000".to_owned(), 1),
        ("--ratio 1 --min-ratio 1".to_owned(), 2),
        ("--min-ratio 65536".to_owned(), 2),
        ("--min-buffer -1".to_owned(), 2),
    ] {
        folder.run(&line(options)).code(code);
    }
    let run = folder.run(&line("--min-ratio 60000 --json".to_owned()));
    let run = run
        .code(1)
        .says(&["60000 bp are wanted at least", "hint: "]);
    assert_eq!(run.json()["verified"], false);
    assert_eq!(run.json()["answer"], "no");
    assert!(
        run.stderr.contains("the bundle says: ratio"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_market_is_as_old_as_the_verifier_takes() {
    let folder = Folder::new();
    let line = "--proof proof.json --market market.json";
    let at = |seconds: u64| format!("--at {}", time() + seconds);
    folder
        .run(&format!("{line} --max-age 1h {}", at(3_600)))
        .code(0);
    let old = folder
        .run(&format!("{line} --max-age 1h {}", at(3_601)))
        .code(1);
    old.says(&["the market is 3601 seconds old, and 3600 seconds are the most"]);
    // By the clock of the machine too: this market is of the past.
    folder.run(&format!("{line} --max-age 1s")).code(1);
    let early = format!("{line} --max-age 1h --at {}", time() - 1_000);
    folder
        .run(&early)
        .code(2)
        .says(&["1000 seconds ahead", "hint: "]);
    folder
        .run("--proof proof.json --max-age 1h")
        .code(2)
        .says(&["--max-age 1h", "--market"]);
    folder
        .run(&format!("{line} --max-age soon"))
        .code(2)
        .says(&["--max-age soon", "hint: "]);
}

#[test]
fn other_policies_markets_and_rows_are_told_apart() {
    let folder = Folder::new();
    folder
        .run("--proof proof.json --policy wide")
        .code(2)
        .says(&["proof.json: statement.policy", "WIDE", "name the policy"]);
    folder
        .run("--proof proof.json --protocol key.zkprotocol --policy wide")
        .code(2)
        .says(&["--policy wide", "key in --protocol"]);
    let stamp = time();
    let own = small().case.market.to_json(&small().case.policy).unwrap();
    let other = own.replace(&stamp.to_string(), &(stamp + 1).to_string());
    assert_ne!(own, other);
    folder.write("other.json", other);
    folder
        .run("--proof proof.json --market other.json")
        .code(1)
        .says(&["the proof's market is not the expected one"]);
    folder.run("--proof proof.json --market-digest 0x5").code(1);
    let digest = format_element(&small().bundle.statement.market);
    folder
        .run(&format!("--proof proof.json --market-digest {digest}"))
        .code(0);
    for wrong in [
        "--book 0x1",
        "--nullifier 1",
        "--scope 123456",
        "--message 0xff",
    ] {
        folder
            .run(&format!("--proof proof.json {wrong}"))
            .code(1)
            .says(&["NOT VERIFIED: "]);
    }
    for unreadable in [
        "--scope x",
        "--book 0xzz",
        "--message ff",
        "--scope 1e3",
        "--key-digest 5 --protocol key.zkprotocol",
    ] {
        folder
            .run(&format!("--proof proof.json {unreadable}"))
            .code(2)
            .says(&["hint: "]);
    }
    folder
        .run("--proof none.json")
        .code(2)
        .says(&["none.json", "hint: "]);
    folder
        .run("--proof market.json")
        .code(2)
        .says(&["market.json", "hint: "]);
    folder
        .run("--proof proof.json --protocol proof.json")
        .code(2)
        .says(&[
            "this is a proof of margin",
            "a key (a protocol file) is wanted",
        ]);
    assert_eq!(folder.run("").code, 2);
    let mut bundle: Bundle = small().bundle.clone();
    bundle.proof[7] ^= 1;
    folder.write("changed.json", bundle.to_json());
    folder
        .run("--proof changed.json")
        .code(1)
        .says(&["does not hold"]);
}

/// The mixed account proven under a setup whose secret this process knew.
fn insecure() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| {
        let case = Case::mixed();
        let setup = Setup::insecure_from_seed(key_shape(&case.policy, case.size).k, 1).unwrap();
        let verifier = setup.verifier();
        Proven::under(case, setup, verifier)
    })
}

#[test]
fn an_insecure_setup_is_never_a_plain_yes() {
    let folder = Folder::new();
    let proven = insecure();
    let protocol = proven.key.protocol(&proven.verifier).unwrap();
    folder.write("i.zkprotocol", protocol.to_bytes());
    folder.write("i.json", proven.bundle.to_json());
    let line = "--proof i.json --protocol i.zkprotocol";
    let run = folder.run(line).code(0);
    assert!(!run.stdout.contains("VERIFIED"), "{}", run.stdout);
    run.says(&["HOLDS UNDER AN INSECURE SETUP", "convince nobody"]);
    let report = folder.run(&format!("{line} --json")).code(0).json();
    assert_eq!(report["verified"], false);
    assert_eq!(report["answer"], "insecure");
    let digest = hex::encode(protocol.digest());
    let all = format!("{line} --strict --key-digest 0x{digest} {}", everything());
    // Rows of the other proof are those of the same account.
    folder.run(&all).code(2).says(&["the setup is insecure"]);
    // Under the key in the program it is the proof of another key.
    folder.run("--proof i.json").code(1).says(&["insecure"]);
}

#[test]
fn a_packet_counts_only_under_a_root_that_the_customer_knows() {
    let folder = Folder::new();
    let case = &small().case;
    let customer = Customer::new("ann@example.com", zkmargin_engine::Fr::from(5)).unwrap();
    let mut account = Account {
        customer: customer.digest(),
        ..case.account.clone()
    };
    let costs = case.market.cash(&case.policy, ENTRY_COSTS).unwrap().id;
    let booked = booked_at_mark(&account.positions, &case.market);
    account.positions.push(Position {
        id: costs,
        quantity: i64::try_from(booked).unwrap(),
    });
    account.positions.sort_by_key(|p| p.id);
    let futures = account.positions.iter().filter(|p| p.id.kind().is_future());
    let entered = futures.map(|p| {
        let price = case.market.listed(p.id).unwrap().forward;
        (p.id, Entered { price, mark: price })
    });
    let entered: BTreeMap<_, _> = entered.collect();
    assert_eq!(entered.len(), 2);
    let book = Book {
        leaves: vec![account.leaf(), zkmargin_engine::Fr::from(9)],
    };
    let policy = Policy::rm1();
    let placed = Placed {
        names: account
            .positions
            .iter()
            .map(|p| p.id.name(&policy))
            .collect(),
        entered,
        account: account.clone(),
        place: book.inclusion(0),
    };
    let packet = Packet {
        customer,
        accounts: vec![placed],
        count: 2,
        root: book.root(),
        policy: policy.digest(),
        market: case.market.digest(),
        time: case.market.time(),
        cut_off: case.market.time().into(),
    };
    folder.write("packet.json", packet.to_json());
    let root = format_element(&book.root());
    let counted = folder
        .run(&format!("packet packet.json --policy rm1 --root {root}"))
        .code(0);
    assert!(
        counted.stdout.starts_with("COUNTED: "),
        "{}",
        counted.stdout
    );
    let salt = format_element(&account.salt);
    assert!(!counted.stdout.contains(&salt[2..]));
    let alone = folder.run("packet packet.json").code(3);
    assert!(
        alone.stdout.starts_with("IN THIS FILE ONLY"),
        "{}",
        alone.stdout
    );
    let report = folder.run("packet packet.json --json").code(3).json();
    assert_eq!(report["counted"], false);
    folder
        .run("packet packet.json --root 0x5")
        .code(1)
        .says(&["NOT COUNTED"]);
    let time = packet.time;
    let head = format!(
        r#"{{"format": "zkmargin-public-book", "policy": "{}", "market": "{}", "root": "{root}", "count": 2, "time": {time}, "cut_off": {time}}}"#,
        format_element(&packet.policy),
        format_element(&packet.market)
    );
    folder.write("book.json", &head);
    let line = "packet packet.json --public book.json";
    folder
        .run(line)
        .code(3)
        .says(&["IN THIS FILE ONLY", "which anyone can write"]);
    folder.run(&format!("{line} --root {root}")).code(3);
    folder
        .run(&format!("{line} --root {root} --policy wide"))
        .code(1);
    folder
        .run(&format!("{line} --root {root} --policy rm1"))
        .code(0);
    let published = |field: &str, what: &str| {
        let other = head.replace(&format!("\"{field}\": "), &format!("\"{field}\": 1"));
        folder.write("book.json", other);
        folder
            .run(&format!("{line} --root {root}"))
            .code(1)
            .says(&[what]);
    };
    published("count", "number of accounts");
    published("time", "another time of the market");
    published("cut_off", "another cut-off");
}

#[test]
fn all_of_a_book_but_its_proofs_is_checked_without_a_key() {
    let folder = Folder::new();
    let scene = crate::book::scene();
    folder.write("market.json", scene.market.to_json(&scene.policy).unwrap());
    folder.write("policy.toml", include_str!("../../policies/rm1.toml"));
    let text = scene.book.to_json(&scene.policy);
    folder.write("book.json", &text);
    let run = folder.run("book .").code(2);
    run.says(&[
        "NOT DECIDED: the proofs are not checked",
        "each of 150 accounts once",
    ]);
    let report = folder
        .run("book . --policy rm1 --market market.json --json")
        .code(2)
        .json();
    assert_eq!(report["verified"], false);
    assert_eq!(report["checked"], serde_json::json!(["policy", "market"]));
    assert_eq!(
        report["trusted"],
        serde_json::json!(["ratio", "root", "proofs"])
    );
    let root = format_element(&scene.book.root);
    folder
        .run(&format!("book . --root {root} --ratio 10000"))
        .code(2);
    folder
        .run("book . --root 0x5")
        .code(1)
        .says(&["not the one given"]);
    folder
        .run("book . --ratio 9000")
        .code(1)
        .says(&["not 9000 bp"]);
    folder.run("book . --max-age 1s").code(1).says(&[
        "NOT VERIFIED: the book is not the one",
        "1 second is the most",
    ]);
    folder.write(
        "book.json",
        text.replace("\"count\": 150", "\"count\": 149"),
    );
    folder.run("book .").code(1).says(&["NOT VERIFIED", "149"]);
}
