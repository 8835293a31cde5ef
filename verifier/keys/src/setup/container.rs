//! `.zksetup`: this program's own file of a checked setup, with the Lagrange points.
//!
//! | byte | content |
//! |---|---|
//! | 0 | `"zksetup"` and a zero byte |
//! | 8 | version u32 = 1 |
//! | 12 | k u32 |
//! | 16 | origin u32: 0 Ignition, 1 imported, 2 insecure |
//! | 20 | zero u32 |
//! | 24 | SHA-256 of bytes 0 .. 23 and of everything from byte 56 on |
//! | 56 | \[τ\]_2, then 2^k powers, then 2^k Lagrange points, raw (Montgomery form) |
//!
//! Numbers are little-endian. The checksum finds damage; it is no signature, so that everything
//! in the file is checked as in any other file.

use std::io::{self, Write};
use std::path::Path;

use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::SerdeFormat;
use halo2curves::bn256::G1Affine;
use halo2curves::serde::SerdeObject;
use sha2::{Digest, Sha256};

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::format::{choose_size, Format, Found};
use crate::setup::points::{g1_raw, g2_raw, G1_BYTES, G2_BYTES};
use crate::setup::powers::Powers;
use crate::setup::source::Source;
use crate::setup::{ignition, Check, Origin, Setup, MAX_K};
use zkmargin_engine::file::write_atomic_with;

pub(crate) const MAGIC: &[u8] = b"zksetup\0";

const VERSION: u32 = 1;
const HEADER: &str = "the header";
const TAU_G2: &str = "[tau]_2";
const POWERS: &str = "the powers";
const LAGRANGE: &str = "the Lagrange points";
/// Bytes of the header before the checksum.
const HEAD: usize = 24;
/// Where the payload begins.
const PAYLOAD: u64 = 56;
/// Bytes that are hashed at a time.
const CHUNK: u64 = 1 << 20;

fn origin_code(origin: &Origin) -> u32 {
    match origin {
        Origin::Ignition => 0,
        Origin::Imported { .. } => 1,
        Origin::Insecure => 2,
    }
}

fn head(k: u32, origin: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[12..16].copy_from_slice(&k.to_le_bytes());
    head[16..20].copy_from_slice(&origin.to_le_bytes());
    head
}

/// Writes a setup to a file, atomically.
pub(crate) fn write(setup: &Setup, path: &Path) -> Result<(), KeysError> {
    Ok(write_atomic_with(path, |out| encode(setup, out))?)
}

/// Writes a setup. The payload is kept in memory once.
pub(crate) fn encode(setup: &Setup, out: &mut dyn Write) -> io::Result<()> {
    let head = head(setup.k(), origin_code(setup.origin()));
    let mut payload = setup.params().s_g2().to_raw_bytes();
    payload.reserve(2 * G1_BYTES * setup.params().get_g().len());
    raw_points(setup, &mut payload)?;
    let checksum = Sha256::new_with_prefix(head)
        .chain_update(&payload)
        .finalize();
    out.write_all(&head)?;
    out.write_all(&checksum)?;
    out.write_all(&payload)
}

/// Appends the powers and the Lagrange points. The library shows the latter only in its own file:
/// the same points in the same order, behind k and before the two points of G2.
fn raw_points(setup: &Setup, out: &mut Vec<u8>) -> io::Result<()> {
    let mut file = Vec::new();
    setup
        .params()
        .write_custom(&mut file, SerdeFormat::RawBytes)?;
    let points = file
        .len()
        .checked_sub(2 * G2_BYTES)
        .and_then(|end| file.get(4..end));
    out.extend_from_slice(points.ok_or(io::ErrorKind::UnexpectedEof)?);
    Ok(())
}

