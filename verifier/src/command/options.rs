//! Values of options.

use std::path::Path;

use zkmargin_engine::file::read_text;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::BUFFER_BITS;
use zkmargin_engine::units::{parse_element, parse_money};
use zkmargin_engine::Fr;

use crate::error::VerifyError;

/// No input file comes near this many bytes.
pub(super) const LONGEST_INPUT: u64 = 64 << 20;

/// An option whose value cannot be used.
pub(super) fn wrong(
    option: &'static str,
    value: impl ToString,
    problem: impl ToString,
    hint: impl ToString,
) -> VerifyError {
    VerifyError::Option {
        option,
        value: value.to_string(),
        problem: problem.to_string(),
        hint: hint.to_string(),
    }
}

/// A field element in hexadecimal, with or without `0x`.
pub(super) fn element(
    option: &'static str,
    text: Option<&String>,
) -> Result<Option<Fr>, VerifyError> {
    let Some(text) = text else { return Ok(None) };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let parsed = parse_element(&format!("0x{digits}"));
    parsed
        .map(Some)
        .map_err(|problem| wrong(option, text, problem, problem.hint()))
}

/// A number below the field's modulus: decimal, or hexadecimal after `0x`.
pub(super) fn scope(text: Option<&String>) -> Result<Option<Fr>, VerifyError> {
    let decimal = text.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()));
    match decimal.map(|t| (t, t.parse::<u128>())) {
        None => element("scope", text),
        Some((_, Ok(number))) => element("scope", Some(&format!("0x{number:x}"))),
        Some((text, Err(_))) => {
            let problem = "a decimal number of more than 128 bits";
            Err(wrong(
                "scope",
                text,
                problem,
                "write it in hexadecimal, after 0x",
            ))
        }
    }
}

/// An amount of USD that a buffer can be, in 1e-8 USD.
pub(super) fn buffer(
    option: &'static str,
    text: Option<&String>,
) -> Result<Option<u128>, VerifyError> {
    let Some(text) = text else { return Ok(None) };
    let units =
        parse_money(text).map_err(|problem| wrong(option, text, problem, problem.hint()))?;
    match u128::try_from(units) {
        Ok(buffer) if buffer >> BUFFER_BITS == 0 => Ok(Some(buffer)),
        _ => Err(wrong(
            option,
            text,
            "out of range",
            "the range is 0 to 2^90 units of 1e-8 USD",
        )),
    }
}

/// A digest of 32 bytes in hexadecimal, with or without `0x`.
pub(super) fn digest(
    option: &'static str,
    text: Option<&String>,
) -> Result<Option<[u8; 32]>, VerifyError> {
    let Some(text) = text else { return Ok(None) };
    let mut bytes = [0; 32];
    let digits = text.strip_prefix("0x").unwrap_or(text);
    match hex::decode_to_slice(digits, &mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(_) => {
            let hint = "write the digest that whoever you trust for the key has published";
            Err(wrong(option, text, "not 64 hexadecimal digits", hint))
        }
    }
}

/// Reads and checks a market file.
pub(super) fn market(path: &Path, policy: &Policy) -> Result<Market, VerifyError> {
    let text = read_text(path, LONGEST_INPUT)?;
    Ok(Market::from_json(
        &text,
        &path.display().to_string(),
        policy,
    )?)
}
