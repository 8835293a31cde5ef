//! Encodings of points, each read with every check: canonical coordinates, on the curve, in the
//! subgroup, not infinity.
//!
//! | encoding | G1 | G2 |
//! |---|---|---|
//! | raw | x, y: 32 bytes each, little-endian Montgomery form | x.c0, x.c1, y.c0, y.c1 |
//! | big-endian | x, y: 32 bytes each | x.c0, x.c1, y.c0, y.c1 |
//! | compressed | x little-endian; bit 6 of the last byte is the parity of y | |
//!
//! The Montgomery factor is 2^256, for which the raw encodings of snarkjs and halo2 agree.

use halo2curves::bn256::{Fq, Fq2, G1Affine, G2Affine, G2};
use halo2curves::ff::PrimeField;
use halo2curves::group::cofactor::CofactorGroup;
use halo2curves::group::GroupEncoding;
use halo2curves::serde::SerdeObject;
use halo2curves::CurveAffine;
use rayon::prelude::*;

use crate::setup::error::PointFault;

/// Bytes of a G1 point, raw or big-endian.
pub(crate) const G1_BYTES: usize = 64;
/// Bytes of a G2 point, raw or big-endian.
pub(crate) const G2_BYTES: usize = 128;
/// Bytes of a compressed G1 point.
pub(crate) const G1_COMPRESSED_BYTES: usize = 32;

/// Reads one G1 point from bytes of its encoding's length.
pub(crate) type G1Decoder = fn(&[u8]) -> Result<G1Affine, PointFault>;

fn g1(x: Option<Fq>, y: Option<Fq>) -> Result<G1Affine, PointFault> {
    let (x, y) = x.zip(y).ok_or(PointFault::NotCanonical)?;
    if bool::from(halo2curves::ff::Field::is_zero(&x) & halo2curves::ff::Field::is_zero(&y)) {
        return Err(PointFault::Infinity);
    }
    Option::from(G1Affine::from_xy(x, y)).ok_or(PointFault::OffCurve)
}

fn g2(coordinates: [Option<Fq>; 4]) -> Result<G2Affine, PointFault> {
    let [Some(x0), Some(x1), Some(y0), Some(y1)] = coordinates else {
        return Err(PointFault::NotCanonical);
    };
    if [x0, x1, y0, y1] == [Fq::zero(); 4] {
        return Err(PointFault::Infinity);
    }
    let point = G2Affine::from_xy(Fq2 { c0: x0, c1: x1 }, Fq2 { c0: y0, c1: y1 });
    let point: G2Affine = Option::from(point).ok_or(PointFault::OffCurve)?;
    if bool::from(G2::from(point).is_torsion_free()) {
        Ok(point)
    } else {
        Err(PointFault::WrongSubgroup)
    }
}

fn fq_raw(bytes: &[u8]) -> Option<Fq> {
    Fq::from_raw_bytes(bytes)
}

fn fq_be(bytes: &[u8]) -> Option<Fq> {
    let mut little: [u8; 32] = bytes.try_into().ok()?;
    little.reverse();
    Fq::from_repr(little).into()
}

fn quarters(bytes: &[u8], read: fn(&[u8]) -> Option<Fq>) -> [Option<Fq>; 4] {
    [0, 1, 2, 3].map(|i| bytes.get(32 * i..32 * (i + 1)).and_then(read))
}

pub(crate) fn g1_raw(bytes: &[u8]) -> Result<G1Affine, PointFault> {
    let [x, y, ..] = quarters(bytes, fq_raw);
    g1(x, y)
}

pub(crate) fn g1_be(bytes: &[u8]) -> Result<G1Affine, PointFault> {
    let [x, y, ..] = quarters(bytes, fq_be);
    g1(x, y)
}

pub(crate) fn g2_raw(bytes: &[u8]) -> Result<G2Affine, PointFault> {
    g2(quarters(bytes, fq_raw))
}

pub(crate) fn g2_be(bytes: &[u8]) -> Result<G2Affine, PointFault> {
    g2(quarters(bytes, fq_be))
}

