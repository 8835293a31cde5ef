//! Proofs of margin, and customers' packets.

use super::{Change, Desk};

pub const CHANGES: [Change; 27] = [
    (
        "\"version\": 2",
        "\"version\": 1",
        &["version 1", "make the proof again"],
    ),
    (
        "\"version\": 2",
        "\"version\": \"2\"",
        &["wrong.json", "string"],
    ),
    ("\"version\": 2,", "", &["missing field `version`"]),
    (
        "\"version\": 2",
        "\"version\": 2, \"colour\": 1",
        &["unknown field `colour`"],
    ),
    (
        "keccak256",
        "blake2b",
        &["transcript", "blake2b", "keccak256"],
    ),
    (
        "\"size\": \"small\"",
        "\"size\": \"huge\"",
        &["size", "huge", "small, standard or large"],
    ),
    (
        "\"size\": \"small\"",
        "\"size\": 7",
        &["wrong.json", "integer"],
    ),
    (
        "\"ratio\": \"9000\"",
        "\"ratio\": \"70000\"",
        &["statement.ratio", "70000"],
    ),
    (
        "\"ratio\": \"9000\"",
        "\"ratio\": \"09000\"",
        &["statement.ratio", "09000"],
    ),
    (
        "\"ratio\": \"9000\"",
        "\"ratio\": \"-1\"",
        &["statement.ratio", "-1"],
    ),
    (
        "\"ratio\": \"9000\"",
        "\"ratio\": 9000",
        &["wrong.json", "9000"],
    ),
    (
        "\"buffer\": \"12.5\"",
        "\"buffer\": \"-12.5\"",
        &["statement.buffer", "-12.5"],
    ),
    (
        "\"buffer\": \"12.5\"",
        "\"buffer\": \"1e3\"",
        &["statement.buffer", "1e3"],
    ),
    (
        "\"buffer\": \"12.5\"",
        "\"buffer\": \"12.123456789\"",
        &["statement.buffer"],
    ),
    (
        "\"scope\": \"0x",
        "\"scope\": \"",
        &["statement.scope", "hexadecimal"],
    ),
    (
        "\"scope\": \"0x0",
        "\"scope\": \"0xf",
        &["statement.scope", "modulus"],
    ),
    (
        "\"message\": \"0x0",
        "\"message\": \"0xg",
        &["statement.message", "hexadecimal"],
    ),
    (
        "\"nullifier\"",
        "\"nullifer\"",
        &["unknown field `nullifer`"],
    ),
    (
        "\"book\": ",
        "\"book\": \"0x1\", \"book\": ",
        &["duplicate field `book`"],
    ),
    ("\"statement\": {", "\"statement\": [{", &["wrong.json"]),
    (
        "\"proof\": \"0x",
        "\"proof\": \"0y",
        &["proof", "hexadecimal"],
    ),
    (
        "\"proof\": \"0x",
        "\"proof\": \"0x0",
        &["proof", "hexadecimal"],
    ),
    ("\"proof\": \"0x", "\"proof\": \"", &["proof", "0x"]),
    ("{\n", "\n", &["wrong.json"]),
    ("\n}", "\n", &["wrong.json", "EOF"]),
    ("\n}", "\n}}", &["wrong.json", "trailing"]),
    ("{\n", "\u{feff}{\n", &["byte-order mark"]),
];

