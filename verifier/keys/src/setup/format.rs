//! Formats of setup files, and what their readers give.

use std::fmt;
use std::path::Path;

use halo2curves::bn256::G1Affine;
use serde::Serialize;

use crate::setup::error::SetupError;
use crate::setup::powers::Powers;
use crate::setup::{Check, MAX_K};

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
