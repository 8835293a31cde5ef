//! What a proof holds and where it is opened: derived from the protocol, in halo2's order.
//!
//! | round | points | challenges |
//! |---|---|---|
//! | one per phase | its advice columns | those of the phase |
//! | lookups | permuted input and table of each | θ before them; β, γ after |
//! | products | permutation products, lookup products, a random polynomial | y |
//! | quotient | its pieces | x |
//! | evaluations | none, all scalars | y', v |
//! | opening | W | u |
//! | end | W' | |

mod build;

use super::Protocol;
use crate::transcript::Encoding;
use build::{phases, Scalars, Sets};

/// A commitment that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commitment {
    /// A point of the proof, by its number.
    Proof(usize),
    /// A fixed column.
    Fixed(usize),
    /// A permutation polynomial.
    Permutation(usize),
    /// The quotient: `Σ x^(n·i) · piece_i`.
    Quotient,
}

/// The value that a commitment is opened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A scalar of the proof, by its number.
    Proof(usize),
    /// What the constraints make of the other values, over `x^n − 1`.
    Quotient,
}

/// A commitment with its values at the rotations of its set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The commitment.
    pub commitment: Commitment,
    /// One value per rotation of the set.
    pub values: Vec<Value>,
}

/// Commitments that are opened at the same rotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationSet {
    /// The rotations, ascending.
    pub rotations: Vec<i32>,
    /// The commitments.
    pub members: Vec<Member>,
}

/// Points absorbed, then scalars, then challenges drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Name for readers.
    pub name: &'static str,
    /// Number of points.
    pub points: usize,
    /// Number of scalars.
    pub scalars: usize,
    /// Number of challenges.
    pub challenges: usize,
}

/// Scalars of one permutation product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductValues {
    /// At the row.
    pub here: usize,
    /// At the next row.
    pub next: usize,
    /// At the last row in use; the last product has none.
    pub last: Option<usize>,
}

/// Scalars of one lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupValues {
    /// Product at the row.
    pub product: usize,
    /// Product at the next row.
    pub product_next: usize,
    /// Permuted input at the row.
    pub input: usize,
    /// Permuted input at the row before.
    pub input_before: usize,
    /// Permuted table at the row.
    pub table: usize,
}

/// Numbers of the challenges in the order in which they are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeNumbers {
    /// Of the circuit, by their index there.
    pub circuit: Vec<usize>,
    /// θ
    pub theta: usize,
    /// β
    pub beta: usize,
    /// γ
    pub gamma: usize,
    /// y
    pub y: usize,
    /// x
    pub x: usize,
    /// y' of the opening: joins the commitments of a set.
    pub y_opening: usize,
    /// v: joins the sets.
    pub v: usize,
    /// u: where the opening is checked.
    pub u: usize,
}

impl ChallengeNumbers {
    /// Those of the protocol, of which θ is the last of the `drawn` ones.
    fn after(circuit: Vec<usize>, drawn: usize) -> Self {
        ChallengeNumbers {
            circuit,
            theta: drawn - 1,
            beta: drawn,
            gamma: drawn + 1,
            y: drawn + 2,
            x: drawn + 3,
            y_opening: drawn + 4,
            v: drawn + 5,
            u: drawn + 6,
        }
    }
}

/// The plan of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Rounds in order.
    pub rounds: Vec<Round>,
    /// Points in all.
    pub points: usize,
    /// Scalars in all.
    pub scalars: usize,
    /// Numbers of the challenges.
    pub challenges: ChallengeNumbers,
    /// Number of the point of each advice column.
    pub advice_points: Vec<usize>,
    /// Number of the first piece of the quotient.
    pub quotient_point: usize,
    /// Number of the first opening point; the second follows.
    pub opening_point: usize,
    /// Number of the scalar of the first fixed query; advice queries start at 0.
    pub fixed_scalar: usize,
    /// Number of the scalar of the first permutation polynomial.
    pub permutation_scalar: usize,
    /// Scalars of the permutation products.
    pub products: Vec<ProductValues>,
    /// Scalars of the lookups.
    pub lookups: Vec<LookupValues>,
    /// The sets, in the order of powers of v; members in the order of powers of y'.
    pub sets: Vec<RotationSet>,
}

