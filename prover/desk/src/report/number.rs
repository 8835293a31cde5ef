//! Numbers as reports write them.

use num_bigint::BigInt;
use num_integer::Integer;

use zkmargin_engine::units::ONE_USD;

/// 1e-8 USD in a USD.
const UNIT: u128 = ONE_USD as u128;

/// Money in 1e-8 USD with exactly eight decimals: `-12.50000000`.
pub fn money8(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    sign.to_owned() + &unsigned8(units.unsigned_abs())
}

/// The same of what is never negative.
pub fn unsigned8(units: u128) -> String {
    format!("{}.{:08}", units / UNIT, units % UNIT)
}

/// `above` / `below` with eight decimals, rounded down; `None` unless `below` is positive.
pub(crate) fn quotient8(above: i128, below: i128) -> Option<String> {
    if below <= 0 {
        return None;
    }
    let scaled = (BigInt::from(above) * UNIT).div_floor(&BigInt::from(below));
    let (whole, part) = scaled.magnitude().div_rem(&UNIT.into());
    let sign = if scaled < BigInt::ZERO { "-" } else { "" };
    Some(format!("{sign}{whole}.{:0>8}", part.to_string()))
}

/// A number of 10^-`places` to the nearest 10^-`shown`, with thousands apart: `-1,234.50`.
pub fn grouped(units: i128, places: u32, shown: u32) -> String {
    let text = grouped_size(units.unsigned_abs(), places, shown);
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    let sign = if units < 0 && !zero { "-" } else { "" };
    sign.to_owned() + &text
}

/// The same of what is never negative.
pub fn grouped_size(units: u128, places: u32, shown: u32) -> String {
    let drop = 10u128.pow(places.saturating_sub(shown));
    let size = units / drop + u128::from(units % drop >= drop.div_ceil(2) && drop > 1);
    let scale = 10u128.pow(shown.min(places));
    let digits = (size / scale).to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if scale > 1 {
        out.push_str(&format!(
            ".{:0width$}",
            size % scale,
            width = shown as usize
        ));
    }
    out
}

/// Basis points as a percentage with its sign: `+4%`, `-4.5%`, `0%`.
pub(crate) fn signed_percent(bp: i32) -> String {
    let sign = match bp {
        0 => "",
        b if b < 0 => "-",
        _ => "+",
    };
    let size = bp.unsigned_abs();
    let part = format!("{:02}", size % 100);
    match part.trim_end_matches('0') {
        "" => format!("{sign}{}%", size / 100),
        part => format!("{sign}{}.{part}%", size / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_ratios() {
        assert_eq!(money8(-1), "-0.00000001");
        assert_eq!(money8(25_000_000_000_000), "250000.00000000");
        assert_eq!(quotient8(3, 2).as_deref(), Some("1.50000000"));
        assert_eq!(quotient8(-1, 3).as_deref(), Some("-0.33333334"));
        assert_eq!(quotient8(i128::MAX, 1).map(|s| s.len()), Some(48));
        assert_eq!(quotient8(1, 0), None);
    }

    #[test]
    fn for_people() {
        assert_eq!(grouped(-123_456_750_000_000, 8, 2), "-1,234,567.50");
        assert_eq!(grouped(99_999_600_000, 8, 2), "1,000.00");
        assert_eq!(grouped(-400_000, 8, 2), "0.00");
        assert_eq!(grouped(12_345, 0, 0), "12,345");
        assert_eq!(signed_percent(400), "+4%");
        assert_eq!(signed_percent(-450), "-4.5%");
        assert_eq!(signed_percent(0), "0%");
        assert_eq!(signed_percent(-5), "-0.05%");
    }
}
