//! A verifier that knows a key only as a [`Protocol`]: no circuit code, no halo2.
//!
//! It accepts exactly the proofs that halo2's verifier accepts. With values `e` of the commitments
//! C at the rotations of their sets S, and `d_k = u − x·ω^k`:
//!
//! ```text
//! Q   = Σ y^(m−1−i)·constraint_i / (x^n − 1)            value of the quotient at x
//! L   = Σ_sets v^i·(Z_0/Z_i)·Σ_j y'^j·(C_ij − R_ij(u))   Z_i = Π_{k ∈ S_i} d_k
//! 1   = e(L − Z_0·W + u·W', [1]_2)·e(−W', [τ]_2)
//! ```
//!
//! `R_ij` interpolates the values of a commitment over its set. Its Lagrange basis at u times
//! `Z_0/Z_i` is `Z_0·c_k·x^(1−|S|)/d_k` with constants `c_k = 1/Π_{m≠k}(ω^k − ω^m)`, so a value costs
//! one multiplication.

mod batch;
mod key;
mod opening;

pub use batch::LightBatchKey;
pub use key::{curve_element, embedded, LightKey};
pub use opening::set_weights;

use crate::bn254::field::batch_invert;
use crate::bn254::pairing::Prepared;
use crate::bn254::{Fr, G1, G2};
use crate::protocol::constraints::Constraints;
use crate::protocol::expression::{Node, Symbol};
use crate::protocol::plan::Plan;
use crate::protocol::Protocol;
use crate::transcript::{Encoding, Transcript};

/// A verifier of one key, ready to use.
#[derive(Clone, Debug)]
pub struct LightVerifier {
    protocol: Protocol,
    plan: Plan,
    constraints: Constraints,
    opening: opening::Constants,
    tau: Prepared,
    generator: Prepared,
}

/// The proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold for its statement")]
pub struct Rejected;

/// What was read from a proof.
struct Parsed {
    points: Vec<G1>,
    scalars: Vec<Fr>,
    challenges: Vec<Fr>,
}

impl LightVerifier {
    /// Prepares a key: some milliseconds.
    pub fn new(protocol: Protocol) -> Self {
        let plan = Plan::new(&protocol);
        let constraints = Constraints::new(&protocol, &plan);
        LightVerifier {
            opening: opening::Constants::new(&protocol, &plan),
            tau: Prepared::new(&protocol.tau),
            generator: Prepared::new(&G2::generator()),
            constraints,
            plan,
            protocol,
        }
    }

    /// The key.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// What its proofs hold.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Checks a proof against the public inputs, one list for each instance column.
    ///
    /// # Errors
    /// [`Rejected`], whatever the reason.
    pub fn verify(
        &self,
        inputs: &[&[Fr]],
        proof: &[u8],
        encoding: Encoding,
    ) -> Result<(), Rejected> {
        let columns = &self.protocol.instance;
        let mut each = columns.iter().zip(inputs);
        if inputs.len() != columns.len() || !each.all(|(column, rows)| column.takes(rows.len())) {
            return Err(Rejected);
        }
        let parsed = self.parse(inputs, proof, encoding).ok_or(Rejected)?;
        let quotient = self.quotient(inputs, &parsed).ok_or(Rejected)?;
        let (left, right) = self.open(&parsed, quotient).ok_or(Rejected)?;
        let pairs = [(right, &self.generator), (left.negated(), &self.tau)];
        match crate::bn254::pairing::product_is_one(&pairs) {
            true => Ok(()),
            false => Err(Rejected),
        }
    }

    /// Reads points and scalars and draws the challenges.
    fn parse(&self, inputs: &[&[Fr]], proof: &[u8], encoding: Encoding) -> Option<Parsed> {
        if proof.len() != self.plan.proof_bytes(encoding.point_bytes()) {
            return None;
        }
        let mut rest = proof;
        let mut transcript = Transcript::new();
        transcript.absorb_scalar(self.protocol.transcript_key);
        for row in inputs.iter().copied().flatten() {
            transcript.absorb_scalar(*row);
        }
        let mut parsed = Parsed {
            points: Vec::with_capacity(self.plan.points),
            scalars: Vec::with_capacity(self.plan.scalars),
            challenges: Vec::with_capacity(self.plan.challenge_count()),
        };
        for round in &self.plan.rounds {
            for _ in 0..round.points {
                let point = encoding.read_point(&mut rest)?;
                transcript.absorb_point(&point);
                parsed.points.push(point);
            }
            for _ in 0..round.scalars {
                let scalar = encoding.read_scalar(&mut rest)?;
                transcript.absorb_scalar(scalar);
                parsed.scalars.push(scalar);
            }
            for _ in 0..round.challenges {
                parsed.challenges.push(transcript.squeeze());
            }
        }
        rest.is_empty().then_some(parsed)
    }

