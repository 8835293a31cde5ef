//! Options and their values.

use super::{Desk, Line};
use crate::common::{Folder, ACCOUNT, IDENTITY, NONCE, SALT, SECRET_FILE};

pub const LINES: [Line; 87] = [
    ("prove --market market.json --account account.json --identity identity.json --scope 1e3", &["--scope 1e3", "write 0x1e3"]),
    ("prove --market market.json --account account.json --identity identity.json --scope abc", &["--scope abc", "write 0xabc"]),
    ("prove --market market.json --account account.json --identity identity.json --scope x", &["--scope x", "neither a decimal"]),
    ("prove --market market.json --account account.json --identity identity.json --scope=-1", &["--scope -1", "neither a decimal"]),
    ("prove --market market.json --account account.json --identity identity.json --scope 0x", &["--scope 0x", "neither a decimal"]),
    ("prove --market market.json --account account.json --identity identity.json --scope 0X10", &["--scope 0X10"]),
    ("prove --market market.json --account account.json --identity identity.json --scope=", &["--scope \"\"", "no number"]),
    ("prove --market market.json --account account.json --identity identity.json --scope 21888242871839275222246405745257275088548364400416034343698204186575808495617", &["--scope 2188", "modulus"]),
    ("prove --market market.json --account account.json --identity identity.json --message ff", &["--message ff", "write 0xff"]),
    ("prove --market market.json --account account.json --identity identity.json --message zz", &["--message zz"]),
    ("prove --market market.json --account account.json --identity identity.json --message 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", &["--message 0xffff", "modulus"]),
    ("prove --market market.json --account account.json --identity identity.json --message 0x11111111111111111111111111111111111111111111111111111111111111111", &["--message", "more than 64"]),
    ("prove --market market.json --account account.json --identity identity.json --message 1_000", &["--message 1_000"]),
    ("prove --market market.json --account account.json --identity identity.json --buffer 1e3", &["--buffer 1e3", "no exponent"]),
    ("prove --market market.json --account account.json --identity identity.json --buffer -1", &["--buffer -1", "range"]),
    ("prove --market market.json --account account.json --identity identity.json --buffer 1,5", &["--buffer 1,5", "separators"]),
    ("prove --market market.json --account account.json --identity identity.json --buffer 0.000000001", &["--buffer 0.000000001", "8 decimals"]),
    ("prove --market market.json --account account.json --identity identity.json --buffer 99999999999999999999999999", &["--buffer 9999", "range"]),
    ("prove --market market.json --account account.json --identity identity.json --ratio 70000", &["70000", "--ratio", "65535"]),
    ("prove --market market.json --account account.json --identity identity.json --ratio=-1", &["-1", "--ratio"]),
    ("prove --market market.json --account account.json --identity identity.json --ratio 1.5", &["1.5", "--ratio", "a whole number"]),
    ("prove --market market.json --account account.json --identity identity.json --size tiny", &["tiny", "--size", "auto, small, standard"]),
    ("prove --market market.json --account account.json --identity identity.json --size large", &["--size large needs 2^16 powers", "setup import"]),
    ("prove --market five.json --account coins.json --identity identity.json", &["underlyings takes size large", "2^16 powers", "2^14"]),
    ("prove --market market.json --account account.json --identity identity.json --policy rm9", &["--policy rm9", "rm1, rm2"]),
    ("prove --market market.json --account account.json --identity identity.json --setup none.zksetup", &["none.zksetup: cannot read"]),
    ("prove --market market.json --account account.json --identity identity.json --packet account.json", &["--account", "--packet"]),
    ("prove --market market.json --identity identity.json", &["--account"]),
    ("prove --account account.json --identity identity.json", &["--market"]),
    ("prove --market market.json --account account.json", &["--identity"]),
    ("prove --market market.json --account account.json --identity none.json", &["none.json: cannot read"]),
    ("prove --market market.json --account account.json --identity identity.json --number 7", &["--number", "--account"]),
    ("prove --market market.json --identity identity.json --number 7", &["--packet"]),
    ("prove --market market.json --account nobody.json --identity identity.json", &["nobody.json: identity: 0x0", "nobody can prove", "identity new"]),
    ("prove --market market.json --account account.json --identity other.json", &["other.json: secret", "not the one behind the identity", "identity show"]),
    ("prove --market market.json --account account.json --identity identity.json --force", &["--out"]),
    ("prove --market market.json --market market.json --account account.json --identity identity.json", &["--market"]),
    ("prove --market market.json --account account.json --identity identity.json --scop 1", &["--scop", "--scope"]),
    ("prove --market - --account - --identity identity.json", &["-: the file is empty"]),
    ("evaluate", &["--market"]),
    ("evaluate --json", &["--market"]),
    ("evaluate --market no.json --account account.json", &["no.json: cannot read", "check the path"]),
    ("evaluate --market market.json --account account.json --buffer x", &["--buffer x"]),
    ("evaluate --market market.json --account account.json --policy ./rm9.toml", &["rm9.toml: cannot read"]),
    ("evaluate market.json", &["market.json"]),
    ("commit --market market.json --account account.json --identity identity.json --scope 0xzz", &["--scope 0xzz"]),
    ("commit --market market.json --account account.json --scope 5", &["--identity"]),
    ("commit --market market.json --account account.json --identity identity.json", &["--scope"]),
    ("commit --market market.json --account nobody.json --identity identity.json --scope 5", &["nobody.json: identity: 0x0"]),
    ("commit --market market.json --account account.json --identity other.json --scope 5", &["other.json: secret"]),
    ("verify", &["--proof"]),
    ("verify --proof none.json", &["none.json: cannot read"]),
    ("verify --proof proof.json --book 1924dd", &["--book 1924dd", "write 0x1924dd"]),
    ("verify --proof proof.json --book root", &["--book root", "the venue published"]),
    ("verify --proof proof.json --nullifier none", &["--nullifier none", "commit --scope"]),
    ("verify --proof proof.json --market-digest market.json", &["--market-digest market.json", "the digest of the market"]),
    ("verify --proof proof.json --key-digest 0x5", &["--key-digest", "--protocol"]),
    ("verify --proof proof.json --ratio 1 --min-ratio 2", &["--ratio", "--min-ratio"]),
    ("verify --proof proof.json --market market.json --market-digest 0x1", &["--market", "--market-digest"]),
    ("verify --proof proof.json --max-age 5w", &["--max-age 5w", "30m"]),
    ("verify --proof proof.json --max-age 30m", &["--max-age 30m", "--market"]),
    ("verify --proof proof.json --at now", &["now", "--at", "a whole number"]),
    ("verify --proof proof.json --policy wide", &["proof.json: statement.policy = 0x", "--policy"]),
    ("book verify nowhere --key-digest 0x5", &["--key-digest", "--protocol"]),
    ("export protocol --out new", &["no key is named", "--size", "--batch"]),
    ("export protocol --batch 9 --out new", &["k = 9", "10 to 17"]),
    ("export protocol --batch ten --out new", &["ten", "--batch", "a whole number"]),
    ("export protocol --batch 15 --out new", &["batches of 2^15 rows needs 2^15 powers", "setup import"]),
    ("export protocol --batch 10 --size small --out new", &["--batch", "--size"]),
    ("market generate", &["--seed"]),
    ("market generate --seed x", &["x", "--seed", "a whole number"]),
    ("market generate --seed 1 --time 4294967000", &["time 4294967000 is too late"]),
    ("account generate --market market.json --positions 900", &["900 positions asked for"]),
    ("account generate --market market.json --style wild", &["wild", "hedged"]),
    ("account generate --market market.json --ratio 0", &["0", "--ratio"]),
    ("account generate --market market.json --number 4294967296", &["4294967296", "--number"]),
    ("account generate --market market.json --number -1", &["-1"]),
    ("account generate --market market.json --positions 2 --customer=", &["id"]),
    ("account generate --market market.json --identity none.json", &["none.json: cannot read"]),
    ("identity new", &["--out"]),
    ("identity show", &["<FILE>"]),
    ("identity show none.json", &["none.json: cannot read"]),
    ("venue generate --market market.json --accounts 0", &["without accounts", "1 account or more"]),
    ("venue generate --market market.json --identity none.json", &["none.json: cannot read"]),
    ("venue generate --market market.json --accounts 2 --underwater 3 --positions 2", &["3 accounts under water", "of 2 accounts"]),
    ("nonsense", &["nonsense"]),
    ("keygen --size none", &["none", "--size", "the sizes are small"]),
];

