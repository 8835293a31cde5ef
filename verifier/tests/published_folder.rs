//! The digest of a published folder: of which files, and of nothing else. Whether what they say is proven
//! is another question, so the batches here are of nobody.

use std::path::Path;
use std::process::Command;

use zkmargin_engine::book::{BatchStatement, MaskedTotals, Totals};
use zkmargin_engine::market::{Instrument, InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_verifier::book::{digest, folder_digest, PublicBatch, PublicBook};

const POLICY: &str = include_str!("../../policies/rm1.toml");

fn statement() -> BatchStatement {
    BatchStatement {
        policy: Fr::from(1),
        market: Fr::from(2),
        book: Fr::from(3),
        inventory: Fr::from(4),
        first: 0,
        ratio: 10_000,
        accounts: 0,
        totals: MaskedTotals::default(),
        assets: Vec::new(),
        roots: Vec::new(),
        secrets: [Fr::from(6); 2],
    }
}

/// A market of dollars at a time.
fn market(time: u32) -> Market {
    let code = Policy::rm1().underlying("USD").unwrap().code;
    let dollar = Instrument {
        name: "USD".to_owned(),
        id: InstrumentId::new(code, 0, 0, Kind::Cash),
        forward: 100_000_000,
        vol: 0,
    };
    Market::new(time, vec![dollar]).unwrap()
}

/// A folder with a book whose proofs are the ones given.
fn folder(proofs: &[&str]) -> (tempfile::TempDir, PublicBook) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("proofs")).unwrap();
    let batches = proofs.iter().map(|content| {
        let proof = digest(content.as_bytes());
        write(&format!("proofs/{proof}.bin"), content);
        let statement = statement();
        PublicBatch { statement, proof }
    });
    let (policy, market) = (Policy::rm1(), market(7));
    let book = PublicBook {
        policy: policy.digest(),
        market: market.digest(),
        root: Fr::from(3),
        count: 0,
        ratio: 10_000,
        k: 10,
        totals: Totals::default(),
        assets: Vec::new(),
        inventory: Vec::new(),
        batches: batches.collect(),
    };
    write("policy.toml", POLICY);
    write("market.json", &market.to_json(&policy).unwrap());
    write("book.json", &book.to_json(&policy));
    (folder, book)
}

/// By GNU coreutils, as FORMATS.md has it.
fn by_sha256sum(folder: &Path) -> String {
    let list = "sha256sum book.json market.json policy.toml proofs/*.bin | sha256sum";
    let mut shell = Command::new("bash");
    let output = shell.args(["-c", list]).env("LC_ALL", "C").current_dir(folder);
    let output = output.output().expect("sha256sum");
    let text = String::from_utf8(output.stdout).unwrap();
    format!("0x{}", text.split(' ').next().unwrap())
}

/// Two batches with one proof have one file.
#[test]
fn the_digest_of_a_folder_is_what_sha256sum_says() {
    let (folder, book) = folder(&["one", "two", "one"]);
    let found = || folder_digest(folder.path(), &book).unwrap().to_string();
    let honest = found();
    assert_eq!(honest, by_sha256sum(folder.path()));
    // Every byte of every file counts, also one that changes nothing of what it says.
    for name in ["book.json", "market.json", "policy.toml"] {
        let path = folder.path().join(name);
        let content = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, content.clone() + "\n").unwrap();
        assert_ne!(found(), honest, "{name}");
        assert_eq!(found(), by_sha256sum(folder.path()), "{name}");
        std::fs::write(&path, content).unwrap();
    }
    assert_eq!(found(), honest);
}

/// Whoever names a market and a policy of his own does not read those of the folder, and still says
/// which folder he looked at.
#[test]
fn a_folder_whose_files_are_of_another_book_has_no_digest() {
    let (folder, book) = folder(&["one"]);
    let refused = |name: &str, content: &str, words: &str| {
        let path = folder.path().join(name);
        let honest = std::fs::read(&path).unwrap();
        std::fs::write(&path, content).unwrap();
        let error = folder_digest(folder.path(), &book).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(name), "{error}");
        std::fs::write(&path, honest).unwrap();
    };
    let other = market(8).to_json(&Policy::rm1()).unwrap();
    refused("market.json", &other, "is not the market of the book");
    refused("market.json", "a market", "not JSON");
    let other = POLICY.replace("\"RM-1\"", "\"RM-9\"");
    refused("policy.toml", &other, "is not the policy of the book");
    let mut later = book.clone();
    later.count = 1;
    let later = later.to_json(&Policy::rm1());
    refused("book.json", &later, "was another when it was read before");
    let proof = format!("proofs/{}.bin", book.batches[0].proof);
    refused(&proof, "two", "is not the proof that its name says");
    assert!(folder_digest(folder.path(), &book).is_ok());
}

#[test]
fn a_folder_with_anything_else_has_no_digest() {
    let (folder, book) = folder(&["one", "two"]);
    let refused = |words: &[&str]| {
        let error = folder_digest(folder.path(), &book).unwrap_err().to_string();
        for word in words.iter().chain(&["hint: "]) {
            assert!(error.contains(word), "no {word:?} in {error}");
        }
    };
    let unlisted = "is not named in the published book.json";
    let upper = format!("proofs/{}.bin", book.batches[0].proof.to_uppercase());
    let another = format!("proofs/{}.bin", digest(b"three"));
    for name in [".note", "BOOK.JSON", "book.json.bak", &upper, &another] {
        let path = folder.path().join(name);
        std::fs::write(&path, "").unwrap();
        refused(&[name, unlisted]);
        std::fs::remove_file(&path).unwrap();
    }
    for name in ["more", "proofs/more"] {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        refused(&[name, unlisted]);
        std::fs::remove_dir(&path).unwrap();
    }
    // What is named and not there, or is no file.
    let path = folder.path().join("market.json");
    std::fs::remove_file(&path).unwrap();
    refused(&["market.json"]);
    std::fs::create_dir(&path).unwrap();
    refused(&["market.json", "is no plain file"]);
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, market(7).to_json(&Policy::rm1()).unwrap()).unwrap();
    assert!(folder_digest(folder.path(), &book).is_ok());
}

#[cfg(unix)]
#[test]
fn a_folder_with_links_has_no_digest() {
    use std::os::unix::fs::symlink;
    let (folder, book) = folder(&["one"]);
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["policy.toml", "proofs"] {
        let (path, moved) = (folder.path().join(name), elsewhere.path().join(name));
        std::fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        let error = folder_digest(folder.path(), &book).unwrap_err().to_string();
        let words = [name, "so the folder has no digest"];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&moved, &path).unwrap();
    }
    assert!(folder_digest(folder.path(), &book).is_ok());
}
