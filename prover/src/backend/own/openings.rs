//! Evaluations, and their proof by SHPLONK.
//!
//! ```text
//! Nᵢ  = Σ yʲ·(Pᵢⱼ − Rᵢⱼ)            all polynomials opened at the same points, less their values
//! H   = Σ vⁱ·Nᵢ / Zᵢ                Zᵢ is zero at these points; H is committed, then u is drawn
//! L   = Σ vⁱ·Z∖ᵢ(u)·(Nᵢ − Rᵢ(u)) − Z(u)·H      zero at u; L/((X − u)·Z∖₀(u)) is committed
//! ```

use std::collections::{BTreeSet, HashMap};
use std::io;

use ff::Field;
use halo2_proofs::arithmetic::{eval_polynomial, lagrange_interpolate};
use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{Fr, G1Affine};
use rayon::prelude::*;
use zkmargin_kernels::{inner, Column, Lanes};

use super::key::{powers, Key};
use super::system::System;
use super::timing::timed;
use crate::error::ProverError;

/// A polynomial by its place, and the row distance of the point from x.
type Query = (usize, usize);

/// What is evaluated and what is opened, each in halo2's order.
struct Queries {
    written: Vec<Query>,
    opened: Vec<Query>,
}

impl Queries {
    /// `quotient` and `random` are the places of these two, behind all columns.
    fn new(system: &System, quotient: usize, random: usize) -> Self {
        // Rotations that are a whole turn apart are one point.
        let at = |rotation: i32| rotation.rem_euclid(system.rows as i32) as usize;
        let (here, next, above) = (at(0), at(1), at(-1));
        let last = at(system.last_rotation());
        let (places, cs) = (&system.places, &system.cs);
        let advice = cs.advice_queries().iter();
        let advice: Vec<Query> = advice
            .map(|(column, r)| (places.advice + column.index(), at(r.0)))
            .collect();
        let fixed = cs.fixed_queries().iter();
        let fixed: Vec<Query> = fixed
            .map(|(column, r)| (places.fixed + column.index(), at(r.0)))
            .collect();
        let sigma = (0..system.permuted.len()).map(|i| (places.sigma + i, here));

        let mut written = advice.clone();
        written.extend(&fixed);
        written.push((random, here));
        written.extend(sigma.clone());
        let mut opened = advice;
        for product in places.products..places.products + system.sets {
            let both = [(product, here), (product, next)];
            written.extend(both);
            opened.extend(both);
            if product + 1 < places.products + system.sets {
                written.push((product, last));
            }
        }
        let but_last = (places.products..places.products + system.sets)
            .rev()
            .skip(1);
        opened.extend(but_last.map(|product| (product, last)));
        for number in 0..cs.lookups().len() {
            let [a, s, z] = places.lookup(number);
            written.extend([(z, here), (z, next), (a, here), (a, above), (s, here)]);
            opened.extend([(z, here), (a, here), (s, here), (a, above), (z, next)]);
        }
        opened.extend(fixed);
        opened.extend(sigma);
        opened.extend([(quotient, here), (random, here)]);
        Queries { written, opened }
    }

    /// Polynomials by the set of points where they are opened, both in order of first appearance.
    fn by_points(&self) -> Vec<(BTreeSet<usize>, Vec<usize>)> {
        let mut polynomials: Vec<(usize, BTreeSet<usize>)> = Vec::new();
        let mut known: HashMap<usize, usize> = HashMap::new();
        for (polynomial, point) in &self.opened {
            let place = *known.entry(*polynomial).or_insert(polynomials.len());
            if place == polynomials.len() {
                polynomials.push((*polynomial, BTreeSet::new()));
            }
            polynomials[place].1.insert(*point);
        }
        let mut sets: Vec<(BTreeSet<usize>, Vec<usize>)> = Vec::new();
        for (polynomial, points) in polynomials {
            match sets.iter_mut().find(|set| set.0 == points) {
                Some(set) => set.1.push(polynomial),
                None => sets.push((points, vec![polynomial])),
            }
        }
        sets
    }
}

/// A set of polynomials that are opened at the same points.
struct Group<L: Lanes> {
    /// Their sum with powers of y.
    sum: Column<L>,
    points: Vec<Fr>,
    /// The polynomial through the sum's values at the points.
    low: Vec<Fr>,
    /// `Z∖`: the zeros of all other points.
    others: Vec<Fr>,
}

