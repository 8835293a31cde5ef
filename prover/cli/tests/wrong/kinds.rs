//! Files of one kind where another is wanted.

use super::{Desk, Line};

pub const LINES: [Line; 47] = [
    (
        "book build account.json --market market.json --out other",
        &[
            "account.json: this is one account over several lines",
            "write each account on one line",
        ],
    ),
    (
        "evaluate --market account.json --account account.json",
        &["account.json: this is an account", "a market is wanted"],
    ),
    (
        "evaluate --market market.json --account market.json",
        &["market.json: this is a market", "an account is wanted"],
    ),
    (
        "evaluate --market market.json --account packet.json",
        &["packet.json: this is a customer's packet", "--packet"],
    ),
    (
        "evaluate --market market.json --account accounts.jsonl",
        &["this is a file of accounts", "book build"],
    ),
    (
        "evaluate --market accounts.jsonl --account account.json",
        &["this is a file of accounts", "a market is wanted"],
    ),
    (
        "evaluate --market market.json --account account.json --policy market.json",
        &["this is a market", "a policy is wanted", "policy show"],
    ),
    (
        "evaluate --market policy.toml --account account.json",
        &["policy.toml: this is a policy"],
    ),
    (
        "evaluate --market empty.json --account account.json",
        &["empty.json: the file is empty", "market generate"],
    ),
    (
        "evaluate --market book --account account.json",
        &["book: this is a folder", "name a file"],
    ),
    (
        "evaluate --market key.zkprotocol --account account.json",
        &["this is a key (a protocol file)"],
    ),
    (
        "prove --market market.json --packet account.json --identity identity.json --out new",
        &["this is an account", "a customer's packet is wanted"],
    ),
    (
        "prove --market market.json --account account.json --identity identity.json --book market.json --out new",
        &["this is a market", "a list of leaves is wanted"],
    ),
    (
        "prove --market market.json --account account.json --identity identity.json --setup market.json --out new",
        &["this is a market", "a trusted setup is wanted"],
    ),
    (
        "evaluate --market market.json --account identity.json",
        &[
            "identity.json: this is the file of a trader's secret",
            "an account is wanted",
            "identity show",
        ],
    ),
    (
        "prove --market market.json --account identity.json --identity identity.json --out new",
        &["this is the file of a trader's secret", "an account is wanted"],
    ),
    (
        "prove --market market.json --account account.json --identity account.json --out new",
        &["this is an account", "the file of a trader's secret is wanted"],
    ),
    (
        "prove --market market.json --packet packet.json --number 7 --identity packet.json --out new",
        &["this is a customer's packet", "a trader's secret is wanted"],
    ),
    (
        "commit --market market.json --account account.json --identity market.json --scope 1",
        &["this is a market", "a trader's secret is wanted"],
    ),
    (
        "identity show account.json",
        &["this is an account", "identity new"],
    ),
    ("identity show book", &["book: this is a folder"]),
    (
        "account generate --market market.json --identity account.json --out new.json",
        &["this is an account", "a trader's secret is wanted"],
    ),
    (
        "venue generate --market market.json --identity packet.json --out new.json",
        &["this is a customer's packet", "a trader's secret is wanted"],
    ),
    (
        "book build identity.json --market market.json --out new",
        &["this is the file of a trader's secret", "a file of accounts"],
    ),
    (
        "book check packet.json --identity account.json",
        &["this is an account", "a trader's secret is wanted"],
    ),
    (
        "book check identity.json",
        &["this is the file of a trader's secret", "a customer's packet"],
    ),
    (
        "verify --proof identity.json",
        &["this is the file of a trader's secret", "a proof of margin"],
    ),
    (
        "verify --proof market.json",
        &["this is a market", "`zkmargin prove` writes a proof"],
    ),
    (
        "verify --proof account.json",
        &["this is an account", "a proof of margin"],
    ),
    (
        "verify --proof packet.json",
        &["this is a customer's packet", "book check"],
    ),
    (
        "verify --proof book/book.json",
        &["this is the private book.json of a venue"],
    ),
    (
        "verify --proof key.zkprotocol",
        &["this is a key", "--protocol"],
    ),
    ("inspect packet.json", &["this is a customer's packet"]),
    ("export calldata --proof market.json", &["this is a market"]),
    (
        "setup import market.json --out new",
        &["this is a market", "a trusted setup is wanted"],
    ),
    ("setup inspect account.json", &["this is an account"]),
    (
        "market import market.json --out new.json",
        &["this is a market", "a snapshot of option chains"],
    ),
    (
        "book build market.json --market market.json --out new",
        &["this is a market", "a file of accounts"],
    ),
    (
        "book build accounts.jsonl --market accounts.jsonl --out new",
        &["this is a file of accounts", "a market is wanted"],
    ),
    (
        "book build accounts.jsonl --market market.json --inventory market.json --out new",
        &["this is a market", "an inventory is wanted"],
    ),
    (
        "book check market.json",
        &["this is a market", "a customer's packet is wanted"],
    ),
    (
        "book check packet.json --public market.json",
        &["this is a market", "a published book is wanted"],
    ),
    (
        "book check packet.json --public packet.json --root 5",
        &["this is a customer's packet", "a published book is wanted"],
    ),
    (
        "book check packet.json --public book/book.json --root 5",
        &[
            "the private book.json of a venue",
            "a published book is wanted",
        ],
    ),
    (
        "book verify book/book.json",
        &["this is a file", "a folder is wanted"],
    ),
    (
        "book verify book",
        &[
            "book/book.json: this is the private book.json",
            "`public` beside it",
        ],
    ),
    (
        "book reserves market.json --liabilities book/book.json",
        &[
            "this is the private book.json",
            "a published book is wanted",
        ],
    ),
];

#[test]
fn a_file_of_another_kind_is_told_by_its_kind() {
    let mut desk = Desk::new();
    let folder = &desk.folder;
    let line = "venue generate --market market.json --accounts 20 --positions 3 --insecure-seed 1";
    folder.run(&format!("{line} --out accounts.jsonl")).code(0);
    let line = "book build accounts.jsonl --market market.json --k 10 --out book";
    folder.run(line).code(0);
    folder
        .run("book include book --index 7 --out packet.json")
        .code(0);
    folder
        .run("export protocol --size small --out key.zkprotocol")
        .code(0);
    folder.write(
        "policy.toml",
        include_str!("../../../../policies/wide.toml"),
    );
    folder.write("empty.json", "");
    desk.hide_those_of("packet.json");
    desk.lines(&LINES);
    desk.done();
}
