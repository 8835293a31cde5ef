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

use ff::{Field, FromUniformBytes, PrimeField};

use super::sparse::Sparse;
use crate::Fr;

/// Full rounds: half before the partial rounds, half after.
pub const FULL_ROUNDS: usize = 8;
/// Partial rounds at width 3.
pub const PARTIAL_ROUNDS_3: usize = 57;
/// Partial rounds at width 9.
pub const PARTIAL_ROUNDS_9: usize = 63;
/// Bits of a field element, as the parameter generator counts them.
const FIELD_BITS: usize = 254;

/// The numbers of one permutation.
#[derive(Debug)]
pub struct Params {
    /// Width of the state.
    pub t: usize,
    /// Number of full rounds.
    pub rf: usize,
    /// Number of partial rounds.
    pub rp: usize,
    /// Round constants, `constants[round][element]`, `rf + rp` rounds of `t`.
    pub constants: Vec<Vec<Fr>>,
    /// The matrix: element i after a round is Σ_j `mds[i][j]`·state_j.
    pub mds: Vec<Vec<Fr>>,
}

impl Params {
    /// True if round `round` (from 0) applies the s-box to every element.
    pub fn is_full(&self, round: usize) -> bool {
        let half = self.rf / 2;
        round < half || round >= half + self.rp
    }

    fn generate(t: usize, rf: usize, rp: usize) -> Params {
        let mut grain = Grain::new(t, rf, rp);
        let constants = (0..rf + rp)
            .map(|_| (0..t).map(|_| grain.element_below_p()).collect())
            .collect();
        Params {
            t,
            rf,
            rp,
            constants,
            mds: grain.cauchy(t),
        }
    }
}

/// Parameters of width 3 (two inputs) or, for any other `t`, of width 9 (eight inputs).
pub fn params(t: usize) -> &'static Params {
    if t == 3 {
        params_3()
    } else {
        debug_assert_eq!(t, 9);
        params_9()
    }
}

fn params_3() -> &'static Params {
    static PARAMS: OnceLock<Params> = OnceLock::new();
    PARAMS.get_or_init(|| Params::generate(3, FULL_ROUNDS, PARTIAL_ROUNDS_3))
}

fn params_9() -> &'static Params {
    static PARAMS: OnceLock<Params> = OnceLock::new();
    PARAMS.get_or_init(|| Params::generate(9, FULL_ROUNDS, PARTIAL_ROUNDS_9))
}

/// x^5, the s-box.
pub fn sbox(x: Fr) -> Fr {
    let x2 = x * x;
    x2 * x2 * x
}

/// The permutation, round by round as specified; the twin of the circuit.
pub fn permute<const T: usize>(params: &Params, state: &mut [Fr; T]) {
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

/// Matrix times state.
pub(super) fn multiply<const T: usize, R: AsRef<[Fr]>>(matrix: &[R], state: &[Fr; T]) -> [Fr; T] {
    let mut out = [Fr::ZERO; T];
    for (y, row) in out.iter_mut().zip(matrix) {
        for (m, x) in row.as_ref().iter().zip(state) {
            *y += *m * x;
        }
    }
    out
}

/// Digest of eight field elements under a domain tag (width 9).
pub fn hash8(tag: u64, inputs: &[Fr; 8]) -> Fr {
    static SPARSE: OnceLock<Option<Sparse<9>>> = OnceLock::new();
    let mut state = [Fr::from(tag); 9];
    state[1..].copy_from_slice(inputs);
    digest(
        SPARSE.get_or_init(|| Sparse::new(params_9())),
        params_9(),
        state,
    )
}

/// Digest of two field elements under a domain tag (width 3).
pub fn hash2(tag: u64, inputs: &[Fr; 2]) -> Fr {
    static SPARSE: OnceLock<Option<Sparse<3>>> = OnceLock::new();
    let state = [Fr::from(tag), inputs[0], inputs[1]];
    digest(
        SPARSE.get_or_init(|| Sparse::new(params_3())),
        params_3(),
        state,
    )
}

fn digest<const T: usize>(sparse: &Option<Sparse<T>>, params: &Params, state: [Fr; T]) -> Fr {
    match sparse {
        Some(sparse) => sparse.permute(state)[0],
        None => {
            let mut state = state;
            permute(params, &mut state);
            state[0]
        }
    }
}

/// The 80-bit Grain LFSR in self-shrinking mode, the source of the parameters.
struct Grain {
    /// Bit i of the register is bit i of this number; the oldest bit is bit 0.
    register: u128,
}

impl Grain {
    /// Seeds with the 80 bits that describe the permutation and discards 160 steps.
    fn new(t: usize, rf: usize, rp: usize) -> Grain {
        let fields: [(u128, usize); 7] = [
            (1, 2), // prime field
            (0, 4), // power s-box
            (FIELD_BITS as u128, 12),
            (t as u128, 12),
            (rf as u128, 10),
            (rp as u128, 10),
            ((1 << 30) - 1, 30),
        ];
        let mut register = 0u128;
        let mut at = 0;
        for (value, width) in fields {
            for bit in (0..width).rev() {
                register |= (value >> bit & 1) << at;
                at += 1;
            }
        }
        let mut grain = Grain { register };
        for _ in 0..160 {
            grain.step();
        }
        grain
    }

    fn step(&mut self) -> bool {
        let r = self.register;
        let new = (r >> 62 ^ r >> 51 ^ r >> 38 ^ r >> 23 ^ r >> 13 ^ r) & 1;
        self.register = r >> 1 | new << 79;
        new == 1
    }

    /// One output bit: the second of a pair whose first is 1.
    fn bit(&mut self) -> bool {
        while !self.step() {
            self.step();
        }
        self.step()
    }

    /// 254 output bits, most significant first, as a little-endian number.
    fn number(&mut self) -> [u8; 32] {
        let mut bytes = [0u8; 32];
        for i in (0..FIELD_BITS).rev() {
            if self.bit() {
                bytes[i / 8] |= 1 << (i % 8);
            }
        }
        bytes
    }

    /// The next number below the modulus; larger ones are skipped.
    fn element_below_p(&mut self) -> Fr {
        loop {
            if let Some(x) = Option::<Fr>::from(Fr::from_repr(self.number())) {
                return x;
            }
        }
    }

    /// The next number, reduced.
    fn element_mod_p(&mut self) -> Fr {
        let mut wide = [0u8; 64];
        wide[..32].copy_from_slice(&self.number());
        Fr::from_uniform_bytes(&wide)
    }

    /// 1/(x_i + y_j) from the next draw of 2t distinct elements for which every sum has an inverse.
    fn cauchy(&mut self, t: usize) -> Vec<Vec<Fr>> {
        loop {
            let draw: Vec<Fr> = (0..2 * t).map(|_| self.element_mod_p()).collect();
            let distinct = (0..2 * t).all(|i| !draw[..i].contains(&draw[i]));
            let (xs, ys) = draw.split_at(t);
            let matrix: Option<Vec<Vec<Fr>>> = xs
                .iter()
                .map(|x| {
                    ys.iter()
                        .map(|y| Option::<Fr>::from((*x + y).invert()))
                        .collect()
                })
                .collect();
            if let (true, Some(matrix)) = (distinct, matrix) {
                return matrix;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
