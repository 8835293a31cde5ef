//! Options and their values.

use super::{Desk, Line};
use crate::common::{Folder, SALT, SECRET};

pub const LINES: [Line; 62] = [
    ("prove --identity identity.json --market market.json --account account.json --scope 1e3", &["--scope 1e3", "write 0x1e3"]),
    ("prove --identity identity.json --market market.json --account account.json --scope abc", &["--scope abc", "write 0xabc"]),
    ("prove --identity identity.json --market market.json --account account.json --scope x", &["--scope x", "neither a decimal"]),
    ("prove --identity identity.json --market market.json --account account.json --scope=-1", &["--scope -1", "neither a decimal"]),
    ("prove --identity identity.json --market market.json --account account.json --scope 0x", &["--scope 0x", "neither a decimal"]),
    ("prove --identity identity.json --market market.json --account account.json --scope 0X10", &["--scope 0X10"]),
    ("prove --identity identity.json --market market.json --account account.json --scope=", &["--scope \"\"", "no number"]),
    ("prove --identity identity.json --market market.json --account account.json --scope 21888242871839275222246405745257275088548364400416034343698204186575808495617", &["--scope 2188", "modulus"]),
    ("prove --identity identity.json --market market.json --account account.json --message ff", &["--message ff", "write 0xff"]),
    ("prove --identity identity.json --market market.json --account account.json --message zz", &["--message zz"]),
    ("prove --identity identity.json --market market.json --account account.json --message 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", &["--message 0xffff", "modulus"]),
    ("prove --identity identity.json --market market.json --account account.json --message 0x11111111111111111111111111111111111111111111111111111111111111111", &["--message", "more than 64"]),
    ("prove --identity identity.json --market market.json --account account.json --message 1_000", &["--message 1_000"]),
    ("prove --identity identity.json --market market.json --account account.json --buffer 1e3", &["--buffer 1e3", "no exponent"]),
    ("prove --identity identity.json --market market.json --account account.json --buffer -1", &["--buffer -1", "range"]),
    ("prove --identity identity.json --market market.json --account account.json --buffer 1,5", &["--buffer 1,5", "separators"]),
    ("prove --identity identity.json --market market.json --account account.json --buffer 0.000000001", &["--buffer 0.000000001", "8 decimals"]),
    ("prove --identity identity.json --market market.json --account account.json --buffer 99999999999999999999999999", &["--buffer 9999", "range"]),
    ("prove --identity identity.json --market market.json --account account.json --ratio 70000", &["70000", "--ratio", "65535"]),
    ("prove --identity identity.json --market market.json --account account.json --ratio=-1", &["-1", "--ratio"]),
    ("prove --identity identity.json --market market.json --account account.json --ratio 1.5", &["1.5", "--ratio", "a whole number"]),
    ("prove --identity identity.json --market market.json --account account.json --size tiny", &["tiny", "--size", "auto, small, standard"]),
    ("prove --identity identity.json --market market.json --account account.json --size large", &["--size large needs 2^16 powers", "setup import"]),
    ("prove --market five.json --account coins.json", &["underlyings takes size large", "2^16 powers", "2^14"]),
    ("prove --identity identity.json --market market.json --account account.json --policy rm9", &["--policy rm9", "rm1 and wide"]),
    ("prove --identity identity.json --market market.json --account account.json --setup none.zksetup", &["none.zksetup: cannot read"]),
    ("prove --identity identity.json --market market.json --account account.json --packet account.json", &["--account", "--packet"]),
    ("prove --market market.json", &["--account"]),
    ("prove --account account.json", &["--market"]),
    ("prove --identity identity.json --market market.json --account account.json --force", &["--out"]),
    ("prove --market market.json --market market.json --account account.json", &["--market"]),
    ("prove --identity identity.json --market market.json --account account.json --scop 1", &["--scop", "--scope"]),
    ("prove --market - --account -", &["-: the file is empty"]),
    ("evaluate", &["--market"]),
    ("evaluate --json", &["--market"]),
    ("evaluate --market no.json --account account.json", &["no.json: cannot read", "check the path"]),
    ("evaluate --market market.json --account account.json --buffer x", &["--buffer x"]),
    ("evaluate --market market.json --account account.json --policy ./rm9.toml", &["rm9.toml: cannot read"]),
    ("evaluate market.json", &["market.json"]),
    ("commit --market market.json --account account.json --scope 0xzz", &["--scope 0xzz"]),
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
    ("market generate", &["--seed"]),
    ("market generate --seed x", &["x", "--seed", "a whole number"]),
    ("market generate --seed 1 --time 4294967000", &["time 4294967000 is too late"]),
    ("account generate --market market.json --positions 900", &["900 positions asked for"]),
    ("account generate --market market.json --style wild", &["wild", "hedged"]),
    ("account generate --market market.json --ratio 0", &["0", "--ratio"]),
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
        r#"{{"time": 1787412831, "instruments": [{{"id": "USD", "kind": "cash", "mark": "1"}}, {rows}]}}"#
    );
    folder.write("five.json", &market);
    let held = |coin: &&str| format!(r#"{{"instrument": "{coin}", "quantity": "1"}}"#);
    let held = coins.iter().map(held).collect::<Vec<_>>().join(", ");
    let account = format!(
        r#"{{"owner": "0x01", "secret": "{SECRET}", "salt": "{SALT}", "positions": [{held}]}}"#
    );
    folder.write("coins.json", &account);
}

#[test]
fn a_wrong_option_is_refused() {
    let mut desk = Desk::new();
    let prove = "prove --identity identity.json --market market.json --account account.json --out proof.json";
    desk.folder.run(prove).code(0);
    five_coins(&desk.folder);
    desk.lines(&LINES);
    desk.done();
}
