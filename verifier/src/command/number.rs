//! Numbers of the command line, read in one way for every option: decimal digits, or `0x` and
//! hexadecimal ones. Nothing is read in two ways: hexadecimal digits without `0x` are an error.

use zkmargin_engine::statement::BUFFER_BITS;
use zkmargin_engine::units::{parse_element, parse_money, UnitError};
use zkmargin_engine::Fr;

use super::options::wrong;
use crate::error::VerifyError;

/// Decimal digits of the largest number of 256 bits.
const MOST_DECIMALS: usize = 78;

/// A number below the field's modulus: a scope, a message, a root, a digest.
///
/// # Errors
/// When the text is none.
pub fn number(option: &'static str, text: &str) -> Result<Fr, VerifyError> {
    let element = match (text.strip_prefix("0x"), is_decimal(text)) {
        (None, true) => match bytes_of(text) {
            Some(bytes) => parse_element(&format!("0x{}", hex::encode(bytes))),
            None => Err(UnitError::Modulus),
        },
        (Some(_), _) => parse_element(text),
        (None, false) => Err(UnitError::NotHex),
    };
    element.map_err(|problem| match problem {
        UnitError::Modulus => wrong(
            option,
            text,
            "not below the field's modulus",
            "numbers are below \
             0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001",
        ),
        _ if text.is_empty() => wrong(option, text, "no number", written(option, text)),
        _ => wrong(option, text, not_a_number(text), written(option, text)),
    })
}

/// A count, a seed or a share: a whole number that fits its type, for the parser of the command line,
/// which names the option.
///
/// # Errors
/// What is wrong with the text.
pub fn whole<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let number = match (text.strip_prefix("0x"), is_decimal(text)) {
        (Some(digits), _) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        (None, true) => text.parse().ok(),
        _ => None,
    };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    match number.map(N::try_from) {
        Some(Ok(number)) => Ok(number),
        None if !is_hexadecimal(digits) || not_a_number(text) == BARE && !is_decimal(text) => {
            Err(format!(
                "{}; write a whole number such as 10, or 0xa",
                not_a_number(text)
            ))
        }
        _ => {
            let bits = 8 * u32::try_from(size_of::<N>()).unwrap_or(8);
            let most = u64::MAX >> (64 - bits.min(64));
            Err(format!("the range is 0 to {most}"))
        }
    }
}

/// [`number`] of an option that may be left out.
pub(super) fn optional(
    option: &'static str,
    text: Option<&String>,
) -> Result<Option<Fr>, VerifyError> {
    text.map(|text| number(option, text)).transpose()
}

/// A digest of 32 bytes: `0x` and 64 hexadecimal digits.
pub(super) fn digest(
    option: &'static str,
    text: Option<&String>,
) -> Result<Option<[u8; 32]>, VerifyError> {
    let Some(text) = text else { return Ok(None) };
    let mut bytes = [0; 32];
    let digits = text.strip_prefix("0x").unwrap_or_default();
    match hex::decode_to_slice(digits, &mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(_) => {
            let problem = match text.strip_prefix("0x") {
                Some(_) => "not 64 hexadecimal digits after 0x",
                None => not_a_number(text),
            };
            let hint = "write the digest that whoever you trust for the key has published: 0x and \
                        64 hexadecimal digits";
            Err(wrong(option, text, problem, hint))
        }
    }
}

/// An amount of USD that a buffer can be, in 1e-8 USD.
///
/// # Errors
/// When the text is none.
pub fn buffer(option: &'static str, text: &str) -> Result<u128, VerifyError> {
    let units = parse_money(text).map_err(|problem| match problem {
        // Options stand in no quotes.
        UnitError::Empty | UnitError::NotDecimal => {
            let hint = "write USD as digits with at most one point, such as 12.5; no exponent, no \
                        plus sign, no separators";
            wrong(option, text, "not a plain decimal number", hint)
        }
        problem => wrong(option, text, problem, problem.hint()),
    })?;
    match u128::try_from(units) {
        Ok(buffer) if buffer >> BUFFER_BITS == 0 => Ok(buffer),
        _ => Err(wrong(
            option,
            text,
            "out of range",
            "the range is 0 to 2^90 units of 1e-8 USD",
        )),
    }
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_hexadecimal(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What is wrong with hexadecimal digits that could be taken for decimal ones.
const BARE: &str = "hexadecimal digits without 0x before them";

/// What is wrong with a text that is no number.
fn not_a_number(text: &str) -> &'static str {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    match (is_hexadecimal(digits), digits.len() == text.len()) {
        (true, true) => BARE,
        (true, false) if digits.len() > 64 => "more than 64 hexadecimal digits",
        _ => "neither a decimal number nor 0x and hexadecimal digits",
    }
}

