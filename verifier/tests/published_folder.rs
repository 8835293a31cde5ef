//! The digest of a published folder: of which files, and of nothing else. What they say is another
//! question, so the book here is of nobody.

use zkmargin_engine::book::{BatchStatement, Totals};
use zkmargin_engine::Fr;
use zkmargin_verifier::book::{digest, folder_digest, PublicBatch, PublicBook};

fn statement() -> BatchStatement {
    BatchStatement {
        policy: Fr::from(1),
        market: Fr::from(2),
        book: Fr::from(3),
        inventory: Fr::from(4),
        first: 0,
        ratio: 10_000,
        totals: Totals::default(),
        assets: Vec::new(),
        roots: Vec::new(),
        word: Fr::from(5),
        masks: [Fr::from(6); 2],
    }
}

fn book(batches: Vec<PublicBatch>) -> PublicBook {
    PublicBook {
        policy: Fr::from(1),
        market: Fr::from(2),
        root: Fr::from(3),
        count: 0,
        ratio: 10_000,
        k: 10,
        totals: Totals::default(),
        assets: Vec::new(),
        inventory: Vec::new(),
        batches,
    }
}

/// A folder of files by name, and a book whose proofs are the ones given.
fn folder(files: &[(&str, &str)], proofs: &[&str]) -> (tempfile::TempDir, PublicBook) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("proofs")).unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let publish = |content: &&str| {
        let proof = digest(content.as_bytes());
        let name = format!("proofs/{proof}.bin");
        std::fs::write(folder.path().join(name), content).unwrap();
        let statement = statement();
        PublicBatch { statement, proof }
    };
    let batches = proofs.iter().map(publish).collect();
    (folder, book(batches))
}

const TEXTS: [(&str, &str); 3] = [
    ("book.json", "a book\n"),
    ("market.json", "a market\n"),
    ("policy.toml", "a policy\n"),
];

/// By GNU coreutils, in a folder of these files:
///
/// ```text
/// $ sha256sum book.json market.json policy.toml proofs/*.bin
/// 2ee9e69fd32c6c25…  book.json
/// eda4c2b35ca88006…  market.json
/// 8f20683e4c9e9915…  policy.toml
/// 3fc4ccfe745870e2…  proofs/3fc4ccfe745870e2….bin
/// 7692c3ad3540bb80…  proofs/7692c3ad3540bb80….bin
/// $ sha256sum book.json market.json policy.toml proofs/*.bin | sha256sum
/// 7b2c8c19e7ba7e88…  -
/// ```
///
/// Two batches with one proof have one file.
#[test]
fn the_digest_of_a_folder_is_what_sha256sum_says() {
    let (folder, book) = folder(&TEXTS, &["one", "two", "one"]);
    let found = folder_digest(folder.path(), &book).unwrap().to_string();
    assert_eq!(found, "0x7b2c8c19e7ba7e885e7340f22f9ac1a046054aded86f55e81c7ec018b1512651");
    // Every byte of every file counts, that of a proof too.
    let proof = format!("proofs/{}.bin", book.batches[1].proof);
    for name in TEXTS.map(|(name, _)| name).iter().chain(&[proof.as_str()]) {
        let path = folder.path().join(name);
        let content = std::fs::read(&path).unwrap();
        let mut other = content.clone();
        other[0] ^= 1;
        std::fs::write(&path, other).unwrap();
        let changed = folder_digest(folder.path(), &book).unwrap().to_string();
        assert_ne!(changed, found, "{name}");
        std::fs::write(&path, content).unwrap();
    }
    let again = folder_digest(folder.path(), &book).unwrap().to_string();
    assert_eq!(again, found);
}

#[test]
fn a_folder_with_anything_else_has_no_digest() {
    let (folder, book) = folder(&TEXTS, &["one", "two"]);
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
    std::fs::write(&path, "a market\n").unwrap();
    assert!(folder_digest(folder.path(), &book).is_ok());
}

#[cfg(unix)]
#[test]
fn a_folder_with_links_has_no_digest() {
    use std::os::unix::fs::symlink;
    let (folder, book) = folder(&TEXTS, &["one"]);
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
