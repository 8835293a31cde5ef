//! The transcript: how challenges are drawn, the same for every prover and verifier.
//!
//! Words are 32 bytes, most significant first. The transcript keeps a buffer of bytes:
//!
//! | step | bytes |
//! |---|---|
//! | start | the buffer is empty |
//! | absorb a scalar | append its word |
//! | absorb a point | append the words x and y of its affine form; there is none at infinity |
//! | squeeze a challenge | h = Keccak-256(buffer), the challenge is h mod r, the buffer becomes h |
//! | squeeze again with nothing absorbed since | the same with the byte 01 appended first |
//!
//! So each challenge depends on all that was absorbed before it, and every hash but those of the
//! last kind is over whole words: the lengths alone keep the two kinds apart. The order of a proof
//! is that of halo2: digest of the key, public inputs, then the [rounds](crate::protocol::plan).
//!
//! `h mod r` is uniform up to a factor of 6/5 for any value, which costs soundness less than one
//! third of a bit.
//!
//! A proof has two [encodings](Encoding) that differ in bytes, not in meaning: challenges do not
//! depend on them, so one turns into the other without proving again.

pub mod encoding;

use sha3::{Digest, Keccak256};

use crate::bn254::{Fr, G1};

pub use encoding::Encoding;

/// Name of this transcript in files.
pub(crate) const NAME: &str = "keccak256";

/// The growing state.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    buffer: Vec<u8>,
    absorbed: bool,
}

impl Transcript {
    /// The transcript before anything was absorbed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Absorbs one word.
    pub fn absorb_word(&mut self, word: &[u8; 32]) {
        self.buffer.extend_from_slice(word);
        self.absorbed = true;
    }

    /// Absorbs a scalar.
    pub fn absorb_scalar(&mut self, scalar: Fr) {
        self.absorb_word(&scalar.to_be_bytes());
    }

    /// Absorbs a point.
    pub fn absorb_point(&mut self, point: &G1) {
        self.absorb_word(&point.x.to_be_bytes());
        self.absorb_word(&point.y.to_be_bytes());
    }

    /// Draws a challenge: the hash before it is reduced modulo r.
    pub fn squeeze_word(&mut self) -> [u8; 32] {
        if !self.absorbed {
            self.buffer.push(1);
        }
        let hash: [u8; 32] = Keccak256::digest(&self.buffer).into();
        self.buffer.clear();
        self.buffer.extend_from_slice(&hash);
        self.absorbed = false;
        hash
    }

    /// Draws a challenge.
    pub(crate) fn squeeze(&mut self) -> Fr {
        Fr::from_be_bytes_reduced(&self.squeeze_word())
    }
}
