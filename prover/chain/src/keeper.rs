//! What an agreement asks of its parties now, and by when: for whoever looks after one.

use alloy_primitives::{Address, B256};

use super::abi::MarginVault::{self, Agreement, Form, Status, Terms};
use super::abi::MarketOracle;
use super::abi::SolvencyRegistry::{self, Root};
use super::binding::agreement_id;
use super::error::ChainError;
use super::node::Node;

/// Roots that are read back at most: a window holds few, and whoever publishes faster than that is
/// shown alive by fewer.
const MOST_ROOTS: usize = 256;

/// An agreement as it stands.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its identity.
    pub id: B256,
    /// Its state.
    pub deal: Agreement,
    /// Time of the latest block, Unix seconds.
    pub now: u64,
    /// Last second at which the oracle's market is young.
    pub market_until: u64,
    /// The venue's last roots, ascending, back to the last one before the open call.
    pub roots: Vec<Root>,
    /// Last second before the open call can be recorded as lapsed, by the best evidence.
    pub window_end: Option<u64>,
}

/// What somebody has to do, or may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Who.
    pub who: &'static str,
    /// What.
    pub what: String,
    /// Last second for it, Unix seconds.
    pub by: Option<u64>,
}

/// Looks at an agreement.
///
/// # Errors
/// When the node fails or a contract refuses, such as an oracle without a market.
pub fn look(node: &Node, vault: Address, terms: &Terms) -> Result<Seen, ChainError> {
    let id = agreement_id(terms);
    let deal = node.call(vault, &MarginVault::agreementCall { id })?;
    let market = node.call(terms.oracle, &MarketOracle::peekCall {})?;
    let max_age = node.call(terms.oracle, &MarketOracle::maxAgeCall {})?;
    let venue = terms.venue;
    let mut roots = vec![node.call(terms.registry, &SolvencyRegistry::headCall { venue })?];
    let called = deal.calledAt.to::<u64>();
    while roots.len() < MOST_ROOTS {
        let first = &roots[0];
        if called == 0 || first.time <= called || first.number == 0 {
            break;
        }
        let number = first.number - 1;
        let call = SolvencyRegistry::rootOfCall { venue, number };
        roots.insert(0, node.call(terms.registry, &call)?);
    }
    let window_end = match called {
        0 => None,
        _ => {
            let terms = terms.clone();
            let epochs = evidence(&roots, terms.maxBookAge);
            let call = MarginVault::windowEndCall { terms, epochs };
            Some(node.call(vault, &call)?)
        }
    };
    Ok(Seen {
        id,
        deal,
        now: node.time()?,
        market_until: market.time.saturating_add(max_age),
        roots,
        window_end,
    })
}

/// The fewest epochs that show a venue alive for as long as these roots, ascending, do: each was
/// recorded while the one before it was young.
pub fn evidence(roots: &[Root], max_age: u32) -> Vec<u64> {
    let young_until = |root: &Root| root.cutOff.saturating_add(u64::from(max_age));
    // The last run without interruption.
    let linked = |pair: &[Root]| pair[1].time <= young_until(&pair[0]);
    let broken = roots.windows(2).rposition(|pair| !linked(pair));
    let run = &roots[broken.map_or(0, |at| at + 1)..];
    let mut chosen: Vec<&Root> = run.first().into_iter().collect();
    while let Some(&last) = chosen.last() {
        let reachable = run.iter().rev().find(|root| root.time <= young_until(last));
        match reachable {
            Some(next) if next.number > last.number => chosen.push(next),
            _ => break,
        }
    }
    chosen.iter().map(|root| root.number).collect()
}

/// What there is to do about an agreement, the most pressing first.
pub fn duties(seen: &Seen, terms: &Terms) -> Vec<Duty> {
    let duty = |who, what: String, by| Duty { who, what, by };
    let mut all = Vec::new();
    match seen.deal.status {
        Status::Called | Status::Lapsed => all.extend(called(seen, terms)),
        Status::Active if seen.now >= terms.end => all.push(duty(
            "either side",
            "finish: the end has come".to_owned(),
            None,
        )),
        _ => {}
    }
    if matches!(seen.deal.status, Status::Unknown | Status::Closed) {
        return all;
    }
    if terms.form == Form::Custody && !seen.deal.announcedAt.is_zero() {
        let stop = seen.deal.announcedAt.to::<u64>() + u64::from(terms.notice);
        let (number, amount) = (seen.deal.announcement, seen.deal.announced);
        let what = format!("stop counting the {amount} units of announcement {number}, and sign");
        all.push(duty("venue", what, Some(stop)));
        let what = format!("be paid on a proof under a book cut from {stop} on, if nobody signs");
        all.push(duty("trader", what, None));
    }
    if let Some(last) = seen.roots.last() {
        let until = last.cutOff.saturating_add(u64::from(terms.maxBookAge));
        all.push(duty(
            "venue",
            "publish the next book".to_owned(),
            Some(until),
        ));
        let silent = until.min(seen.market_until);
        let from = silent.max(seen.deal.openedAt.to::<u64>());
        let exit = from.saturating_add(u64::from(terms.exitAfter));
        if seen.now > exit && seen.deal.status != Status::Lapsed {
            all.push(duty(
                "either side",
                "exit: the silence was long".to_owned(),
                None,
            ));
        }
    }
    let what = "sign and relay the next market".to_owned();
    all.push(duty("oracle", what, Some(seen.market_until)));
    all
}

fn called(seen: &Seen, terms: &Terms) -> Vec<Duty> {
    let (call, end) = (seen.deal.call, seen.window_end.unwrap_or_default());
    let first = seen.deal.calledAt.to::<u64>() + u64::from(terms.window);
    let at = match seen.now <= first {
        true => "a young market not before the call, under a young root",
        false => "the last market, under the last root",
    };
    let top_up = seen.deal.topUp;
    let answer = Duty {
        who: "trader",
        what: format!("answer call {call} at {at}, or deposit {top_up} units from `refund`"),
        by: Some(end),
    };
    let next = match (seen.deal.status, seen.now > end) {
        (Status::Lapsed, _) => "seize what is due".to_owned(),
        (_, true) => {
            let epochs = evidence(&seen.roots, terms.maxBookAge);
            format!("record the lapse with the epochs {epochs:?}, then seize")
        }
        (_, false) => format!("record the lapse right after {end}"),
    };
    let next = Duty {
        who: "beneficiary",
        what: next,
        by: None,
    };
    vec![answer, next]
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    /// Roots cut and recorded at these times.
    fn roots(times: &[u64]) -> Vec<Root> {
        let root = |(number, &time): (usize, &u64)| Root {
            number: number as u64 + 5,
            root: U256::from(time),
            cutOff: time,
            time,
            displacedAt: 0,
        };
        times.iter().enumerate().map(root).collect()
    }

    #[test]
    fn evidence_is_short_linked_and_of_the_last_run() {
        assert_eq!(evidence(&roots(&[0]), 10), [5]);
        assert_eq!(evidence(&roots(&[0, 4, 8, 12, 16]), 10), [5, 7, 9]);
        assert_eq!(evidence(&roots(&[0, 10, 20]), 10), [5, 6, 7]);
        // 11 seconds without a young root.
        assert_eq!(evidence(&roots(&[0, 5, 16, 20]), 10), [7, 8]);
        assert_eq!(evidence(&roots(&[0, 11]), 10), [6]);
        assert_eq!(evidence(&[], 10), [0; 0]);
    }
}
