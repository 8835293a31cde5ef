//! Scenario losses of every underlying.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use super::position::{Node, Priced};
use super::units::{money, value_unit};
use crate::error::Error;
use crate::market::Kind;
use crate::policy::{Policy, VolShock};

/// Losses of one underlying by scenario, in the order of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderlyingLosses {
    /// Code of the underlying.
    pub underlying: u8,
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
    let mut gains: Vec<(u8, u8, Vec<BigInt>)> = Vec::new();
    for (leg, base) in positions.iter().zip(base) {
        let (code, class) = (leg.underlying.code, leg.underlying.class);
        if leg.kind() == Kind::Cash {
            continue;
        }
        if gains.last().map(|(last, ..)| *last) != Some(code) {
            gains.push((code, class, vec![BigInt::zero(); count]));
        }
        let Some((_, _, sums)) = gains.last_mut() else {
            continue;
        };
        for (sum, node) in sums.iter_mut().zip(nodes(policy, class)) {
            *sum += leg.value(policy, &node) - base;
        }
    }
    let unit = value_unit() << 24;
    gains
        .into_iter()
        .map(|(underlying, class, sums)| {
            let loss = |(sum, node): (BigInt, Node)| money((-sum * node.weight).div_ceil(&unit));
            let signed: Vec<i128> = sums
                .into_iter()
                .zip(nodes(policy, class))
                .map(loss)
                .collect::<Result<_, Error>>()?;
            let charge = signed.iter().map(|loss| (*loss).max(0)).collect();
            Ok(UnderlyingLosses {
                underlying,
                signed,
                charge,
            })
        })
        .collect()
}

/// Price nodes of a class in the order of the scenarios.
pub(in crate::risk) fn nodes(policy: &Policy, class: u8) -> impl Iterator<Item = Node> + '_ {
    let rows = policy.tables().node.get(usize::from(class));
    let rows = rows.map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .zip(policy.scenarios())
        .map(|(row, scenario)| Node {
            lambda: row.lambda,
            gross_bp: row.gross_bp,
            weight: row.weight,
            vol: match scenario.vol {
                VolShock::Up => 1,
                VolShock::Down => 2,
            },
        })
}
