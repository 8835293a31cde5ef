//! Setups whose secret this process knew: for tests and experiments only.

use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, Fr, G1Affine, G1, G2};
use halo2curves::ff::{BatchInvert, Field, FromUniformBytes, PrimeField};
use halo2curves::group::{Curve, Group};
use rayon::prelude::*;
use sha2::{Digest, Sha512};

use crate::setup::lagrange::root_of_unity;
use crate::setup::points::{g1_generator, g2_generator};
use crate::setup::powers::assemble;

/// Parameters for a secret that the caller knows.
pub(crate) fn params(k: u32, secret: Fr) -> ParamsKZG<Bn256> {
    let n = 1usize << k;
    let powers = progression(Fr::ONE, secret, n);
    // L_i(τ) = (τ^n - 1)/n · ω^i / (τ - ω^i).
    let roots = progression(Fr::ONE, root_of_unity(k), n);
    let mut lagrange: Vec<Fr> = roots.iter().map(|root| secret - root).collect();
    lagrange.iter_mut().batch_invert();
    let factor =
        (secret.pow_vartime([n as u64]) - Fr::ONE) * Fr::TWO_INV.pow_vartime([u64::from(k)]);
    for (value, root) in lagrange.iter_mut().zip(&roots) {
        *value *= factor * root;
    }
    let table = Table::new();
    let tau_g2 = (G2::from(g2_generator()) * secret).to_affine();
    assemble(
        k,
        table.multiply_all(&powers),
        table.multiply_all(&lagrange),
        tau_g2,
    )
}

/// The secret of a seed: the same for everyone.
pub(crate) fn secret_of_seed(seed: u64) -> Fr {
    let hash = Sha512::new_with_prefix("zkmargin insecure setup")
        .chain_update(seed.to_le_bytes())
        .finalize();
    Fr::from_uniform_bytes(&hash.into())
}

fn progression(first: Fr, ratio: Fr, n: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |last| Some(last * ratio))
        .take(n)
        .collect()
}

/// Multiples of the generator: entry (i, d) is d·256^i·G.
struct Table(Vec<[G1Affine; 256]>);

impl Table {
    fn new() -> Self {
        let mut base = G1::from(g1_generator());
        let windows = (0..32).map(|_| {
            let mut row = [G1::identity(); 256];
            for d in 1..256 {
                row[d] = row[d - 1] + base;
            }
            base += row[255];
            let mut affine = [G1Affine::default(); 256];
            G1::batch_normalize(&row, &mut affine);
            affine
        });
        Table(windows.collect())
    }

    fn multiply(&self, scalar: &Fr) -> G1 {
        let bytes = scalar.to_repr();
        let rows = self.0.iter().zip(bytes.as_ref());
        rows.filter(|(_, d)| **d != 0)
            .fold(G1::identity(), |sum, (row, d)| sum + row[usize::from(*d)])
    }

    fn multiply_all(&self, scalars: &[Fr]) -> Vec<G1Affine> {
        let mut affine = vec![G1Affine::default(); scalars.len()];
        affine
            .par_chunks_mut(256)
            .zip(scalars.par_chunks(256))
            .for_each(|(affine, scalars)| {
                let points: Vec<_> = scalars.iter().map(|s| self.multiply(s)).collect();
                G1::batch_normalize(&points, affine);
            });
        affine
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::lagrange::lagrange_basis;
    use halo2_proofs::poly::commitment::ParamsProver;

    #[test]
    fn powers_and_lagrange_points_are_those_of_the_secret() {
        let secret = secret_of_seed(7);
        let params = params(5, secret);
        let mut expected = G1::generator();
        for power in params.get_g() {
            assert_eq!(*power, expected.to_affine());
            expected *= secret;
        }
        assert_eq!(params.s_g2(), (G2::generator() * secret).to_affine());
        let rebuilt = assemble(
            5,
            params.get_g().to_vec(),
            lagrange_basis(params.get_g(), 5),
            params.s_g2(),
        );
        let bytes = |params: &ParamsKZG<Bn256>| {
            let mut out = Vec::new();
            params
                .write_custom(&mut out, halo2_proofs::SerdeFormat::RawBytes)
                .unwrap();
            out
        };
        assert_eq!(bytes(&params), bytes(&rebuilt));
    }
}