/// How the number of an option is written.
fn written(option: &str, text: &str) -> String {
    if not_a_number(text) == BARE {
        let digits: String = text.chars().take(64).collect();
        return format!("write 0x{digits} if it is hexadecimal; without 0x digits are decimal");
    }
    let what = match option {
        "root" | "book" => "the root that the venue published",
        "market-digest" => "the digest of the market",
        "nullifier" => "the nullifier, as `zkmargin commit --scope` prints it",
        "owner" => "the owner, as the file of accounts has it",
        _ => {
            return "write decimal digits such as 24301, or 0x and hexadecimal ones such as \
                     0x5eed"
                .to_owned()
        }
    };
    format!("write {what}: 0x and up to 64 hexadecimal digits")
}

/// The number that decimal digits say, the most significant byte first.
fn bytes_of(digits: &str) -> Option<[u8; 32]> {
    let digits = digits.trim_start_matches('0');
    if digits.len() > MOST_DECIMALS {
        return None;
    }
    let mut bytes = [0u8; 32];
    for digit in digits.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            let sum = u16::from(*byte) * 10 + carry;
            (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULUS: &str =
        "21888242871839275222246405745257275088548364400416034343698204186575808495617";

    #[test]
    fn decimal_and_hexadecimal_are_told_apart_by_0x_alone() {
        for (text, value) in [
            ("0", 0u64),
            ("10", 10),
            ("0x10", 16),
            ("007", 7),
            ("0x0", 0),
            ("18446744073709551615", u64::MAX),
            ("0xfFfF", 65_535),
        ] {
            assert_eq!(number("scope", text).unwrap(), Fr::from(value), "{text}");
        }
        let less = MODULUS.replace("495617", "495616");
        let minus_one = number("scope", &less).unwrap();
        assert_eq!(minus_one + Fr::from(1u64), Fr::from(0u64));
    }

    #[test]
    fn what_is_no_number_says_what_is() {
        for (text, words) in [
            ("", "no number"),
            ("1e3", "hexadecimal digits without 0x"),
            ("abc", "hexadecimal digits without 0x"),
            ("0x", "neither a decimal"),
            ("0X10", "neither a decimal"),
            ("-1", "neither a decimal"),
            ("+1", "neither a decimal"),
            ("1_000", "neither a decimal"),
            ("1.0", "neither a decimal"),
            (" 1", "neither a decimal"),
            ("0xzz", "neither a decimal"),
            (MODULUS, "modulus"),
            (&"9".repeat(78), "modulus"),
            (&"9".repeat(200), "modulus"),
            (&format!("0x{}", "f".repeat(64)), "modulus"),
            (&format!("0x{}", "1".repeat(65)), "more than 64"),
        ] {
            let error = number("message", text).unwrap_err().to_string();
            assert!(error.starts_with("--message "), "{error}");
            assert!(error.contains(words), "{text}: {error}");
            assert!(error.contains("\nhint: "), "{error}");
        }
    }

    #[test]
    fn whole_numbers_fit_their_type() {
        for (text, value) in [("0", 0u16), ("10", 10), ("0x10", 16), ("65535", 65_535)] {
            assert_eq!(whole::<u16>(text), Ok(value));
        }
        for (text, words) in [
            ("65536", "the range is 0 to 65535"),
            ("0x10000", "the range is 0 to 65535"),
            ("99999999999999999999999999", "the range is 0 to 65535"),
            ("-1", "neither"),
            ("+1", "neither"),
            ("0x+1", "neither"),
            ("1.5", "neither"),
            ("", "neither"),
            ("1e3", "without 0x"),
        ] {
            let problem = whole::<u16>(text).unwrap_err();
            assert!(problem.contains(words), "{text}: {problem}");
        }
        assert_eq!(whole::<u64>("18446744073709551615"), Ok(u64::MAX));
        assert!(whole::<u64>("18446744073709551616").is_err());
    }

    #[test]
    fn digests_have_64_digits() {
        let known = |text: &str| digest("key-digest", Some(&text.to_owned()));
        let digits = "ab".repeat(32);
        assert_eq!(known(&format!("0x{digits}")).unwrap(), Some([0xab; 32]));
        for text in [digits.as_str(), "0xab", "", "0x", "7"] {
            let error = known(text).unwrap_err().to_string();
            assert!(error.contains("0x and 64 hexadecimal digits"), "{error}");
        }
    }
}
