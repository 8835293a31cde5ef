//! A ceremony with a known secret, and writers for the file formats of others, made without any
//! code of the library under test.

use std::path::{Path, PathBuf};

use halo2_proofs::arithmetic::g_to_lagrange;
use halo2curves::bn256::{Fq, Fr, G1Affine, G2Affine, G1, G2};
use halo2curves::ff::{Field, PrimeField};
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::Curve;
use halo2curves::serde::SerdeObject;
use sha2::{Digest, Sha256};

/// Powers of a secret, ready to be written in any format. Tests alter them before.
#[derive(Clone)]
pub struct Ceremony {
    pub k: u32,
    /// 2^(k+1) - 1 powers.
    pub g1: Vec<G1Affine>,
    /// 2^k powers.
    pub g2: Vec<G2Affine>,
    pub contributions: u32,
}

impl Ceremony {
    pub fn new(k: u32) -> Self {
        Self::with_secret(k, Fr::from(0x5eed_0123_4567_89ab).square())
    }

    pub fn with_secret(k: u32, secret: Fr) -> Self {
        let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |last| Some(last * secret))
            .take((2 << k) - 1)
            .collect();
        Ceremony {
            k,
            g1: powers
                .iter()
                .map(|p| (G1::generator() * p).to_affine())
                .collect(),
            g2: powers[..1 << k]
                .iter()
                .map(|p| (G2::generator() * p).to_affine())
                .collect(),
            contributions: 1,
        }
    }

    pub fn n(&self) -> usize {
        1 << self.k
    }

    pub fn lagrange(&self) -> Vec<G1Affine> {
        g_to_lagrange(
            self.g1[..self.n()].iter().map(|p| p.to_curve()).collect(),
            self.k,
        )
    }

    pub fn ptau(&self) -> Vec<u8> {
        self.ptau_with(&[1, 2, 3, 4, 7])
    }

    /// With the sections of these ids, in this order.
    pub fn ptau_with(&self, ids: &[u32]) -> Vec<u8> {
        let mut file = b"ptau".to_vec();
        file.extend(1u32.to_le_bytes());
        file.extend((ids.len() as u32).to_le_bytes());
        for id in ids {
            let content = self.ptau_section(*id);
            file.extend(id.to_le_bytes());
            file.extend((content.len() as u64).to_le_bytes());
            file.extend(content);
        }
        file
    }

    fn ptau_section(&self, id: u32) -> Vec<u8> {
        match id {
            1 => {
                let mut modulus = hex::decode(Fq::MODULUS.trim_start_matches("0x")).unwrap();
                modulus.reverse();
                let [width, power] = [32u32, self.k].map(u32::to_le_bytes);
                [&width[..], &modulus, &power, &power].concat()
            }
            2 => raw(&self.g1),
            3 => self.g2.iter().flat_map(|p| p.to_raw_bytes()).collect(),
            7 => self.contributions.to_le_bytes().to_vec(),
            // Any other section: this reader does not look at it.
            _ => vec![id as u8; 100],
        }
    }

    pub fn aztec_g1(&self) -> Vec<u8> {
        let points = &self.g1[..self.n()];
        points
            .iter()
            .flat_map(|p| [be(p.x), be(p.y)].concat())
            .collect()
    }

    pub fn aztec_g2(&self) -> Vec<u8> {
        let p = self.g2[1];
        [p.x.c0, p.x.c1, p.y.c0, p.y.c1].map(be).concat()
    }

    pub fn halo2(&self) -> Vec<u8> {
        self.halo2_with(&self.lagrange())
    }

    pub fn halo2_with(&self, lagrange: &[G1Affine]) -> Vec<u8> {
        let mut file = self.k.to_le_bytes().to_vec();
        file.extend(raw(&self.g1[..self.n()]));
        file.extend(raw(lagrange));
        file.extend(self.g2[0].to_raw_bytes());
        file.extend(self.g2[1].to_raw_bytes());
        file
    }

    /// The program's own format, for an origin code.
    pub fn container(&self, origin: u32) -> Vec<u8> {
        let mut payload = self.g2[1].to_raw_bytes();
        payload.extend(raw(&self.g1[..self.n()]));
        payload.extend(raw(&self.lagrange()));
        sealed(self.k, origin, &payload)
    }
}

/// A container around a payload, with the right checksum.
pub fn sealed(k: u32, origin: u32, payload: &[u8]) -> Vec<u8> {
    let mut head = b"zksetup\0".to_vec();
    for field in [1, k, origin, 0] {
        head.extend(field.to_le_bytes());
    }
    let checksum = Sha256::new_with_prefix(&head)
        .chain_update(payload)
        .finalize();
    [&head, checksum.as_slice(), payload].concat()
}

fn raw(points: &[G1Affine]) -> Vec<u8> {
    points.iter().flat_map(|p| p.to_raw_bytes()).collect()
}

fn be(value: Fq) -> Vec<u8> {
    let mut bytes = value.to_repr().to_vec();
    bytes.reverse();
    bytes
}

/// A folder of test files.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// A file of `tests/data`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}
