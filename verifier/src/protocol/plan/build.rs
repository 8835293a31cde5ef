//! Numbers of points, challenges and scalars, and the sets of rotations.

use super::{Commitment, LookupValues, Member, ProductValues, RotationSet, Round, Value};
use crate::protocol::{Protocol, Query};

/// A round for each phase. Returns the number of each advice column's point and of each challenge.
pub(super) fn phases(protocol: &Protocol, rounds: &mut Vec<Round>) -> (Vec<usize>, Vec<usize>) {
    let mut points = vec![0; protocol.advice_phases.len()];
    let mut challenges = vec![0; protocol.challenge_phases.len()];
    let (mut next_point, mut next_challenge) = (0, 0);
    let last = protocol.advice_phases.iter().max().copied().unwrap_or(0);
    for phase in 0..=last {
        let (first_point, first_challenge) = (next_point, next_challenge);
        for (point, _) in number(&mut points, &protocol.advice_phases, phase) {
            *point = next_point;
            next_point += 1;
        }
        for (challenge, _) in number(&mut challenges, &protocol.challenge_phases, phase) {
            *challenge = next_challenge;
            next_challenge += 1;
        }
        rounds.push(Round {
            name: "advice",
            points: next_point - first_point,
            scalars: 0,
            challenges: next_challenge - first_challenge,
        });
    }
    (points, challenges)
}

fn number<'a>(
    out: &'a mut [usize],
    phases: &'a [u8],
    phase: u8,
) -> impl Iterator<Item = (&'a mut usize, &'a u8)> {
    out.iter_mut()
        .zip(phases)
        .filter(move |(_, p)| **p == phase)
}

/// Numbers of the scalars.
pub(super) struct Scalars {
    pub(super) fixed: usize,
    pub(super) random: usize,
    pub(super) permutation: usize,
    pub(super) products: Vec<ProductValues>,
    pub(super) lookups: Vec<LookupValues>,
    pub(super) next: usize,
}

impl Scalars {
    pub(super) fn new(protocol: &Protocol) -> Self {
        let fixed = protocol.advice_queries.len();
        let random = fixed + protocol.fixed_queries.len();
        let permutation = random + 1;
        let mut next = permutation + protocol.permutation.len();
        let mut take = |count: usize| {
            next += count;
            next - count
        };
        let count = protocol.products();
        let products = (0..count)
            .map(|i| {
                let last = i + 1 == count;
                let here = take(if last { 2 } else { 3 });
                ProductValues {
                    here,
                    next: here + 1,
                    last: (!last).then_some(here + 2),
                }
            })
            .collect();
        let lookups = protocol
            .lookups
            .iter()
            .map(|_| {
                let product = take(5);
                LookupValues {
                    product,
                    product_next: product + 1,
                    input: product + 2,
                    input_before: product + 3,
                    table: product + 4,
                }
            })
            .collect();
        Scalars {
            fixed,
            random,
            permutation,
            products,
            lookups,
            next,
        }
    }

    pub(super) fn open_products(&self, protocol: &Protocol, first: usize, sets: &mut Sets) {
        for (i, values) in self.products.iter().enumerate() {
            let commitment = Commitment::Proof(first + i);
            sets.open(commitment, 0, Value::Proof(values.here));
            sets.open(commitment, 1, Value::Proof(values.next));
        }
        for (i, values) in self.products.iter().enumerate() {
            if let Some(last) = values.last {
                let commitment = Commitment::Proof(first + i);
                sets.open(commitment, protocol.last_rotation(), Value::Proof(last));
            }
        }
    }

    /// Opens what the key commits to: fixed columns and permutation polynomials.
    pub(super) fn open_key(&self, protocol: &Protocol, sets: &mut Sets) {
        for (number, Query { column, rotation }) in protocol.fixed_queries.iter().enumerate() {
            let value = Value::Proof(self.fixed + number);
            sets.open(Commitment::Fixed(*column as usize), *rotation, value);
        }
        for number in 0..protocol.permutation.len() {
            let value = Value::Proof(self.permutation + number);
            sets.open(Commitment::Permutation(number), 0, value);
        }
    }

    pub(super) fn open_lookups(&self, permuted: usize, products: usize, sets: &mut Sets) {
        for (i, values) in self.lookups.iter().enumerate() {
            let product = Commitment::Proof(products + i);
            let input = Commitment::Proof(permuted + 2 * i);
            let table = Commitment::Proof(permuted + 2 * i + 1);
            sets.open(product, 0, Value::Proof(values.product));
            sets.open(input, 0, Value::Proof(values.input));
            sets.open(table, 0, Value::Proof(values.table));
            sets.open(input, -1, Value::Proof(values.input_before));
            sets.open(product, 1, Value::Proof(values.product_next));
        }
    }
}

/// Openings by commitment, in order of first appearance.
#[derive(Default)]
pub(super) struct Sets(Vec<(Commitment, Vec<(i32, Value)>)>);

impl Sets {
    pub(super) fn open(&mut self, commitment: Commitment, rotation: i32, value: Value) {
        match self.0.iter_mut().find(|(c, _)| *c == commitment) {
            Some((_, openings)) => openings.push((rotation, value)),
            None => self.0.push((commitment, vec![(rotation, value)])),
        }
    }

    /// Groups commitments by their rotations, in order of first appearance.
    pub(super) fn finish(self) -> Vec<RotationSet> {
        let mut sets: Vec<RotationSet> = Vec::new();
        for (commitment, mut openings) in self.0 {
            openings.sort_unstable_by_key(|(rotation, _)| *rotation);
            let (rotations, values): (Vec<i32>, Vec<Value>) = openings.into_iter().unzip();
            let member = Member { commitment, values };
            match sets.iter_mut().find(|set| set.rotations == rotations) {
                Some(set) => set.members.push(member),
                None => sets.push(RotationSet {
                    rotations,
                    members: vec![member],
                }),
            }
        }
        sets
    }
}
