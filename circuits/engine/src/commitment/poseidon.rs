//! Poseidon over BN254 with circom's parameters.
//!
//! x^5 s-box, 8 full rounds, 57 partial rounds at width 3 and 63 at width 9. A round adds its
//! constants, applies the s-box (to every element in a full round, to the first alone in a
//! partial one) and multiplies by the matrix. The parameters come from the Grain LFSR procedure
//! of the Poseidon paper (prime field, power s-box, 254 bits): the round constants by rejection
//! sampling, then the Cauchy matrix 1/(x_i + y_j) from the same stream. circomlib uses the same
//! numbers, so circomlibjs, poseidon-lite and the Solidity libraries recompute every digest.
//!
//! The domain tag is the capacity element `state[0]` before the first round (circom's
//! `initialState`), and the digest is `state[0]` after the last.

use std::sync::OnceLock;

use super::params::{multiply, params, sbox, Params};
use super::sparse::Sparse;
use crate::Fr;

/// The permutation, round by round as specified; the twin of the circuit.
pub(crate) fn permute<const T: usize>(params: &Params, state: &mut [Fr; T]) {
    for (round, constants) in params.constants.iter().enumerate() {
        for (x, c) in state.iter_mut().zip(constants) {
            *x += c;
        }
        let boxed = if params.is_full(round) { T } else { 1 };
        for x in state.iter_mut().take(boxed) {
            *x = sbox(*x);
        }
        *state = multiply(&params.mds, state);
    }
}

/// Digest of eight field elements under a domain tag (width 9).
pub fn hash8(tag: u64, inputs: &[Fr; 8]) -> Fr {
    state8(tag, inputs)[0]
}

/// The whole state that a digest of eight field elements is the first of.
///
/// # Security
/// Whoever knows all nine inverts the permutation: never show the first beside the others.
pub fn state8(tag: u64, inputs: &[Fr; 8]) -> [Fr; 9] {
    static SPARSE: OnceLock<Option<Sparse<9>>> = OnceLock::new();
    let mut state = [Fr::from(tag); 9];
    state[1..].copy_from_slice(inputs);
    permuted(
        SPARSE.get_or_init(|| Sparse::new(params(9))),
        params(9),
        state,
    )
}

/// Digest of two field elements under a domain tag (width 3).
pub fn hash2(tag: u64, inputs: &[Fr; 2]) -> Fr {
    static SPARSE: OnceLock<Option<Sparse<3>>> = OnceLock::new();
    let state = [Fr::from(tag), inputs[0], inputs[1]];
    permuted(
        SPARSE.get_or_init(|| Sparse::new(params(3))),
        params(3),
        state,
    )[0]
}

fn permuted<const T: usize>(
    sparse: &Option<Sparse<T>>,
    params: &Params,
    mut state: [Fr; T],
) -> [Fr; T] {
    match sparse {
        Some(sparse) => sparse.permute(state),
        None => {
            permute(params, &mut state);
            state
        }
    }
}

#[cfg(test)]
mod tests {
    use ff::{Field, PrimeField};

    use super::*;
    use ark_ff::{BigInteger, PrimeField as _};
    use light_poseidon::{Poseidon, PoseidonHasher};
    use rand::SeedableRng;

    fn to_ark(x: &Fr) -> ark_bn254::Fr {
        ark_bn254::Fr::from_le_bytes_mod_order(x.to_repr().as_ref())
    }

    fn from_ark(x: ark_bn254::Fr) -> Fr {
        let mut repr = [0u8; 32];
        repr.copy_from_slice(&x.into_bigint().to_bytes_le());
        Fr::from_repr(repr).unwrap()
    }

    fn decimal(text: &str) -> Fr {
        Fr::from_str_vartime(text).unwrap()
    }

    #[test]
    fn circomlib_vectors() {
        // circomlib test/poseidoncircuit.js and circomlibjs test/poseidon.js.
        assert_eq!(
            hash2(0, &[Fr::from(1), Fr::from(2)]),
            decimal("7853200120776062878684798364095072458815029376092732009249414926327459813530")
        );
        assert_eq!(
            hash2(0, &[Fr::from(3), Fr::from(4)]),
            decimal(
                "14763215145315200506921711489642608356394854266165572616578112107564877678998"
            )
        );
    }

    #[test]
    fn equal_to_an_independent_implementation() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for tag in [0u64, 1, 7, u64::MAX] {
            let domain = ark_bn254::Fr::from(tag);
            let mut two = Poseidon::<ark_bn254::Fr>::with_domain_tag_circom(2, domain).unwrap();
            let mut eight = Poseidon::<ark_bn254::Fr>::with_domain_tag_circom(8, domain).unwrap();
            for _ in 0..4 {
                let x: [Fr; 8] = std::array::from_fn(|_| Fr::random(&mut rng));
                let ark = x.map(|x| to_ark(&x));
                assert_eq!(hash8(tag, &x), from_ark(eight.hash(&ark).unwrap()));
                assert_eq!(
                    hash2(tag, &[x[0], x[1]]),
                    from_ark(two.hash(&ark[..2]).unwrap())
                );
            }
        }
        let mut plain = Poseidon::<ark_bn254::Fr>::new_circom(8).unwrap();
        let ones = [ark_bn254::Fr::from(1u64); 8];
        assert_eq!(
            hash8(0, &[Fr::ONE; 8]),
            from_ark(plain.hash(&ones).unwrap())
        );
    }

    #[test]
    fn round_counts() {
        for (t, rp) in [(3, 57), (9, 63)] {
            let p = params(t);
            assert_eq!((p.t, p.rf, p.rp, p.constants.len()), (t, 8, rp, 8 + rp));
            assert_eq!((0..8 + rp).filter(|r| p.is_full(*r)).count(), 8);
            assert!(p.is_full(3) && !p.is_full(4) && !p.is_full(3 + rp) && p.is_full(4 + rp));
        }
    }
}
