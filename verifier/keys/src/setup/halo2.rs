//! halo2's raw parameter files: k u32 little-endian, 2^k powers, 2^k Lagrange points, \[1\]_2,
//! \[τ\]_2, all raw (Montgomery form).

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::format::{choose_size, Format, Found};
use crate::setup::points::{g1_raw, g2_generator, g2_raw, G1_BYTES, G2_BYTES};
use crate::setup::powers::Powers;
use crate::setup::source::Source;
use crate::setup::Check;

const POWERS: &str = "the powers";
const LAGRANGE: &str = "the Lagrange points";
const ONE_G2: &str = "[1]_2";
const TAU_G2: &str = "[tau]_2";
/// The field has roots of unity of order 2^28 at most.
const MAX_FILE_K: u32 = 28;

fn file_len(k: u32) -> u64 {
    4 + 2 * ((G1_BYTES as u64) << k) + 2 * G2_BYTES as u64
}

/// Whether the first bytes are a k that explains the file's length.
pub(crate) fn fits(start: &[u8], source: &Source) -> bool {
    let Some(&[k, 0, 0, 0]) = start.first_chunk() else {
        return false;
    };
    u32::from(k) <= MAX_FILE_K && file_len(u32::from(k)) == source.len()
}

pub(crate) fn read(source: &mut Source, asked: Option<u32>) -> Result<Found, KeysError> {
    let available = source.u32("the header", 0)?;
    if !(1..=MAX_FILE_K).contains(&available) {
        let found = ("k", u64::from(available));
        return Err(source.bad_field(Format::Halo2Raw, ("the header", 0), found, "1 to 28"));
    }
    let points = (G1_BYTES as u64) << available;
    let (lagrange_at, g2_at) = (4 + points, 4 + 2 * points);
    let tau_at = g2_at + G2_BYTES as u64;
    source.expect(POWERS, 4, points)?;
    source.expect(LAGRANGE, lagrange_at, points)?;
    source.expect(ONE_G2, g2_at, G2_BYTES as u64)?;
    source.expect(TAU_G2, tau_at, G2_BYTES as u64)?;
    source.expect_end(Format::Halo2Raw, file_len(available))?;

    let k = choose_size(&source.path, available, asked)?;
    if source.g2(ONE_G2, 0, g2_at, g2_raw)? != g2_generator() {
        return Err(SetupError::NotGenerator {
            file: source.path.clone(),
            section: ONE_G2,
        }
        .into());
    }
    let tau_g2 = source.g2(TAU_G2, 0, tau_at, g2_raw)?;
    let g = source.g1s(POWERS, 4, 1 << k, g1_raw)?;
    let lagrange = match k == available {
        true => Some(source.g1s(LAGRANGE, lagrange_at, 1 << k, g1_raw)?),
        false => None,
    };
    Ok(Found {
        powers: Powers { k, g, tau_g2 },
        lagrange,
        contributions: None,
        insecure: false,
        checks: vec![Check::Points, Check::Subgroup],
    })
}
