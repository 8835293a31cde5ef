//! The Poseidon permutation with sparse partial rounds: the same function, a third of the work.
//!
//! The s-box of a partial round touches the first element only, so what acts on the others alone
//! commutes with it. Constants: of c_r only the first element is added in round r; the rest goes
//! through the matrix M into c_(r+1). Matrices: with A_1 = M split as
//!
//! ```text
//! A = | a  bᵗ |  =  | 1  0 | · | a        bᵗ |  =  D · P
//!     | w  Â  |     | 0  Â |   | Â⁻¹·w    1  |
//! ```
//!
//! P is multiplied in 2t − 1 steps, D commutes with the next s-box, and A_(r+1) = M·D. The last D
//! is applied once, densely, before the closing full rounds.

use ff::Field;

use super::params::{multiply, sbox, Params};
use crate::Fr;

/// A partial round: constant and row of the first element, and its column to the others.
struct Partial<const T: usize> {
    constant: Fr,
    row: [Fr; T],
    column: [Fr; T],
}

/// A permutation of width `T` in sparse form.
pub(super) struct Sparse<const T: usize> {
    opening: Vec<[Fr; T]>,
    partial: Vec<Partial<T>>,
    /// The last D.
    dense: [[Fr; T]; T],
    closing: Vec<[Fr; T]>,
    mds: [[Fr; T]; T],
}

impl<const T: usize> Sparse<T> {
    /// The sparse form, or `None` if a matrix has no inverse or another width.
    pub(super) fn new(params: &Params) -> Option<Sparse<T>> {
        let mds: [[Fr; T]; T] = to_array(&params.mds)?;
        let constants: Vec<[Fr; T]> = params
            .constants
            .iter()
            .map(|c| <[Fr; T]>::try_from(c.as_slice()).ok())
            .collect::<Option<_>>()?;
        let half = params.rf / 2;
        let mut dense = identity::<T>();
        let mut carry = [Fr::ZERO; T];
        let mut partial = Vec::with_capacity(params.rp);
        for round in constants.get(half..half + params.rp)? {
            let mut rest: [Fr; T] = std::array::from_fn(|i| round[i] + carry[i]);
            let constant = std::mem::take(&mut rest[0]);
            carry = multiply(&mds, &rest);

            let full = product(&mds, &dense);
            let column = solve(&full)?;
            partial.push(Partial {
                constant,
                row: full[0],
                column,
            });
            dense = full;
            dense[0] = identity()[0];
            dense.iter_mut().skip(1).for_each(|row| row[0] = Fr::ZERO);
        }
        let mut closing = constants.get(half + params.rp..)?.to_vec();
        closing
            .first_mut()?
            .iter_mut()
            .zip(carry)
            .for_each(|(c, moved)| *c += moved);
        Some(Sparse {
            opening: constants.get(..half)?.to_vec(),
            partial,
            dense,
            closing,
            mds,
        })
    }

    /// Permutes.
    pub(super) fn permute(&self, mut state: [Fr; T]) -> [Fr; T] {
        for constants in &self.opening {
            state = self.full_round(constants, state);
        }
        for round in &self.partial {
            let first = sbox(state[0] + round.constant);
            state[0] = first;
            let sum = round
                .row
                .iter()
                .zip(&state)
                .fold(Fr::ZERO, |sum, (m, x)| sum + *m * x);
            for (x, w) in state.iter_mut().zip(&round.column).skip(1) {
                *x += *w * first;
            }
            state[0] = sum;
        }
        state = multiply(&self.dense, &state);
        for constants in &self.closing {
            state = self.full_round(constants, state);
        }
        state
    }

    fn full_round(&self, constants: &[Fr; T], state: [Fr; T]) -> [Fr; T] {
        let boxed: [Fr; T] = std::array::from_fn(|i| sbox(state[i] + constants[i]));
        multiply(&self.mds, &boxed)
    }
}

fn to_array<const T: usize>(matrix: &[Vec<Fr>]) -> Option<[[Fr; T]; T]> {
    let rows: Option<Vec<[Fr; T]>> = matrix
        .iter()
        .map(|row| <[Fr; T]>::try_from(row.as_slice()).ok())
        .collect();
    <[[Fr; T]; T]>::try_from(rows?).ok()
}

fn identity<const T: usize>() -> [[Fr; T]; T] {
    std::array::from_fn(|i| std::array::from_fn(|j| Fr::from(u64::from(i == j))))
}

fn product<const T: usize>(a: &[[Fr; T]; T], b: &[[Fr; T]; T]) -> [[Fr; T]; T] {
    let cell = |i: usize, j: usize| (0..T).fold(Fr::ZERO, |sum, k| sum + a[i][k] * b[k][j]);
    std::array::from_fn(|i| std::array::from_fn(|j| cell(i, j)))
}

/// x with Â·x = w for the parts Â and w of `matrix`, with x_0 = 0; by elimination.
fn solve<const T: usize>(matrix: &[[Fr; T]; T]) -> Option<[Fr; T]> {
    // Column 0 is the right-hand side, rows and columns from 1 are Â.
    let mut m = *matrix;
    for pivot in 1..T {
        let found = (pivot..T).find(|row| m[*row][pivot] != Fr::ZERO)?;
        m.swap(pivot, found);
        let inverse = Option::<Fr>::from(m[pivot][pivot].invert())?;
        m[pivot].iter_mut().for_each(|x| *x *= inverse);
        let base = m[pivot];
        for row in (1..T).filter(|row| *row != pivot) {
            let factor = m[row][pivot];
            m[row]
                .iter_mut()
                .zip(&base)
                .for_each(|(x, b)| *x -= factor * b);
        }
    }
    Some(std::array::from_fn(
        |i| if i == 0 { Fr::ZERO } else { m[i][0] },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::params::params;
    use crate::commitment::poseidon::permute;
    use rand::SeedableRng;

    fn agrees<const T: usize>(seed: u64) {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let sparse = Sparse::<T>::new(params(T)).unwrap();
        assert_eq!(sparse.partial.len(), params(T).rp);
        for _ in 0..8 {
            let mut state: [Fr; T] = std::array::from_fn(|_| Fr::random(&mut rng));
            let fast = sparse.permute(state);
            permute(params(T), &mut state);
            assert_eq!(fast, state);
        }
    }

    #[test]
    fn equal_to_the_permutation_as_specified() {
        agrees::<3>(1);
        agrees::<9>(2);
    }

    #[test]
    fn another_width_has_no_sparse_form() {
        assert!(Sparse::<3>::new(params(9)).is_none());
        assert!(Sparse::<9>::new(params(3)).is_none());
    }

    #[test]
    fn singular_matrices_are_noticed() {
        let flat = [[Fr::ONE; 3]; 3];
        assert!(solve(&flat).is_none());
    }
}
