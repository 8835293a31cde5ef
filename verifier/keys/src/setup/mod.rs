//! The trusted setup: powers of a secret τ in G1, and \[τ\]_2.
//!
//! Whoever knows τ can forge proofs. The default is the output of the Aztec Ignition ceremony,
//! inside the program ([`Setup::embedded`], k ≤ [`IGNITION_MAX_K`]); larger sizes come from a
//! ceremony file ([`Setup::import`]). A setup whose secret was known to one process exists only
//! under the name *insecure* ([`Setup::insecure`]), and everything made of it says so
//! ([`Setup::id`]).
//!
//! A prover needs all powers and a Lagrange basis, a verifier only \[τ\]_2: [`VerifierSetup`].
//!
//! ```
//! use zkmargin_keys::setup::{Setup, VerifierSetup};
//!
//! let setup = Setup::insecure(6)?;
//! assert!(setup.id().starts_with("insecure-") && setup.id().ends_with("-k6"));
//! assert_eq!(setup.verifier().id(), setup.id());
//! assert_eq!(VerifierSetup::ignition(14)?.id(), "ignition-k14");
//! # Ok::<(), zkmargin_keys::error::KeysError>(())
//! ```

mod aztec;
mod cache;
mod container;
mod error;
mod format;
mod halo2;
mod ignition;
mod import;
mod info;
mod insecure;
mod lagrange;
mod points;
mod powers;
mod ptau;
mod source;
mod verifier;

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, Fr, G1Affine, G2Affine};
use halo2curves::ff::Field;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use crate::error::KeysError;
use zkmargin_engine::file::{FileError, Output};

pub use error::{PointFault, SetupError};
pub use format::Format;
pub use ignition::{IGNITION_MAX_K, IGNITION_SHA256};
pub use import::ImportOptions;
pub use info::{Check, SetupInfo};
pub use verifier::VerifierSetup;

use format::{check_size, choose_size, Found};
use points::{compress_all, g2_to_be};
use powers::{check_lagrange, Powers};

/// The largest k that is handled: 2^24 powers, 2 GiB with their Lagrange basis.
pub const MAX_K: u32 = 24;

/// Where a setup comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The Aztec Ignition ceremony: \[τ\]_2 is the published one, in whatever file it came.
    Ignition,
    /// A file that the user trusts.
    Imported {
        /// SHA-256 of \[τ\]_2 (x.c0, x.c1, y.c0, y.c1 big-endian): it names the ceremony's outcome,
        /// whatever the size and the file format.
        digest: [u8; 32],
    },
    /// Made by one process, which knew the secret: proofs mean nothing.
    Insecure,
}

impl Origin {
    fn of(tau_g2: &G2Affine, insecure: bool) -> Self {
        let bytes = g2_to_be(tau_g2);
        if insecure {
            Origin::Insecure
        } else if &bytes == ignition::tau_g2_bytes() {
            Origin::Ignition
        } else {
            let digest = Sha256::digest(bytes).into();
            Origin::Imported { digest }
        }
    }

    fn id(&self, tau_g2: &G2Affine, k: u32) -> String {
        let ceremony = hex::encode(&Sha256::digest(g2_to_be(tau_g2))[..8]);
        match self {
            Origin::Ignition => format!("ignition-k{k}"),
            Origin::Imported { .. } => format!("imported-{ceremony}-k{k}"),
            Origin::Insecure => format!("insecure-{ceremony}-k{k}"),
        }
    }
}

/// A checked setup of one size, for provers and verifiers.
///
/// The value cannot be made without its checks; [`SetupInfo`] tells which ones.
#[derive(Clone)]
pub struct Setup {
    params: ParamsKZG<Bn256>,
    origin: Origin,
    format: Option<Format>,
    contributions: Option<u32>,
    checks: Vec<Check>,
    digest: OnceLock<[u8; 32]>,
}

