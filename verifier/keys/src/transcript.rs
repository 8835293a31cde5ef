//! The transcript behind halo2's traits.

use std::io;

use halo2_proofs::transcript::{
    EncodedChallenge, Transcript as Halo2Transcript, TranscriptRead, TranscriptWrite,
};
use halo2curves::bn256::{Fr, G1Affine};
use halo2curves::ff::PrimeField;
use halo2curves::CurveAffine;

use zkmargin_verifier::bn254::{self, Fq, G1};
use zkmargin_verifier::transcript::{Encoding, Transcript};

/// A challenge: a hash modulo r.
#[derive(Clone, Copy, Debug)]
pub struct Challenge(Fr);

impl EncodedChallenge<G1Affine> for Challenge {
    type Input = [u8; 32];

    fn new(hash: &[u8; 32]) -> Self {
        Challenge(to_halo2(bn254::Fr::from_be_bytes_reduced(hash)))
    }

    fn get_scalar(&self) -> Fr {
        self.0
    }
}

/// The same scalar in halo2's field.
pub fn to_halo2(v: bn254::Fr) -> Fr {
    let repr = v.to_le_bytes();
    Option::from(Fr::from_repr(repr)).expect("both fields have the same modulus")
}

/// The same scalar in the light verifier's field.
pub fn from_halo2(v: &Fr) -> bn254::Fr {
    bn254::Fr::from_le_bytes(&v.to_repr()).expect("both fields have the same modulus")
}

/// The same point in this crate's curve; `None` at infinity.
pub fn point_from_halo2(point: &G1Affine) -> Option<G1> {
    let coordinates = Option::<halo2curves::Coordinates<G1Affine>>::from(point.coordinates())?;
    let coordinate = |c: &halo2curves::bn256::Fq| Fq::from_le_bytes(&c.to_repr());
    G1::new(coordinate(coordinates.x())?, coordinate(coordinates.y())?)
}

fn point_to_halo2(point: &G1) -> Option<G1Affine> {
    let coordinate = |c: Fq| -> Option<halo2curves::bn256::Fq> {
        Option::from(halo2curves::bn256::Fq::from_repr(c.to_le_bytes()))
    };
    Option::from(G1Affine::from_xy(
        coordinate(point.x)?,
        coordinate(point.y)?,
    ))
}

fn infinity() -> io::Error {
    let message = "a commitment is the point at infinity, which no proof may hold; \
                   it happens by chance less than once in 2^250 proofs";
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a {what}"))
}

/// Writes a proof.
#[derive(Clone, Debug)]
pub struct KeccakWrite {
    transcript: Transcript,
    encoding: Encoding,
    proof: Vec<u8>,
}

impl KeccakWrite {
    /// An empty proof.
    pub fn new(encoding: Encoding) -> Self {
        KeccakWrite {
            transcript: Transcript::new(),
            encoding,
            proof: Vec::new(),
        }
    }

    /// The proof.
    pub fn finish(self) -> Vec<u8> {
        self.proof
    }
}

/// Reads a proof.
#[derive(Clone, Debug)]
pub struct KeccakRead<'p> {
    transcript: Transcript,
    encoding: Encoding,
    rest: &'p [u8],
}

impl<'p> KeccakRead<'p> {
    /// At the start of a proof.
    pub fn new(proof: &'p [u8], encoding: Encoding) -> Self {
        KeccakRead {
            transcript: Transcript::new(),
            encoding,
            rest: proof,
        }
    }

    /// What was not read.
    pub fn rest(&self) -> &'p [u8] {
        self.rest
    }
}

macro_rules! transcript {
    ($name:ty) => {
        impl Halo2Transcript<G1Affine, Challenge> for $name {
            fn squeeze_challenge(&mut self) -> Challenge {
                Challenge::new(&self.transcript.squeeze_word())
            }

            fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
                let point = point_from_halo2(&point).ok_or_else(infinity)?;
                self.transcript.absorb_point(&point);
                Ok(())
            }

            fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
                self.transcript.absorb_scalar(from_halo2(&scalar));
                Ok(())
            }
        }
    };
}

transcript!(KeccakWrite);
transcript!(KeccakRead<'_>);

impl TranscriptWrite<G1Affine, Challenge> for KeccakWrite {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        let point = point_from_halo2(&point).ok_or_else(infinity)?;
        self.transcript.absorb_point(&point);
        self.encoding.write_point(&point, &mut self.proof);
        Ok(())
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        let scalar = from_halo2(&scalar);
        self.transcript.absorb_scalar(scalar);
        self.encoding.write_scalar(scalar, &mut self.proof);
        Ok(())
    }
}

impl TranscriptRead<G1Affine, Challenge> for KeccakRead<'_> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        let point = self.encoding.read_point(&mut self.rest);
        let point = point.ok_or_else(|| malformed("canonical point of the curve"))?;
        self.transcript.absorb_point(&point);
        point_to_halo2(&point).ok_or_else(|| malformed("point of the curve"))
    }

    fn read_scalar(&mut self) -> io::Result<Fr> {
        let scalar = self.encoding.read_scalar(&mut self.rest);
        let scalar = scalar.ok_or_else(|| malformed("canonical scalar"))?;
        self.transcript.absorb_scalar(scalar);
        Ok(to_halo2(scalar))
    }
}
