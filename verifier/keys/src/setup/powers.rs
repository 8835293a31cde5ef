//! Powers of a secret, and the checks that they are what they should be.

use std::path::Path;

use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::poly::commitment::{Blind, Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2_proofs::poly::EvaluationDomain;
use halo2curves::bn256::{Bn256, Fr, G1Affine, G2Affine, G1, G2};
use halo2curves::ff::PrimeField;
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::Curve;
use halo2curves::pairing::{Engine, MillerLoopResult, MultiMillerLoop};
use rand::rngs::OsRng;
use rand::RngCore;
use rayon::prelude::*;

use crate::setup::error::SetupError;
use crate::setup::lagrange::lagrange_basis;
use crate::setup::points::{g1_generator, g2_generator};

/// Secrets up to this number, and their negatives, are refused.
const SMALLEST_SECRET: usize = 1024;

/// \[τ^0\]_1 .. \[τ^(2^k - 1)\]_1 and \[τ\]_2: points of their groups, nothing more is known of them.
pub(crate) struct Powers {
    pub(crate) k: u32,
    pub(crate) g: Vec<G1Affine>,
    pub(crate) tau_g2: G2Affine,
}

impl Powers {
    /// Checks that these are the powers of one secret, and one that nobody can guess.
    pub(crate) fn check(&self, file: &Path) -> Result<(), SetupError> {
        let file = file.to_owned();
        if self.g.first() != Some(&g1_generator()) {
            let section = "the G1 powers";
            return Err(SetupError::NotGenerator { file, section });
        }
        if !self.are_powers() {
            return Err(SetupError::NotPowers { file });
        }
        if self.secret_is_known() {
            return Err(SetupError::KnownSecret { file });
        }
        Ok(())
    }

    /// e(Σ r_i·g\[i+1\], \[1\]_2) = e(Σ r_i·g\[i\], \[τ\]_2) for random r_i of 128 bits. A false answer
    /// "yes" has a probability of 2^-128.
    fn are_powers(&self) -> bool {
        let steps = self.g.len() - 1;
        let r = random_scalars(steps);
        let shifted = best_multiexp(&r, &self.g[1..]).to_affine();
        let plain = best_multiexp(&r, &self.g[..steps]).to_affine();
        pairings_agree((&shifted, &g2_generator()), (&plain, &self.tau_g2))
    }

    /// Whether the secret is 0, a small number, the negative of one, or a root of unity of an
    /// order up to 2^(k-1); [`Powers::expand`] finds those of order 2^k. (The secret zero would be
    /// the point at infinity, which no reader lets pass.)
    fn secret_is_known(&self) -> bool {
        let step = G2::from(g2_generator());
        let tau = G2::from(self.tau_g2);
        let mut multiple = step;
        for _ in 0..SMALLEST_SECRET {
            if multiple == tau || -multiple == tau {
                return true;
            }
            multiple += step;
        }
        (0..self.k).any(|i| self.g[1 << i] == self.g[0])
    }

    /// The parameters with the Lagrange basis, computed here unless it is given.
    pub(crate) fn expand(
        self,
        file: &Path,
        lagrange: Option<Vec<G1Affine>>,
    ) -> Result<ParamsKZG<Bn256>, SetupError> {
        let lagrange = lagrange.unwrap_or_else(|| lagrange_basis(&self.g, self.k));
        // A Lagrange point is infinity only when the secret is one of the 2^k-th roots of unity.
        if lagrange
            .par_iter()
            .any(|point| bool::from(point.is_identity()))
        {
            let file = file.to_owned();
            return Err(SetupError::KnownSecret { file });
        }
        Ok(assemble(self.k, self.g, lagrange, self.tau_g2))
    }
}

/// Parameters from their parts. Nothing is checked.
pub(crate) fn assemble(
    k: u32,
    g: Vec<G1Affine>,
    lagrange: Vec<G1Affine>,
    tau_g2: G2Affine,
) -> ParamsKZG<Bn256> {
    // The library's constructor is a method: it needs some parameters to start from, and takes
    // nothing from them. The smallest ones have one point.
    let any = ParamsKZG::<Bn256>::setup(0, OsRng);
    any.from_parts(k, g, Some(lagrange), g2_generator(), tau_g2)
}

/// Checks that the Lagrange points of the parameters belong to their powers: a random polynomial
/// has the same commitment through both.
pub(crate) fn check_lagrange(file: &Path, params: &ParamsKZG<Bn256>) -> Result<(), SetupError> {
    let domain = EvaluationDomain::<Fr>::new(1, params.k());
    let values = domain.lagrange_from_vec(random_scalars(params.get_g().len()));
    let through_values = params.commit_lagrange(&values, Blind::default());
    let coefficients = domain.lagrange_to_coeff(values);
    if params.commit(&coefficients, Blind::default()) == through_values {
        Ok(())
    } else {
        Err(SetupError::NotLagrange {
            file: file.to_owned(),
        })
    }
}

fn random_scalars(count: usize) -> Vec<Fr> {
    let mut bytes = vec![0; 16 * count];
    OsRng.fill_bytes(&mut bytes);
    let value = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
    };
    bytes
        .chunks_exact(16)
        .map(|chunk| Fr::from_u128(value(chunk)))
        .collect()
}

/// e(p, q) = e(r, s).
fn pairings_agree((p, q): (&G1Affine, &G2Affine), (r, s): (&G1Affine, &G2Affine)) -> bool {
    type Prepared = <Bn256 as MultiMillerLoop>::G2Prepared;
    let negated = -G1::from(*r);
    let (q, s) = (Prepared::from(*q), Prepared::from(*s));
    let product =
        <Bn256 as MultiMillerLoop>::multi_miller_loop(&[(p, &q), (&negated.to_affine(), &s)]);
    let one = <Bn256 as Engine>::Gt::identity();
    product.final_exponentiation() == one
}
