//! Elements as words, in the form that the curve library holds them in.

use std::array::from_fn;

use crate::element::{subtract, Element};

/// Bytes of an element.
const BYTES: usize = 32;

/// Words of 2^256 times an element modulo p, lowest first.
#[inline(always)]
pub(crate) fn raw<F: Element>(element: &F) -> [u64; 4] {
    let mut bytes = [0; BYTES];
    // The library writes exactly these bytes, so there is room.
    let _ = element.write_raw(&mut &mut bytes[..]);
    from_fn(|word| from_fn(|byte| bytes[8 * word + byte])).map(u64::from_le_bytes)
}

/// The element of which 2^256 times it, below p, has these words.
#[inline(always)]
pub(crate) fn from_raw<F: Element>(words: [u64; 4]) -> F {
    let mut bytes = [0; BYTES];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    F::from_raw_bytes_unchecked(&bytes)
}

/// `2a` modulo p, for a below p.
const fn doubled(a: [u64; 4], modulus: [u64; 4]) -> [u64; 4] {
    let (mut double, mut i, mut carry) = ([0; 4], 0, 0);
    while i < 4 {
        double[i] = a[i] << 1 | carry;
        carry = a[i] >> 63;
        i += 1;
    }
    match subtract(double, modulus) {
        (less, false) => less,
        (_, true) => double,
    }
}

/// `2^exponent` modulo p.
pub(crate) const fn power_of_two(exponent: u32, modulus: [u64; 4]) -> [u64; 4] {
    let (mut power, mut i) = ([1, 0, 0, 0], 0);
    while i < exponent {
        power = doubled(power, modulus);
        i += 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2curves::bn256::{Fq, Fr};

    fn is_as_declared<F: Element>() {
        // −1 and the modulus differ by one.
        let minus_one = (-F::ONE).to_repr();
        let words: [u64; 4] = from_fn(|word| {
            let bytes = &minus_one.as_ref()[8 * word..8 * word + 8];
            u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
        });
        assert_eq!(subtract(F::P, [1, 0, 0, 0]), (words, false));
        // The raw words of 1 are 2^256.
        assert_eq!(raw(&F::ONE), power_of_two(256, F::P));
        assert_eq!(from_raw::<F>(power_of_two(257, F::P)), F::ONE.double());
    }

    #[test]
    fn both_fields_are_what_the_curve_library_has() {
        is_as_declared::<Fr>();
        is_as_declared::<Fq>();
    }
}
