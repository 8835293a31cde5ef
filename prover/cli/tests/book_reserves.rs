//! Balances of a venue's addresses against a real node.

use std::path::Path;

use alloy_primitives::{address, hex, Address};
use serde_json::json;
use zkmargin_chain::anvil::Anvil;
use zkmargin_chain::reserves::blocks::Shown;
use zkmargin_chain::reserves::node::balances;
use zkmargin_chain::reserves::place::{Chain, Holder};
use zkmargin_chain::reserves::{Addresses, Fault};
use zkmargin_chain::rpc::Rpc;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

/// The first account of every local chain, with 10,000 coins.
const RICH: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
const BORROWER: Address = address!("000000000000000000000000000000000b0220e2");
const CHAIN: u64 = 31_337;
/// Time of the market and of the chain.
const TIME: u64 = 1_787_412_831;

fn addresses(entries: &[(Option<Address>, u64, &str)]) -> Addresses {
    let policy = Policy::rm1();
    let market = Market::from_json(crate::common::MARKET, "m.json", &policy).unwrap();
    let assets = entries.iter().map(|(token, chain_id, balance)| {
        json!({ "asset": "BTC", "token": token, "addresses": [{
            "address": RICH, "chain_id": chain_id, "block": 0, "balance": balance,
            "scheme": "personal_sign" }] })
    });
    let file = json!({ "venue": "V", "book": "0x1", "assets": assets.collect::<Vec<_>>() });
    Addresses::from_json(&file.to_string(), "a.json", (&market, &policy)).unwrap()
}

#[test]
fn what_a_node_says_counts() {
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let Ok(program) = Anvil::find(None, &contracts) else {
        let reason = "contracts/node_modules is missing";
        assert!(std::env::var_os("CI").is_none(), "{reason}");
        println!("skipped: {reason}; hint: npm ci --prefix contracts --ignore-scripts");
        return;
    };
    let anvil = Anvil::start(&program, CHAIN, TIME).unwrap();
    let rpc = Rpc::new(anvil.url());
    // A token whose every function returns 6: it has 6 decimals, and everyone holds 6 units.
    let token = address!("00000000000000000000000000000000000a11ce");
    let code = hex::encode_prefixed(hex!("600660005260206000f3"));
    rpc.request("anvil_setCode", json!([token, code])).unwrap();
    // A block counts once there is a later one.
    let alone = balances(&addresses(&[(None, CHAIN, "1")]), &[], &rpc);
    let problem = alone.unwrap_err().to_string();
    assert!(problem.contains("there is no block 1"), "{problem}");
    mine(&rpc, 5);
    let enough = addresses(&[
        (None, CHAIN, "10000"),
        (Some(token), CHAIN, "0.000006"),
        (None, 1, "1000000"),
    ]);
    let answers = balances(&enough, &[], &rpc).unwrap();
    assert_eq!(answers.chain, Chain::Numbered(CHAIN));
    assert!(answers.checked.iter().eq(&[0, 1]));
    assert_eq!(answers.faults, []);
    let shown = answers.block.unwrap();
    assert_eq!(shown.block, 0);
    assert!(shown.time.abs_diff(TIME) < 60, "{shown:?}");
    assert!(shown.is_last_at(shown.next - 1) && !shown.is_last_at(shown.next));
    assert!(!shown.is_last_at(shown.time - 1));
    the_least_of_the_drawn_moments(&rpc, &shown);
    let list = addresses(&[
        (None, CHAIN, "10000.000000000000000001"),
        (Some(token), CHAIN, "0.0000060001"),
    ]);
    let answers = balances(&list, &[], &rpc).unwrap();
    let places: Vec<usize> = answers.faults.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [0, 1]);
    let shown = |n: usize| match &answers.faults[n].1 {
        Fault::Balance {
            actual, claimed, ..
        } => (actual.clone(), claimed.clone()),
        other => panic!("{other}"),
    };
    assert_eq!(
        shown(0),
        ("10000".to_owned(), "10000.000000000000000001".to_owned())
    );
    assert_eq!(shown(1).0, "0.000006");
    // Where there is no token, there is no answer.
    let nothing = addresses(&[(Some(RICH), CHAIN, "1")]);
    let error = balances(&nothing, &[], &rpc).unwrap_err().to_string();
    assert!(
        error.contains("is no token") && error.contains("hint: "),
        "{error}"
    );
    contracts_say_what_they_signed(&rpc);
    let rpc = Rpc::new("http://127.0.0.1:9");
    assert!(balances(&list, &[], &rpc).is_err());
}