/// Bytes of a word.
const WORD: usize = 32;

impl Plan {
    /// The plan of a protocol.
    pub fn new(protocol: &Protocol) -> Self {
        let mut rounds = Vec::new();
        let (advice_points, circuit) = phases(protocol, &mut rounds);
        let (lookups, products) = (protocol.lookups.len(), protocol.products());
        let permuted_point = protocol.advice_phases.len();
        let product_point = permuted_point + 2 * lookups;
        let lookup_product_point = product_point + products;
        let random_point = lookup_product_point + lookups;
        let quotient_point = random_point + 1;
        let opening_point = quotient_point + protocol.quotient_pieces();
        let round = |name, points, challenges| Round {
            name,
            points,
            scalars: 0,
            challenges,
        };
        if let Some(last) = rounds.last_mut() {
            last.challenges += 1;
        }
        let drawn: usize = rounds.iter().map(|r: &Round| r.challenges).sum();
        let mut values = Scalars::new(protocol);
        let scalars = values.next;
        rounds.push(round("lookups", 2 * lookups, 2));
        rounds.push(round("products and randomness", products + lookups + 1, 1));
        rounds.push(round("quotient", protocol.quotient_pieces(), 1));
        rounds.push(Round {
            scalars,
            ..round("evaluations", 0, 2)
        });
        rounds.push(round("first opening point", 1, 1));
        rounds.push(round("second opening point", 1, 0));
        let mut sets = Sets::default();
        let point = |p: &usize| Commitment::Proof(*p);
        for (number, query) in protocol.advice_queries.iter().enumerate() {
            let commitment = point(&advice_points[query.column as usize]);
            sets.open(commitment, query.rotation, Value::Proof(number));
        }
        values.open_products(protocol, product_point, &mut sets);
        values.open_lookups(permuted_point, lookup_product_point, &mut sets);
        values.open_key(protocol, &mut sets);
        sets.open(Commitment::Quotient, 0, Value::Quotient);
        let random = Value::Proof(values.random);
        sets.open(Commitment::Proof(random_point), 0, random);
        Plan {
            points: opening_point + 2,
            scalars,
            challenges: ChallengeNumbers::after(circuit, drawn),
            rounds,
            advice_points,
            quotient_point,
            opening_point,
            fixed_scalar: values.fixed,
            permutation_scalar: values.permutation,
            products: std::mem::take(&mut values.products),
            lookups: std::mem::take(&mut values.lookups),
            sets: sets.finish(),
        }
    }

    /// All rotations of all sets, ascending.
    pub fn rotations(&self) -> Vec<i32> {
        let mut all: Vec<i32> = self
            .sets
            .iter()
            .flat_map(|set| set.rotations.iter().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Challenges in all.
    pub fn challenge_count(&self) -> usize {
        self.challenges.u + 1
    }

    /// A proof in the chain encoding, from the compact one; `None` where it is malformed.
    pub fn to_chain(&self, compact: &[u8]) -> Option<Vec<u8>> {
        let (from, to) = (Encoding::Compact, Encoding::Chain);
        let (mut rest, mut out) = (compact, Vec::new());
        for round in &self.rounds {
            for _ in 0..round.points {
                to.write_point(&from.read_point(&mut rest)?, &mut out);
            }
            for _ in 0..round.scalars {
                to.write_scalar(from.read_scalar(&mut rest)?, &mut out);
            }
        }
        rest.is_empty().then_some(out)
    }

    /// Bytes of a proof whose points take `point_bytes`.
    pub fn proof_bytes(&self, point_bytes: usize) -> usize {
        self.points * point_bytes + self.scalars * WORD
    }
}
