//! `book build` once more: other leaves, or with `--resume` the same book.

use crate::book_folder::{content, names, venue, BUILD};
use crate::common::Folder;

/// The leaves of a book, in their order.
fn leaves(folder: &Folder, book: &str) -> Vec<[u8; 32]> {
    let bytes = std::fs::read(folder.path(&format!("{book}/leaves.bin"))).unwrap();
    let leaves = bytes[8..].chunks(32).map(|leaf| leaf.try_into().unwrap());
    leaves.collect()
}

#[test]
fn two_builds_share_no_leaf() {
    let folder = venue(70, "--positions 3");
    let first = folder.run(&format!("{BUILD} --json")).code(0).json();
    let before = leaves(&folder, "book");
    assert_eq!(before.len(), 70);
    // In the same folder, and in another one.
    let again = folder.run(&format!("{BUILD} --json")).code(0);
    assert!(
        !again.stderr.contains("nothing changed"),
        "{}",
        again.stderr
    );
    let again = again.json();
    assert_eq!(again["unchanged"], false);
    assert_ne!(again["root"], first["root"]);
    let line = BUILD.replace("--out book", "--out other --json");
    let other = folder.run(&line).code(0).json();
    assert_ne!(other["root"], first["root"]);
    assert_ne!(other["root"], again["root"]);
    let mut all: Vec<[u8; 32]> =
        [before, leaves(&folder, "book"), leaves(&folder, "other")].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 3 * 70);
    // What is added up is the same.
    for field in ["totals", "assets", "count", "positions"] {
        assert_eq!(again[field], first[field], "{field}");
        assert_eq!(other[field], first[field], "{field}");
    }
}

#[test]
fn a_build_that_goes_on_gives_the_same_book_and_other_files_another() {
    let folder = venue(1_500, "--positions 3");
    let resume = format!("{BUILD} --resume --json");
    // There is nothing to go on with before the first.
    folder
        .run(&resume)
        .refused(&["holds no book", "without --resume"]);
    let first = folder.run(&format!("{BUILD} --json")).code(0).json();
    let before = leaves(&folder, "book");
    let inputs = names(&folder, "book/inputs");
    let manifest = folder.read("book/book.json");
    let again = folder.run(&resume).code(0);
    assert!(again.stderr.contains("nothing changed"), "{}", again.stderr);
    assert_eq!(again.json()["unchanged"], true);
    assert_eq!(again.json()["new_inputs"], 0);
    assert_eq!(again.json()["root"], first["root"]);
    assert_eq!(folder.read("book/book.json"), manifest);
    assert_eq!(names(&folder, "book/inputs"), inputs);
    assert!(leaves(&folder, "book") == before);
    // A damaged input is written again.
    let input = format!("book/inputs/{}", inputs[2]);
    folder.write(&input, "damaged");
    assert_eq!(folder.run(&resume).code(0).json()["new_inputs"], 1);
    assert_eq!(folder.read("book/book.json"), manifest);
    let mut lines: Vec<String> = folder
        .read("accounts.jsonl")
        .lines()
        .map(str::to_owned)
        .collect();
    lines.swap(10, 11);
    folder.write("accounts.jsonl", &lines.join("\n"));
    // One salt never hides two contents.
    let whole = content(&folder, "book");
    folder
        .run(&resume)
        .refused(&["book: the files give another book", "without --resume"]);
    assert!(content(&folder, "book") == whole, "the book was touched");
    let changed = folder.run(&format!("{BUILD} --json")).code(0);
    assert_ne!(changed.json()["root"], first["root"]);
    let manifest: serde_json::Value = serde_json::from_str(&folder.read("book/book.json")).unwrap();
    for batch in manifest["batches"].as_array().unwrap() {
        let input = format!("{}.bin", batch["input"].as_str().unwrap());
        assert!(names(&folder, "book/inputs").contains(&input));
        assert!(!inputs.contains(&input), "{input} is of the first book");
    }
}