impl Setup {
    /// The Ignition powers inside the program, cut to 2^k.
    ///
    /// The first time on a machine, the Lagrange basis is computed (a few seconds on two cores for
    /// k = 14) and left in the [cache folder](zkmargin_engine::file::cache_dir); later it is read from
    /// there. The powers are checked against the compiled-in digest and by pairing, the cache
    /// against a compiled-in digest or in full.
    ///
    /// # Errors
    ///
    /// When k is 0 or above [`IGNITION_MAX_K`].
    pub fn embedded(k: u32) -> Result<Setup, KeysError> {
        Setup::embedded_with_cache(k, &cache::folder())
    }

    /// [`Setup::embedded`] with a cache folder of the caller's choice.
    ///
    /// # Errors
    ///
    /// As [`Setup::embedded`].
    pub fn embedded_with_cache(k: u32, folder: &Path) -> Result<Setup, KeysError> {
        check_size(k)?;
        if k > IGNITION_MAX_K {
            return Setup::embedded_uncached(k);
        }
        let path = cache::path(folder, k);
        if let Some(setup) = cache::load(&path, k) {
            return Ok(setup);
        }
        let setup = Setup::embedded_uncached(k)?;
        cache::store(&path, &setup);
        Ok(setup)
    }

    /// [`Setup::embedded`] that neither reads nor writes the cache.
    ///
    /// # Errors
    ///
    /// As [`Setup::embedded`].
    pub fn embedded_uncached(k: u32) -> Result<Setup, KeysError> {
        check_size(k)?;
        let powers = ignition::powers(k)?;
        powers.check(Path::new(ignition::NAME))?;
        let mut checks = vec![Check::Digest, Check::Points, Check::Subgroup];
        checks.extend([Check::Generator, Check::Pairing, Check::Secret]);
        let params = powers.expand(Path::new(ignition::NAME), None)?;
        Ok(Setup::new(params, Origin::Ignition, checks))
    }

    /// A setup with a fresh secret that this process knows for a moment: for tests and
    /// experiments.
    ///
    /// # Security
    ///
    /// Proofs under it convince nobody who was not there. Its [id](Setup::id) says `insecure`.
    ///
    /// # Errors
    ///
    /// When k is 0 or above [`MAX_K`].
    pub fn insecure(k: u32) -> Result<Setup, KeysError> {
        Setup::insecure_from_secret(k, Fr::random(OsRng))
    }

    /// The same setup for everyone who names the same seed: for reproducible tests.
    ///
    /// # Security
    ///
    /// The secret is public. Anyone can forge proofs under it.
    ///
    /// # Errors
    ///
    /// When k is 0 or above [`MAX_K`].
    pub fn insecure_from_seed(k: u32, seed: u64) -> Result<Setup, KeysError> {
        Setup::insecure_from_secret(k, insecure::secret_of_seed(seed))
    }

    fn insecure_from_secret(k: u32, secret: Fr) -> Result<Setup, KeysError> {
        check_size(k)?;
        Ok(Setup::new(
            insecure::params(k, secret),
            Origin::Insecure,
            Vec::new(),
        ))
    }

    fn new(params: ParamsKZG<Bn256>, origin: Origin, checks: Vec<Check>) -> Setup {
        Setup {
            params,
            origin,
            format: None,
            contributions: None,
            checks,
            digest: OnceLock::new(),
        }
    }

    /// Checks what a reader found and completes it.
    fn from_found(path: &Path, format: Format, found: Found) -> Result<Setup, KeysError> {
        let Found {
            powers,
            lagrange,
            contributions,
            insecure,
            mut checks,
        } = found;
        powers.check(path)?;
        checks.extend([Check::Generator, Check::Pairing, Check::Secret]);
        let origin = Origin::of(&powers.tau_g2, insecure);
        let given = lagrange.is_some();
        let params = powers.expand(path, lagrange)?;
        if given {
            check_lagrange(path, &params)?;
            checks.push(Check::Lagrange);
        }
        let format = Some(format);
        Ok(Setup {
            format,
            contributions,
            ..Setup::new(params, origin, checks)
        })
    }

