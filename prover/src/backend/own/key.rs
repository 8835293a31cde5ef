//! What one circuit's proofs have in common, in the kernels' form.

use ff::{Field, WithSmallOrderMulGroup};
use halo2_proofs::plonk::{permutation, VerifyingKey};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::EvaluationDomain;
use halo2curves::bn256::{Fr, G1Affine, G1};
use halo2curves::group::{Curve, Group};
use rand::rngs::OsRng;
use rayon::prelude::*;
use zkmargin_kernels::{combine, Bases, Column, Coset, Domain, Lanes};
use zkmargin_keys::setup::Setup;

use super::fixed::Fixed;
use super::system::System;
use crate::error::ProverError;

/// See the module documentation.
pub(in crate::backend) struct Key<L: Lanes> {
    pub(super) system: System,
    /// Digest of the verifying key, with which every transcript starts.
    pub(super) digest: Fr,
    pub(super) domain: Domain<L>,
    /// The Lagrange basis of the setup.
    pub(super) bases: Bases<L>,
    /// The rows themselves.
    pub(super) plain: Coset<L>,
    pub(super) parts: Vec<Part<L>>,
    /// Columns from the first fixed one on: their rows and their coefficients.
    values: Vec<Column<L>>,
    polynomials: Vec<Column<L>>,
    /// A column of zeros.
    zero: Column<L>,
}

/// One of the cosets that constraints are evaluated on.
pub(super) struct Part<L: Lanes> {
    pub(super) coset: Coset<L>,
    /// `gⁿ` of the coset's shift g: where pieces of n coefficients meet.
    pub(super) power: Fr,
    /// `g⁻ⁱ/(gⁿ − 1)` as coefficients.
    pub(super) unshift: Column<L>,
}

impl<L: Lanes> Part<L> {
    /// The coset of a shift.
    fn new(domain: &Domain<L>, shift: Fr, rows: usize) -> Result<Self, ProverError> {
        let coset = domain.coset(shift);
        let power = shift.pow_vartime([rows as u64]);
        let inverse = |x: Fr| Option::<Fr>::from(x.invert());
        let unshift = inverse(shift)
            .zip(inverse(power - Fr::ONE))
            .map(|(back, scale)| powers(back, scale, rows));
        let unshift = unshift.ok_or(ProverError::Unsupported("a degree without cosets"))?;
        Ok(Part {
            unshift: domain.from_coefficients(&unshift),
            power,
            coset,
        })
    }
}

/// `1, x, x², …`, so many of them.
pub(super) fn powers(x: Fr, start: Fr, count: usize) -> Vec<Fr> {
    let next = |power: &Fr| Some(*power * x);
    std::iter::successors(Some(start), next)
        .take(count)
        .collect()
}

impl<L: Lanes> Key<L> {
    /// From what a circuit fixes and the table of multiples of the setup's Lagrange basis. A
    /// verifying key that is not known yet, or is of another circuit, is made.
    ///
    /// # Errors
    /// [`ProverError::Unsupported`] when the circuit leaves no usable row.
    pub(super) fn new(
        fixed: &Fixed,
        setup: &Setup,
        bases: Bases<L>,
        vk: Option<VerifyingKey<G1Affine>>,
    ) -> Result<(Self, VerifyingKey<G1Affine>), ProverError> {
        let k = setup.k();
        let system = System::new(&fixed.cs, k)?;
        let domain = Domain::<L>::new(k);
        let roots = powers(domain.omega(), Fr::ONE, system.rows);
        let sigma = fixed.copies.columns(&roots);
        let (usable, mut last) = (system.usable(), vec![Fr::ZERO; system.rows]);
        last[usable] = Fr::ONE;
        let active = vec![Fr::ONE; usable];
        let first = [Fr::ONE];
        let mut rows: Vec<&[Fr]> = fixed.columns.iter().map(Vec::as_slice).collect();
        rows.extend(sigma.iter().map(Vec::as_slice));
        rows.extend([&first, &last[..], &active, &roots]);
        let values: Vec<Column<L>> = rows.par_iter().map(|r| domain.from_values(r)).collect();
        let vk = match vk {
            Some(vk) if commits(&vk, &bases, &values) => vk,
            _ => verifying_key(fixed, setup, &bases, &values)?,
        };
        let polynomials = values.par_iter().map(|rows| {
            let mut polynomial = rows.clone();
            domain.inverse(&mut polynomial);
            polynomial
        });
        let polynomials = polynomials.collect();
        let zeta = <Fr as WithSmallOrderMulGroup<3>>::ZETA;
        let halo2 = vk.get_domain();
        let shifts = powers(halo2.get_extended_omega(), zeta, system.pieces());
        let parts = shifts
            .iter()
            .map(|shift| Part::new(&domain, *shift, system.rows));
        let parts = parts.collect::<Result<_, ProverError>>()?;
        let key = Key {
            digest: vk.transcript_repr(),
            values,
            zero: domain.from_coefficients(&[]),
            plain: domain.coset(Fr::ONE),
            system,
            bases,
            parts,
            polynomials,
            domain,
        };
        Ok((key, vk))
    }

