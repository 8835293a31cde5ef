//! Balances of a venue's addresses against a real node.

use std::path::Path;

use alloy_primitives::{address, hex, Address};
use serde_json::json;
use zkmargin_chain::anvil::Anvil;
use zkmargin_chain::reserves::node::balances;
use zkmargin_chain::reserves::place::Chain;
use zkmargin_chain::reserves::{Addresses, Fault};
use zkmargin_chain::rpc::Rpc;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

/// The first account of every local chain, with 10,000 coins.
const RICH: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
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
    let enough = addresses(&[
        (None, CHAIN, "10000"),
        (Some(token), CHAIN, "0.000006"),
        (None, 1, "1000000"),
    ]);
    let answers = balances(&enough, &rpc).unwrap();
    assert_eq!(answers.chain, Chain::Numbered(CHAIN));
    assert!(answers.checked.iter().eq(&[0, 1]));
    assert_eq!(answers.faults, []);
    let (block, time) = answers.block.unwrap();
    assert_eq!(block, 0);
    assert!(time.abs_diff(TIME) < 60, "{time}");
    let list = addresses(&[
        (None, CHAIN, "10000.000000000000000001"),
        (Some(token), CHAIN, "0.0000060001"),
    ]);
    let answers = balances(&list, &rpc).unwrap();
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
    let error = balances(&nothing, &rpc).unwrap_err().to_string();
    assert!(
        error.contains("is no token") && error.contains("hint: "),
        "{error}"
    );
    contracts_say_what_they_signed(&rpc);
    let rpc = Rpc::new("http://127.0.0.1:9");
    assert!(balances(&list, &rpc).is_err());
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
    for holding in &mut file.holdings {
        holding.ownership.block = 1;
    }
    rpc.request("evm_mine", json!([])).unwrap();
    let answers = balances(&file, rpc).unwrap();
    assert!(answers.signed.iter().eq(&[0]), "{answers:?}");
    let refused: Vec<usize> = answers.faults.iter().map(|(place, _)| *place).collect();
    assert_eq!(refused, [1, 2, 3]);
    let told = answers.faults[0].1.to_string();
    assert!(told.contains("did not sign this statement"), "{told}");
}
