//! The moments at which a venue's balances count, which are not the venue's to choose.
//!
//! A book's `cut_off` fixes one block of each chain, the last at or before it, and one market, the first
//! that the oracle recorded of a time at or after it. Who borrows coins for this one moment shall need them
//! longer: balances are also read at [`DRAWN`] moments between the cut-off of the book before and this
//! one, which follow from the hash of the block in which this book was published. That block comes
//! later than all of them, so that nobody knows them in time.

use alloy_primitives::{keccak256, Address, B256, U256};
use alloy_sol_types::{SolEvent, SolValue};
use serde::Deserialize;
use serde_json::json;

use super::blocks::{last_at, tag};
use super::custody::Venue;
use super::Fault;
use crate::abi::MarketOracle::MarketRecorded;
use crate::binding::word;
use crate::node::Node;
use crate::record::{cut_off, recorded, Recorded};
use crate::ChainError;
use zkmargin_verifier::book::PublicBook;

/// Moments that are drawn.
pub const DRAWN: u64 = 3;
/// From how long before its first book a venue's balances are looked at, seconds.
const FIRST: u64 = 86_400;
/// Blocks whose events a node is asked for at once.
const SPAN: u64 = 1_000;

/// What a registry says of when a book counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The oracle that recorded its market, by the venue's word; none where it names none.
    pub oracle: Option<Address>,
    /// What is wrong with its market.
    pub fault: Option<Fault>,
    /// Moments that were drawn, Unix seconds.
    pub drawn: Vec<u64>,
}

/// Asks a registry about a book; `None` where the venue did not publish it there.
///
/// # Errors
/// When the node fails, or has no block after the publication yet.
pub fn moment(node: &Node, venue: Venue, book: &PublicBook) -> Result<Option<Moment>, ChainError> {
    let Some(found) = recorded(node, venue.registry, venue.address, book.root)? else {
        return Ok(None);
    };
    let oracle = found.epoch.publication.oracle;
    let oracle = Some(oracle).filter(|oracle| !oracle.is_zero());
    let fault = match oracle {
        Some(oracle) => other_market(node, oracle, book)?,
        None => None,
    };
    Ok(Some(Moment {
        oracle,
        fault,
        drawn: drawn(node, venue, book, &found)?,
    }))
}

fn drawn(
    node: &Node,
    venue: Venue,
    book: &PublicBook,
    found: &Recorded,
) -> Result<Vec<u64>, ChainError> {
    let before = match found.number.checked_sub(1) {
        Some(number) => cut_off(node, venue.registry, venue.address, number)?,
        None => book.cut_off.saturating_sub(FIRST),
    };
    let (_, hash) = last_at(node.rpc(), found.epoch.time)?
        .ok_or_else(|| ChainError::answer("epoch", "recorded before the first block"))?;
    Ok(times(hash, before, book.cut_off))
}

/// Moments after one and at or before another.
fn times(hash: B256, before: u64, cut_off: u64) -> Vec<u64> {
    let length = cut_off.saturating_sub(before).max(1);
    let draw = |n: u64| {
        let digest = keccak256((hash, U256::from(n)).abi_encode());
        let within: u64 = (U256::from_be_bytes(digest.0) % U256::from(length)).saturating_to();
        cut_off - within
    };
    (0..DRAWN).map(draw).collect()
}

#[derive(Deserialize)]
struct Log {
    topics: Vec<B256>,
    data: alloy_primitives::Bytes,
}

/// The market that an oracle recorded first at or after the cut-off, where it is not the book's.
fn other_market(
    node: &Node,
    oracle: Address,
    book: &PublicBook,
) -> Result<Option<Fault>, ChainError> {
    const METHOD: &str = "eth_getLogs";
    let rpc = node.rpc();
    // What is recorded is not of a time after its block.
    let mut from = last_at(rpc, book.cut_off)?.map_or(0, |(block, _)| block);
    let latest: U256 = serde_json::from_value(rpc.request("eth_blockNumber", json!([]))?)
        .map_err(|e| ChainError::answer("eth_blockNumber", e))?;
    while U256::from(from) <= latest {
        let to = from.saturating_add(SPAN - 1);
        let filter = json!([{ "address": oracle, "topics": [MarketRecorded::SIGNATURE_HASH],
            "fromBlock": tag(from), "toBlock": tag(to.min(latest.saturating_to())) }]);
        let logs: Vec<Log> = serde_json::from_value(rpc.request(METHOD, filter)?)
            .map_err(|e| ChainError::answer(METHOD, e))?;
        for log in logs {
            let event = MarketRecorded::decode_raw_log(&log.topics, &log.data)
                .map_err(|e| ChainError::answer(METHOD, e))?;
            if event.time >= book.cut_off {
                return Ok(
                    (event.digest != word(book.market)).then_some(Fault::OtherMarket {
                        oracle,
                        time: event.time,
                        cut_off: book.cut_off,
                    }),
                );
            }
        }
        from = to + 1;
    }
    let fault = Fault::NoMarket { oracle };
    Ok(Some(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_lie_between_the_books_and_follow_from_the_hash() {
        let hash = B256::repeat_byte(7);
        let mut all = Vec::new();
        for n in 0..200u64 {
            let seed = keccak256(n.to_be_bytes());
            let drawn = times(seed, 1_000, 1_010);
            assert!(
                drawn.iter().all(|at| (1_001..=1_010).contains(at)),
                "{drawn:?}"
            );
            all.extend(drawn);
        }
        // Each of the ten is hit.
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 10);
        assert_eq!(times(hash, 0, 90_000), times(hash, 0, 90_000));
        assert_ne!(times(hash, 0, 90_000), times(B256::ZERO, 0, 90_000));
        assert_eq!(times(hash, 5, 6), [6; 3]);
    }
}
