//! Salts of a book: made of one seed, and others in every book.

use std::fmt;

use ff::Field;

use crate::commitment::{hash8, tag};
use crate::Fr;

/// What the salts of one book are made of. Both parts are drawn at random; the seed stays with the
/// venue, and a worker gets salts. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Salts {
    /// The venue's seed.
    pub seed: Fr,
    /// Drawn for each book: two books of the same accounts share no leaf.
    pub book_nonce: Fr,
}

impl Salts {
    /// H(SALT; seed, book nonce, customer, account): the salt of the account of a number.
    pub fn of(&self, customer: Fr, account: u32) -> Fr {
        let mut inputs = [Fr::ZERO; 8];
        let account = Fr::from(u64::from(account));
        inputs[..4].copy_from_slice(&[self.seed, self.book_nonce, customer, account]);
        hash8(tag::SALT, &inputs)
    }
}

impl fmt::Debug for Salts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_follows_all_that_it_is_made_of() {
        let salts = |seed: u64, nonce: u64| Salts {
            seed: Fr::from(seed),
            book_nonce: Fr::from(nonce),
        };
        let (one, two) = (Fr::ONE, Fr::from(2));
        let all = [
            salts(1, 2).of(one, 3),
            salts(2, 2).of(one, 3),
            salts(1, 3).of(one, 3),
            salts(1, 2).of(two, 3),
            salts(1, 2).of(one, 4),
        ];
        for (n, salt) in all.iter().enumerate() {
            assert!(!all[..n].contains(salt), "{n}");
        }
        let inputs: [u64; 8] = [1, 2, 1, 3, 0, 0, 0, 0];
        assert_eq!(all[0], hash8(16, &inputs.map(Fr::from)));
    }
}
