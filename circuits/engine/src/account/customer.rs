//! Whose an account is: what the customer brought and knows to be his alone, behind a nonce.

use std::fmt;

use ff::PrimeField;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::commitment::{hash2, tag};
use crate::field::pow2;
use crate::Fr;

/// Bytes of a digest or a nonce: 248 bits, so that each is below the modulus.
const BYTES: usize = 31;
/// Characters of an id at most; mail addresses have at most 254.
const LONGEST_ID: usize = 256;
/// Digits of a telephone number at least, so that marks in a short number of another kind stay.
const SHORTEST_NUMBER: usize = 7;

/// A customer, as the leaf of each of his accounts names him. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Customer {
    id: String,
    nonce: Fr,
}

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoId(pub(crate) &'static str);

impl Customer {
    /// A customer of an id, in any form that [`Customer::id`] normalises, and a nonce below 2^248.
    /// `None` for an id that is empty, too long or has control characters, and for a wide nonce.
    pub fn new(id: &str, nonce: Fr) -> Option<Customer> {
        let id = normalised(id).ok()?;
        is_nonce(&nonce).then_some(Customer { id, nonce })
    }

    /// A nonce out of a random element: its low 248 bits.
    pub fn nonce_of(random: Fr) -> Fr {
        let bytes = random.to_repr();
        let bytes = bytes[..BYTES].iter().rev();
        bytes.fold(Fr::from(0), |sum, byte| {
            sum * pow2(8) + Fr::from(u64::from(*byte))
        })
    }

    /// What the customer brought, such as his mail address: in Unicode's composed form (NFC),
    /// without space around it, in lower case where it is a mail address, and without blanks and
    /// marks where it is a telephone number.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Random, of 248 bits, one for each customer: without it an id would be found by trial.
    pub fn nonce(&self) -> Fr {
        self.nonce
    }

    /// What a leaf holds: H(CUSTOMER; SHA-256 of the id cut to 248 bits, nonce).
    pub fn digest(&self) -> Fr {
        hash2(tag::CUSTOMER, &[id_element(&self.id), self.nonce])
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").finish_non_exhaustive()
    }
}

/// The one form of an id.
pub(crate) fn normalised(id: &str) -> Result<String, NoId> {
    let composed: String = id.trim().nfc().collect();
    let one: String = match composed.contains('@') {
        true => composed.to_lowercase().nfc().collect(),
        false => telephone(&composed).unwrap_or(composed),
    };
    if one.is_empty() {
        return Err(NoId("is empty"));
    }
    // Lower case may be longer.
    if one.chars().count() > LONGEST_ID {
        return Err(NoId("has more than 256 characters"));
    }
    if one.chars().any(is_unseen) {
        return Err(NoId("has characters that nobody can see"));
    }
    Ok(one)
}

/// A telephone number without the blanks and marks that people write into it; `None` for other ids.
fn telephone(id: &str) -> Option<String> {
    let mark = |c: char| c.is_whitespace() || "-./()".contains(c);
    let number: String = id.chars().filter(|c| !mark(*c)).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
    (all_digits && digits.len() >= SHORTEST_NUMBER).then_some(number)
}

/// Control characters, and those of Unicode that take no room or turn the direction of a text.
fn is_unseen(c: char) -> bool {
    let unseen = [
        '\u{ad}'..='\u{ad}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
    ];
    c.is_control() || unseen.iter().any(|range| range.contains(&c))
}

/// Whether an element is below 2^248.
pub(crate) fn is_nonce(element: &Fr) -> bool {
    element.to_repr()[BYTES..].iter().all(|byte| *byte == 0)
}

/// The first 31 bytes of the SHA-256 of an id, most significant first.
fn id_element(id: &str) -> Fr {
    let digest = Sha256::digest(id.as_bytes());
    let bytes = digest[..BYTES].iter();
    bytes.fold(Fr::from(0), |sum, byte| {
        sum * pow2(8) + Fr::from(u64::from(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::format_element;
    use ff::Field;

    #[test]
    fn a_telephone_number_is_one_id_however_it_is_written() {
        for written in [
            "+41791234567",
            "+41 79 123 45 67",
            " +41-79-123.45.67",
            "+41\u{a0}(79) 1234567",
        ] {
            assert_eq!(
                normalised(written).ok().as_deref(),
                Some("+41791234567"),
                "{written}"
            );
        }
        assert_eq!(
            normalised("079 123 45 67").ok().as_deref(),
            Some("0791234567")
        );
        // Of another kind: too short, a plus inside, letters.
        for other in ["12 34", "+41+79 1234567", "AB 1234567", "+41 79"] {
            assert_eq!(normalised(other).ok().as_deref(), Some(other));
        }
    }

    /// What is written of an id is read as it.
    #[test]
    fn the_one_form_of_an_id_is_its_own() {
        let grows = |n: usize| format!("{}@x", "\u{130}".repeat(n));
        assert!(
            normalised(&grows(129)).is_err(),
            "260 characters in lower case"
        );
        for id in [&grows(120), "Ann@Example.COM", "caf\u{e9}", "+41 79"] {
            let one = normalised(id).ok().unwrap();
            assert_eq!(normalised(&one).ok().as_ref(), Some(&one), "{id}");
        }
        for unseen in [
            "\u{200b}",
            "\u{feff}ann@x.com",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{ad}b",
        ] {
            assert!(normalised(unseen).is_err(), "{unseen:?}");
        }
    }

    #[test]
    fn one_customer_in_every_way_of_writing() {
        let nonce = Fr::from(7);
        let of = |id: &str| Customer::new(id, nonce).unwrap().digest();
        let composed = of("caf\u{e9}@example.com");
        for same in [
            " Cafe\u{301}@Example.COM\n",
            "CAF\u{c9}@example.com",
            "cafe\u{301}@example.com",
        ] {
            assert_eq!(of(same), composed, "{same:?}");
        }
        // What is no address keeps its case.
        assert_ne!(of("Ann"), of("ann"));
        assert_ne!(of("+41 79 000 00 00"), of("+41 79 000 00 01"));
        let other = Customer::new("ann", Fr::from(8)).unwrap();
        assert_ne!(of("ann"), other.digest());
    }

    #[test]
    fn the_id_is_sha_256_cut_to_248_bits() {
        // FIPS 180-2, appendix B.1: SHA-256 of "abc".
        let vector = "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015";
        assert_eq!(
            format_element(&id_element("abc")).trim_start_matches("0x"),
            format!("00{}", &vector[2..])
        );
    }

    #[test]
    fn ids_and_nonces_that_are_none() {
        let nonce = Fr::from(7);
        let long = "x".repeat(257);
        for wrong in ["", " \t", "a\u{7}b", long.as_str()] {
            assert_eq!(Customer::new(wrong, nonce), None, "{wrong:?}");
        }
        assert!(Customer::new(&long[1..], nonce).is_some());
        assert!(Customer::new("a", pow2(248) - Fr::ONE).is_some());
        assert_eq!(Customer::new("a", pow2(248)), None);
        assert_eq!(Customer::new("a", -Fr::ONE), None);
        let wide = pow2(248) + Fr::from(9);
        assert_eq!(Customer::nonce_of(wide), Fr::from(9));
        assert_eq!(Customer::nonce_of(pow2(248) - Fr::ONE), pow2(248) - Fr::ONE);
        let shown = format!("{:?}", Customer::new("ann@example.com", nonce).unwrap());
        assert!(!shown.contains("ann") && !shown.contains('7'), "{shown}");
    }
}
