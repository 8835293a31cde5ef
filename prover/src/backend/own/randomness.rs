//! What is random in a proof.

use ff::Field;
use halo2curves::bn256::Fr;
use rand::rngs::{OsRng, StdRng};
use rand::{CryptoRng, RngCore, SeedableRng};

use crate::error::ProverError;

/// The source of all that hides a witness.
pub(crate) trait Randomness {
    /// Overwrites blinding rows, or all coefficients of the random polynomial.
    fn fill(&mut self, rows: &mut [Fr]);

    /// May reorder the permuted columns of a look-up. Their order is free, so a test that repeats
    /// another prover's proof has to follow it.
    fn arrange(&mut self, _input: &mut [Fr], _table: &mut [Fr]) {}
}

impl<R: RngCore + CryptoRng> Randomness for R {
    fn fill(&mut self, rows: &mut [Fr]) {
        for row in rows {
            *row = Fr::random(&mut *self);
        }
    }
}

/// A generator for one proof: ChaCha, with a seed of the operating system.
///
/// # Errors
/// When the operating system has no randomness.
pub(crate) fn generator() -> Result<StdRng, ProverError> {
    StdRng::from_rng(OsRng).map_err(|e| ProverError::Randomness(e.to_string()))
}
