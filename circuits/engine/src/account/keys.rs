//! Owner, secret and salt of an account: which are too weak to keep anything secret.

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

/// Refuses keys that anyone can guess: nullifiers would be linked and positions found by trial.
/// `place` is the path of the object that holds them, with its point, or nothing.
///
/// # Errors
/// [`Error::WeakKey`] for a secret or a salt near zero (or near the modulus) or of few different
/// bytes, and for two keys that are equal. The owner is a name and may be anything else.
pub(super) fn check(file: &str, place: &str, [owner, secret, salt]: [Fr; 3]) -> Result<(), Error> {
    let refused = |field: &str, problem| {
        Err(Error::WeakKey {
            file: file.to_owned(),
            field: format!("{place}{field}"),
            problem,
        })
    };
    for (field, key) in [("secret", &secret), ("salt", &salt)] {
        if is_weak(key) {
            return refused(
                field,
                "can be guessed: it is a small number or repeats itself",
            );
        }
    }
    let twins = [
        (
            "owner",
            owner == secret,
            "is the secret, and the owner is shown",
        ),
        (
            "salt",
            salt == secret,
            "is the secret: each must be drawn by itself",
        ),
        (
            "owner",
            owner == salt,
            "is the salt, and the owner is shown",
        ),
    ];
    match twins.into_iter().find(|(_, equal, _)| *equal) {
        Some((field, _, problem)) => refused(field, problem),
        None => Ok(()),
    }
}

/// Whether an element is one that nobody draws by chance: within 2^128 of zero, of few different
/// bytes, written as digits that repeat, or with bytes that count up or down.
fn is_weak(element: &Fr) -> bool {
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
    fn equal_keys_are_refused_and_never_shown() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let [a, b, c] = [(); 3].map(|()| Fr::random(&mut rng));
        assert!(check("a.json", "", [a, b, c]).is_ok());
        // An owner is a name.
        assert!(check("a.json", "", [Fr::ONE, b, c]).is_ok());
        for (keys, field) in [
            ([a, a, c], "owner is the secret"),
            ([a, b, b], "salt is the secret"),
            ([a, b, a], "owner is the salt"),
            ([a, Fr::ONE, c], "secret can be guessed"),
            ([a, b, Fr::ONE], "salt can be guessed"),
        ] {
            let text = check("a.json", "", keys).unwrap_err().to_string();
            assert!(text.starts_with(&format!("a.json: {field}")), "{text}");
            assert!(text.contains("\nhint: ") && !text.contains("0x0"), "{text}");
        }
    }
}
