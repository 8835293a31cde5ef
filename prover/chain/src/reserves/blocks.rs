//! Which block of a chain counts: the last one at or before a moment.

use alloy_primitives::{B256, U256};
use serde::Deserialize;
use serde_json::json;

use crate::rpc::Rpc;
use crate::ChainError;

const METHOD: &str = "eth_getBlockByNumber";

/// The block at which a file shows a chain, as a node has it. Times in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub block: u64,
    /// Its time.
    pub time: u64,
    /// The least time of a later block.
    pub next: u64,
}

impl Shown {
    /// Whether it is the last block of its chain at or before a moment.
    pub fn is_last_at(&self, moment: u64) -> bool {
        self.time <= moment && moment < self.next
    }
}

#[derive(Deserialize)]
struct Header {
    number: U256,
    timestamp: U256,
    hash: B256,
}

fn header(rpc: &Rpc, block: serde_json::Value) -> Result<Option<Header>, ChainError> {
    let found = rpc.request(METHOD, json!([block, false]))?;
    serde_json::from_value(found).map_err(|e| ChainError::answer(METHOD, e))
}

/// A block for a request.
pub(super) fn tag(block: u64) -> String {
    format!("0x{block:x}")
}

/// A block with its time and that of the one after it.
///
/// # Errors
/// When the node knows neither it nor a later one.
pub(super) fn shown(rpc: &Rpc, block: u64) -> Result<Shown, ChainError> {
    let none = |block: u64| ChainError::answer(METHOD, format!("there is no block {block}"));
    let time = |number: u64| -> Result<u64, ChainError> {
        let found = header(rpc, json!(tag(number)))?.ok_or_else(|| none(number))?;
        Ok(found.timestamp.saturating_to())
    };
    Ok(Shown {
        block,
        time: time(block)?,
        // Times never fall from a block to the next.
        next: time(block.saturating_add(1))?,
    })
}

/// The last block at or before a moment, and its hash; none where the chain begins later.
///
/// # Errors
/// When the node fails, or has no later block yet: then it may not be the last.
pub(super) fn last_at(rpc: &Rpc, moment: u64) -> Result<Option<(u64, B256)>, ChainError> {
    let of = |block: serde_json::Value| -> Result<Header, ChainError> {
        header(rpc, block)?.ok_or_else(|| ChainError::answer(METHOD, "there is no such block"))
    };
    let is_after = |header: &Header| header.timestamp > U256::from(moment);
    let latest = of(json!("latest"))?;
    if !is_after(&latest) {
        let problem = format!("the node has no block after {moment} (Unix seconds) yet");
        return Err(ChainError::answer(METHOD, problem));
    }
    let mut found = of(json!(tag(0)))?;
    if is_after(&found) {
        return Ok(None);
    }
    // `found` is not after the moment, and block `after` is.
    let mut after: u64 = latest.number.saturating_to();
    while after - found.number.saturating_to::<u64>() > 1 {
        let low: u64 = found.number.saturating_to();
        let middle = low + (after - low) / 2;
        let header = of(json!(tag(middle)))?;
        if header.number != U256::from(middle) {
            return Err(ChainError::answer(METHOD, "another block than asked for"));
        }
        match is_after(&header) {
            true => after = middle,
            false => found = header,
        }
    }
    Ok(Some((found.number.saturating_to(), found.hash)))
}
