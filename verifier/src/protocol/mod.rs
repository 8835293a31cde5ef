//! A verifying key as data: everything that a verifier must know, and no circuit code.
//!
//! The key of a book's batches depends on a market. Its file is a [`Template`]: everything but the
//! commitments of the price table, which whoever verifies computes from his market.
//!
//! ```text
//! halo2's constraint system and key ── extract ──> Protocol ── codec ──> file
//!                                                     │
//!                       plan: what a proof holds, in which order, opened where
//!                       constraints: what the scalars of a proof must satisfy
//!                                                     │
//!                                 light verifier      └─ Solidity generator
//! ```

mod blake2b;
mod codec;
pub mod constraints;
pub mod error;
pub mod expression;
pub mod plan;
mod template;
mod text;

use sha2::{Digest, Sha256};

use crate::bn254::{Fr, G1, G2};
use expression::{Graph, Id};

pub use codec::KeyFile;
pub use error::ProtocolError;
pub use template::{OpenColumn, Template};

/// The size of keys of batches of a book.
pub const BATCH: &str = "batch";

/// Id of a key of batches: 16 hexadecimal digits of the hash of what its transcripts begin with tell it
/// from other keys, and an insecure setup is named.
pub fn key_id(stem: &str, transcript_key: Fr, insecure: bool) -> String {
    let digest = hex::encode(&Sha256::digest(transcript_key.to_be_bytes())[..8]);
    let mark = if insecure { "-insecure" } else { "" };
    format!("{stem}-{digest}{mark}")
}

/// A query: the cell of a column this many rows below the row in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// Column among those of its kind.
    pub column: u32,
    /// Rows down, negative for up.
    pub rotation: i32,
}

/// A column of the permutation argument, by its query at the row itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permuted {
    /// Advice query.
    Advice(u32),
    /// Fixed query.
    Fixed(u32),
    /// Instance query.
    Instance(u32),
}

/// A lookup: the tuple of inputs is in the table on every row in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Expressions looked up.
    pub inputs: Vec<Id>,
    /// Expressions of the table, as many.
    pub table: Vec<Id>,
}

/// How many public inputs an instance column takes; below them it is zero. A transcript holds those that
/// are given and no number of them, so a verifier takes no count from whoever proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceColumn {
    /// So many.
    Exactly(u32),
    /// As many as the market of the verifier makes, and no more than this.
    AtMost(u32),
}

impl InstanceColumn {
    /// Whether a column takes so many.
    pub fn takes(self, inputs: usize) -> bool {
        match self {
            InstanceColumn::Exactly(n) => inputs == n as usize,
            InstanceColumn::AtMost(n) => inputs <= n as usize,
        }
    }

    /// The most that it takes.
    pub const fn most(self) -> u32 {
        match self {
            InstanceColumn::Exactly(n) | InstanceColumn::AtMost(n) => n,
        }
    }
}

/// What the key is for, in words. Bound by the digest like everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Id of the key, as in bundles; of a [`Template`], what ids of its keys begin with.
    pub key: String,
    /// Size of the circuit, or [`BATCH`].
    pub size: String,
    /// Name of the policy.
    pub policy_name: String,
    /// Digest of the policy: the public input that this key insists on.
    pub policy: Fr,
    /// The setup is insecure: its secret was known to someone.
    pub insecure: bool,
}

/// A verifying key.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What it is for.
    pub label: Label,
    /// Digest of halo2's key: the first word of every transcript.
    pub transcript_key: Fr,
    /// log2 of the number of rows.
    pub k: u32,
    /// Degree of the constraint system.
    pub degree: u32,
    /// Rows at the end that hold randomness.
    pub blinding: u32,
    /// How many public inputs each instance column takes.
    pub instance: Vec<InstanceColumn>,
    /// Phase of each advice column.
    pub advice_phases: Vec<u8>,
    /// Phase of each challenge.
    pub challenge_phases: Vec<u8>,
    /// Advice queries.
    pub advice_queries: Vec<Query>,
    /// Instance queries.
    pub instance_queries: Vec<Query>,
    /// Fixed queries.
    pub fixed_queries: Vec<Query>,
    /// Expressions of gates and lookups.
    pub graph: Graph,
    /// Polynomials of the gates, each zero on every row.
    pub gates: Vec<Id>,
    /// Lookups.
    pub lookups: Vec<Lookup>,
    /// Columns of the permutation argument.
    pub permutation: Vec<Permuted>,
    /// Commitments of the fixed columns; `None` at infinity, for a column of zeros.
    pub fixed_commitments: Vec<Option<G1>>,
    /// Commitments of the permutation polynomials, likewise.
    pub permutation_commitments: Vec<Option<G1>>,
    /// \[τ\]_2 of the setup.
    pub tau: G2,
}

impl Protocol {
    /// Number of rows.
    pub fn rows(&self) -> u64 {
        1 << self.k
    }

    /// Columns that one permutation product covers.
    pub(crate) fn chunk(&self) -> usize {
        (self.degree as usize).saturating_sub(2).max(1)
    }

    /// Permutation products.
    pub(crate) fn products(&self) -> usize {
        self.permutation.len().div_ceil(self.chunk())
    }

    /// Pieces of the quotient polynomial.
    pub fn quotient_pieces(&self) -> usize {
        self.degree as usize - 1
    }

    /// Generator of the group of rows.
    pub(crate) fn omega(&self) -> Fr {
        Fr::root_of_unity(self.k)
    }

    /// `ω^rotation`.
    pub fn rotated(&self, rotation: i32) -> Fr {
        let steps = i64::from(rotation).rem_euclid(self.rows() as i64);
        self.omega().pow(&[steps as u64])
    }

    /// Rotation of the last row in use: all rows but it and the random ones are active.
    pub fn last_rotation(&self) -> i32 {
        -(self.blinding as i32 + 1)
    }
}
