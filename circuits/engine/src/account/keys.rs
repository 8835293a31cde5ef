//! Secrets, salts and nonces: which are too weak to keep anything secret.

use std::collections::BTreeSet;

use ff::PrimeField;

use crate::error::Error;
use crate::units::format_element;
use crate::Fr;

/// Least number of different bytes among the 32 of a random element; fewer than 2^-90 of all
/// elements have less.
const DIFFERENT_BYTES: usize = 8;
/// Digits that do not repeat others by chance: 2^-96.
const REPEATED: usize = 24;
/// Low bytes of an element in which a pattern shows.
const LOW_BYTES: usize = 24;
/// Bytes of an element that a small number leaves zero.
const HIGH_BYTES: usize = 16;

/// Refuses a secret, salt or nonce that anyone can guess: nullifiers would be linked, positions and
/// customers found by trial. `place` is the path of the object that holds it, or nothing.
///
/// # Errors
/// [`Error::WeakKey`] for an element near zero (or near the modulus), of few different bytes, or of
/// a pattern.
pub(super) fn refuse_weak(file: &str, place: &str, field: &str, element: &Fr) -> Result<(), Error> {
    match is_weak(element) {
        false => Ok(()),
        true => Err(Error::WeakKey {
            file: file.to_owned(),
            field: format!("{place}{field}"),
            problem: "can be guessed: it is a small number or repeats itself",
        }),
    }
}

/// Whether an element is one that nobody draws by chance: within 2^128 of zero, of few different
/// bytes, written as digits that repeat, or with bytes that count up or down.
pub(super) fn is_weak(element: &Fr) -> bool {
    let bytes = element.to_repr();
    let small = |element: Fr| {
        let high = &element.to_repr()[HIGH_BYTES..];
        high.iter().all(|byte| *byte == 0)
    };
    let different: BTreeSet<u8> = bytes.into_iter().collect();
    let text = format_element(element);
    let digits = text.trim_start_matches("0x").trim_start_matches('0');
    let digits = digits.as_bytes();
    let repeats = |period: usize| digits.iter().zip(&digits[period..]).all(|(a, b)| a == b);
    // The highest bytes may be cut to fit the field.
    let low = &bytes[..LOW_BYTES];
    let step = low[1].wrapping_sub(low[0]);
    let counts = low
        .windows(2)
        .all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    small(*element)
        || small(-*element)
        || different.len() < DIFFERENT_BYTES
        || (1..=digits.len().saturating_sub(REPEATED)).any(repeats)
        || counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::parse_element;
    use ff::Field;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    #[test]
    fn weak_and_good_elements() {
        let repeated = |pair: &str| parse_element(&format!("0x0{}", &pair.repeat(32)[1..]));
        for weak in [
            Fr::ZERO,
            Fr::ONE,
            -Fr::ONE,
            Fr::from(u64::MAX),
            Fr::from_u128(u128::MAX),
            -Fr::from_u128(0x5ec4e7),
            repeated("11").unwrap(),
            repeated("ab").unwrap(),
            parse_element(&format!("0x{}", "0dadbeef".repeat(8))).unwrap(),
            parse_element(&format!("0x{}", "0123456789abcdef".repeat(4))).unwrap(),
            parse_element("0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
                .unwrap(),
            parse_element("0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
                .unwrap(),
        ] {
            assert!(is_weak(&weak), "{weak:?}");
        }
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        assert!((0..10_000).all(|_| !is_weak(&Fr::random(&mut rng))));
    }

    #[test]
    fn a_weak_element_is_named_and_not_shown() {
        let good = Fr::random(&mut ChaCha20Rng::seed_from_u64(2));
        assert!(refuse_weak("a.json", "", "salt", &good).is_ok());
        let text = refuse_weak("a.json", "line 3.", "salt", &Fr::from(77)).unwrap_err();
        let text = text.to_string();
        assert!(
            text.starts_with("a.json: line 3.salt can be guessed"),
            "{text}"
        );
        assert!(text.contains("\nhint: ") && !text.contains("77"), "{text}");
    }
}
