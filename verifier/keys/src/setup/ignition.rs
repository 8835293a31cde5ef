//! The powers of the Aztec Ignition ceremony inside the program: k = 14, compressed.
//!
//! `assets/PROVENANCE.md` says where they come from and how the file is made again.

use std::path::Path;

use halo2curves::bn256::G2Affine;
use sha2::{Digest, Sha256};

use crate::setup::error::{PointFault, SetupError};
use crate::setup::points::{g1_compressed, g2_be, read_all, G1_COMPRESSED_BYTES, G2_BYTES};
use crate::setup::powers::Powers;

/// The largest k that the embedded powers serve.
pub const IGNITION_MAX_K: u32 = 14;

/// SHA-256 of the embedded file of compressed powers.
pub const IGNITION_SHA256: [u8; 32] = [
    0xe2, 0x38, 0x5d, 0x98, 0xcf, 0x27, 0x96, 0xf9, 0x35, 0x09, 0x71, 0xb3, 0x35, 0x9c, 0x58, 0x0d,
    0x71, 0x33, 0x8b, 0x7e, 0x67, 0x9b, 0xc6, 0x79, 0xdb, 0xf6, 0x20, 0x33, 0xe4, 0x30, 0x84, 0x06,
];

/// What error messages call the embedded powers.
pub(crate) const NAME: &str = "embedded Ignition powers";

static POWERS: &[u8] = include_bytes!("../../assets/ignition_k14.g1c");
static TAU_G2: &[u8; G2_BYTES] = include_bytes!("../../assets/ignition.g2");

/// \[τ\]_2 of Ignition in its published form: x.c0, x.c1, y.c0, y.c1, big-endian.
pub(crate) fn tau_g2_bytes() -> &'static [u8; G2_BYTES] {
    TAU_G2
}

/// \[τ\]_2 of Ignition.
pub(crate) fn tau_g2() -> Result<G2Affine, SetupError> {
    g2_be(TAU_G2).map_err(|fault| bad_point("[tau]_2", 0, G2_BYTES, fault))
}

/// The first 2^k powers, decompressed, with their digest checked.
pub(crate) fn powers(k: u32) -> Result<Powers, SetupError> {
    if k > IGNITION_MAX_K {
        return Err(SetupError::TooSmall {
            file: NAME.into(),
            available: IGNITION_MAX_K,
            asked: k,
        });
    }
    decode(POWERS, k)
}

fn decode(bytes: &[u8], k: u32) -> Result<Powers, SetupError> {
    let found: [u8; 32] = Sha256::digest(bytes).into();
    if found != IGNITION_SHA256 {
        return Err(SetupError::Checksum {
            file: NAME.into(),
            expected: hex::encode(IGNITION_SHA256),
            found: hex::encode(found),
        });
    }
    // The digest fixes the length: 2^14 points.
    let bytes = &bytes[..G1_COMPRESSED_BYTES << k];
    let g = read_all(bytes, G1_COMPRESSED_BYTES, g1_compressed)
        .map_err(|(index, fault)| bad_point("the powers", index, G1_COMPRESSED_BYTES, fault))?;
    let tau_g2 = tau_g2()?;
    Ok(Powers { k, g, tau_g2 })
}

fn bad_point(section: &'static str, index: usize, width: usize, fault: PointFault) -> SetupError {
    SetupError::Point {
        file: Path::new(NAME).to_owned(),
        section,
        index,
        offset: (index * width) as u64,
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::points::compress_all;
    use halo2curves::ff::PrimeField;

    /// SHA-256 of the first 2^14 points of Aztec's `bn254_g1.dat`.
    const FLAT_SHA256: &str = "424e8de36519d1be0d9c894a203c5fad13038bd05710ffe8a270e2469db438a2";

    #[test]
    fn the_powers_are_those_that_aztec_published() {
        let powers = powers(IGNITION_MAX_K).unwrap();
        powers.check(Path::new(NAME)).unwrap();
        assert_eq!(powers.g.len(), 1 << IGNITION_MAX_K);
        let mut flat = Sha256::new();
        for coordinate in powers.g.iter().flat_map(|point| [point.x, point.y]) {
            let mut bytes = coordinate.to_repr();
            bytes.reverse();
            flat.update(bytes);
        }
        assert_eq!(hex::encode(flat.finalize()), FLAT_SHA256);
        assert_eq!(compress_all(&powers.g), POWERS);
    }

    #[test]
    fn other_bytes_are_refused() {
        let mut altered = POWERS.to_vec();
        altered[400_000] ^= 1;
        for bytes in [&altered[..], &POWERS[..POWERS.len() - 32], &[]] {
            let error = decode(bytes, 3).err();
            assert!(matches!(error, Some(SetupError::Checksum { .. })));
        }
    }
}
