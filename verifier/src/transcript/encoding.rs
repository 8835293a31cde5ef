//! The two encodings of a proof.

use crate::bn254::{Fq, Fr, G1};

/// How the points and scalars of a proof are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// For files. A point is 32 bytes: x least significant byte first, with the parity of y in bit
    /// 6 of the last byte. A scalar is 32 bytes, least significant first.
    Compact,
    /// For contracts. A point is 64 bytes: x and y most significant byte first. A scalar is 32
    /// bytes, most significant first.
    Chain,
}

const PARITY: u8 = 0b0100_0000;
const FLAGS: u8 = 0b1100_0000;

impl Encoding {
    /// Bytes of a point.
    pub(crate) const fn point_bytes(self) -> usize {
        match self {
            Encoding::Compact => 32,
            Encoding::Chain => 64,
        }
    }

    /// Appends a point.
    pub fn write_point(self, point: &G1, out: &mut Vec<u8>) {
        match self {
            Encoding::Compact => {
                let mut bytes = point.x.to_le_bytes();
                if point.y.is_odd() {
                    bytes[31] |= PARITY;
                }
                out.extend_from_slice(&bytes);
            }
            Encoding::Chain => {
                out.extend_from_slice(&point.x.to_be_bytes());
                out.extend_from_slice(&point.y.to_be_bytes());
            }
        }
    }

    /// Appends a scalar.
    pub fn write_scalar(self, scalar: Fr, out: &mut Vec<u8>) {
        match self {
            Encoding::Compact => out.extend_from_slice(&scalar.to_le_bytes()),
            Encoding::Chain => out.extend_from_slice(&scalar.to_be_bytes()),
        }
    }

    /// Takes a point off the front: canonical, on the curve, not at infinity.
    pub fn read_point(self, bytes: &mut &[u8]) -> Option<G1> {
        match self {
            Encoding::Compact => {
                let mut word = take_word(bytes)?;
                let flags = word[31] & FLAGS;
                if flags & !PARITY != 0 {
                    return None;
                }
                word[31] &= !FLAGS;
                G1::decompress(Fq::from_le_bytes(&word)?, flags == PARITY)
            }
            Encoding::Chain => {
                let x = Fq::from_be_bytes(&take_word(bytes)?)?;
                let y = Fq::from_be_bytes(&take_word(bytes)?)?;
                G1::new(x, y)
            }
        }
    }

    /// Takes a canonical scalar off the front.
    pub fn read_scalar(self, bytes: &mut &[u8]) -> Option<Fr> {
        let word = take_word(bytes)?;
        match self {
            Encoding::Compact => Fr::from_le_bytes(&word),
            Encoding::Chain => Fr::from_be_bytes(&word),
        }
    }
}

fn take_word(bytes: &mut &[u8]) -> Option<[u8; 32]> {
    let (word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*word)
}