    /// What the quotient must be at x. `None` if x is a row, which no honest x is.
    fn quotient(&self, inputs: &[&[Fr]], parsed: &Parsed) -> Option<Fr> {
        let (plan, challenges) = (&self.plan, &parsed.challenges);
        let x = challenges[plan.challenges.x];
        let rows = lagrange_rows(&self.protocol, inputs);
        let lagrange = Lagrange::at(&self.protocol, x, rows)?;
        let last = lagrange.of(self.protocol.last_rotation())?;
        let blind: Fr = (1..=self.protocol.blinding as i32)
            .map(|i| lagrange.of(-i))
            .sum::<Option<Fr>>()?;
        let first = lagrange.of(0)?;
        let instance: Vec<Fr> = self
            .protocol
            .instance_queries
            .iter()
            .map(|query| {
                let column = inputs.get(query.column as usize)?;
                let row = |(i, value): (usize, &Fr)| {
                    Some(*value * lagrange.of(i as i32 - query.rotation)?)
                };
                let used = column.iter().enumerate().filter(|(_, v)| !v.is_zero());
                used.map(row).sum()
            })
            .collect::<Option<_>>()?;
        let values = self.constraints.graph.evaluate(|leaf| match leaf {
            Node::Evaluation(number) => parsed.scalars[*number as usize],
            Node::Instance(query) => instance[*query as usize],
            Node::Challenge(number) => challenges[plan.challenges.circuit[*number as usize]],
            Node::Symbol(symbol) => match symbol {
                Symbol::Theta => challenges[plan.challenges.theta],
                Symbol::Beta => challenges[plan.challenges.beta],
                Symbol::Gamma => challenges[plan.challenges.gamma],
                Symbol::X => x,
                Symbol::First => first,
                Symbol::Last => last,
                Symbol::Active => Fr::ONE - last - blind,
            },
            // The constraints have no other leaves.
            _ => Fr::ZERO,
        });
        let y = challenges[plan.challenges.y];
        let list = &self.constraints.list;
        let joined = list
            .iter()
            .fold(Fr::ZERO, |sum, id| sum * y + values[*id as usize]);
        Some(joined * lagrange.vanishing_inverse)
    }
}

/// Rows of the Lagrange polynomials that a verifier evaluates, ascending: the unusable ones, the first,
/// and those of public inputs that are not zero.
fn lagrange_rows(protocol: &Protocol, inputs: &[&[Fr]]) -> Vec<i32> {
    let mut rows: Vec<i32> = (protocol.last_rotation()..=0).collect();
    for query in &protocol.instance_queries {
        let column = inputs.get(query.column as usize).copied();
        let column = column.unwrap_or_default().iter().enumerate();
        let used = column.filter(|(_, value)| !value.is_zero());
        rows.extend(used.map(|(row, _)| row as i32 - query.rotation));
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Lagrange polynomials of some rows at x: `l_i(x) = ω^i·(x^n − 1)/(n·(x − ω^i))`.
struct Lagrange {
    /// Ascending.
    rows: Vec<i32>,
    values: Vec<Fr>,
    /// `1/(x^n − 1)`
    vanishing_inverse: Fr,
}

impl Lagrange {
    /// `None` if x is a row.
    fn at(protocol: &Protocol, x: Fr, rows: Vec<i32>) -> Option<Self> {
        let vanishing = x.square_times(protocol.k) - Fr::ONE;
        let powers = powers(protocol, &rows);
        let mut inverses: Vec<Fr> = powers.iter().map(|w| x - *w).collect();
        inverses.push(vanishing);
        inverses.push(Fr::from(protocol.rows()));
        if inverses.iter().any(|d| d.is_zero()) {
            return None;
        }
        batch_invert(&mut inverses);
        let (rows_inverse, vanishing_inverse) = (inverses.pop()?, inverses.pop()?);
        let common = vanishing * rows_inverse;
        let value = |(w, inverse): (&Fr, &Fr)| *w * common * *inverse;
        Some(Lagrange {
            values: powers.iter().zip(&inverses).map(value).collect(),
            rows,
            vanishing_inverse,
        })
    }

    /// That of one of the rows.
    fn of(&self, row: i32) -> Option<Fr> {
        let at = self.rows.binary_search(&row).ok()?;
        self.values.get(at).copied()
    }
}

/// `ω^i` of ascending rows, most of them neighbours.
fn powers(protocol: &Protocol, rows: &[i32]) -> Vec<Fr> {
    let omega = protocol.omega();
    let mut before: Option<(i32, Fr)> = None;
    let power = |row: &i32| {
        let power = match before {
            Some((last, power)) if last + 1 == *row => power * omega,
            _ => protocol.rotated(*row),
        };
        before = Some((*row, power));
        power
    };
    rows.iter().map(power).collect()
}
