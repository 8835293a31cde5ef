//! Numbers of the files and of the reports: decimal strings to integers and back, exactly.
//!
//! | quantity | unit | range |
//! |---|---|---|
//! | price, money | 1e-8 USD | price in [1, 2^60) |
//! | strike | 1e-4 USD | [1, 2^44) |
//! | quantity | 1e-8 contract, signed | magnitude in [1, 2^62) |
//! | volatility | 1e-4 | [100, 65535], 1% to 655.35% |
//! | field element | | `0x` and hexadecimal digits, below the modulus |
//!
//! A decimal is an optional minus sign, digits, and optionally a point and digits. Exponents,
//! plus signs, blanks, group separators, names (`NaN`), and more decimals than the unit has are
//! refused: nothing is rounded.
//!
//! A contract is one coin, or 10^scale coins of an underlying that the policy gives a [`Scale`]. Files
//! and reports are in coins; everything else, circuits among it, is in contracts.

mod element;
mod scale;

pub use element::{format_element, parse_element};
pub use scale::Scale;

use std::fmt;

/// Prices are below 2^60 units of 1e-8 USD.
pub const PRICE_BITS: u32 = 60;
/// Strikes are below 2^44 units of 1e-4 USD.
pub const STRIKE_BITS: u32 = 44;
/// Bits of the code of an underlying, the highest part of an instrument's id.
pub(crate) const CODE_BITS: u32 = 12;
/// Largest code of an underlying; the least is 1.
pub(crate) const MOST_CODE: u16 = (1 << CODE_BITS) - 1;
/// Magnitudes of quantities are below 2^62 units of 1e-8 contract.
pub const QUANTITY_BITS: u32 = 62;
/// Least volatility, in 1e-4.
pub(crate) const MIN_VOL: u16 = 100;
/// Decimals of prices, money and quantities.
pub const MONEY_DECIMALS: u32 = 8;
/// Decimals of strikes and volatilities.
pub const SHORT_DECIMALS: u32 = 4;
/// Units of 1e-8 USD in one USD.
pub const ONE_USD: u64 = 100_000_000;
/// Units of 1e-8 USD in a unit of strike.
pub(crate) const PRICE_PER_STRIKE: u64 = 10u64.pow(MONEY_DECIMALS - SHORT_DECIMALS);
/// Basis points of one: ratios, shocks, weights and volatilities are in 1e-4.
pub const BP: u32 = 10_000;
/// Seconds of a day.
pub const DAY: u32 = 86_400;
/// Seconds of the model's year, of 365 days.
pub const YEAR: u32 = 365 * DAY;

/// Why a text is not a number of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// Nothing is written.
    #[error("empty")]
    Empty,
    /// The text has a character or an order of characters that a decimal does not have.
    #[error("not a plain decimal number")]
    NotDecimal,
    /// A minus sign where the unit has none.
    #[error("negative")]
    Negative,
    /// More digits behind the point than the unit has.
    #[error("more than {places} decimals")]
    Decimals {
        /// Decimals of the unit.
        places: u32,
    },
    /// Zero where something must be.
    #[error("zero")]
    Zero,
    /// Outside the range of the unit.
    #[error("out of range")]
    Range {
        /// The range in words.
        range: &'static str,
    },
    /// Not `0x` followed by 1 to 64 hexadecimal digits.
    #[error("not a hexadecimal field element")]
    NotHex,
    /// Not below the modulus of the field.
    #[error("not below the field modulus")]
    Modulus,
}

impl UnitError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            UnitError::Empty | UnitError::NotDecimal => {
                "write digits with at most one point, such as \"76500.25\"; no exponent, no plus \
                 sign, no blanks, no separators"
                    .to_owned()
            }
            UnitError::Negative => "only quantities may be negative".to_owned(),
            UnitError::Decimals { places } => {
                format!("round it yourself to {places} decimals: nothing is rounded silently")
            }
            UnitError::Zero => "remove the entry, or give it a value".to_owned(),
            UnitError::Range { range } => format!("the range is {range}"),
            UnitError::NotHex => {
                "write 0x and 1 to 64 hexadecimal digits in quotes, such as \"0x1f\"".to_owned()
            }
            UnitError::Modulus => "field elements are below \
                 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001; draw another"
                .to_owned(),
        }
    }
}

