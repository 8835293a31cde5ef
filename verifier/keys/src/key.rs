//! Verifying keys: derived from policy, size and setup, never taken from a prover.

use std::path::{Path, PathBuf};

use halo2_proofs::plonk::{keygen_vk, VerifyingKey};
use halo2_proofs::SerdeFormat;
use halo2curves::bn256::G1Affine;
use sha2::{Digest, Sha256};
use zkmargin_circuits::margin::{constraint_system, MarginCircuit, Shape};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

use crate::error::KeysError;
use crate::extract::extract;
use crate::setup::{Origin, Setup, VerifierSetup};
use crate::transcript::from_halo2;
use zkmargin_engine::file;
use zkmargin_verifier::bn254::G2;
use zkmargin_verifier::protocol::{InstanceColumn, Label, Protocol, ProtocolError};

/// Raised whenever the layout of the circuit changes, so that cached keys are made anew.
pub(crate) const CIRCUIT_REVISION: u32 = 2;
const MAGIC: &[u8; 8] = b"ZKMVKEY1";
/// No verifying key comes near this.
const LONGEST_KEY: u64 = 1 << 20;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyShape {
    /// Shape of the constraint system.
    pub shape: Shape,
    /// Base-two logarithm of the rows.
    pub k: u32,
}

/// The rows that a policy needs at a size, without building a key.
pub fn key_shape(policy: &Policy, size: Size) -> KeyShape {
    let circuit = MarginCircuit::blank(policy, size);
    KeyShape {
        shape: circuit.shape(),
        k: circuit.k(),
    }
}

/// Whose code derived a key of the cache. A verifier takes none that a prover left there: verdicts do
/// not rest on a prover's key generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// halo2's.
    Verifier,
    /// Whichever a prover has; it compares it with its circuit before it takes it.
    Prover,
}

/// A verifying key with its name.
#[derive(Clone, Debug)]
pub struct Key {
    /// Name: size, digest, and `insecure` when the setup is.
    pub id: String,
    /// Size.
    pub size: Size,
    /// Digest of the policy compiled into the key.
    pub policy: Fr,
    /// Name of the policy.
    pub policy_name: String,
    /// Base-two logarithm of the rows.
    pub k: u32,
    /// halo2's key.
    pub vk: VerifyingKey<G1Affine>,
}

impl Key {
    /// Wraps a key of halo2.
    pub fn new(
        policy: &Policy,
        size: Size,
        k: u32,
        setup: &VerifierSetup,
        vk: VerifyingKey<G1Affine>,
    ) -> Self {
        Key {
            id: key_id(size, &vk, setup),
            size,
            policy: policy.digest(),
            policy_name: policy.name().to_owned(),
            k,
            vk,
        }
    }

    /// Derives the key from the circuit. The setup must have the circuit's size.
    ///
    /// # Errors
    /// When halo2 refuses the circuit, which a fitting setup excludes.
    pub fn generate(policy: &Policy, size: Size, setup: &Setup) -> Result<Self, KeysError> {
        let circuit = MarginCircuit::blank(policy, size);
        let vk = keygen_vk(setup.params(), &circuit)
            .map_err(|e| KeysError::KeyGeneration(e.to_string()))?;
        Ok(Key::new(policy, size, circuit.k(), &setup.verifier(), vk))
    }

    /// Reads the key from the cache, or derives it with the powers of `full` and caches it.
    ///
    /// # Errors
    /// As [`Key::generate`], and what `full` refuses. A cache that cannot be written is no error.
    pub fn cached(
        policy: &Policy,
        size: Size,
        setup: &VerifierSetup,
        full: impl FnOnce() -> Result<Setup, KeysError>,
    ) -> Result<Self, KeysError> {
        if let Some(key) = Self::stored(policy, size, setup, Maker::Verifier) {
            return Ok(key);
        }
        let key = Self::generate(policy, size, &full()?)?;
        key.store(policy, setup, Maker::Verifier);
        Ok(key)
    }

    /// Leaves the key of a policy and setup in the cache.
    pub fn store(&self, policy: &Policy, setup: &VerifierSetup, maker: Maker) {
        let path = cache_path(policy, self.size, setup, maker);
        let payload = self.vk.to_bytes(SerdeFormat::Processed);
        // The cache is a convenience: a full or read-only disk must stop no proof or verification.
        let _ = write_sealed(&path, MAGIC, &payload);
    }

    /// The key as data, for verifiers without halo2 and for contracts.
    ///
    /// # Errors
    /// When the setup has another \[τ\]_2 than this program can read, or the constraint system
    /// cannot be described.
    pub fn protocol(&self, setup: &VerifierSetup) -> Result<Protocol, KeysError> {
        let label = Label {
            key: self.id.clone(),
            size: self.size.name().to_owned(),
            policy_name: self.policy_name.clone(),
            policy: from_halo2(&self.policy),
            insecure: matches!(setup.origin(), Origin::Insecure),
        };
        let rows = InstanceColumn::Exactly(Row::ALL.len() as u32);
        Ok(extract(label, &self.vk, &[rows], tau_of(setup)?)?)
    }

