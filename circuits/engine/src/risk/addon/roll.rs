//! Roll: a charge on the net delta of every expiry.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use crate::policy::Policy;
use crate::risk::position::Priced;

/// 1e-16 USD in a unit of money.
const PRODUCT: u64 = 100_000_000;

/// `Σ rate·|net dollar delta|` over underlyings and expiries, a perpetual being an expiry of its
/// own.
pub(in crate::risk) fn roll(policy: &Policy, positions: &[Priced]) -> BigInt {
    let mut groups: BTreeMap<(u16, u32), (BigInt, u64)> = BTreeMap::new();
    for leg in positions {
        if let Some(delta) = leg.dollar_delta(policy) {
            let key = (leg.underlying.code, leg.instrument.id.expiry());
            let group = groups.entry(key).or_insert((BigInt::zero(), leg.rate));
            group.0 += delta;
        }
    }
    let total: BigInt = groups
        .into_values()
        .map(|(net, rate)| net.abs() * rate)
        .sum();
    total.div_ceil(&(BigInt::from(PRODUCT) << 93))
}
