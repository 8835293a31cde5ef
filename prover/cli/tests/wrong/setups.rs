//! Trusted setups, keys and keys of the queue.

use super::{Desk, Line};

pub const LINES: [Line; 18] = [
    ("setup insecure --k 99 --out new", &["k = 99", "range"]),
    ("setup insecure --k 0 --out new", &["k = 0", "range"]),
    ("setup insecure --k x --out new", &["x", "--k"]),
    ("setup import cut.zksetup --out new", &["cut.zksetup"]),
    ("setup import flipped.zksetup --out new", &["flipped.zksetup"]),
    ("setup import s.zksetup --k 20 --out new", &["s.zksetup", "k = 20"]),
    ("setup import s.zksetup --format ptau --out new", &["s.zksetup"]),
    ("setup import none.ptau --out new", &["none.ptau: cannot read"]),
    ("setup import noise --out new", &["noise"]),
    ("setup inspect cut.zksetup", &["cut.zksetup"]),
    ("keygen --size small --setup s.zksetup", &["s.zksetup", "k = 13"]),
    ("verify --proof proof.json --protocol cut.zkprotocol", &["cut.zkprotocol", "digest"]),
    ("verify --proof proof.json --protocol flipped.zkprotocol", &["flipped.zkprotocol", "digest"]),
    ("verify --proof proof.json --protocol noise", &["noise", "not a protocol file"]),
    ("verify --proof proof.json --protocol key.zkprotocol --key-digest 5", &["--key-digest 5", "64 hexadecimal digits"]),
    ("verify --proof proof.json --protocol key.zkprotocol --key-digest 0x5555555555555555555555555555555555555555555555555555555555555555", &["key.zkprotocol", "0x5555"]),
    ("book worker --nats nats://127.0.0.1:1 --queue-key noise --nats-patience 0", &["noise"]),
    ("book worker", &["--nats", "--queue-key"]),
];

#[test]
fn a_wrong_setup_and_a_wrong_key_are_refused() {
    let mut desk = Desk::new();
    let folder = &desk.folder;
    let prove = "prove --market market.json --account account.json --identity identity.json \
                 --out proof.json";
    folder.run(prove).code(0);
    folder.run("setup insecure --k 4 --out s.zksetup").code(0);
    folder
        .run("export protocol --size small --out key.zkprotocol")
        .code(0);
    for (name, ending) in [("s", "zksetup"), ("key", "zkprotocol")] {
        let bytes = std::fs::read(folder.path(&format!("{name}.{ending}"))).unwrap();
        let cut = &bytes[..bytes.len() - 7];
        std::fs::write(folder.path(&format!("cut.{ending}")), cut).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        std::fs::write(folder.path(&format!("flipped.{ending}")), flipped).unwrap();
    }
    folder.write("noise", "neither fish nor fowl");
    desk.lines(&LINES);
    desk.done();
}
