//! What a verifier must know of a key: whose it is, and whether a proof holds under it.

use zkmargin_engine::book::{BatchStatement, InstrumentTable};
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;

use crate::no::No;

/// Where a key is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOrigin {
    /// The verifier derived it from the circuit.
    Derived,
    /// It is in the verifier's program.
    Program,
    /// A protocol file whose digest the verifier knew.
    KnownFile,
    /// A protocol file: that it is the key of its policy is the word of whoever wrote it.
    File,
}

impl KeyOrigin {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            KeyOrigin::Derived => "derived from the circuit",
            KeyOrigin::Program => "in the program",
            KeyOrigin::KnownFile => "a file of a known digest",
            KeyOrigin::File => "a file, taken on trust",
        }
    }
}

/// A key in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Name, as in bundles.
    pub id: String,
    /// Size of the circuit.
    pub size: Size,
    /// Name of the policy.
    pub policy_name: String,
    /// Digest of the policy: the public input that this key insists on.
    pub policy: Fr,
    /// The setup's secret was known to somebody: proofs convince nobody.
    pub insecure: bool,
    /// Digest of the protocol file, if it is one.
    pub digest: Option<[u8; 32]>,
    /// Where it is from.
    pub origin: KeyOrigin,
}

impl KeyFacts {
    /// Whether the verifier knows that this is the key of its policy.
    pub(crate) fn is_known(&self) -> bool {
        self.origin != KeyOrigin::File
    }
}

/// A key that margin proofs can be held against.
pub trait ProofKey {
    /// Whose it is.
    fn facts(&self) -> &KeyFacts;

    /// Whether a proof in the encoding of bundles holds for the public inputs.
    ///
    /// # Errors
    /// [`No::Rejected`].
    fn holds(&self, rows: &[Fr; 8], proof: &[u8]) -> Result<(), No>;
}

/// A key that the proofs of a book's batches can be held against: of one policy, market and shape.
pub trait BatchKey: Sync {
    /// Its name.
    fn id(&self) -> String;

    /// The setup's secret was known to somebody: proofs convince nobody.
    fn is_insecure(&self) -> bool;

    /// Where it is from.
    fn origin(&self) -> KeyOrigin;

    /// Digest of its protocol file, if it is one.
    fn digest(&self) -> Option<[u8; 32]> {
        None
    }

    /// Prices of the market that the key holds.
    fn table(&self) -> &InstrumentTable;

    /// Whether a proof holds for a statement.
    ///
    /// # Errors
    /// A definite no.
    fn holds(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No>;
}