    /// Reads the key from the cache; `None` when it is not there or damaged.
    pub fn stored(
        policy: &Policy,
        size: Size,
        setup: &VerifierSetup,
        maker: Maker,
    ) -> Option<Self> {
        let path = cache_path(policy, size, setup, maker);
        let bytes = file::read_bounded(&path, LONGEST_KEY).ok()?;
        let payload = unsealed(&path, MAGIC, &bytes)?;
        // halo2 takes the size from the file and asserts that it has a domain.
        let (size_of, uncompressed) = (payload.get(1..5)?, payload.get(5)?);
        if size_of != setup.k().to_le_bytes() || *uncompressed != 0 {
            return None;
        }
        let shape = Shape {
            size,
            scenarios: policy.scenarios().len(),
        };
        let vk = VerifyingKey::from_bytes::<MarginCircuit>(payload, SerdeFormat::Processed, shape)
            .ok()?;
        let whole = vk.fixed_commitments().len() == vk.cs().num_fixed_columns()
            && vk.to_bytes(SerdeFormat::Processed) == payload;
        whole.then(|| Key::new(policy, size, setup.k(), setup, vk))
    }
}

/// \[τ\]_2 of a setup as verifiers without halo2 have it.
pub(crate) fn tau_of(setup: &VerifierSetup) -> Result<G2, ProtocolError> {
    let tau = setup.tau_g2();
    // The setup has x.c0, x.c1, y.c0, y.c1.
    let mut swapped = tau;
    for (to, from) in [(0, 32), (32, 0), (64, 96), (96, 64)] {
        swapped[to..to + 32].copy_from_slice(&tau[from..from + 32]);
    }
    G2::from_be_bytes(&swapped).ok_or(ProtocolError::Unsupported("[tau]_2 at infinity"))
}

/// The name of a key: readable size, 16 hexadecimal digits of its content.
fn key_id(size: Size, vk: &VerifyingKey<G1Affine>, setup: &VerifierSetup) -> String {
    let mut hash = Sha256::new();
    hash.update(vk.to_bytes(SerdeFormat::Processed));
    hash.update(format!("{:?}", vk.pinned()));
    let digest = hex::encode(&hash.finalize()[..8]);
    let mark = if matches!(setup.origin(), Origin::Insecure) {
        "-insecure"
    } else {
        ""
    };
    format!("{size}-{digest}{mark}")
}

/// Where a key of this circuit, policy and setup is cached.
pub fn cache_path(policy: &Policy, size: Size, setup: &VerifierSetup, maker: Maker) -> PathBuf {
    let shape = Shape {
        size,
        scenarios: policy.scenarios().len(),
    };
    let mut hash = Sha256::new();
    hash.update(CIRCUIT_REVISION.to_le_bytes());
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(format!("{:?}", constraint_system(shape).pinned()));
    hash.update(policy.canonical());
    hash.update(setup.id());
    let digest = hex::encode(&hash.finalize()[..8]);
    let extension = match maker {
        Maker::Verifier => "vk",
        Maker::Prover => "pvk",
    };
    file::cache_dir().join(format!("{size}-{digest}.{extension}"))
}

/// Writes a file of a magic word, the SHA-256 of its own name and content, and the content. Makes
/// the folder where it is missing.
///
/// # Errors
/// When the folder or the file cannot be written.
pub(crate) fn write_sealed(path: &Path, magic: &[u8; 8], payload: &[u8]) -> Result<(), KeysError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| file::FileError::io(folder, "make the folder", e))?;
    }
    Ok(file::write_atomic(path, &sealed(path, magic, payload))?)
}

/// The bytes of such a file.
pub fn sealed(path: &Path, magic: &[u8; 8], payload: &[u8]) -> Vec<u8> {
    [magic.as_slice(), &seal(path, payload), payload].concat()
}

/// The name is sealed too: the key of another circuit under this name is noticed.
fn seal(path: &Path, payload: &[u8]) -> [u8; 32] {
    let name = path.file_name().unwrap_or_default();
    Sha256::new()
        .chain_update(name.as_encoded_bytes())
        .chain_update(payload)
        .finalize()
        .into()
}

/// The content of a sealed file; `None` when it was changed, cut or renamed.
pub fn unsealed<'b>(path: &Path, magic: &[u8; 8], bytes: &'b [u8]) -> Option<&'b [u8]> {
    let rest = bytes.strip_prefix(magic)?;
    let (digest, payload) = rest.split_at_checked(32)?;
    (seal(path, payload) == digest).then_some(payload)
}
