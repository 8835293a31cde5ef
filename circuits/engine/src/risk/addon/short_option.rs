//! Short options: a minimum charge on what is net short of a strike.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use crate::error::Error;
use crate::market::Market;
use crate::policy::Policy;
use crate::risk::position::Priced;
use crate::risk::units::MONEY;

/// `index·Σ max(0, −net option quantity)` over underlyings, expiries and strikes, times the
/// policy's share.
pub(in crate::risk) fn short_option_minimum(
    policy: &Policy,
    market: &Market,
    positions: &[Priced],
) -> Result<BigInt, Error> {
    let mut groups: BTreeMap<(u16, u32, u64), i128> = BTreeMap::new();
    for leg in positions.iter().filter(|leg| leg.option.is_some()) {
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
