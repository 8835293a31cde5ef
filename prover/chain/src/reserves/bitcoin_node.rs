//! Balances from a node of Bitcoin.
//!
//! A node without an index of addresses knows outputs that are unspent now. Those that were made up to the
//! block of the file, and are there still, were there at the block: what is seen is never more than the
//! balance at it, and less where coins have moved since.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::bitcoin::script;
use super::blocks::Shown;
use super::node::Answers;
use super::place::{Chain, Holder};
use super::Addresses;
use crate::rpc::Rpc;
use crate::ChainError;

/// Units of 1e-18 coins in one of 1e-8.
const PER_SATOSHI: u128 = 10_000_000_000;

/// What a node says of all outputs of some scripts.
#[derive(Deserialize)]
struct Scan {
    success: bool,
    height: u64,
    unspents: Vec<Unspent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unspent {
    script_pub_key: String,
    /// Coins, as the node writes them: a number of up to eight decimals below 2.1e7. Its double is
    /// within half of 1e-8 of it.
    amount: f64,
    height: u64,
}

#[derive(Deserialize)]
struct Header {
    time: u64,
    mediantime: u64,
}

/// What is there still of the claimed balances of Bitcoin, by one scan of the node.
///
/// # Errors
/// When the node cannot be reached, has not got far enough beyond the block, or is busy with another scan.
pub fn unspent(addresses: &Addresses, cut_off: u64, rpc: &Rpc) -> Result<Answers, ChainError> {
    let mut answers = Answers::of(Chain::Bitcoin);
    let mut scripts: BTreeMap<String, usize> = BTreeMap::new();
    let mut descriptors = Vec::new();
    let mut at = None;
    for (place, holding) in addresses.holdings.iter().enumerate() {
        let Holder::Bitcoin(address) = &holding.ownership.holder else {
            continue;
        };
        let script = script(address).map_err(|e| ChainError::answer(address, e))?;
        scripts.insert(script, place);
        descriptors.push(format!("addr({address})"));
        at = Some(holding.ownership.block);
    }
    let Some(block) = at else {
        return Ok(answers);
    };
    answers.block = Some(shown(rpc, block, cut_off)?);
    const METHOD: &str = "scantxoutset";
    let scan = rpc.request(METHOD, json!(["start", descriptors]))?;
    let scan: Scan = serde_json::from_value(scan).map_err(|e| ChainError::answer(METHOD, e))?;
    if !scan.success {
        return Err(ChainError::answer(METHOD, "the scan did not end"));
    }
    if scan.height < block {
        let problem = format!("the node's last block is {}, before {block}", scan.height);
        return Err(ChainError::answer(METHOD, problem));
    }
    let mut seen: BTreeMap<usize, u128> = scripts.values().map(|place| (*place, 0)).collect();
    for unspent in scan.unspents {
        let Some(place) = scripts.get(&unspent.script_pub_key) else {
            return Err(ChainError::answer(
                METHOD,
                "an output that was not asked for",
            ));
        };
        let satoshis = (unspent.amount * 1e8).round();
        if !(0.0..=2.1e15).contains(&satoshis) {
            return Err(ChainError::answer(METHOD, "an amount out of range"));
        }
        if unspent.height <= block {
            *seen.entry(*place).or_default() += satoshis as u128 * PER_SATOSHI;
        }
    }
    for (place, balance) in seen {
        answers.checked.insert(place);
        if balance < addresses.holdings[place].balance {
            answers.less.push((place, balance));
        }
    }
    Ok(answers)
}

fn header(rpc: &Rpc, block: u64) -> Result<Header, ChainError> {
    let hash = rpc.request("getblockhash", json!([block]))?;
    let header = rpc.request("getblockheader", json!([hash]))?;
    serde_json::from_value(header).map_err(|e| ChainError::answer("getblockheader", e))
}

/// A block, and the least time of a later one, as far as the cut-off asks for it. Times of blocks may
/// fall, and each is after the median of the eleven before it: once that has reached the cut-off, all
/// that follow are after it.
fn shown(rpc: &Rpc, block: u64, cut_off: u64) -> Result<Shown, ChainError> {
    let time = header(rpc, block)?.time;
    let mut next = u64::MAX;
    for later in block.saturating_add(1).. {
        let header = header(rpc, later)?;
        next = next.min(header.time);
        if header.time <= cut_off || header.mediantime >= cut_off {
            break;
        }
    }
    Ok(Shown { block, time, next })
}