/// A price of something, in 1e-8 USD, from 1 to 2^60 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u64);

/// A strike, in 1e-4 USD, from 1 to 2^44 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Strike(u64);

/// A volatility, in 1e-4, from 100 (1%) to 65535 (655.35%).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Vol(u16);

/// A signed quantity, in 1e-8 contract, not zero, of magnitude below 2^62.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Price {
    /// A price from its units.
    ///
    /// # Errors
    /// Refuses zero and 2^60 or more.
    pub(crate) fn from_units(units: u64) -> Result<Price, UnitError> {
        in_range(
            units,
            1 << PRICE_BITS,
            "above 0 and below 11529215046.06846976 USD",
        )
        .map(Price)
    }

    /// A price of one coin from a decimal number of USD, where a contract is 10^`scale` coins.
    ///
    /// # Errors
    /// Refuses what is not a plain decimal of the range.
    pub fn parse(text: &str, scale: Scale) -> Result<Price, UnitError> {
        let price = unsigned(text, scale.price_decimals()).and_then(Price::from_units);
        price.map_err(|error| scale.range(error, "above 0 and below 2^60 times its last decimal"))
    }

    /// Units of 1e-8 USD.
    pub fn units(self) -> u64 {
        self.0
    }
}

impl Strike {
    /// A strike from its units.
    ///
    /// # Errors
    /// Refuses zero and 2^44 or more.
    pub(crate) fn from_units(units: u64) -> Result<Strike, UnitError> {
        in_range(
            units,
            1 << STRIKE_BITS,
            "above 0 and below 1759218604.4416 USD",
        )
        .map(Strike)
    }

    /// A strike from a decimal number of USD for one coin, where a contract is 10^`scale` coins.
    ///
    /// # Errors
    /// Refuses what is not a plain decimal of the range.
    pub(crate) fn parse(text: &str, scale: Scale) -> Result<Strike, UnitError> {
        let strike = unsigned(text, scale.strike_decimals()).and_then(Strike::from_units);
        strike.map_err(|error| scale.range(error, "above 0 and below 2^44 times its last decimal"))
    }

    /// Units of 1e-4 USD.
    pub(crate) fn units(self) -> u64 {
        self.0
    }
}

impl Vol {
    /// A volatility from its units.
    ///
    /// # Errors
    /// Refuses less than 100 and more than 65535.
    pub(crate) fn from_units(units: u64) -> Result<Vol, UnitError> {
        match u16::try_from(units) {
            Ok(vol) if vol >= MIN_VOL => Ok(Vol(vol)),
            _ => Err(UnitError::Range {
                range: "0.01 to 6.5535, that is 1% to 655.35%",
            }),
        }
    }

    /// A volatility from a decimal fraction: `0.4198` is 41.98%.
    ///
    /// # Errors
    /// Refuses what is not a plain decimal of the range.
    pub(crate) fn parse(text: &str) -> Result<Vol, UnitError> {
        unsigned(text, SHORT_DECIMALS).and_then(Vol::from_units)
    }

    /// Units of 1e-4.
    pub(crate) fn units(self) -> u16 {
        self.0
    }
}

impl Quantity {
    /// A quantity from its units.
    ///
    /// # Errors
    /// Refuses zero and a magnitude of 2^62 or more.
    pub(crate) fn from_units(units: i64) -> Result<Quantity, UnitError> {
        let range = "below 46116860184.27387904 either way";
        in_range(units.unsigned_abs(), 1 << QUANTITY_BITS, range).map(|_| Quantity(units))
    }

    /// A quantity from a decimal number of coins, where a contract is 10^`scale` coins.
    ///
    /// # Errors
    /// Refuses what is not a plain decimal of the range.
    pub fn parse(text: &str, scale: Scale) -> Result<Quantity, UnitError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        // A magnitude above i64 is above 2^62 as well: let the range check say so.
        let magnitude = decimal(digits, scale.quantity_decimals())?;
        let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
        Quantity::from_units(if negative { -magnitude } else { magnitude })
            .map_err(|error| scale.range(error, "below 2^62 times its last decimal either way"))
    }

    /// Units of 1e-8 contract.
    pub fn units(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Vol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_decimal(i128::from(self.0), SHORT_DECIMALS))
    }
}

