//! Poseidon of width 9 with circom's parameters as linear maps between blocks of nine S-boxes.
//!
//! In a partial round only lane 0 passes the S-box, so nine inputs `u` and nine outputs `w` of a block
//! determine the whole state: `u_i = e0·M̂^i·σ + Σ_{j<i} Q_ij·w_j + const`, with σ the state at the
//! start of the block and `M̂` the matrix without the column of lane 0. `L` (`look`) has the rows `e0·M̂^i`; it is
//! inverted once to express σ, and so the state after the block, by `(u, w)`. `Q` (`triangle`) is strictly lower
//! triangular.

use std::sync::OnceLock;

use ff::Field;

use zkmargin_engine::commitment::params::{params, Params};
use zkmargin_engine::Fr;

/// State width.
pub const WIDTH: usize = 9;
/// Blocks of a permutation.
pub const BLOCKS: usize = 15;
const FULL_HALF: usize = 4;
const PARTIAL_BLOCKS: usize = 7;

/// Whether a block is nine partial rounds.
pub(crate) fn is_partial(block: usize) -> bool {
    (FULL_HALF..FULL_HALF + PARTIAL_BLOCKS).contains(&block)
}

pub(crate) type Vector = [Fr; WIDTH];
pub(crate) type Matrix = [Vector; WIDTH];

/// The linear maps between blocks and the constants of every S-box.
pub(crate) struct Linear {
    pub(crate) mds: Matrix,
    pub(crate) look: Matrix,
    pub(crate) triangle: Matrix,
    pub(crate) leave_u: Matrix,
    pub(crate) leave_w: Matrix,
    pub(crate) constants: [Vector; BLOCKS],
}

pub(crate) fn mul(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..WIDTH).map(|k| a[i][k] * b[k][j]).sum()))
}

pub(crate) fn apply(a: &Matrix, v: &Vector) -> Vector {
    std::array::from_fn(|i| (0..WIDTH).map(|k| a[i][k] * v[k]).sum())
}

fn invert(m: &Matrix) -> Matrix {
    let mut a = *m;
    let mut b: Matrix =
        std::array::from_fn(|i| std::array::from_fn(|j| Fr::from(u64::from(i == j))));
    for col in 0..WIDTH {
        let pivot = (col..WIDTH).find(|&r| a[r][col] != Fr::ZERO).unwrap_or(col);
        a.swap(col, pivot);
        b.swap(col, pivot);
        let inv = a[col][col].invert().unwrap_or(Fr::ZERO);
        for j in 0..WIDTH {
            a[col][j] *= inv;
            b[col][j] *= inv;
        }
        for r in (0..WIDTH).filter(|&r| r != col) {
            let f = a[r][col];
            for j in 0..WIDTH {
                let (x, y) = (a[col][j], b[col][j]);
                a[r][j] -= f * x;
                b[r][j] -= f * y;
            }
        }
    }
    b
}

/// One block of nine partial rounds as linear maps of the state σ before it and the outputs `w`.
struct PartialBlock {
    /// u = look·σ + triangle·w + constant
    pub(crate) look: Matrix,
    pub(crate) triangle: Matrix,
    /// σ⁺ = through·σ + inject·w + constant
    through: Matrix,
    inject: Matrix,
}

impl PartialBlock {
    fn new(mds: &Matrix) -> Self {
        let zero = [[Fr::ZERO; WIDTH]; WIDTH];
        let mut hat = *mds;
        for row in hat.iter_mut() {
            row[0] = Fr::ZERO;
        }
        let mut state: Matrix =
            std::array::from_fn(|i| std::array::from_fn(|j| Fr::from(u64::from(i == j))));
        let (mut look, mut triangle, mut inject) = (zero, zero, zero);
        for round in 0..WIDTH {
            look[round] = state[0];
            triangle[round] = inject[0];
            state = mul(&hat, &state);
            inject = mul(&hat, &inject);
            for (lane, row) in inject.iter_mut().enumerate() {
                row[round] += mds[lane][0];
            }
        }
        PartialBlock {
            look,
            triangle,
            through: state,
            inject,
        }
    }

