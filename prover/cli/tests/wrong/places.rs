//! Places for results: nothing is overwritten, no input, no folder, nothing half-written.

use super::{Desk, Line};
use crate::common::line;

pub const LINES: [Line; 25] = [
    (
        "market generate --seed 1 --out market.json",
        &["--out market.json", "there already", "--force"],
    ),
    (
        "market generate --seed 1 --out no/market.json",
        &["no/market.json", "folder exists"],
    ),
    (
        "market generate --seed 1 --out folder",
        &["folder", "not a folder"],
    ),
    (
        "market generate --seed 1 --out market.json/x",
        &["market.json/x"],
    ),
    (
        "account generate --market market.json --out account.json",
        &["--out account.json", "--force"],
    ),
    (
        "account generate --market market.json --out market.json --force",
        &["market.json", "read by the same command"],
    ),
    (
        "venue generate --market market.json --out ./market.json --force",
        &["market.json", "read by the same command"],
    ),
    (
        "prove --market market.json --account account.json --identity identity.json --out account.json --force",
        &["account.json", "read by the same command"],
    ),
    (
        "prove --market market.json --account account.json --identity identity.json --out identity.json --force",
        &["identity.json", "read by the same command"],
    ),
    (
        "prove --market market.json --account account.json --identity identity.json --out market.json",
        &["market.json"],
    ),
    (
        "account generate --market market.json --identity identity.json --out identity.json --force",
        &["identity.json", "read by the same command"],
    ),
    (
        "venue generate --market market.json --identity identity.json --out identity.json --force",
        &["identity.json", "read by the same command"],
    ),
    (
        "identity new --out account.json",
        &["--out account.json", "there already", "is lost", "another file"],
    ),
    (
        "identity new --out identity.json --json",
        &["--out identity.json", "there already", "is lost"],
    ),
    ("identity new --out -", &["--out -", "is lost", "name a file"]),
    ("identity new --out /dev/null", &["/dev/null", "is lost"]),
    ("identity new --out folder", &["folder"]),
    ("identity new --out no/s.json", &["no/s.json", "folder exists"]),
    (
        "export protocol --size small --out account.json",
        &["--out account.json", "there already"],
    ),
    (
        "export statement --out account.json",
        &["--out account.json", "there already"],
    ),
    (
        "setup insecure --k 4 --out account.json",
        &["--out account.json", "there already"],
    ),
    (
        "book queue-key --out account.json",
        &["account.json", "a file already"],
    ),
    ("book queue-key --out -", &["the key would be lost"]),
    (
        "book build lines.jsonl --market market.json --out folder",
        &["folder", "holds files that are not a book's"],
    ),
    (
        "book build lines.jsonl --market market.json --out account.json",
        &["account.json"],
    ),
];

#[test]
fn a_wrong_place_is_refused() {
    let mut desk = Desk::new();
    std::fs::create_dir(desk.folder.path("folder")).unwrap();
    desk.folder.write("folder/mine.txt", "mine");
    desk.folder.write("lines.jsonl", &line());
    desk.lines(&LINES);
    desk.done();
}