pub(crate) fn g1_compressed(bytes: &[u8]) -> Result<G1Affine, PointFault> {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    if bytes.len() != encoding.as_ref().len() {
        return Err(PointFault::NotCanonical);
    }
    encoding.as_mut().copy_from_slice(bytes);
    if bytes[G1_COMPRESSED_BYTES - 1] >> 7 == 1 {
        return Err(PointFault::Infinity);
    }
    let mut x: [u8; 32] = bytes.try_into().map_err(|_| PointFault::NotCanonical)?;
    x[31] &= 0x3f;
    if bool::from(Fq::from_repr(x).is_none()) {
        return Err(PointFault::NotCanonical);
    }
    Option::from(G1Affine::from_bytes(&encoding)).ok_or(PointFault::OffCurve)
}

/// The compressed form of a point that is not infinity.
pub(crate) fn compress(point: &G1Affine) -> [u8; G1_COMPRESSED_BYTES] {
    let mut bytes = [0; G1_COMPRESSED_BYTES];
    bytes.copy_from_slice(point.to_bytes().as_ref());
    bytes
}

/// The compressed forms of many points, one after another.
pub(crate) fn compress_all(points: &[G1Affine]) -> Vec<u8> {
    let parts: Vec<_> = points.par_iter().map(compress).collect();
    parts.concat()
}

/// The big-endian form of a G2 point that is not infinity.
pub(crate) fn g2_to_be(point: &G2Affine) -> [u8; G2_BYTES] {
    let mut bytes = [0; G2_BYTES];
    let parts = [point.x.c0, point.x.c1, point.y.c0, point.y.c1];
    for (place, part) in bytes.chunks_exact_mut(32).zip(parts) {
        place.copy_from_slice(&part.to_repr());
        place.reverse();
    }
    bytes
}

/// Reads points that follow one another, each `width` bytes long. Answers the index of the first
/// bad one.
pub(crate) fn read_all(
    bytes: &[u8],
    width: usize,
    decode: G1Decoder,
) -> Result<Vec<G1Affine>, (usize, PointFault)> {
    let points: Result<Vec<_>, PointFault> = bytes.par_chunks_exact(width).map(decode).collect();
    points.map_err(|fault| {
        // Which one failed first in time is up to the scheduler: look for the first in the file.
        let first = bytes
            .par_chunks_exact(width)
            .enumerate()
            .find_map_first(|(index, chunk)| decode(chunk).err().map(|fault| (index, fault)));
        first.unwrap_or((0, fault))
    })
}

/// The generator of G1, (1, 2).
pub(crate) fn g1_generator() -> G1Affine {
    G1Affine::generator()
}

