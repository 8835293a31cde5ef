//! What the salts of a book are made of: a seed that a folder keeps, and a nonce that each build
//! draws.

use ff::FromUniformBytes;
use rand::RngCore;
use sha2::{Digest, Sha512};
use zkmargin_engine::account::Salts;
use zkmargin_engine::Fr;

use super::error::BookError;

/// The salts of a book of this nonce, out of the folder's secret.
pub(super) fn salts(secret: &[u8; 32], book_nonce: Fr) -> Salts {
    let mut hash = Sha512::new();
    hash.update(b"zkmargin book salts 2");
    hash.update(secret);
    Salts {
        seed: Fr::from_uniform_bytes(&hash.finalize().into()),
        book_nonce,
    }
}

/// A nonce for a book that is built now.
///
/// # Errors
/// When the operating system gives no randomness.
pub(super) fn fresh_nonce() -> Result<Fr, BookError> {
    let mut wide = [0; 64];
    rand::rngs::OsRng
        .try_fill_bytes(&mut wide)
        .map_err(|_| BookError::NoRandomness)?;
    Ok(Fr::from_uniform_bytes(&wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_and_every_build_has_salts_of_its_own() {
        let (one, two) = (fresh_nonce().unwrap(), fresh_nonce().unwrap());
        assert_ne!(one, two);
        let of = |secret, nonce| salts(&secret, nonce).of(Fr::from(5), 6);
        assert_eq!(of([1; 32], one), of([1; 32], one));
        assert_ne!(of([1; 32], one), of([2; 32], one));
        assert_ne!(of([1; 32], one), of([1; 32], two));
    }
}