/// A block this many seconds after the last one.
fn mine(rpc: &Rpc, seconds: u64) {
    let params = json!([seconds]);
    rpc.request("evm_increaseTime", params).unwrap();
    rpc.request("evm_mine", json!([])).unwrap();
}

/// Coins that came late, and left before they counted.
fn the_least_of_the_drawn_moments(rpc: &Rpc, first: &Shown) {
    let put = |coins: &str| {
        rpc.request("anvil_setBalance", json!([BORROWER, coins]))
            .unwrap();
    };
    // What is put there is there from the last block on.
    let mut times = vec![first.time];
    for coins in [
        "0x4563918244f40000",
        "0x4563918244f40000",
        "0xde0b6b3a7640000",
    ] {
        put(coins);
        mine(rpc, 100);
        let time = rpc
            .request("eth_getBlockByNumber", json!(["latest", false]))
            .unwrap();
        let time = time["timestamp"]
            .as_str()
            .unwrap()
            .trim_start_matches("0x")
            .to_owned();
        times.push(u64::from_str_radix(&time, 16).unwrap());
    }
    mine(rpc, 100);
    let latest = rpc.request("eth_blockNumber", json!([])).unwrap();
    let latest =
        u64::from_str_radix(latest.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    let mut list = addresses(&[(None, CHAIN, "1")]);
    let holding = &mut list.holdings[0];
    holding.ownership.block = latest - 1;
    holding.ownership.holder = Holder::Account {
        chain: CHAIN,
        address: BORROWER,
    };
    let one = 10u128.pow(18);
    holding.balance = one;
    let at = |drawn: &[u64]| balances(&list, drawn, rpc).unwrap().drawn;
    assert_eq!(at(&[times[1], times[2], times[3]]), []);
    assert_eq!(at(&[times[3] + 50, times[1] + 99]), []);
    // Before the coins came, and before there was a chain.
    assert_eq!(at(&[first.time]), [(0, 0, 0)]);
    assert_eq!(at(&[first.time - 1]), [(0, 0, 0)]);
    list.holdings[0].balance = 2 * one;
    let less = balances(&list, &[times[3], times[2]], rpc).unwrap();
    assert_eq!(less.drawn, [(0, latest - 1, one), (0, latest - 2, one)]);
    assert_eq!(less.faults.len(), 1);
    // The node has got nowhere near.
    let error = balances(&list, &[times[3] + 100_000], rpc)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no block after"), "{error}");
}

/// EIP-1271: one that says yes, one that reverts, one that answers 6, and an address without code.
fn contracts_say_what_they_signed(rpc: &Rpc) {
    let wallet = |n: u64| Address::left_padding_from(&(0xb0b00 + n).to_be_bytes());
    for (n, code) in [
        (0, "0x631626ba7e60e01b60005260206000f3"),
        (1, "0x60006000fd"),
        (2, "0x600660005260206000f3"),
    ] {
        rpc.request("anvil_setCode", json!([wallet(n), code]))
            .unwrap();
    }
    let policy = Policy::rm1();
    let market = Market::from_json(crate::common::MARKET, "m.json", &policy).unwrap();
    let entries = (0..4).map(|n| {
        json!({ "address": wallet(n), "chain_id": CHAIN, "block": 0, "balance": "0",
            "scheme": "eip1271", "signature": "0x1234" })
    });
    let assets = json!([{ "asset": "BTC", "addresses": entries.collect::<Vec<_>>() }]);
    let file = json!({ "venue": "V", "book": "0x1", "assets": assets });
    let file = Addresses::from_json(&file.to_string(), "a.json", (&market, &policy)).unwrap();
    // Code was set after the first block.
    let mut file = file;
    let last = rpc.request("eth_blockNumber", json!([])).unwrap();
    let last = u64::from_str_radix(last.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    for holding in &mut file.holdings {
        holding.ownership.block = last + 1;
    }
    mine(rpc, 1);
    mine(rpc, 1);
    let answers = balances(&file, &[], rpc).unwrap();
    assert!(answers.signed.iter().eq(&[0]), "{answers:?}");
    let refused: Vec<usize> = answers.faults.iter().map(|(place, _)| *place).collect();
    assert_eq!(refused, [1, 2, 3]);
    let told = answers.faults[0].1.to_string();
    assert!(told.contains("did not sign this statement"), "{told}");
}
