//! Which addresses count, and what they hold together.

use std::collections::{BTreeMap, BTreeSet};

use zkmargin_engine::market::InstrumentId;

use super::node::Answers;
use super::{Addresses, Fault, Holding};
use zkmargin_prover::book::error::BookError;

/// A block further than this from the book's market, in seconds, shows another time's balances.
const NEAR: u64 = 3_600;

/// What counts.
pub(super) struct Counted {
    /// By asset: balance in 1e-18, and addresses.
    pub held: BTreeMap<InstrumentId, (u128, usize)>,
    /// Addresses that count and whose balance a node confirmed.
    pub confirmed: usize,
    /// Addresses that count by what the file says.
    pub claimed: usize,
    /// Why the others do not.
    pub faults: Vec<Fault>,
}

/// Adds up what signed addresses hold. That none stands twice the file's reader saw to.
pub(super) fn counted(addresses: &Addresses, answers: &[Answers]) -> Result<Counted, BookError> {
    let asked: BTreeSet<usize> = answers.iter().flat_map(|a| a.checked.clone()).collect();
    let mut wrong: BTreeMap<usize, Vec<Fault>> = BTreeMap::new();
    for (place, fault) in answers.iter().flat_map(|a| &a.faults) {
        wrong.entry(*place).or_default().push(fault.clone());
    }
    let mut counted = Counted {
        held: BTreeMap::new(),
        confirmed: 0,
        claimed: 0,
        faults: Vec::new(),
    };
    for (place, holding) in addresses.holdings.iter().enumerate() {
        let mut faults = wrong.remove(&place).unwrap_or_default();
        faults.extend(unowned(holding));
        if !faults.is_empty() {
            counted.faults.extend(faults);
            continue;
        }
        match asked.contains(&place) {
            true => counted.confirmed += 1,
            false => counted.claimed += 1,
        }
        let (sum, count) = counted.held.entry(holding.asset).or_default();
        let what = "balances of one asset";
        let more = sum.checked_add(holding.balance);
        *sum = more.ok_or(BookError::Overflow { what })?;
        *count += 1;
    }
    Ok(counted)
}

/// Why nothing shows that the venue controls an address.
fn unowned(holding: &Holding) -> Option<Fault> {
    let (path, address) = (holding.path.clone(), holding.ownership.address);
    let Some(signature) = &holding.signature else {
        return Some(Fault::Unsigned { path, address });
    };
    let checked = holding.ownership.check(holding.scheme, signature);
    checked.err().map(|fault| Fault::Signature {
        path,
        address,
        fault,
    })
}

/// Blocks that are not of the market's time.
pub(super) fn other_times(answers: &[Answers], market: u32) -> Vec<Fault> {
    let blocks = answers.iter().filter_map(|answers| {
        let (block, time) = answers.block?;
        let fault = Fault::OtherTime {
            chain_id: answers.chain_id,
            block,
            time,
            market,
        };
        (time.abs_diff(market.into()) > NEAR).then_some(fault)
    });
    blocks.collect()
}

/// Chains of the file whose block no node was asked about.
pub(super) fn unasked(addresses: &Addresses, answers: &[Answers]) -> Vec<u64> {
    let holdings = addresses.holdings.iter();
    let mut chains: BTreeSet<u64> = holdings.map(|h| h.ownership.chain_id).collect();
    for answers in answers {
        chains.remove(&answers.chain_id);
    }
    chains.into_iter().collect()
}
