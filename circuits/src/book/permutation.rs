//! Poseidon as the hash lane holds it: the inputs of its 135 S-boxes, and the digest.
//!
//! With u the inputs of a block of nine S-boxes and `w = u^5` their outputs, the next block is
//!
//! ```text
//! u⁺_i = Σ_j A_ij·u_j + Σ_j B_ij·w_j + Σ_{j<i} T_ij·w⁺_j + k_i
//! ```

use std::sync::OnceLock;

use ff::Field;

use super::columns::{INPUTS, SBOXES};
use crate::system::poseidon::{is_partial, mul, Linear, Matrix, Vector, BLOCKS, WIDTH};
use zkmargin_engine::Fr;

/// Permutations that are computed together.
pub const TOGETHER: usize = 8;

/// How a block follows from the one before: `u⁺ = A·u + B·w + T·w⁺ + k`.
pub struct Step {
    /// A, if any.
    pub inputs: Option<Matrix>,
    /// B.
    pub outputs: Matrix,
    /// T, strictly lower triangular, if any.
    pub triangle: Option<Matrix>,
    /// k; zero after the last block.
    pub constants: Vector,
}

/// Block by block; the digest is the first number after the last.
pub fn steps() -> &'static [Step] {
    static STEPS: OnceLock<Vec<Step>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let linear = Linear::get();
        let step = |block: usize| {
            let (inputs, outputs) = if is_partial(block) {
                (Some(linear.leave_u), linear.leave_w)
            } else {
                (None, linear.mds)
            };
            let constants = constants(block + 1);
            if is_partial(block + 1) {
                Step {
                    inputs: inputs.map(|m| mul(&linear.look, &m)),
                    outputs: mul(&linear.look, &outputs),
                    triangle: Some(linear.triangle),
                    constants,
                }
            } else {
                Step {
                    inputs,
                    outputs,
                    triangle: None,
                    constants,
                }
            }
        };
        (0..BLOCKS).map(step).collect()
    })
}

/// What is added to a block: to the state itself in the first.
pub fn constants(block: usize) -> Vector {
    let known = Linear::get().constants.get(block);
    known.copied().unwrap_or([Fr::ZERO; WIDTH])
}

/// Who computes permutations.
pub trait Permutations: Send + Sync {
    /// Eight of them: tells for each of the 135 S-boxes its input in every one, and after them the
    /// digests.
    fn eight(&self, states: &[[Fr; WIDTH]; TOGETHER], tell: &mut dyn FnMut(usize, &[Fr; TOGETHER]));
}

/// One after another, with the field's own arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Permutations for Plain {
    fn eight(
        &self,
        states: &[[Fr; WIDTH]; TOGETHER],
        tell: &mut dyn FnMut(usize, &[Fr; TOGETHER]),
    ) {
        let mut all = [[Fr::ZERO; TOGETHER]; SBOXES + 1];
        for (i, state) in states.iter().enumerate() {
            run(state, |cell, value| all[cell][i] = value);
        }
        for (cell, values) in all.iter().enumerate() {
            tell(cell, values);
        }
    }
}

fn fifth(u: Fr) -> Fr {
    u.square().square() * u
}

fn dot(row: &[Fr], values: &[Fr]) -> Fr {
    let mut sum = Fr::ZERO;
    for (factor, value) in row.iter().zip(values) {
        sum += *factor * value;
    }
    sum
}

fn run(state: &[Fr; WIDTH], mut tell: impl FnMut(usize, Fr)) {
    let first = constants(0);
    let mut u: Vector = std::array::from_fn(|i| state[i] + first[i]);
    let mut w = u.map(fifth);
    u.iter().enumerate().for_each(|(i, u)| tell(i, *u));
    for (block, step) in steps().iter().enumerate() {
        let is_last = block + 1 == BLOCKS;
        let (mut u_next, mut w_next) = ([Fr::ZERO; WIDTH], [Fr::ZERO; WIDTH]);
        // Of the last state, the digest alone is wanted.
        for i in 0..if is_last { 1 } else { WIDTH } {
            let mut sum = dot(&step.outputs[i], &w) + step.constants[i];
            if let Some(inputs) = &step.inputs {
                sum += dot(&inputs[i], &u);
            }
            if let Some(triangle) = &step.triangle {
                sum += dot(&triangle[i][..i], &w_next);
            }
            tell((block + 1) * WIDTH + i, sum);
            u_next[i] = sum;
            w_next[i] = fifth(sum);
        }
        (u, w) = (u_next, w_next);
    }
}

/// Tag and inputs.
pub(crate) fn state(tag: u64, inputs: &[Fr; INPUTS]) -> [Fr; WIDTH] {
    let mut state = [Fr::from(tag); WIDTH];
    state[1..].copy_from_slice(inputs);
    state
}

/// The cells of a permutation: the inputs of its S-boxes, and the digest.
pub fn trace(tag: u64, inputs: &[Fr; INPUTS]) -> (Vec<Fr>, Fr) {
    let (mut cells, mut digest) = (vec![Fr::ZERO; SBOXES], Fr::ZERO);
    run(&state(tag, inputs), |cell, value| {
        match cells.get_mut(cell) {
            Some(cell) => *cell = value,
            None => digest = value,
        }
    });
    (cells, digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_engine::commitment::hash8;

    #[test]
    fn one_row_is_the_permutation() {
        let inputs: [Fr; 8] = std::array::from_fn(|i| Fr::from(i as u64 * 99 + 1));
        let (cells, digest) = trace(4, &inputs);
        assert_eq!(cells.len(), SBOXES);
        assert_eq!(digest, hash8(4, &inputs));
    }

    #[test]
    fn eight_together_are_those_of_each() {
        let inputs = |i: usize| std::array::from_fn(|j| Fr::from((9 * i + j) as u64));
        let states = std::array::from_fn(|i| state(i as u64, &inputs(i)));
        let alone: Vec<_> = (0..TOGETHER).map(|i| trace(i as u64, &inputs(i))).collect();
        let mut told = 0;
        Plain.eight(&states, &mut |cell, values| {
            assert_eq!(cell, told);
            told += 1;
            for (value, (cells, digest)) in values.iter().zip(&alone) {
                assert_eq!(value, cells.get(cell).unwrap_or(digest));
            }
        });
        assert_eq!(told, SBOXES + 1);
    }
}
