//! A venue's folder, what it publishes, its inventory and its addresses.

use super::{Change, Desk, Line};

pub const PUBLISHED: [Change; 16] = [
    (
        "zkmargin-public-book",
        "zkmargin-book",
        &["this is the private book.json"],
    ),
    (
        "zkmargin-public-book",
        "public-book",
        &["format", "public-book"],
    ),
    (
        "\"version\": 2",
        "\"version\": 7",
        &["version", "7", "reads version 2"],
    ),
    ("\"version\": 2,", "", &["missing field `version`"]),
    (
        "\"cut_off\": ",
        "\"cut\": ",
        &["book.json", "unknown field `cut`"],
    ),
    ("\"number\": 0,", "", &["missing field `number`"]),
    (
        "\"count\": 20",
        "\"count\": \"20\"",
        &["book.json", "string"],
    ),
    ("\"ratio\": 10000", "\"ratio\": 70000", &["70000"]),
    ("\"root\": \"0x", "\"root\": \"0y", &["root", "hexadecimal"]),
    (
        "\"totals\": {",
        "\"totals\": {\"colour\": 1, ",
        &["unknown field `colour`"],
    ),
    ("\"equity\": \"", "\"equity\": \"-", &["totals.equity"]),
    (
        "\"equity\": \"",
        "\"equity\": \"1e",
        &["totals.equity", "1e"],
    ),
    ("\"long\": \"", "\"long\": \"x", &["assets[0].long"]),
    (
        "\"instrument\": \"USD\"",
        "\"instrument\": \"USDC\"",
        &["assets[0].instrument", "USDC", "is USD"],
    ),
    (
        "\"proof\": \"",
        "\"proof\": \"zz",
        &["batches[0].proof", "SHA-256"],
    ),
    ("\n}", "\n", &["book.json", "EOF"]),
];

pub const INVENTORY: [Change; 9] = [
    ("[", "{", &["wrong.json"]),
    (
        "BTC-PERPETUAL",
        "BTC-PERP",
        &["inventory[0].instrument", "BTC-PERP", "does not list"],
    ),
    (
        "BTC-PERPETUAL",
        "BTC",
        &["inventory[0].instrument", "not a derivative"],
    ),
    ("\"-1\"", "-1", &["wrong.json"]),
    ("\"-1\"", "\"0\"", &["inventory[0].quantity", "zero"]),
    ("\"-1\"", "\"many\"", &["inventory[0].quantity", "many"]),
    (
        "\"-1\"}",
        "\"-1\"}, {\"instrument\": \"BTC-PERPETUAL\", \"quantity\": \"2\"}",
        &["inventory[1]", "BTC-PERPETUAL"],
    ),
    ("\"quantity\"", "\"amount\"", &["amount"]),
    ("\"-1\"", "\"-1\", \"note\": 1", &["note"]),
];

const ADDRESSES_GOOD: &str = r#"{"venue": "V", "book": "0x1", "assets": [{"asset": "USD",
  "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "addresses": [{
  "address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "chain_id": 1,
  "block": 25000000, "balance": "1", "scheme": "personal_sign"}]}]}"#;

pub const ADDRESSES: [Change; 15] = [
    (
        "\"chain_id\": 1",
        "\"chain\": \"dogecoin\"",
        &["names no chain", "bitcoin"],
    ),
    ("personal_sign", "bip322", &["scheme", "no way to sign"]),
    (
        "\"assets\"",
        "\"insurance_fund\": [{}], \"assets\"",
        &["wrong.json"],
    ),
    ("\"V\"", "\"\"", &["wrong.json: venue"]),
    ("\"0x1\"", "\"1\"", &["wrong.json: book"]),
    ("\"USD\"", "\"GBP\"", &["GBP"]),
    ("\"0xf39Fd", "\"0xf39F", &["assets[0].addresses[0].address"]),
    ("\"0xA0b86", "\"A0b8", &["assets[0].token"]),
    (
        "\"chain_id\": 1",
        "\"chain_id\": \"1\"",
        &["wrong.json", "line 3", "u64"],
    ),
    (
        "\"balance\": \"1\"",
        "\"balance\": \"-1\"",
        &["assets[0].addresses[0].balance"],
    ),
    (
        "\"balance\": \"1\"",
        "\"balance\": 1",
        &["wrong.json", "line 4", "a string"],
    ),
    ("personal_sign", "impersonal_sign", &["impersonal_sign"]),
    ("\"block\"", "\"height\"", &["height"]),
    ("]}]}", "]}", &["wrong.json"]),
    ("{\"venue\"", "{\"note\": 1, \"venue\"", &["note"]),
];

