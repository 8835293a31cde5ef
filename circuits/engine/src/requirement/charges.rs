//! The add-ons to the scenario requirement, each rounded up to 1e-8 USD.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use super::leg::Leg;
use super::MONEY;
use crate::error::Error;
use crate::market::{Kind, Market};
use crate::policy::Policy;

/// 1e-16 USD in a unit of money.
const PRODUCT: u64 = 100_000_000;

/// `Σ rate·|net dollar delta|` over underlyings and expiries, a perpetual being an expiry of its
/// own.
pub(super) fn roll(policy: &Policy, legs: &[Leg]) -> BigInt {
    let mut groups: BTreeMap<(u8, u32), (BigInt, u64)> = BTreeMap::new();
    for leg in legs {
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

/// `index·Σ max(0, −net option quantity)` over underlyings, expiries and strikes, times the
/// policy's share.
pub(super) fn short_option_minimum(
    policy: &Policy,
    market: &Market,
    legs: &[Leg],
) -> Result<BigInt, Error> {
    let mut groups: BTreeMap<(u8, u32, u64), i128> = BTreeMap::new();
    for leg in legs.iter().filter(|leg| leg.kind().is_option()) {
        let id = leg.instrument.id;
        let key = (id.underlying(), id.expiry(), id.strike());
        *groups.entry(key).or_default() += i128::from(leg.position.quantity);
    }
    let mut total = BigInt::zero();
    for ((code, ..), net) in groups.into_iter().filter(|(_, net)| *net < 0) {
        let index = market.index_price(code).ok_or_else(|| Error::Engine {
            subject: policy
                .by_code(code)
                .map_or_else(|| code.to_string(), |u| u.symbol.clone()),
            problem: "short options need the index, and the market lists no spot of the underlying",
            hint: "add the spot instrument to the market",
        })?;
        total += BigInt::from(-net) * index;
    }
    Ok((total * policy.som_bp).div_ceil(&MONEY.into()))
}

/// Haircuts on long cash and spot.
pub(super) fn haircut(legs: &[Leg]) -> BigInt {
    let total: BigInt = legs
        .iter()
        .filter(|leg| matches!(leg.kind(), Kind::Cash | Kind::Spot) && leg.position.quantity > 0)
        .map(|leg| leg.forward_value() * leg.underlying.haircut_bp)
        .sum();
    total.div_ceil(&MONEY.into())
}

/// Certified error of option prices in equity, in scenario losses and in the roll charge.
pub(super) fn pricing_error(policy: &Policy, legs: &[Leg]) -> BigInt {
    let gmax = policy.tables().gmax;
    let total: BigInt = legs.iter().map(|leg| leg.charged_error(gmax)).sum();
    total.div_ceil(&(BigInt::from(MONEY) << 92))
}