/// Writes all evaluations at x and around it, and proves them. `pieces` are those of the quotient.
///
/// # Errors
/// When the transcript cannot be written; when a challenge is one of a few exceptional values, which
/// has a chance of less than 2^-240.
pub(super) fn open<L: Lanes, E, T>(
    key: &Key<L>,
    polynomials: &[&Column<L>],
    pieces: &[Column<L>],
    random: &Column<L>,
    transcript: &mut T,
) -> Result<(), ProverError>
where
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
{
    let x: Fr = *transcript.squeeze_challenge_scalar::<()>();
    if x == Fr::ZERO {
        return Err(exceptional());
    }
    let system = &key.system;
    let step = x.pow_vartime([system.rows as u64]);
    let pieces: Vec<&Column<L>> = pieces.iter().collect();
    let quotient = key.combine(&pieces, &powers(step, Fr::ONE, pieces.len()));
    let mut all = polynomials.to_vec();
    all.extend([&quotient, random]);
    let queries = Queries::new(system, polynomials.len(), polynomials.len() + 1);
    let sets = queries.by_points();
    let distances: BTreeSet<usize> = sets.iter().flat_map(|set| &set.0).copied().collect();
    let omega = key.domain.omega();
    let points: HashMap<usize, Fr> = distances
        .iter()
        .map(|distance| (*distance, x * omega.pow_vartime([*distance as u64])))
        .collect();
    let values = timed("evaluations", || evaluate(key, &all, &queries, &points));
    for query in &queries.written {
        transcript.write_scalar(values[query])?;
    }
    timed("openings", || {
        let y: Fr = *transcript.squeeze_challenge_scalar::<()>();
        let group = |(places, members): &(BTreeSet<usize>, Vec<usize>)| {
            let weights = powers(y, Fr::ONE, members.len());
            let columns: Vec<&Column<L>> = members.iter().map(|i| all[*i]).collect();
            let value = |place: &usize| -> Fr {
                let weighted = members.iter().zip(&weights);
                weighted
                    .map(|(i, weight)| values[&(*i, *place)] * weight)
                    .sum()
            };
            let at: Vec<Fr> = places.iter().map(|place| points[place]).collect();
            let sums: Vec<Fr> = places.iter().map(value).collect();
            let others = distances.difference(places).map(|place| points[place]);
            Group {
                sum: key.combine(&columns, &weights),
                low: lagrange_interpolate(&at, &sums),
                points: at,
                others: others.collect(),
            }
        };
        let groups: Vec<Group<L>> = sets.par_iter().map(group).collect();
        let points: Vec<Fr> = points.into_values().collect();
        shplonk(key, &groups, &points, transcript)
    })
}

fn exceptional() -> ProverError {
    ProverError::Proof("a challenge is exceptional; try again".to_owned())
}

fn evaluate<L: Lanes>(
    key: &Key<L>,
    polynomials: &[&Column<L>],
    queries: &Queries,
    points: &HashMap<usize, Fr>,
) -> HashMap<Query, Fr> {
    let power = |(place, x): (&usize, &Fr)| {
        let powers = powers(*x, Fr::ONE, key.system.rows);
        (*place, key.domain.from_coefficients(&powers))
    };
    let powers: HashMap<usize, Column<L>> = points.par_iter().map(power).collect();
    let asked: BTreeSet<Query> = queries
        .written
        .iter()
        .chain(&queries.opened)
        .copied()
        .collect();
    let value = |query: Query| (query, inner(polynomials[query.0], &powers[&query.1]));
    asked.into_par_iter().map(value).collect()
}

fn shplonk<L: Lanes, E, T>(
    key: &Key<L>,
    groups: &[Group<L>],
    points: &[Fr],
    transcript: &mut T,
) -> Result<(), ProverError>
where
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
{
    let v: Fr = *transcript.squeeze_challenge_scalar::<()>();
    let weights = powers(v, Fr::ONE, groups.len());
    let quotients = groups.par_iter().map(|group| {
        let mut polynomial = key.domain.to_coefficients(&group.sum);
        for (coefficient, low) in polynomial.iter_mut().zip(&group.low) {
            *coefficient -= low;
        }
        for point in &group.points {
            divide(&mut polynomial, *point);
        }
        key.domain.from_coefficients(&polynomial)
    });
    let quotients: Vec<Column<L>> = quotients.collect();
    let quotients: Vec<&Column<L>> = quotients.iter().collect();
    let quotient = key.combine(&quotients, &weights);
    write(key, quotient.clone(), transcript)?;

    let u: Fr = *transcript.squeeze_challenge_scalar::<()>();
    let zeros = |points: &[Fr]| points.iter().map(|point| u - point).product::<Fr>();
    let others: Vec<Fr> = groups.iter().map(|group| zeros(&group.others)).collect();
    let first = others.first().and_then(|z| Option::<Fr>::from(z.invert()));
    let scale = first.ok_or_else(exceptional)?;
    let mut columns: Vec<&Column<L>> = groups.iter().map(|group| &group.sum).collect();
    let mut factors: Vec<Fr> = others.iter().zip(&weights).map(|(z, v)| *z * v).collect();
    let low = groups.iter().zip(&factors);
    let low: Fr = low
        .map(|(group, k)| eval_polynomial(&group.low, u) * k)
        .sum();
    columns.push(&quotient);
    factors.push(-zeros(points));
    for factor in &mut factors {
        *factor *= scale;
    }
    let mut linear = key.domain.to_coefficients(&key.combine(&columns, &factors));
    linear[0] -= low * scale;
    divide(&mut linear, u);
    write(key, key.domain.from_coefficients(&linear), transcript)?;
    Ok(())
}

fn write<L: Lanes, E, T>(
    key: &Key<L>,
    coefficients: Column<L>,
    transcript: &mut T,
) -> io::Result<()>
where
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
{
    let rows = key.evaluated(&coefficients);
    let commitments = key.commit(&[&rows]);
    commitments
        .into_iter()
        .try_for_each(|point| transcript.write_point(point))
}

/// The quotient by `X − point`; the remainder is dropped, and the highest coefficient becomes zero.
fn divide(polynomial: &mut [Fr], point: Fr) {
    let mut carry = Fr::ZERO;
    for coefficient in polynomial.iter_mut().rev() {
        let quotient = carry;
        carry = *coefficient + carry * point;
        *coefficient = quotient;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_drops_the_remainder() {
        // X³ + 2X² + 3X + 4 = (X − 5)(X² + 7X + 38) + 194
        let mut p = [4, 3, 2, 1].map(Fr::from);
        divide(&mut p, Fr::from(5));
        assert_eq!(p, [38, 7, 1, 0].map(Fr::from));
    }
}
