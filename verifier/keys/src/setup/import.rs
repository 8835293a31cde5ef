//! Ceremony files: which format it is, and which size to take from it.

use std::fmt;
use std::path::{Path, PathBuf};

use halo2curves::bn256::G1Affine;
use halo2curves::serde::SerdeObject;
use serde::Serialize;

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::points::{compress, g1_generator, G1_BYTES};
use crate::setup::powers::Powers;
use crate::setup::source::Source;
use crate::setup::{aztec, container, halo2, ptau};
use crate::setup::{Check, Setup, MAX_K};

/// A format of setup files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// snarkjs `.ptau`, as of the Perpetual Powers of Tau.
    Ptau,
    /// Aztec `g1.dat`: points x, y big-endian, generator first.
    AztecFlat,
    /// halo2 `ParamsKZG` in `SerdeFormat::RawBytes`.
    Halo2Raw,
    /// This program's own `.zksetup`.
    Container,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Ptau => "snarkjs ptau",
            Format::AztecFlat => "Aztec flat",
            Format::Halo2Raw => "halo2 raw",
            Format::Container => "zksetup",
        })
    }
}

/// How to import a ceremony file. The default takes all of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Take the first 2^k powers; all if absent.
    pub k: Option<u32>,
    /// For an Aztec file, the `g2.dat` with \[τ\]_2. If absent, that of Ignition is tried.
    pub g2: Option<PathBuf>,
    /// The format; found out from the first bytes if absent.
    pub format: Option<Format>,
}

impl ImportOptions {
    /// Take the first 2^k powers.
    pub fn with_k(mut self, k: u32) -> Self {
        self.k = Some(k);
        self
    }

    /// Read \[τ\]_2 from this Aztec `g2.dat`.
    pub fn with_g2(mut self, path: impl Into<PathBuf>) -> Self {
        self.g2 = Some(path.into());
        self
    }

    /// Read the file as this format.
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }
}

/// What a reader found in a file: points in their groups, not yet known to be powers.
pub(crate) struct Found {
    pub(crate) powers: Powers,
    /// The Lagrange points of exactly this size, unchecked, where the format has them.
    pub(crate) lagrange: Option<Vec<G1Affine>>,
    /// The number of contributions that the file records.
    pub(crate) contributions: Option<u32>,
    /// The file says of itself that its secret is known.
    pub(crate) insecure: bool,
    /// What the reader has checked.
    pub(crate) checks: Vec<Check>,
}

impl Setup {
    /// Reads a setup file of any known format and checks it: every point is canonical, on its
    /// curve and in its group, the first one is the generator, the powers are those of one secret
    /// (pairing check on a random linear combination), the secret is no small number or root of
    /// unity, and Lagrange points, if the file has them, belong to the powers.
    ///
    /// Without Lagrange points in the file, or when only a part of it is taken, they are
    /// computed: a few seconds on two cores for k = 14, doubling with each step of k.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is damaged, fails a check, or is too small for `options.k`.
    pub fn import(path: &Path, options: &ImportOptions) -> Result<Setup, KeysError> {
        if let Some(k) = options.k {
            check_size(k)?;
        }
        let mut source = Source::open(path)?;
        let format = match options.format {
            Some(format) => format,
            None => detect(&mut source)?,
        };
        let found = match format {
            Format::Ptau => ptau::read(&mut source, options.k)?,
            Format::AztecFlat => aztec::read(&mut source, options.k, options.g2.as_deref())?,
            Format::Halo2Raw => halo2::read(&mut source, options.k)?,
            Format::Container => container::read(&mut source, options.k)?,
        };
        Setup::from_found(path, format, found)
    }
}

/// Checks that a size is one that this program handles.
pub(crate) fn check_size(k: u32) -> Result<(), SetupError> {
    if (1..=MAX_K).contains(&k) {
        Ok(())
    } else {
        Err(SetupError::Size { k, max: MAX_K })
    }
}

/// The size to take from a file that serves up to `available`.
pub(crate) fn choose_size(
    path: &Path,
    available: u32,
    asked: Option<u32>,
) -> Result<u32, SetupError> {
    let k = asked.unwrap_or(available);
    if k > available {
        return Err(SetupError::TooSmall {
            file: path.to_owned(),
            available,
            asked: k,
        });
    }
    check_size(k)?;
    Ok(k)
}

fn detect(source: &mut Source) -> Result<Format, KeysError> {
    let start = source.bytes("the header", 0, source.len().min(4 + G1_BYTES as u64))?;
    let generator = g1_generator();
    let mut flat = [0; G1_BYTES];
    (flat[31], flat[63]) = (1, 2);
    let aztec_name = |path: &Path| path.extension().is_some_and(|ending| ending == "dat");

    if start.starts_with(ptau::MAGIC) {
        Ok(Format::Ptau)
    } else if start.starts_with(container::MAGIC) {
        Ok(Format::Container)
    } else if start.starts_with(&flat) || aztec_name(&source.path) {
        Ok(Format::AztecFlat)
    } else if start.get(4..) == Some(generator.to_raw_bytes().as_slice())
        || halo2::fits(&start, source)
    {
        Ok(Format::Halo2Raw)
    } else if start.get(4..36) == Some(compress(&generator).as_slice()) {
        let file = source.path.clone();
        Err(SetupError::Compressed { file }.into())
    } else {
        let file = source.path.clone();
        Err(SetupError::UnknownFormat { file }.into())
    }
}
