//! The opening of all commitments at once (SHPLONK).

use super::{LightVerifier, Parsed};
use crate::bn254::field::batch_invert;
use crate::bn254::msm::sum_of_multiples;
use crate::bn254::{Fr, G1};
use crate::protocol::plan::{Commitment, Plan, Value};
use crate::protocol::Protocol;

/// Numbers that depend on the key alone.
#[derive(Clone, Debug)]
pub(crate) struct Constants {
    /// Every rotation and its power of ω.
    rotations: Vec<(i32, Fr)>,
    /// For each set, `c_k = 1/Π_{m≠k}(ω^k − ω^m)`.
    weights: Vec<Vec<Fr>>,
}

impl Constants {
    /// Of a protocol.
    pub(crate) fn new(protocol: &Protocol, plan: &Plan) -> Self {
        let with_power = |rotation: i32| (rotation, protocol.rotated(rotation));
        Constants {
            rotations: plan.rotations().into_iter().map(with_power).collect(),
            weights: plan
                .sets
                .iter()
                .map(|set| set_weights(protocol, &set.rotations))
                .collect(),
        }
    }
}

/// `c_k` of a set of rotations.
pub fn set_weights(protocol: &Protocol, rotations: &[i32]) -> Vec<Fr> {
    let powers: Vec<Fr> = rotations.iter().map(|r| protocol.rotated(*r)).collect();
    let difference = |k: usize| -> Fr {
        (0..powers.len())
            .filter(|m| *m != k)
            .map(|m| powers[k] - powers[m])
            .product()
    };
    let mut weights: Vec<Fr> = (0..powers.len()).map(difference).collect();
    batch_invert(&mut weights);
    weights
}

impl LightVerifier {
    /// The two points of the pairing check: `W'`, and `L − Z_0·W + u·W'`. `None` if u meets a
    /// rotation of x, which no honest u does, or if a point is at infinity.
    pub(super) fn open(&self, parsed: &Parsed, quotient: Fr) -> Option<(G1, G1)> {
        let (plan, names) = (&self.plan, &self.plan.challenges);
        let [x, y, v, u] =
            [names.x, names.y_opening, names.v, names.u].map(|n| parsed.challenges[n]);
        let (differences, inverses) = self.differences(x, u)?;
        let x_inverse = inverses[differences.len()];
        let position = |rotation: i32| {
            let all = &self.opening.rotations;
            all.binary_search_by_key(&rotation, |(r, _)| *r)
                .unwrap_or_default()
        };
        let z_0: Fr = plan.sets[0]
            .rotations
            .iter()
            .map(|r| differences[position(*r)])
            .product();
        let x_n = x.square_times(self.protocol.k);
        let (mut terms, mut constant, mut power_of_v) = (Vec::new(), Fr::ZERO, Fr::ONE);
        for (set, weights) in plan.sets.iter().zip(&self.opening.weights) {
            let at: Vec<usize> = set.rotations.iter().map(|r| position(*r)).collect();
            let inverse_z: Fr = at.iter().map(|k| inverses[*k]).product();
            let mut scale = power_of_v * z_0 * inverse_z;
            let degree = set.rotations.len() as u64 - 1;
            let common = power_of_v * z_0 * x_inverse.pow(&[degree]);
            let basis: Vec<Fr> = at
                .iter()
                .zip(weights)
                .map(|(k, c)| common * *c * inverses[*k])
                .collect();
            let mut power_of_y = Fr::ONE;
            for member in &set.members {
                let remainder: Fr = member
                    .values
                    .iter()
                    .zip(&basis)
                    .map(|(value, basis)| match value {
                        Value::Proof(number) => parsed.scalars[*number] * *basis,
                        Value::Quotient => quotient * *basis,
                    })
                    .sum();
                constant += power_of_y * remainder;
                self.commit(&mut terms, parsed, member.commitment, scale, x_n);
                scale *= y;
                power_of_y *= y;
            }
            power_of_v *= v;
        }
        let (w, w_next) = (
            parsed.points[plan.opening_point],
            parsed.points[plan.opening_point + 1],
        );
        terms.push((-constant, G1::generator()));
        terms.push((-z_0, w));
        terms.push((u, w_next));
        Some((w_next, sum_of_multiples(&terms).to_affine()?))
    }

    /// `u − x·ω^r` of every rotation, and the inverses of these and of x; `None` where one has none.
    fn differences(&self, x: Fr, u: Fr) -> Option<(Vec<Fr>, Vec<Fr>)> {
        let rotations = self.opening.rotations.iter();
        let differences: Vec<Fr> = rotations.map(|(_, w)| u - x * *w).collect();
        let mut inverses = differences.clone();
        inverses.push(x);
        if inverses.iter().any(|d| d.is_zero()) {
            return None;
        }
        batch_invert(&mut inverses);
        Some((differences, inverses))
    }

    fn commit(
        &self,
        terms: &mut Vec<(Fr, G1)>,
        parsed: &Parsed,
        commitment: Commitment,
        scale: Fr,
        x_n: Fr,
    ) {
        match commitment {
            Commitment::Proof(number) => terms.push((scale, parsed.points[number])),
            // A multiple of infinity is no term.
            Commitment::Fixed(column) => {
                let point = self.protocol.fixed_commitments[column];
                terms.extend(point.map(|point| (scale, point)));
            }
            Commitment::Permutation(column) => {
                let point = self.protocol.permutation_commitments[column];
                terms.extend(point.map(|point| (scale, point)));
            }
            Commitment::Quotient => {
                let mut scale = scale;
                for piece in 0..self.protocol.quotient_pieces() {
                    terms.push((scale, parsed.points[self.plan.quotient_point + piece]));
                    scale *= x_n;
                }
            }
        }
    }
}