    /// Constants of `u` and of σ⁺ when σ has none, for the nine rounds from `first`.
    fn constants(mds: &Matrix, p: &Params, first: usize, sigma: Vector) -> (Vector, Vector) {
        let mut state = sigma;
        let mut u = [Fr::ZERO; WIDTH];
        for (round, out) in u.iter_mut().enumerate() {
            for (lane, c) in p.constants[first + round].iter().enumerate() {
                state[lane] += c;
            }
            *out = state[0];
            state[0] = Fr::ZERO;
            state = apply(mds, &state);
        }
        (u, state)
    }
}

impl Linear {
    fn new() -> Self {
        let p = params(WIDTH);
        let mds: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| p.mds[i][j]));
        let block = PartialBlock::new(&mds);
        let inverse = invert(&block.look);
        // σ = inverse·(u − triangle·w − constant)
        let sigma_w = mul(&inverse, &block.triangle);
        let leave_u = mul(&block.through, &inverse);
        let through_w = mul(&block.through, &sigma_w);
        let leave_w: Matrix =
            std::array::from_fn(|i| std::array::from_fn(|j| block.inject[i][j] - through_w[i][j]));
        let mut constants = [[Fr::ZERO; WIDTH]; BLOCKS];
        let round = |r: usize| -> Vector { std::array::from_fn(|i| p.constants[r][i]) };
        for (r, k) in constants.iter_mut().enumerate().take(FULL_HALF) {
            *k = round(r);
        }
        // In terms of (u, w) of the block before, σ carries: after − through·inverse·u_const.
        let mut sigma = [Fr::ZERO; WIDTH];
        for b in 0..PARTIAL_BLOCKS {
            let first = FULL_HALF + b * WIDTH;
            constants[FULL_HALF + b] = PartialBlock::constants(&mds, p, first, sigma).0;
            let (own, after) = PartialBlock::constants(&mds, p, first, [Fr::ZERO; WIDTH]);
            let back = apply(&leave_u, &own);
            sigma = std::array::from_fn(|i| after[i] - back[i]);
        }
        for r in 0..FULL_HALF {
            let mut k = round(FULL_HALF + PARTIAL_BLOCKS * WIDTH + r);
            if r == 0 {
                k.iter_mut().zip(sigma).for_each(|(k, s)| *k += s);
            }
            constants[FULL_HALF + PARTIAL_BLOCKS + r] = k;
        }
        Linear {
            mds,
            look: block.look,
            triangle: block.triangle,
            leave_u,
            leave_w,
            constants,
        }
    }

    /// The block after `block`: S-box inputs, or the final state.
    pub(crate) fn next(&self, block: usize, u: &Vector) -> Vector {
        let w = u.map(|u| u.square().square() * u);
        let y: Vector = if is_partial(block) {
            let (a, b) = (apply(&self.leave_u, u), apply(&self.leave_w, &w));
            std::array::from_fn(|i| a[i] + b[i])
        } else {
            apply(&self.mds, &w)
        };
        let zero = [Fr::ZERO; WIDTH];
        let k = self.constants.get(block + 1).unwrap_or(&zero);
        if !is_partial(block + 1) {
            return std::array::from_fn(|i| y[i] + k[i]);
        }
        let mut next = apply(&self.look, &y);
        for i in 0..WIDTH {
            next[i] += k[i];
            for j in 0..i {
                let w = next[j].square().square() * next[j];
                next[i] += self.triangle[i][j] * w;
            }
        }
        next
    }

    /// The maps for circom's parameters.
    pub(crate) fn get() -> &'static Linear {
        static LINEAR: OnceLock<Linear> = OnceLock::new();
        LINEAR.get_or_init(Linear::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::commitment::hash8;

    #[test]
    fn linear_blocks_are_the_permutation() {
        let linear = Linear::get();
        let inputs: [Fr; 8] = std::array::from_fn(|i| Fr::from(i as u64 * 77 + 5));
        let mut u: Vector = std::array::from_fn(|i| {
            linear.constants[0][i] + if i == 0 { Fr::from(6) } else { inputs[i - 1] }
        });
        for block in 0..BLOCKS {
            u = linear.next(block, &u);
        }
        assert_eq!(u[0], hash8(6, &inputs));
    }
}