    /// Coefficients of the columns that the key knows, from the first fixed one on.
    pub(super) fn polynomials(&self) -> &[Column<L>] {
        &self.polynomials
    }

    /// The rows of all columns, of which a proof has made these; zero where there are none yet.
    pub(super) fn rows<'a>(&'a self, made: &'a [Option<Column<L>>]) -> Vec<&'a Column<L>> {
        let made = made
            .iter()
            .map(|column| column.as_ref().unwrap_or(&self.zero));
        made.chain(&self.values).collect()
    }

    /// Commitments to columns of row values.
    pub(super) fn commit(&self, columns: &[&Column<L>]) -> Vec<G1Affine> {
        self.bases.commit_all(columns)
    }

    /// The rows of a polynomial.
    pub(super) fn evaluated(&self, polynomial: &Column<L>) -> Column<L> {
        let mut rows = self.zero();
        self.domain.forward(polynomial, &self.plain, &mut rows);
        rows
    }

    /// A column of zeros.
    pub(super) fn zero(&self) -> Column<L> {
        self.zero.clone()
    }

    /// A sum of columns with weights.
    pub(super) fn combine(&self, columns: &[&Column<L>], weights: &[Fr]) -> Column<L> {
        match columns.is_empty() {
            true => self.zero.clone(),
            false => combine(columns, weights),
        }
    }
}

/// Whether a verifying key commits to the fixed columns and to σ, which come first: by one random sum
/// of them.
fn commits<L: Lanes>(vk: &VerifyingKey<G1Affine>, bases: &Bases<L>, values: &[Column<L>]) -> bool {
    let points = vk.fixed_commitments().iter();
    let points: Vec<&G1Affine> = points.chain(vk.permutation().commitments()).collect();
    // First and last row, the rows before it, and X follow.
    if points.len() + 4 != values.len() {
        return false;
    }
    let weights = powers(Fr::random(OsRng), Fr::ONE, points.len());
    let columns: Vec<&Column<L>> = values[..points.len()].iter().collect();
    let sum = bases.commit(&combine(&columns, &weights));
    let points = points.into_iter().zip(weights);
    sum == points.fold(G1::identity(), |sum, (point, weight)| sum + *point * weight)
}

/// halo2's verifying key: commitments to fixed columns and to σ, whose rows come after them.
fn verifying_key<L: Lanes>(
    fixed: &Fixed,
    setup: &Setup,
    bases: &Bases<L>,
    values: &[Column<L>],
) -> Result<VerifyingKey<G1Affine>, ProverError> {
    let (columns, names) = (fixed.columns.len(), fixed.copies.names());
    let sigma = &values[columns..columns + names.len()];
    let x = values
        .last()
        .ok_or(ProverError::Unsupported("no columns"))?;
    // Most cells are equal to no other, and σ is δ^i·X there: only the others are summed.
    let moved: Vec<Column<L>> = sigma
        .par_iter()
        .zip(&names)
        .map(|(sigma, name)| combine(&[sigma, x], &[Fr::ONE, -name]))
        .collect();
    let all: Vec<&Column<L>> = values[..columns].iter().chain(&moved).collect();
    let mut commitments = bases.commit_all(&all);
    let tau = setup.params().get_g()[1];
    let moved = commitments.split_off(columns).into_iter().zip(names);
    let permutation = moved.map(|(moved, name)| (tau * name + moved).to_affine());
    Ok(VerifyingKey::from_parts(
        EvaluationDomain::new(fixed.cs.degree() as u32, setup.k()),
        commitments,
        permutation::VerifyingKey::from_commitments(permutation.collect()),
        fixed.cs.clone(),
        Vec::new(),
        false,
    ))
}
