//! All constraints of a proof, in the order of their powers of y.

use ff::{Field, PrimeField};
use halo2curves::bn256::Fr;

use super::columns::Places;
use super::sum::{Algebra, Sum};
use super::system::System;
use crate::error::ProverError;

/// What was drawn before the constraints are known.
pub(super) struct Drawn {
    /// The circuit's own challenges.
    pub(super) challenges: Vec<Fr>,
    /// Compresses look-ups.
    pub(super) theta: Fr,
    /// Of both arguments of products.
    pub(super) beta: Fr,
    /// Of both arguments of products.
    pub(super) gamma: Fr,
}

/// Every constraint as a polynomial that is zero in each row: the gates, the permutation argument,
/// the look-ups.
///
/// # Errors
/// What [`Algebra::convert`] refuses.
pub(super) fn constraints(
    system: &System,
    algebra: &mut Algebra,
    drawn: &Drawn,
) -> Result<Vec<Sum>, ProverError> {
    let mut all = Vec::new();
    for gate in system.cs.gates() {
        for polynomial in gate.polynomials() {
            all.push(algebra.convert(polynomial, &system.places, &drawn.challenges)?);
        }
    }
    permutation(system, algebra, drawn, &mut all);
    for number in 0..system.cs.lookups().len() {
        lookup(system, algebra, drawn, number, &mut all)?;
    }
    Ok(all)
}

/// `a − b`.
fn minus(a: Sum, b: &Sum) -> Sum {
    a.plus(b, -Fr::ONE)
}

/// `z² − z`.
fn boolean(algebra: &mut Algebra, z: &Sum) -> Sum {
    let square = algebra.product(z.clone(), z.clone());
    minus(square, z)
}

/// The factors `value + δʲ·β·X + γ` and `value + β·σ + γ` of a set's columns.
pub(super) fn set_factors(
    system: &System,
    algebra: &mut Algebra,
    [beta, gamma]: [Fr; 2],
    set: usize,
) -> Vec<[Sum; 2]> {
    let Places { sigma, x, .. } = system.places;
    let range = system.set(set);
    let mut shift = Fr::DELTA.pow_vartime([range.start as u64]) * beta;
    let mut factors = Vec::with_capacity(range.len());
    for j in range {
        let column = system.places.of(&system.permuted[j]);
        let value = algebra.cell(column, 0).plus_constant(gamma);
        let identity = algebra.cell(x, 0);
        let permuted = algebra.cell(sigma + j, 0);
        factors.push([
            value.clone().plus(&identity, shift),
            value.plus(&permuted, beta),
        ]);
        shift *= Fr::DELTA;
    }
    factors
}

fn permutation(system: &System, algebra: &mut Algebra, drawn: &Drawn, all: &mut Vec<Sum>) {
    let Some(last) = system.sets.checked_sub(1) else {
        return;
    };
    let places = &system.places;
    let product =
        |algebra: &mut Algebra, set, rotation| algebra.cell(places.products + set, rotation);
    let first_row = algebra.cell(places.first, 0);
    let last_row = algebra.cell(places.last, 0);
    let active = algebra.cell(places.active, 0);

    let start = product(algebra, 0, 0);
    let start = minus(Sum::constant(Fr::ONE), &start);
    all.push(algebra.product(start, first_row.clone()));
    let end = product(algebra, last, 0);
    let end = boolean(algebra, &end);
    all.push(algebra.product(end, last_row));
    for set in 1..system.sets {
        let here = product(algebra, set, 0);
        let before = product(algebra, set - 1, system.last_rotation());
        all.push(algebra.product(minus(here, &before), first_row.clone()));
    }
    for set in 0..system.sets {
        let mut next = product(algebra, set, 1);
        let mut now = product(algebra, set, 0);
        for [identity, permuted] in set_factors(system, algebra, [drawn.beta, drawn.gamma], set) {
            next = algebra.product(next, permuted);
            now = algebra.product(now, identity);
        }
        all.push(algebra.product(minus(next, &now), active.clone()));
    }
}

fn lookup(
    system: &System,
    algebra: &mut Algebra,
    drawn: &Drawn,
    number: usize,
    all: &mut Vec<Sum>,
) -> Result<(), ProverError> {
    let places = &system.places;
    let argument = &system.cs.lookups()[number];
    let Drawn {
        challenges,
        theta,
        beta,
        gamma,
    } = drawn;
    let input = argument.input_expressions();
    let input = algebra.compress(input, places, challenges, *theta)?;
    let table = argument.table_expressions();
    let table = algebra.compress(table, places, challenges, *theta)?;
    let [a, s, z] = places.lookup(number);
    let first_row = algebra.cell(places.first, 0);
    let last_row = algebra.cell(places.last, 0);
    let active = algebra.cell(places.active, 0);
    let product = algebra.cell(z, 0);
    let permuted_input = algebra.cell(a, 0);
    let permuted_table = algebra.cell(s, 0);

    let start = minus(Sum::constant(Fr::ONE), &product);
    all.push(algebra.product(start, first_row.clone()));
    let end = boolean(algebra, &product);
    all.push(algebra.product(end, last_row));

    let next = algebra.cell(z, 1);
    let next = algebra.product(next, permuted_input.clone().plus_constant(*beta));
    let next = algebra.product(next, permuted_table.clone().plus_constant(*gamma));
    let now = algebra.product(product, input.plus_constant(*beta));
    let now = algebra.product(now, table.plus_constant(*gamma));
    all.push(algebra.product(minus(next, &now), active.clone()));

    let difference = minus(permuted_input.clone(), &permuted_table);
    all.push(algebra.product(difference.clone(), first_row));
    let above = algebra.cell(a, -1);
    let repeated = algebra.product(difference, minus(permuted_input, &above));
    all.push(algebra.product(repeated, active));
    Ok(())
}
