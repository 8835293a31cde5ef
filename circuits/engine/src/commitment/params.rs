//! Parameters of Poseidon: round constants and matrices from the Grain LFSR.

use std::sync::OnceLock;

use ff::{Field, FromUniformBytes, PrimeField};

use crate::Fr;

/// Full rounds: half before the partial rounds, half after.
pub(crate) const FULL_ROUNDS: usize = 8;
/// Partial rounds at width 3.
pub(crate) const PARTIAL_ROUNDS_3: usize = 57;
/// Partial rounds at width 9.
pub(crate) const PARTIAL_ROUNDS_9: usize = 63;
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
    pub(crate) fn is_full(&self, round: usize) -> bool {
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
pub(crate) fn sbox(x: Fr) -> Fr {
    let x2 = x * x;
    x2 * x2 * x
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
