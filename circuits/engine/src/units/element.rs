//! Field elements as texts.

use ff::PrimeField;

use super::UnitError;
use crate::Fr;

/// A field element from `0x` and 1 to 64 hexadecimal digits, most significant first.
///
/// # Errors
/// Refuses other texts and numbers that are not below the modulus.
pub fn parse_element(text: &str) -> Result<Fr, UnitError> {
    if text.is_empty() {
        return Err(UnitError::Empty);
    }
    let digits = text.strip_prefix("0x").ok_or(UnitError::NotHex)?;
    if digits.is_empty() || digits.len() > 64 {
        return Err(UnitError::NotHex);
    }
    let mut repr = [0u8; 32];
    for (i, digit) in digits.bytes().rev().enumerate() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return Err(UnitError::NotHex),
        };
        repr[i / 2] |= value << (4 * (i % 2));
    }
    Option::from(Fr::from_repr(repr)).ok_or(UnitError::Modulus)
}

/// A field element as `0x` and 64 hexadecimal digits, most significant first.
pub fn format_element(element: &Fr) -> String {
    let mut bytes = element.to_repr();
    bytes.reverse();
    format!("0x{}", hex::encode(bytes))
}
