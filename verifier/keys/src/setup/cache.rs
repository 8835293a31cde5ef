//! The expanded Ignition powers in the cache folder, so that the Lagrange points are computed
//! once per machine.
//!
//! The cache is not trusted. For the sizes of the margin circuits the checksum of the whole file
//! is compiled in; for the others everything is checked again. A file that does not pass is made
//! anew and replaced, without a word.

use std::path::{Path, PathBuf};

use crate::error::KeysError;
use crate::setup::container;
use crate::setup::format::Format;
use crate::setup::source::Source;
use crate::setup::{ignition, Check, Origin, Setup};
use zkmargin_engine::file;

/// k, and the checksum that its cache file has.
const KNOWN: [(u32, [u8; 32]); 2] = [
    (
        13,
        [
            0x17, 0xe2, 0xdc, 0xb2, 0x34, 0x8a, 0xc4, 0x1e, 0x68, 0x80, 0x62, 0x6a, 0xc3, 0x5f,
            0x9c, 0x4a, 0x2f, 0xb9, 0xd7, 0xfd, 0xb7, 0x81, 0xed, 0x61, 0x02, 0xa9, 0xf3, 0xa7,
            0x16, 0xd4, 0x6b, 0x05,
        ],
    ),
    (
        14,
        [
            0xb2, 0xf1, 0x31, 0xa1, 0x3e, 0x94, 0x58, 0xc4, 0xc3, 0x1d, 0xf9, 0x18, 0xaf, 0xc5,
            0xe7, 0x08, 0xd1, 0x26, 0x35, 0xd1, 0xbb, 0x4a, 0xb5, 0x71, 0x2e, 0x1f, 0xb7, 0xbc,
            0xb1, 0x26, 0x9e, 0x54,
        ],
    ),
];

/// Where the expanded powers are cached.
pub(crate) fn path(folder: &Path, k: u32) -> PathBuf {
    let digest = hex::encode(&ignition::IGNITION_SHA256[..8]);
    folder
        .join("setup")
        .join(format!("ignition-{digest}-k{k}.zksetup"))
}

/// The setup from the cache, if a good one is there.
pub(crate) fn load(path: &Path, k: u32) -> Option<Setup> {
    read(path, k).ok().flatten()
}

fn read(path: &Path, k: u32) -> Result<Option<Setup>, KeysError> {
    let (found, checksum) = container::read_with_checksum(&mut Source::open(path)?, Some(k))?;
    if found.lagrange.is_none() {
        return Ok(None);
    }
    if KNOWN.contains(&(k, checksum)) {
        let checks = vec![Check::Checksum, Check::Points];
        let params = found.powers.expand(path, found.lagrange)?;
        return Ok(Some(Setup::new(params, Origin::Ignition, checks)));
    }
    if KNOWN.iter().any(|(known, _)| *known == k) {
        return Ok(None);
    }
    let setup = Setup::from_found(path, Format::Container, found)?;
    let setup = Setup {
        format: None,
        ..setup
    };
    Ok((*setup.origin() == Origin::Ignition).then_some(setup))
}

/// Leaves a setup for the next time. It does not matter if that fails.
pub(crate) fn store(path: &Path, setup: &Setup) {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    if folder.is_ok() {
        let _ = container::write(setup, path);
    }
}

/// The cache folder of this process.
pub(crate) fn folder() -> PathBuf {
    file::cache_dir()
}
