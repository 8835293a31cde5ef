//! Places for results: nothing is overwritten, no input, no folder, nothing half-written.

use super::{Desk, Line};

pub const LINES: [Line; 16] = [
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
        "prove --identity identity.json --market market.json --account account.json --out account.json --force",
        &["account.json", "read by the same command"],
    ),
    (
        "prove --identity identity.json --market market.json --account account.json --out market.json",
        &["market.json"],
    ),
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
    let account = desk.folder.read("account.json").replace('\n', " ");
    desk.folder.write("lines.jsonl", &account);
    desk.lines(&LINES);
    desk.done();
}
