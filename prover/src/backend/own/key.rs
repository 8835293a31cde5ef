//! What one circuit's proofs have in common: halo2's proving key in the kernels' form.

use ff::{Field, WithSmallOrderMulGroup};
use halo2_proofs::plonk::ProvingKey;
use halo2curves::bn256::{Fr, G1Affine};
use rayon::prelude::*;
use zkmargin_kernels::{combine, Bases, Column, Coset, Domain, Lanes};

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
    omega: Fr,
}

/// One of the cosets that constraints are evaluated on.
pub(super) struct Part<L: Lanes> {
    pub(super) coset: Coset<L>,
    /// `gⁿ` of the coset's shift g: where pieces of n coefficients meet.
    pub(super) power: Fr,
    /// `g⁻ⁱ/(gⁿ − 1)` as coefficients.
    pub(super) unshift: Column<L>,
}

/// `1, x, x², …`, so many of them.
pub(super) fn powers(x: Fr, start: Fr, count: usize) -> Vec<Fr> {
    let next = |power: &Fr| Some(*power * x);
    std::iter::successors(Some(start), next)
        .take(count)
        .collect()
}

impl<L: Lanes> Key<L> {
    /// From halo2's key and the table of multiples of the setup's Lagrange basis.
    ///
    /// # Errors
    /// [`ProverError::Unsupported`] when the setup or the size is not the key's.
    pub(super) fn new(pk: &ProvingKey<G1Affine>, bases: Bases<L>) -> Result<Self, ProverError> {
        let vk = pk.get_vk();
        let halo2 = vk.get_domain();
        let system = System::new(vk.cs(), halo2.k())?;
        let domain = Domain::<L>::new(halo2.k());
        let plain = domain.coset(Fr::ONE);
        let mut known: Vec<&[Fr]> = pk.fixed_polys().iter().map(|p| p.values()).collect();
        known.extend(pk.permutation().polys().iter().map(|p| p.values()));
        known.extend([pk.l0(), pk.l_last(), pk.l_active_row()].map(|p| p.values()));
        let x = [Fr::ZERO, Fr::ONE];
        known.push(&x);
        let polynomials: Vec<Column<L>> = known
            .par_iter()
            .map(|p| domain.from_coefficients(p))
            .collect();
        let zeta = <Fr as WithSmallOrderMulGroup<3>>::ZETA;
        let shifts = powers(halo2.get_extended_omega(), zeta, system.pieces());
        let part = |shift: &Fr| {
            let coset = domain.coset(*shift);
            let power = shift.pow_vartime([system.rows as u64]);
            let inverse = |x: Fr| Option::<Fr>::from(x.invert());
            let unshift = inverse(*shift)
                .zip(inverse(power - Fr::ONE))
                .map(|(back, scale)| powers(back, scale, system.rows));
            let unshift = unshift.ok_or(ProverError::Unsupported("a degree without cosets"))?;
            Ok(Part {
                unshift: domain.from_coefficients(&unshift),
                power,
                coset,
            })
        };
        let values = polynomials.par_iter().map(|polynomial| {
            let mut rows = polynomial.clone();
            domain.forward(&mut rows, &plain);
            rows
        });
        let values = values.collect();
        let parts = shifts
            .iter()
            .map(part)
            .collect::<Result<_, ProverError>>()?;
        Ok(Key {
            digest: vk.transcript_repr(),
            omega: halo2.get_omega(),
            values,
            zero: domain.from_coefficients(&[]),
            system,
            bases,
            plain,
            parts,
            polynomials,
            domain,
        })
    }

    /// Coefficients of a column of the key, by its place among all columns.
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
    pub(super) fn evaluated(&self, mut coefficients: Column<L>) -> Column<L> {
        self.domain.forward(&mut coefficients, &self.plain);
        coefficients
    }

    /// A column of zeros.
    pub(super) fn zero(&self) -> Column<L> {
        self.zero.clone()
    }

    /// The root of unity that generates the rows.
    pub(super) fn omega(&self) -> Fr {
        self.omega
    }

    /// A sum of columns with weights.
    pub(super) fn combine(&self, columns: &[&Column<L>], weights: &[Fr]) -> Column<L> {
        match columns.is_empty() {
            true => self.zero.clone(),
            false => combine(columns, weights),
        }
    }
}