const FOLDERS: [Line; 19] = [
    (
        "book run missing.jsonl --market market.json --out nights",
        &["missing.jsonl"],
    ),
    (
        "book run market.json --market market.json --k 10 --out nights",
        &["market.json: this is a market"],
    ),
    (
        "book run accounts.jsonl --market market.json --out book",
        &["no part of a venue's books"],
    ),
    (
        "book verify book/public --registry http://127.0.0.1:9 0x12 --venue 0x12",
        &["--registry 0x12", "not an address"],
    ),
    ("book verify nowhere", &["nowhere: there is no such folder"]),
    ("book verify market.json", &["this is a file"]),
    (
        "book verify unproven/public",
        &[
            "nothing is published of this book yet",
            "book prove unproven",
        ],
    ),
    ("book verify empty", &["holds no published book"]),
    (
        "book prove book/public",
        &[
            "book/public/book.json: this is a published book",
            "book build",
        ],
    ),
    ("book prove market.json", &["this is a file"]),
    ("book prove empty", &["empty: holds no book", "book build"]),
    (
        "book include book --index 20",
        &["account 20", "20 accounts", "--index"],
    ),
    (
        "book include book --customer carol@example.com",
        &["no account of the book is his", "--customer"],
    ),
    (
        "book include book --customer=",
        &["no account of the book is his", "--customer"],
    ),
    (
        "book include book --customer customer7@example.com --index 7",
        &["--customer", "--index"],
    ),
    ("book include book", &["--index", "--customer"]),
    (
        "book build accounts.jsonl --market market.json --k 10 --out nothing --resume",
        &["nothing: holds no book"],
    ),
    (
        "book build swapped.jsonl --market market.json --k 10 --out book --resume",
        &["book: the files give another book", "without --resume"],
    ),
    (
        "book verify book/public --root x",
        &["--root x", "the venue published"],
    ),
];

#[test]
fn a_wrong_book_is_refused() {
    let mut desk = Desk::new();
    let folder = &desk.folder;
    let line = "venue generate --market market.json --accounts 20 --positions 3 --insecure-seed 1";
    folder.run(&format!("{line} --out accounts.jsonl")).code(0);
    for out in ["unproven", "book"] {
        let line = "book build accounts.jsonl --market market.json --k 10 --out";
        folder.run(&format!("{line} {out}")).code(0);
    }
    folder.run("book prove book").code(0);
    let all = folder.read("accounts.jsonl");
    let mut swapped: Vec<&str> = all.lines().collect();
    swapped.swap(0, 1);
    folder.write("swapped.jsonl", &swapped.join("\n"));
    std::fs::create_dir(folder.path("empty")).unwrap();
    std::fs::create_dir(folder.path("wrong")).unwrap();
    for name in ["market.json", "policy.toml"] {
        folder.write(
            &format!("wrong/{name}"),
            &folder.read(&format!("book/public/{name}")),
        );
    }
    desk.hide_those_of("accounts.jsonl");
    desk.lines(&FOLDERS);
    let good = desk.folder.read("book/public/book.json");
    desk.changes("book verify wrong", "wrong/book.json", &good, &PUBLISHED);
    let line = "book build accounts.jsonl --market market.json --inventory wrong.json --out new";
    let good = r#"[{"instrument": "BTC-PERPETUAL", "quantity": "-1"}]"#;
    desk.changes(line, "wrong.json", good, &INVENTORY);
    let line = "book reserves wrong.json --liabilities book/public/book.json";
    desk.changes(line, "wrong.json", ADDRESSES_GOOD, &ADDRESSES);
    desk.done();
}
