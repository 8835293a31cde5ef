//! Scenario losses of every underlying.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use super::position::{Node, NodeVol, Priced};
use super::units::{money, value_unit};
use crate::error::Error;
use crate::policy::{Policy, Underlying, VolShock};

/// Losses of one underlying by scenario, in the order of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderlyingLosses {
    /// Code of the underlying.
    pub underlying: u16,
    /// Weighted loss, rounded up; a gain is negative. 1e-8 USD.
    pub signed: Vec<i128>,
    /// Positive part of the loss, which counts. 1e-8 USD.
    pub charge: Vec<i128>,
}

/// Weighted losses by underlying and scenario.
pub(in crate::risk) fn losses(
    policy: &Policy,
    positions: &[Priced],
    base: &[BigInt],
) -> Result<Vec<UnderlyingLosses>, Error> {
    let count = policy.scenarios().len();
    let mut gains: BTreeMap<u16, (&Underlying, Vec<BigInt>)> = BTreeMap::new();
    for (leg, base) in positions.iter().zip(base) {
        if !leg.shocked() {
            continue;
        }
        let new = || (leg.underlying, vec![BigInt::zero(); count]);
        let (_, sums) = gains.entry(leg.underlying.code).or_insert_with(new);
        for (sum, node) in sums.iter_mut().zip(nodes(policy, leg.underlying)?) {
            *sum += leg.value(policy, &node) - base;
        }
    }
    let unit = value_unit() << 24;
    gains
        .into_iter()
        .map(|(code, (underlying, sums))| {
            let loss = |(sum, node): (BigInt, Node)| money((-sum * node.weight).div_ceil(&unit));
            let signed: Vec<i128> = sums
                .into_iter()
                .zip(nodes(policy, underlying)?)
                .map(loss)
                .collect::<Result<_, Error>>()?;
            let charge = signed.iter().map(|loss| (*loss).max(0)).collect();
            Ok(UnderlyingLosses {
                underlying: code,
                signed,
                charge,
            })
        })
        .collect()
}

/// Price nodes of an underlying in the order of the scenarios.
///
/// # Errors
/// When the policy has none for its class: no row would be no loss.
pub(in crate::risk) fn nodes<'p>(
    policy: &'p Policy,
    underlying: &Underlying,
) -> Result<impl Iterator<Item = Node> + 'p, Error> {
    let rows = policy.tables().node.get(usize::from(underlying.class));
    let rows = rows.ok_or_else(|| Error::Engine {
        subject: underlying.symbol.clone(),
        problem: "the policy has no price shocks for it",
        hint: "use the policy that the underlying is of",
    })?;
    Ok(rows
        .iter()
        .zip(policy.scenarios())
        .map(|(row, scenario)| Node {
            lambda: row.lambda,
            gross_bp: row.gross_bp,
            weight: row.weight,
            vol: match (scenario.vol, scenario.days_later) {
                (VolShock::Up, _) => NodeVol::Up,
                (VolShock::Down, _) => NodeVol::Down,
                (VolShock::Static, 0) => NodeVol::Mark,
                (VolShock::Static, _) => NodeVol::Decayed,
            },
        }))
}
