//! Terms of the requirement, each in a file of the name that it has in the engine, the batch circuit
//! and both specs. Money cells are integers of 1e-8 USD, rounded against the account.

pub mod addon;
pub mod aggregate;
pub mod scenario;

use ff::Field;

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::range::{Bounded, Ranges};
use super::trace::Var;
use super::widths::MONEY;
use zkmargin_engine::field::{is_negative, pow2};
use zkmargin_engine::Fr;

/// 1e-16 USD and basis points in a unit of money.
pub(super) const MONEY_BP: u64 = 1_000_000_000_000;

/// `⌊v / d⌋` of a signed value by a positive divisor below 2^250.
pub(super) fn floor_div(v: Fr, d: Fr) -> Fr {
    use num_bigint::{BigInt, BigUint, Sign};
    use num_integer::Integer;
    let int = |f: Fr| BigUint::from_bytes_le(ff::PrimeField::to_repr(&f).as_ref());
    let signed = if is_negative(v) {
        -BigInt::from(int(-v))
    } else {
        BigInt::from(int(v))
    };
    let (sign, digits) = signed.div_floor(&BigInt::from(int(d))).to_u64_digits();
    let magnitude = digits
        .iter()
        .rev()
        .fold(Fr::ZERO, |acc, &limb| acc * pow2(64) + Fr::from(limb));
    if sign == Sign::Minus {
        -magnitude
    } else {
        magnitude
    }
}

/// `⌈v / d⌉` of a signed value by a positive divisor below 2^250.
pub(super) fn ceil_of(v: Fr, d: Fr) -> Fr {
    -floor_div(-v, d)
}

/// The larger of two signed values.
pub(super) fn larger(x: Fr, y: Fr) -> Fr {
    if is_negative(x - y) {
        y
    } else {
        x
    }
}

/// The order of two signed values.
pub(super) fn less(x: Fr, y: Fr) -> std::cmp::Ordering {
    let gap = x - y;
    match gap == Fr::ZERO {
        true => std::cmp::Ordering::Equal,
        false if is_negative(gap) => std::cmp::Ordering::Less,
        false => std::cmp::Ordering::Greater,
    }
}

/// `max(0, ⌈v/unit⌉)` as money of a name, under two numbers: the range of the cell, and that it is no less than the
/// quotient. It may be larger.
pub(super) fn ceil<const SLACK: u32>(
    a: &mut Arithmetic,
    ranges: &mut Ranges,
    name: Free,
    [money_number, slack_number]: [&'static str; 2],
    v: Var,
    unit: Fr,
) -> Bounded<MONEY> {
    let money = a.witness(name, larger(Fr::ZERO, ceil_of(v.value, unit)));
    a.number(money_number);
    let money = ranges.bound(a, money);
    a.number(slack_number);
    let slack = a.linear(&[(unit, money.var()), (-Fr::ONE, v)], Fr::ZERO);
    ranges.assert::<SLACK>(a, slack);
    money
}
