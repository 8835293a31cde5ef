//! The digest of a key that transcripts begin with, while some of its commitments are open.
//!
//! halo2 hashes a text: the length, the constraint system in words (a megabyte), then the commitments
//! of fixed columns and of the permutation. A template keeps the state of the hash at the first
//! commitment and whoever has all of them hashes on. The length comes first, and a column at infinity
//! is shorter than a point, so there is a state for each number of open columns at infinity.

use std::ops::RangeInclusive;

use ff::FromUniformBytes;

use super::blake2b::{self, Words, BLOCK};
use crate::bn254::{Fr, G1};

/// What halo2 calls its digests of keys.
const PERSONAL: &[u8; 16] = b"Halo2-Verify-Key";
/// Bytes of the length before the text.
const LENGTH: usize = 8;
/// What a point is longer than infinity.
const SHORTER: u64 = 128;

/// The text of a key up to its commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyText {
    /// Bytes of it.
    pub(super) length: u64,
    /// States after its whole blocks, by the number of open columns at infinity.
    pub(super) states: Vec<Words>,
    /// Bytes after its whole blocks.
    pub(super) rest: Vec<u8>,
}

impl KeyText {
    /// Of a text that ends where the list of fixed commitments begins; `fixed` and `permutation` are
    /// the commitments with a point in place of each of the `open` ones.
    pub(super) fn new(
        head: &str,
        open: usize,
        fixed: &[Option<G1>],
        permutation: &[Option<G1>],
    ) -> Self {
        let length = (head.len() + commitments(fixed, permutation).len()) as u64;
        let start = |at_infinity: u64| {
            let length = length.saturating_sub(SHORTER * at_infinity);
            [&length.to_le_bytes(), head.as_bytes()].concat()
        };
        let state = |at_infinity: u64| {
            let mut words = blake2b::start(PERSONAL);
            blake2b::absorb(&mut words, &start(at_infinity), 0);
            words
        };
        let bytes = start(0);
        let whole = bytes.len() / BLOCK * BLOCK;
        KeyText {
            length: head.len() as u64,
            states: (0..=open as u64).map(state).collect(),
            rest: bytes[whole..].to_vec(),
        }
    }

    /// How many bytes follow the whole blocks of a text of so many.
    pub(super) const fn rest_of(length: u64) -> usize {
        ((LENGTH as u64 + length) % BLOCK as u64) as usize
    }

    /// Texts that a template can have the states of: the length is in a whole block, and a text is
    /// some megabytes at most.
    pub(super) const LENGTHS: RangeInclusive<u64> = BLOCK as u64..=1 << 32;

    /// The digest with all commitments, of which so many open ones are at infinity. `None` for more
    /// than there are states.
    pub(super) fn digest(
        &self,
        at_infinity: usize,
        fixed: &[Option<G1>],
        permutation: &[Option<G1>],
    ) -> Option<Fr> {
        let state = self.states.get(at_infinity)?;
        let tail = commitments(fixed, permutation);
        let left = [self.rest.as_slice(), tail.as_bytes()].concat();
        let before = LENGTH as u64 + self.length - self.rest.len() as u64;
        let wide = blake2b::finish(*state, &left, before);
        Some(Fr::from_uniform_bytes(&wide))
    }
}

/// The commitments as the text has them.
fn commitments(fixed: &[Option<G1>], permutation: &[Option<G1>]) -> String {
    let list = |points: &[Option<G1>]| {
        let words: Vec<String> = points.iter().map(word).collect();
        words.join(", ")
    };
    format!(
        "[{}], permutation: VerifyingKey {{ commitments: [{}] }} }}",
        list(fixed),
        list(permutation)
    )
}

fn word(point: &Option<G1>) -> String {
    let number = |bytes: [u8; 32]| hex::encode(bytes);
    point.map_or_else(
        || "Infinity".to_owned(),
        |p| {
            let (x, y) = (number(p.x.to_be_bytes()), number(p.y.to_be_bytes()));
            format!("(0x{x}, 0x{y})")
        },
    )
}