fn in_range(units: u64, end: u64, range: &'static str) -> Result<u64, UnitError> {
    match units {
        0 => Err(UnitError::Zero),
        units if units >= end => Err(UnitError::Range { range }),
        units => Ok(units),
    }
}

/// Money in 1e-8 USD from a decimal number of USD, signed; reads what [`format_money`] writes.
///
/// # Errors
/// Refuses what is not a plain decimal, and 2^126 units or more.
pub fn parse_money(text: &str) -> Result<i128, UnitError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let magnitude = decimal(digits, MONEY_DECIMALS)?;
    match i128::try_from(magnitude) {
        Ok(units) if units >> 126 == 0 => Ok(if negative { -units } else { units }),
        _ => Err(UnitError::Range {
            range: "below 2^126 units of 1e-8 USD",
        }),
    }
}

/// Units of 10^-`places` from a decimal number without sign; reads what [`format_decimal`] writes.
/// `places` is at most 38.
///
/// # Errors
/// Refuses what is not a plain decimal, and 2^126 units or more.
pub fn parse_decimal(text: &str, places: u32) -> Result<u128, UnitError> {
    if text.starts_with('-') {
        return Err(UnitError::Negative);
    }
    match decimal(text, places.min(38))? {
        units if units >> 126 == 0 => Ok(units),
        _ => Err(UnitError::Range {
            range: "below 2^126 units",
        }),
    }
}

/// Money in 1e-8 USD as a decimal number of USD without trailing zeros: `-12.5`, `0`.
pub fn format_money(units: i128) -> String {
    format_decimal(units, MONEY_DECIMALS)
}

/// `units`·10^−`places` as a decimal without trailing zeros; exact. `places` is at most 38.
pub fn format_decimal(units: i128, places: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}", format_unsigned(units.unsigned_abs(), places))
}

/// [`format_decimal`] of a number that has no sign.
pub fn format_unsigned(units: u128, places: u32) -> String {
    let places = places.min(38);
    let scale = 10u128.pow(places);
    let (whole, part) = (units / scale, units % scale);
    if part == 0 {
        return whole.to_string();
    }
    let part = format!("{part:0width$}", width = places as usize);
    format!("{whole}.{}", part.trim_end_matches('0'))
}

/// A decimal number for people, exact: thousands apart, and at least so many decimals. `1234.5` with
/// two is `1,234.50`.
pub fn apart(decimal: &str, least: usize) -> String {
    let (sign, digits) = match decimal.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", decimal),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !part.is_empty() || least > 0 {
        out.push_str(&format!(".{part:0<least$}"));
    }
    out
}

/// A number without sign that fits 64 bits. A larger one saturates, above every range.
fn unsigned(text: &str, places: u32) -> Result<u64, UnitError> {
    if text.starts_with('-') {
        return Err(UnitError::Negative);
    }
    Ok(u64::try_from(decimal(text, places)?).unwrap_or(u64::MAX))
}

/// Digits, optionally a point and at most `places` digits, times 10^`places`; no sign. A number
/// beyond 128 bits saturates, above every range.
pub(crate) fn decimal(text: &str, places: u32) -> Result<u128, UnitError> {
    if text.is_empty() {
        return Err(UnitError::Empty);
    }
    let (whole, part) = match text.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (text, None),
    };
    let part_digits = part.unwrap_or("");
    let digits_only = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let complete = !whole.is_empty() && part != Some("");
    if !complete || !digits_only(whole) || !digits_only(part_digits) {
        return Err(UnitError::NotDecimal);
    }
    if part_digits.len() > places as usize {
        return Err(UnitError::Decimals { places });
    }
    let padding = places as usize - part_digits.len();
    let digits = whole
        .bytes()
        .chain(part_digits.bytes())
        .chain(std::iter::repeat_n(b'0', padding));
    let value = digits.fold(0u128, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u128::from(digit - b'0'))
    });
    Ok(value)
}

#[cfg(test)]
mod tests;
