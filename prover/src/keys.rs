//! Proving keys.

use zkmargin_circuits::margin::MarginCircuit;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::{Key, Maker};
use zkmargin_keys::setup::Setup;

use crate::backend::{Keys, Witness};
use crate::error::ProverError;

/// Whether a setup is as large as a circuit of 2^k rows.
///
/// # Errors
/// [`ProverError::KeyGeneration`] when it is not.
pub(crate) fn fits(k: u32, setup: &Setup) -> Result<(), ProverError> {
    match setup.k() == k {
        true => Ok(()),
        false => Err(ProverError::KeyGeneration(format!(
            "the circuit has 2^{k} rows, the setup 2^{}",
            setup.k()
        ))),
    }
}

/// A proving key and the verifying key inside it.
pub struct ProvingKey {
    /// The verifying side.
    pub key: Key,
    keys: Keys,
}

impl ProvingKey {
    /// Derives the keys from the circuit.
    ///
    /// # Errors
    /// When the setup does not fit the circuit, or the environment names no prover.
    pub fn generate(policy: &Policy, size: Size, setup: &Setup) -> Result<Self, ProverError> {
        Self::of(policy, size, setup, None)
    }

    /// The same with the verifying key of the cache, or with one that is left there. Returns whether
    /// it was there. The rest is derived each time: that is faster than reading it.
    ///
    /// # Errors
    /// As [`ProvingKey::generate`]. A cache that cannot be written is no error.
    pub fn cached(policy: &Policy, size: Size, setup: &Setup) -> Result<(Self, bool), ProverError> {
        let verifier = setup.verifier();
        let known = Key::stored(policy, size, &verifier, Maker::Prover);
        let known_id = known.as_ref().map(|key| key.id.clone());
        let proving = Self::of(policy, size, setup, known)?;
        let cached = known_id.is_some_and(|id| id == proving.key.id);
        if !cached {
            proving.key.store(policy, &verifier, Maker::Prover);
        }
        Ok((proving, cached))
    }

    fn of(
        policy: &Policy,
        size: Size,
        setup: &Setup,
        known: Option<Key>,
    ) -> Result<Self, ProverError> {
        let circuit = MarginCircuit::blank(policy, size);
        fits(circuit.k(), setup)?;
        let vk = known.map(|key| key.vk);
        let (keys, vk) = Keys::new(&circuit, setup, vk)?;
        let key = Key::new(policy, size, circuit.k(), &setup.verifier(), vk);
        Ok(ProvingKey { key, keys })
    }

    /// Proves what a witness says, true or not.
    pub(crate) fn prove(&self, witness: impl Witness) -> Result<Vec<u8>, ProverError> {
        self.keys.prove(witness)
    }
}
