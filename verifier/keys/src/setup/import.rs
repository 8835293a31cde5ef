//! Ceremony files: which format it is, and its reader.

use std::path::{Path, PathBuf};

use halo2curves::serde::SerdeObject;

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::format::{check_size, Format};
use crate::setup::points::{compress, g1_generator, G1_BYTES};
use crate::setup::source::Source;
use crate::setup::Setup;
use crate::setup::{aztec, container, halo2, ptau};

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
