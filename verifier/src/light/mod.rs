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

mod key;
mod opening;

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
    /// ω^i for the rows of every Lagrange polynomial that is needed.
    lagrange_rows: Vec<(i32, Fr)>,
    inverse_of_rows: Fr,
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
        let lagrange_rows = lagrange_rows(&protocol);
        LightVerifier {
            opening: opening::Constants::new(&protocol, &plan),
            lagrange_rows: lagrange_rows
                .into_iter()
                .map(|row| (row, protocol.rotated(row)))
                .collect(),
            inverse_of_rows: Fr::from(protocol.rows()).invert(),
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

    /// Checks a proof against the public inputs.
    ///
    /// # Errors
    /// [`Rejected`], whatever the reason.
    pub fn verify(&self, rows: &[Fr], proof: &[u8], encoding: Encoding) -> Result<(), Rejected> {
        if rows.len() != self.protocol.public_inputs as usize {
            return Err(Rejected);
        }
        let parsed = self.parse(rows, proof, encoding).ok_or(Rejected)?;
        let quotient = self.quotient(rows, &parsed).ok_or(Rejected)?;
        let (left, right) = self.open(&parsed, quotient).ok_or(Rejected)?;
        let pairs = [(right, &self.generator), (left.negated(), &self.tau)];
        match crate::bn254::pairing::product_is_one(&pairs) {
            true => Ok(()),
            false => Err(Rejected),
        }
    }

    /// Reads points and scalars and draws the challenges.
    fn parse(&self, rows: &[Fr], proof: &[u8], encoding: Encoding) -> Option<Parsed> {
        if proof.len() != self.plan.proof_bytes(encoding.point_bytes()) {
            return None;
        }
        let mut rest = proof;
        let mut transcript = Transcript::new();
        transcript.absorb_scalar(self.protocol.transcript_key);
        if self.protocol.instance_columns > 0 {
            rows.iter().for_each(|row| transcript.absorb_scalar(*row));
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
    fn quotient(&self, rows: &[Fr], parsed: &Parsed) -> Option<Fr> {
        let (plan, challenges) = (&self.plan, &parsed.challenges);
        let x = challenges[plan.challenges.x];
        let vanishing = x.square_times(self.protocol.k) - Fr::ONE;
        let mut inverses: Vec<Fr> = self.lagrange_rows.iter().map(|(_, w)| x - *w).collect();
        inverses.push(vanishing);
        if vanishing.is_zero() || inverses.iter().any(|d| d.is_zero()) {
            return None;
        }
        batch_invert(&mut inverses);
        let common = vanishing * self.inverse_of_rows;
        let lagrange = |row: i32| {
            let find = self.lagrange_rows.binary_search_by_key(&row, |(r, _)| *r);
            let at = find.unwrap_or_default();
            self.lagrange_rows[at].1 * common * inverses[at]
        };
        let last = lagrange(self.protocol.last_rotation());
        let blind: Fr = (1..=self.protocol.blinding as i32)
            .map(|i| lagrange(-i))
            .sum();
        let instance: Vec<Fr> = self
            .protocol
            .instance_queries
            .iter()
            .map(|query| {
                let row = |(i, value): (usize, &Fr)| *value * lagrange(i as i32 - query.rotation);
                rows.iter().enumerate().map(row).sum()
            })
            .collect();
        let values = self.constraints.graph.evaluate(|leaf| match leaf {
            Node::Evaluation(number) => parsed.scalars[*number as usize],
            Node::Instance(query) => instance[*query as usize],
            Node::Challenge(number) => challenges[plan.challenges.circuit[*number as usize]],
            Node::Symbol(symbol) => match symbol {
                Symbol::Theta => challenges[plan.challenges.theta],
                Symbol::Beta => challenges[plan.challenges.beta],
                Symbol::Gamma => challenges[plan.challenges.gamma],
                Symbol::X => x,
                Symbol::First => lagrange(0),
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
        Some(joined * inverses[self.lagrange_rows.len()])
    }
}

/// Rows of the Lagrange polynomials that a verifier evaluates, ascending.
pub(crate) fn lagrange_rows(protocol: &Protocol) -> Vec<i32> {
    let mut rows: Vec<i32> = (protocol.last_rotation()..=0).collect();
    for query in &protocol.instance_queries {
        rows.extend((0..protocol.public_inputs as i32).map(|row| row - query.rotation));
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}