/// The generator of G2.
pub(crate) fn g2_generator() -> G2Affine {
    G2Affine::generator()
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2curves::bn256::{Fr, G1};
    use halo2curves::ff::Field;
    use halo2curves::group::Curve;

    fn sample() -> (G1Affine, G2Affine) {
        let scalar = Fr::from(0x1234_5678_9abc_def1).square();
        (
            (G1::from(g1_generator()) * scalar).to_affine(),
            (G2::from(g2_generator()) * scalar).to_affine(),
        )
    }

    fn g1_to_be(point: &G1Affine) -> Vec<u8> {
        let parts = [point.x, point.y].map(|part| {
            let mut bytes = part.to_repr();
            bytes.reverse();
            bytes
        });
        parts.concat()
    }

    const MODULUS_BE: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

    #[test]
    fn every_encoding_reads_what_was_written() {
        let (p, q) = sample();
        for p in [p, -p, g1_generator()] {
            assert_eq!(g1_raw(&p.to_raw_bytes()), Ok(p));
            assert_eq!(g1_be(&g1_to_be(&p)), Ok(p));
            assert_eq!(g1_compressed(&compress(&p)), Ok(p));
        }
        for q in [q, -q, g2_generator()] {
            assert_eq!(g2_raw(&q.to_raw_bytes()), Ok(q));
            assert_eq!(g2_be(&g2_to_be(&q)), Ok(q));
        }
    }

    #[test]
    fn infinity_is_refused_in_every_encoding() {
        assert_eq!(g1_raw(&[0; 64]), Err(PointFault::Infinity));
        assert_eq!(g1_be(&[0; 64]), Err(PointFault::Infinity));
        assert_eq!(g2_raw(&[0; 128]), Err(PointFault::Infinity));
        assert_eq!(g2_be(&[0; 128]), Err(PointFault::Infinity));
        let mut bytes = [0; 32];
        bytes[31] = 0x80;
        assert_eq!(g1_compressed(&bytes), Err(PointFault::Infinity));
        // The flag on a point that is otherwise good.
        let mut bytes = compress(&sample().0);
        bytes[31] |= 0x80;
        assert_eq!(g1_compressed(&bytes), Err(PointFault::Infinity));
    }

    #[test]
    fn coordinates_at_and_above_the_modulus_are_refused() {
        let modulus = hex::decode(MODULUS_BE).unwrap();
        let two = [vec![0; 31], vec![2]].concat();
        let one = [vec![0; 31], vec![1]].concat();
        let mut modulus_and_one = modulus.clone();
        modulus_and_one[31] += 1;
        for (x, y) in [
            (&modulus_and_one, &two),
            (&one, &modulus),
            (&vec![255; 32], &two),
        ] {
            let bytes = [x.clone(), y.clone()].concat();
            assert_eq!(g1_be(&bytes), Err(PointFault::NotCanonical));
        }
        assert_eq!(g1_raw(&[255; 64]), Err(PointFault::NotCanonical));
        assert_eq!(g2_raw(&[255; 128]), Err(PointFault::NotCanonical));
        assert_eq!(g2_be(&[255; 128]), Err(PointFault::NotCanonical));
        // x = p + 1 would be the generator's x.
        let mut bytes: Vec<u8> = modulus_and_one.into_iter().rev().collect();
        assert_eq!(g1_compressed(&bytes), Err(PointFault::NotCanonical));
        bytes.fill(0);
        bytes[0] = 4; // 4^3 + 3 = 67 is no square.
        assert_eq!(g1_compressed(&bytes), Err(PointFault::OffCurve));
    }

    #[test]
    fn points_off_the_curve_are_refused() {
        let (p, q) = sample();
        let mut bytes = g1_to_be(&p);
        bytes[63] ^= 1;
        assert_eq!(g1_be(&bytes), Err(PointFault::OffCurve));
        let mut bytes = g2_to_be(&q);
        bytes[127] ^= 1;
        assert_eq!(g2_be(&bytes), Err(PointFault::OffCurve));
    }

    #[test]
    fn a_twist_point_outside_of_the_subgroup_is_refused() {
        // The twist has far more points than the subgroup: the first x that fits will do.
        let b = g2_generator().y.square() - g2_generator().x.square() * g2_generator().x;
        let (x, y) = (1u64..)
            .find_map(|i| {
                let x = Fq2 {
                    c0: Fq::from(i),
                    c1: Fq::one(),
                };
                let y: Option<Fq2> = (x.square() * x + b).sqrt().into();
                y.map(|y| (x, y))
            })
            .unwrap();
        let bytes = [x.to_raw_bytes(), y.to_raw_bytes()].concat();
        assert_eq!(g2_raw(&bytes), Err(PointFault::WrongSubgroup));
    }

    #[test]
    fn the_first_bad_point_is_named() {
        let (p, _) = sample();
        let mut bytes = p.to_raw_bytes().repeat(100);
        bytes[64 * 41 + 3] ^= 8;
        bytes[64 * 42..64 * 43].fill(0);
        bytes[64 * 90 + 3] ^= 8;
        assert_eq!(
            read_all(&bytes, G1_BYTES, g1_raw),
            Err((41, PointFault::OffCurve))
        );
        assert_eq!(
            read_all(&bytes[..64 * 41], G1_BYTES, g1_raw).unwrap().len(),
            41
        );
    }
}
