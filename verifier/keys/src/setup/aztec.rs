//! Aztec's flat files: `g1.dat` has \[τ^i\]_1 as x, y big-endian from the generator on; `g2.dat` has
//! \[τ\]_2 as x.c0, x.c1, y.c0, y.c1 big-endian.

use std::path::Path;

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::format::{choose_size, Format, Found};
use crate::setup::points::{g1_be, g2_be, G1_BYTES, G2_BYTES};
use crate::setup::powers::Powers;
use crate::setup::source::Source;
use crate::setup::{ignition, Check};

const POWERS: &str = "the powers";
const TAU_G2: &str = "[tau]_2";

pub(crate) fn read(
    source: &mut Source,
    asked: Option<u32>,
    g2: Option<&Path>,
) -> Result<Found, KeysError> {
    let width = G1_BYTES as u64;
    let count = source.len() / width;
    if source.len() % width != 0 || count < 2 {
        // The last point, or the second one, is cut.
        let offset = width * count;
        return Err(SetupError::Truncated {
            file: source.path.clone(),
            section: POWERS,
            offset,
            needed: width,
            found: source.len() - offset,
        }
        .into());
    }
    let k = choose_size(&source.path, count.ilog2(), asked)?;
    let g = source.g1s(POWERS, 0, 1 << k, g1_be)?;
    let tau_g2 = match g2 {
        None => ignition::tau_g2()?,
        Some(path) => {
            let mut source = Source::open(path)?;
            source.expect_end(Format::AztecFlat, G2_BYTES as u64)?;
            source.g2(TAU_G2, 0, 0, g2_be)?
        }
    };
    Ok(Found {
        powers: Powers { k, g, tau_g2 },
        lagrange: None,
        contributions: None,
        insecure: false,
        checks: vec![Check::Points, Check::Subgroup],
    })
}
