//! The running products of the permutation argument and of the look-ups.

use ff::{BatchInvert, Field};
use halo2curves::bn256::Fr;
use rayon::prelude::*;
use zkmargin_kernels::{Column, Lanes};

use super::compile::compile;
use super::constraints::{set_factors, Drawn};
use super::key::Key;
use super::lookups::Compressed;
use super::randomness::Randomness;
use super::sum::{Algebra, Sum};

/// Rows of one shared inversion.
const INVERTED: usize = 2048;

/// The products of all sets of the permutation argument; each starts where the one before ends.
pub(super) fn permutation<L: Lanes>(
    key: &Key<L>,
    rows: &[&Column<L>],
    drawn: &Drawn,
    randomness: &mut impl Randomness,
) -> Vec<Column<L>> {
    let system = &key.system;
    let factors = (0..system.sets).into_par_iter().map(|set| {
        let mut algebra = Algebra::default();
        let one = [Sum::constant(Fr::ONE), Sum::constant(Fr::ONE)];
        let factors = set_factors(system, &mut algebra, [drawn.beta, drawn.gamma], set);
        let sides = factors.into_iter().fold(one, |[num, den], [a, b]| {
            [algebra.product(num, a), algebra.product(den, b)]
        });
        quotients(key, &algebra, rows, sides)
    });
    let mut start = Fr::ONE;
    let mut products = Vec::with_capacity(system.sets);
    for factors in factors.collect::<Vec<_>>() {
        let mut product = running(start, &factors);
        start = product[system.usable()];
        randomness.fill(&mut product[system.rows - system.blinding..]);
        products.push(key.domain.from_values(&product));
    }
    products
}

/// The products of the look-ups.
pub(super) fn lookups<L: Lanes>(
    key: &Key<L>,
    rows: &[&Column<L>],
    compressed: &[Compressed<L>],
    drawn: &Drawn,
    randomness: &mut impl Randomness,
) -> Vec<Column<L>> {
    let system = &key.system;
    let factors = compressed.par_iter().enumerate().map(|(number, given)| {
        let [input, table, _] = system.places.lookup(number);
        let mut algebra = Algebra::default();
        let columns = [&given.input, &given.table, rows[input], rows[table]];
        let shifts = [drawn.beta, drawn.gamma, drawn.beta, drawn.gamma];
        let mut shifted = (0..4).map(|i| algebra.cell(i, 0).plus_constant(shifts[i]));
        let [a, s, permuted_a, permuted_s] = [(); 4].map(|()| shifted.next().unwrap_or_default());
        drop(shifted);
        let sides = [
            algebra.product(a, s),
            algebra.product(permuted_a, permuted_s),
        ];
        quotients(key, &algebra, &columns, sides)
    });
    let finish = |factors: Vec<Fr>| {
        let mut product = running(Fr::ONE, &factors);
        randomness.fill(&mut product[system.rows - system.blinding..]);
        key.domain.from_values(&product)
    };
    factors
        .collect::<Vec<_>>()
        .into_iter()
        .map(finish)
        .collect()
}

/// Numerator over denominator on every row; where the denominator is zero, zero.
fn quotients<L: Lanes>(
    key: &Key<L>,
    algebra: &Algebra,
    columns: &[&Column<L>],
    sides: [Sum; 2],
) -> Vec<Fr> {
    let [mut numerators, mut denominators] = sides.map(|side| {
        let column = compile(algebra, side).run(columns);
        key.domain.to_values(&column)
    });
    numerators
        .par_chunks_mut(INVERTED)
        .zip(denominators.par_chunks_mut(INVERTED))
        .for_each(|(numerators, denominators)| {
            denominators.iter_mut().batch_invert();
            for (numerator, inverse) in numerators.iter_mut().zip(denominators) {
                *numerator *= *inverse;
            }
        });
    numerators
}

/// `z₀ = start`, `zᵢ₊₁ = zᵢ·factorᵢ`.
fn running(start: Fr, factors: &[Fr]) -> Vec<Fr> {
    let mut next = start;
    let step = |factor: &Fr| {
        let product = next;
        next *= factor;
        product
    };
    factors.iter().map(step).collect()
}