pub const PACKETS: [Change; 31] = [
    (
        "zkmargin-packet",
        "zkmargin-pocket",
        &["format", "not a packet"],
    ),
    (
        "\"version\": 3",
        "\"version\": 4",
        &["version", "4: this program reads version 3"],
    ),
    ("\"version\": 3,", "", &["missing field `version`"]),
    ("\"version\": 3", "\"version\": \"3\"", &["another type"]),
    (
        "\"version\": 3",
        "\"version\": 1",
        &["version: 1", "packet of version 3", "zkmargin identity new"],
    ),
    (
        "\"version\": 3",
        "\"version\": 2",
        &["version: 2", "packet of version 3", "builds again"],
    ),
    (
        "\"cut_off\": 17",
        "\"cut_off\": 27",
        &["cut_off: accounts that were read after"],
    ),
    ("\"index\": 7", "\"index\": -7", &["another type"]),
    ("\"index\": 7", "\"index\": 7.5", &["another type"]),
    (
        "\"root\": \"0x",
        "\"raot\": \"0x",
        &["unknown field `raot`"],
    ),
    (
        "\"root\": \"0x",
        "\"root\": \"0x7\", \"root\": \"0x",
        &["duplicate field `root`"],
    ),
    ("\"root\": \"0x", "\"root\": \"", &["root", "hexadecimal"]),
    (
        "\"customer\": {",
        "\"customer\": {\"name\": \"Ann\", ",
        &["unknown field `name`"],
    ),
    (
        "\"id\": \"customer",
        "\"id\": \"\\u0007",
        &["customer: no id"],
    ),
    (
        "\"nonce\": \"0x00",
        "\"nonce\": \"0x01",
        &["customer: ", "248 bits"],
    ),
    (
        "\"nonce\": \"0x",
        "\"nonce\": \"0xg",
        &["customer.nonce", "hexadecimal"],
    ),
    (
        "\"identity\": \"0x",
        "\"identity\": \"0xg",
        &["accounts[0].identity", "hexadecimal"],
    ),
    (
        "\"salt\": \"0x",
        "\"salt\": \"0xg",
        &["accounts[0].salt", "hexadecimal"],
    ),
    ("\"salt\": \"", "\"salt\": 5, \"s\": \"", &["another type"]),
    (
        "\"salt\": ",
        "\"secret\": \"0x5\", \"salt\": ",
        &["unknown field `secret`"],
    ),
    (
        "\"accounts\": [",
        "\"accounts\": [], \"others\": [",
        &["unknown field `others`"],
    ),
    (
        "\"account\": 7",
        "\"account\": 4294967296",
        &["another type"],
    ),
    (
        "\"salt\": ",
        "\"0x1bc0ffee52a7d94e813f60b7\": ",
        &["a field that no packet has"],
    ),
    (
        "\"id\": \"0x",
        "\"id\": \"zz",
        &["accounts[0].positions[0].id"],
    ),
    (
        "\"quantity\": \"",
        "\"quantity\": \"x",
        &["accounts[0].positions[0].quantity"],
    ),
    (
        "\"quantity\": \"",
        "\"quantity\": \"--",
        &["accounts[0].positions[0].quantity"],
    ),
    (
        "\"policy\": \"0x",
        "\"policy\": \"0xx",
        &["policy", "hexadecimal"],
    ),
    (
        "\"path\": [",
        "\"path\": [[], ",
        &["accounts[0].path[0]", "not eight hashes"],
    ),
    ("\"path\": [", "\"path\": [7, ", &["another type"]),
    ("\n}", "\n", &["the file ends too early"]),
    ("{\n", "{,\n", &["not JSON"]),
];

#[test]
fn a_wrong_proof_and_a_wrong_packet_are_refused() {
    let mut desk = Desk::new();
    let prove = "prove --market market.json --account account.json --identity identity.json \
                 --ratio 9000 --buffer 12.5";
    desk.folder
        .run(&format!("{prove} --scope 7 --out proof.json"))
        .code(0);
    let good = desk.folder.read("proof.json");
    desk.changes("verify --proof wrong.json", "wrong.json", &good, &CHANGES);
    desk.changes("inspect wrong.json", "wrong.json", &good, &CHANGES[..3]);
    desk.changes(
        "export calldata --proof wrong.json",
        "wrong.json",
        &good,
        &CHANGES[3..5],
    );
    packets(&mut desk);
    desk.done();
}

fn packets(desk: &mut Desk) {
    let line = "venue generate --market market.json --accounts 20 --positions 3 --insecure-seed 1";
    desk.folder
        .run(&format!("{line} --out accounts.jsonl"))
        .code(0);
    let line = "book build accounts.jsonl --market market.json --k 10 --out book";
    desk.folder.run(line).code(0);
    desk.folder
        .run("book include book --index 7 --out packet.json")
        .code(0);
    desk.hide_those_of("packet.json");
    let good = desk.folder.read("packet.json");
    desk.changes("book check wrong.json", "wrong.json", &good, &PACKETS);
    let prove =
        "prove --market market.json --packet wrong.json --identity identity.json --out new.json";
    desk.changes(prove, "wrong.json", &good, &PACKETS[..5]);
}
