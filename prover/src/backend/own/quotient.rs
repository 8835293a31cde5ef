//! The quotient of all constraints by `Xⁿ − 1`, in pieces of n coefficients.
//!
//! A constraint of degree d has a quotient of d − 1 pieces, which d − 1 cosets determine. So the
//! constraints are summed by degree, with powers of y as weights, and each sum is evaluated on as
//! many cosets as it needs; a column is transformed only where a program reads it. On the coset of
//! shift g the values give the quotient modulo `Xⁿ − gⁿ`, and its pieces follow by the inverse of a
//! Vandermonde matrix in the gⁿ.

use ff::Field;
use halo2_proofs::arithmetic::lagrange_interpolate;
use halo2curves::bn256::Fr;
use rayon::prelude::*;
use zkmargin_kernels::program::{Assembler, Program};
use zkmargin_kernels::{Column, Lanes};

use super::compile::compile;
use super::constraints::{constraints, Drawn};
use super::key::{powers, Key};
use super::sum::{Algebra, Sum};
use super::timing::timed;
use crate::error::ProverError;

/// Constraints that need the same number of cosets.
struct Class<L: Lanes> {
    cosets: usize,
    program: Program<L>,
}

/// The pieces of the quotient as coefficients, lowest first.
///
/// # Errors
/// When a constraint is not supported.
pub(super) fn quotient<L: Lanes>(
    key: &Key<L>,
    polynomials: &[&Column<L>],
    drawn: &Drawn,
    y: Fr,
) -> Result<Vec<Column<L>>, ProverError> {
    let classes = timed("compile", || classes(key, drawn, y))?;
    let remainders = timed("cosets", || remainders(key, polynomials, &classes));
    let mut pieces: Vec<(Vec<&Column<L>>, Vec<Fr>)> = vec![Default::default(); key.system.pieces()];
    for (class, remainders) in classes.iter().zip(&remainders) {
        let meeting: Vec<Fr> = key.parts[..class.cosets].iter().map(|p| p.power).collect();
        for (coset, remainder) in remainders.iter().enumerate() {
            // The polynomial that is 1 where this coset's pieces meet, and 0 at the others.
            let unit: Vec<Fr> = (0..class.cosets)
                .map(|i| if i == coset { Fr::ONE } else { Fr::ZERO })
                .collect();
            let weights = lagrange_interpolate(&meeting, &unit);
            for (piece, weight) in pieces.iter_mut().zip(weights) {
                piece.0.push(remainder);
                piece.1.push(weight);
            }
        }
    }
    let sums = pieces.par_iter();
    Ok(sums
        .map(|(columns, weights)| key.combine(columns, weights))
        .collect())
}

/// How many cosets are used for constraints that need so many: few classes share more factors.
fn rounded(cosets: usize, most: usize) -> usize {
    match cosets {
        0 => 1,
        1..=5 => cosets,
        _ => cosets.next_multiple_of(4).min(most),
    }
}

fn classes<L: Lanes>(key: &Key<L>, drawn: &Drawn, y: Fr) -> Result<Vec<Class<L>>, ProverError> {
    let mut algebra = Algebra::default();
    let all = constraints(&key.system, &mut algebra, drawn)?;
    let most = key.system.pieces();
    let weights = powers(y, Fr::ONE, all.len());
    let mut sums = vec![Vec::new(); most + 1];
    // The last constraint has weight 1.
    for (constraint, weight) in all.into_iter().zip(weights.into_iter().rev()) {
        let needed = algebra.degree(&constraint).saturating_sub(1);
        if needed > most {
            return Err(ProverError::Unsupported("a degree above the key's"));
        }
        sums[rounded(needed, most)].extend(constraint.scaled(weight).into_terms());
    }
    let sums = sums.into_par_iter().enumerate();
    let classes = sums
        .filter(|(_, terms)| !terms.is_empty())
        .map(|(cosets, terms)| Class {
            cosets,
            program: compile(&algebra, Sum::collect(terms)),
        });
    Ok(classes.collect())
}

/// For each class and each of its cosets the quotient modulo `Xⁿ − gⁿ`.
fn remainders<L: Lanes>(
    key: &Key<L>,
    polynomials: &[&Column<L>],
    classes: &[Class<L>],
) -> Vec<Vec<Column<L>>> {
    let unshift = product_of_two();
    let mut remainders: Vec<Vec<Column<L>>> = classes.iter().map(|_| Vec::new()).collect();
    let mut spare: Vec<Column<L>> = polynomials.iter().map(|_| key.zero()).collect();
    for (number, part) in key.parts.iter().enumerate() {
        let mut used = vec![false; polynomials.len()];
        for class in classes.iter().filter(|class| class.cosets > number) {
            for column in class.program.columns() {
                used[column as usize] = true;
            }
        }
        spare
            .par_iter_mut()
            .zip(polynomials)
            .zip(&used)
            .filter(|(_, used)| **used)
            .for_each(|((spare, polynomial), _)| {
                key.domain.forward(polynomial, &part.coset, spare);
            });
        let columns: Vec<&Column<L>> = spare.iter().collect();
        for (class, remainders) in classes.iter().zip(&mut remainders) {
            if class.cosets > number {
                let mut values = class.program.run(&columns);
                key.domain.inverse(&mut values);
                remainders.push(unshift.run(&[&values, &part.unshift]));
            }
        }
    }
    remainders
}

/// The program that multiplies two columns.
fn product_of_two<L: Lanes>() -> Program<L> {
    let mut assembler = Assembler::default();
    let (a, b) = (assembler.load(0, 0), assembler.load(1, 0));
    let product = assembler.mul(a, b);
    assembler.finish(product)
}