/// The Lagrange points of a setup.
pub(crate) fn lagrange(setup: &Setup) -> io::Result<Vec<G1Affine>> {
    let mut points = Vec::new();
    raw_points(setup, &mut points)?;
    let lagrange = points.split_at(points.len() / 2).1.chunks_exact(G1_BYTES);
    // The library has just written them.
    Ok(lagrange.map(G1Affine::from_raw_bytes_unchecked).collect())
}

/// Reads a file and checks its structure and checksum.
pub(crate) fn read(source: &mut Source, asked: Option<u32>) -> Result<Found, KeysError> {
    Ok(read_with_checksum(source, asked)?.0)
}

/// [`read`], and the checksum, which covers all that the file says.
pub(crate) fn read_with_checksum(
    source: &mut Source,
    asked: Option<u32>,
) -> Result<(Found, [u8; 32]), KeysError> {
    let field = |source: &Source, at, found, expected| {
        Err(source.bad_field(Format::Container, (HEADER, at), found, expected))
    };
    source.expect(HEADER, 0, PAYLOAD)?;
    if source.bytes(HEADER, 0, MAGIC.len() as u64)? != MAGIC {
        let file = source.path.clone();
        return Err(SetupError::UnknownFormat { file }.into());
    }
    let version = source.u32(HEADER, 8)?;
    if version != VERSION {
        return field(source, 8, ("version", u64::from(version)), "1");
    }
    let available = source.u32(HEADER, 12)?;
    if !(1..=MAX_K).contains(&available) {
        return field(source, 12, ("k", u64::from(available)), "1 to 24");
    }
    let origin = source.u32(HEADER, 16)?;
    if origin > 2 {
        return field(source, 16, ("origin", u64::from(origin)), "0, 1 or 2");
    }
    let zero = source.u32(HEADER, 20)?;
    if zero != 0 {
        return field(source, 20, ("the reserved field", u64::from(zero)), "0");
    }
    let points = (G1_BYTES as u64) << available;
    let powers_at = PAYLOAD + G2_BYTES as u64;
    let lagrange_at = powers_at + points;
    source.expect(TAU_G2, PAYLOAD, G2_BYTES as u64)?;
    source.expect(POWERS, powers_at, points)?;
    source.expect(LAGRANGE, lagrange_at, points)?;
    source.expect_end(Format::Container, lagrange_at + points)?;
    let checksum = check_sum(source)?;

    let k = choose_size(&source.path, available, asked)?;
    let tau_g2 = source.g2(TAU_G2, 0, PAYLOAD, g2_raw)?;
    if (origin == 0) != (tau_g2 == ignition::tau_g2()?) {
        let expected = "0 for Ignition's [tau]_2, and only for it";
        return field(source, 16, ("origin", u64::from(origin)), expected);
    }
    let g = source.g1s(POWERS, powers_at, 1 << k, g1_raw)?;
    let lagrange = match k == available {
        true => Some(source.g1s(LAGRANGE, lagrange_at, 1 << k, g1_raw)?),
        false => None,
    };
    let found = Found {
        powers: Powers { k, g, tau_g2 },
        lagrange,
        contributions: None,
        insecure: origin == 2,
        checks: vec![Check::Checksum, Check::Points, Check::Subgroup],
    };
    Ok((found, checksum))
}

/// Checks the checksum and answers it.
fn check_sum(source: &mut Source) -> Result<[u8; 32], KeysError> {
    let head = source.bytes(HEADER, 0, HEAD as u64)?;
    let expected = source.bytes(HEADER, HEAD as u64, 32)?;
    let mut hash = Sha256::new_with_prefix(head);
    let mut at = PAYLOAD;
    while at < source.len() {
        let len = CHUNK.min(source.len() - at);
        hash.update(source.bytes("the payload", at, len)?);
        at += len;
    }
    let found: [u8; 32] = hash.finalize().into();
    if found != expected.as_slice() {
        return Err(SetupError::Checksum {
            file: source.path.clone(),
            expected: hex::encode(expected),
            found: hex::encode(found),
        }
        .into());
    }
    Ok(found)
}
