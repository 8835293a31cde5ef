//! Proving keys and their cache.

use std::path::Path;

use halo2_proofs::plonk::{keygen_pk2, ProvingKey as Halo2Key};
use halo2_proofs::SerdeFormat;
use zkmargin_circuits::margin::{MarginCircuit, Shape};
use zkmargin_engine::file;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::{cache_path, unsealed, write_sealed, Key};
use zkmargin_keys::setup::Setup;

use crate::backend::{Keys, Witness};
use crate::error::ProverError;

const MAGIC: &[u8; 8] = b"ZKMPKEY1";
/// No proving key of a supported size comes near this.
const LONGEST_KEY: u64 = 4 << 30;

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
    /// When halo2 refuses the circuit, which a fitting setup excludes.
    pub fn generate(policy: &Policy, size: Size, setup: &Setup) -> Result<Self, ProverError> {
        let circuit = MarginCircuit::blank(policy, size);
        let pk = keygen_pk2(setup.params(), &circuit, false)
            .map_err(|e| ProverError::KeyGeneration(e.to_string()))?;
        let key = Key::new(
            policy,
            size,
            circuit.k(),
            &setup.verifier(),
            pk.get_vk().clone(),
        );
        let keys = Keys::new(pk);
        Ok(ProvingKey { key, keys })
    }

    /// Reads the keys from the cache, or derives and caches them. Returns whether they were there.
    ///
    /// # Errors
    /// As [`ProvingKey::generate`]. A cache that cannot be written is no error.
    pub fn cached(policy: &Policy, size: Size, setup: &Setup) -> Result<(Self, bool), ProverError> {
        let path = cache_path(policy, size, &setup.verifier(), "pk");
        if let Some(key) = Self::read(&path, policy, size, setup) {
            return Ok((key, true));
        }
        let key = Self::generate(policy, size, setup)?;
        // The cache is a convenience: a full or read-only disk must not stop a proof.
        let _ = key.write(&path);
        Ok((key, false))
    }

    /// Writes the key as a sealed file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ProverError> {
        let payload = self.keys.halo2().to_bytes(SerdeFormat::RawBytesUnchecked);
        Ok(write_sealed(path, MAGIC, &payload)?)
    }

    fn read(path: &Path, policy: &Policy, size: Size, setup: &Setup) -> Option<Self> {
        let bytes = file::read_bounded(path, LONGEST_KEY).ok()?;
        let payload = unsealed(path, MAGIC, &bytes)?;
        let shape = Shape {
            size,
            scenarios: policy.scenarios().len(),
        };
        // The seal was checked, so the content is what `write` wrote.
        let format = SerdeFormat::RawBytesUnchecked;
        let pk = Halo2Key::from_bytes::<MarginCircuit>(payload, format, shape).ok()?;
        let k = pk.get_vk().get_domain().k();
        let key = Key::new(policy, size, k, &setup.verifier(), pk.get_vk().clone());
        let keys = Keys::new(pk);
        (k == setup.k()).then_some(ProvingKey { key, keys })
    }

    /// Proves what a witness says, true or not.
    pub(crate) fn prove(
        &self,
        setup: &Setup,
        witness: impl Witness,
    ) -> Result<Vec<u8>, ProverError> {
        self.keys.prove(setup, witness)
    }
}