/// Spot of five coins: more underlyings than the smaller circuits hold.
fn five_coins(folder: &Folder) {
    let coins = ["BTC", "ETH", "SOL", "XRP", "DOGE"];
    let row = |coin: &&str| {
        format!(r#"{{"id": "{coin}", "kind": "spot", "underlying": "{coin}", "mark": "7"}}"#)
    };
    let rows = coins.iter().map(row).collect::<Vec<_>>().join(", ");
    let market = format!(
        r#"{{"time": 1787412831, "instruments": [{{"id": "USD", "kind": "cash", "mark": "1"}}, {{"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"}}, {rows}]}}"#
    );
    folder.write("five.json", &market);
    let held = |coin: &&str| format!(r#"{{"instrument": "{coin}", "quantity": "1"}}"#);
    let held = coins.iter().map(held).collect::<Vec<_>>().join(", ");
    let account = format!(
        r#"{{"version": 2, "customer": "zoe.quill@example.net", "nonce": "{NONCE}",
            "identity": "{IDENTITY}", "account": 7, "salt": "{SALT}", "positions": [{held}]}}"#
    );
    folder.write("coins.json", &account);
}

#[test]
fn a_wrong_option_is_refused() {
    let mut desk = Desk::new();
    let prove = "prove --market market.json --account account.json --identity identity.json";
    desk.folder
        .run(&format!("{prove} --out proof.json"))
        .code(0);
    let nobody = ACCOUNT.replace(IDENTITY, "0x0");
    desk.folder.write("nobody.json", &nobody);
    let other = SECRET_FILE.replace("0x1bc0", "0x2bc0");
    desk.folder.write("other.json", &other);
    five_coins(&desk.folder);
    desk.lines(&LINES);
    desk.done();
}
