//! What a command line tells about a setup.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::setup::format::Format;
use crate::setup::points::g2_to_be;
use crate::setup::{Origin, Setup};

/// A check that a setup passed when it was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// The powers have the digest that is compiled in.
    Digest,
    /// The file has the checksum that it names; for the cache, the one that is compiled in.
    Checksum,
    /// Every G1 point is canonical, on the curve and not infinity.
    Points,
    /// \[τ\]_2 is canonical, on the twist, in the subgroup and not infinity.
    Subgroup,
    /// The first power is the generator.
    Generator,
    /// The powers are those of the secret in \[τ\]_2, by pairing.
    Pairing,
    /// The secret is no small number and no root of unity.
    Secret,
    /// The Lagrange points of the file belong to its powers.
    Lagrange,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Check::Digest => "the powers have the compiled-in digest",
            Check::Checksum => "the file has its checksum",
            Check::Points => "every power is on the curve",
            Check::Subgroup => "[tau]_2 is in the subgroup",
            Check::Generator => "the first power is the generator",
            Check::Pairing => "the powers are those of [tau]_2 (pairing)",
            Check::Secret => "the secret is no small number or root of unity",
            Check::Lagrange => "the Lagrange points belong to the powers",
        })
    }
}

/// A setup in words and numbers. As JSON, the names of the fields are stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SetupInfo {
    /// Short name, with `insecure` in it when the secret was known.
    pub id: String,
    /// `ignition`, `imported` or `insecure`.
    pub origin: &'static str,
    /// The secret was known to the process that made the setup.
    pub insecure: bool,
    /// log2 of the number of powers.
    pub k: u32,
    /// Number of powers in G1.
    pub points: u64,
    /// SHA-256 of \[τ\]_2 in hex: the same for every size of one ceremony.
    pub ceremony: String,
    /// SHA-256 of the content in hex, see [`Setup::digest`].
    pub digest: String,
    /// Format of the file that it was read from, if any.
    pub format: Option<Format>,
    /// Number of contributions that the file records, if it does.
    pub contributions: Option<u32>,
    /// The checks that it passed.
    pub checks: Vec<Check>,
}

impl SetupInfo {
    pub(crate) fn of(setup: &Setup) -> Self {
        SetupInfo {
            id: setup.id(),
            origin: match setup.origin() {
                Origin::Ignition => "ignition",
                Origin::Imported { .. } => "imported",
                Origin::Insecure => "insecure",
            },
            insecure: *setup.origin() == Origin::Insecure,
            k: setup.k(),
            points: 1 << setup.k(),
            ceremony: hex::encode(Sha256::digest(g2_to_be(&setup.params().s_g2()))),
            digest: hex::encode(setup.digest()),
            format: setup.format,
            contributions: setup.contributions,
            checks: setup.checks.clone(),
        }
    }
}
