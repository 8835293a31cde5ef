//! Units of values inside, and sums of money.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use crate::error::Error;

/// Fraction bits of a value.
pub(in crate::risk) const VALUE_BITS: u32 = 76;
/// 1e-20 USD in a unit of money.
pub(in crate::risk) const MONEY: u64 = 1_000_000_000_000;

/// A sum of money that must fit the statement.
pub(in crate::risk) fn money(sum: BigInt) -> Result<i128, Error> {
    sum.to_i128()
        .filter(|sum| sum.unsigned_abs() >> 108 == 0)
        .ok_or_else(|| Error::Engine {
            subject: "the account".to_owned(),
            problem: "a sum of money is 2^108 units of 1e-8 USD or more",
            hint: "reduce the quantities",
        })
}

/// Units of a value in 1e-8 USD.
pub(in crate::risk) fn value_unit() -> BigInt {
    BigInt::from(MONEY) << VALUE_BITS
}