    /// Writes the setup as a `.zksetup` file, atomically. [`Setup::import`] reads it.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), KeysError> {
        container::write(self, path)
    }

    /// Writes the same to the place of a command's result.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or may not be replaced.
    pub fn save_to(&self, output: &Output) -> Result<(), KeysError> {
        Ok(output.write(|out| container::encode(self, out))?)
    }

    /// The first 2^k powers of this setup, with their own Lagrange basis.
    ///
    /// # Errors
    ///
    /// When k is 0 or larger than that of this setup.
    pub fn downsize(&self, k: u32) -> Result<Setup, KeysError> {
        let name = self.id();
        let k = choose_size(Path::new(&name), self.k(), Some(k))?;
        if k == self.k() {
            return Ok(self.clone());
        }
        let g = self.params.get_g()[..1 << k].to_vec();
        let tau_g2 = self.params.s_g2();
        let params = Powers { k, g, tau_g2 }.expand(Path::new(&name), None)?;
        let checks = self.checks.clone();
        Ok(Setup {
            format: self.format,
            contributions: self.contributions,
            ..Setup::new(params, self.origin, checks)
        })
    }

    /// The part that a verifier needs.
    pub fn verifier(&self) -> VerifierSetup {
        VerifierSetup::from_parts(self.k(), self.params.s_g2(), self.origin)
    }

    /// The parameters for the proof system.
    pub fn params(&self) -> &ParamsKZG<Bn256> {
        &self.params
    }

    /// The Lagrange basis: point i commits to the polynomial that is 1 in row i and 0 in the others.
    ///
    /// # Errors
    ///
    /// When halo2 does not write its parameters to memory.
    pub fn lagrange(&self) -> Result<Vec<G1Affine>, KeysError> {
        let fault = |e| FileError::io(Path::new(&self.id()), "read the Lagrange points of", e);
        Ok(container::lagrange(self).map_err(fault)?)
    }

    /// log2 of the number of powers.
    pub fn k(&self) -> u32 {
        self.params.k()
    }

    /// Where the setup comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A short name: `ignition-k14`, `imported-<16 hex digits>-k16`, `insecure-<…>-k6`. The
    /// digits are the first 8 bytes of the SHA-256 of \[τ\]_2.
    pub fn id(&self) -> String {
        self.origin.id(&self.params.s_g2(), self.k())
    }

    /// SHA-256 of the content: k (u32 little-endian), \[τ\]_2 (x.c0, x.c1, y.c0, y.c1 big-endian),
    /// then the compressed powers (x little-endian, bit 6 of the last byte the parity of y). It
    /// does not depend on the file that the setup was read from.
    pub fn digest(&self) -> [u8; 32] {
        *self.digest.get_or_init(|| {
            Sha256::new_with_prefix(self.k().to_le_bytes())
                .chain_update(g2_to_be(&self.params.s_g2()))
                .chain_update(compress_all(self.params.get_g()))
                .finalize()
                .into()
        })
    }

    /// What there is to tell about the setup.
    pub fn info(&self) -> SetupInfo {
        SetupInfo::of(self)
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// Compresses G1 powers in Aztec's flat layout to the form that is embedded in this program:
/// 32 bytes a point, x little-endian, bit 6 of the last byte the parity of y. Takes the first 2^k.
///
/// # Errors
///
/// When the file is damaged, too small, or not the powers of the secret in Ignition's \[τ\]_2.
pub fn compress_ignition(path: &Path, k: u32) -> Result<Vec<u8>, KeysError> {
    check_size(k)?;
    let mut source = source::Source::open(path)?;
    let found = aztec::read(&mut source, Some(k), None)?;
    found.powers.check(path)?;
    Ok(compress_all(&found.powers.g))
}
