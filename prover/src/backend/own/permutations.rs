//! Poseidon permutations of a witness, eight at a time.

use ff::Field;
use halo2curves::bn256::Fr;
use zkmargin_circuits::book::permutation::{constants, steps, Permutations, TOGETHER};
use zkmargin_kernels::{Lanes, Task};

/// State of a permutation.
const WIDTH: usize = 9;

type Row<L> = [<L as Lanes>::Factor<Fr>; WIDTH];
type State<L> = [<L as Lanes>::Vector<Fr>; WIDTH];

/// A step with its constants in the lanes' form.
struct Step<L: Lanes> {
    inputs: Option<[Row<L>; WIDTH]>,
    outputs: [Row<L>; WIDTH],
    triangle: Option<[Row<L>; WIDTH]>,
    constants: Row<L>,
}

/// Permutations in vectors.
pub(crate) struct Vectors<L: Lanes> {
    first: Row<L>,
    steps: Vec<Step<L>>,
}

impl<L: Lanes> Vectors<L> {
    pub(crate) fn new() -> Self {
        let row = |row: [Fr; WIDTH]| row.map(L::factor);
        let step = |step: &zkmargin_circuits::book::permutation::Step| Step {
            inputs: step.inputs.map(|matrix| matrix.map(row)),
            outputs: step.outputs.map(row),
            triangle: step.triangle.map(|matrix| matrix.map(row)),
            constants: row(step.constants),
        };
        Vectors {
            first: row(constants(0)),
            steps: steps().iter().map(step).collect(),
        }
    }
}

impl<L: Lanes> Permutations for Vectors<L> {
    fn eight(
        &self,
        states: &[[Fr; WIDTH]; TOGETHER],
        tell: &mut dyn FnMut(usize, &[Fr; TOGETHER]),
    ) {
        L::vectorize(Eight {
            vectors: self,
            states,
            tell,
        });
    }
}

struct Eight<'a, L: Lanes> {
    vectors: &'a Vectors<L>,
    states: &'a [[Fr; WIDTH]; TOGETHER],
    tell: &'a mut dyn FnMut(usize, &[Fr; TOGETHER]),
}

impl<L: Lanes> Task for Eight<'_, L> {
    type Output = ();

    /// Inputs of S-boxes stay below 3p: sums of at most 27 products of values below 3p and p are
    /// reduced to below 2p, and a constant is added.
    #[inline(always)]
    fn run(self) {
        let mut u: State<L> = [L::zero(); WIDTH];
        let mut w: State<L> = [L::zero(); WIDTH];
        for i in 0..WIDTH {
            let mut lane = [Fr::ZERO; TOGETHER];
            for (element, state) in lane.iter_mut().zip(self.states) {
                *element = state[i];
            }
            let constant = L::broadcast(&self.vectors.first[i]);
            u[i] = L::carry(L::add(L::load(lane), constant));
            w[i] = fifth::<L>(u[i]);
            (self.tell)(i, &L::store(u[i]));
        }
        let last = self.vectors.steps.len() - 1;
        for (block, step) in self.vectors.steps.iter().enumerate() {
            let (mut u_next, mut w_next): (State<L>, State<L>) = ([L::zero(); WIDTH], w);
            // Of the last state, the digest alone is wanted.
            for i in 0..if block == last { 1 } else { WIDTH } {
                let mut sum = L::wide_zero();
                for (w, factor) in w.iter().zip(&step.outputs[i]) {
                    sum = L::wide_add(sum, *w, L::broadcast(factor));
                }
                if let Some(inputs) = &step.inputs {
                    for (u, factor) in u.iter().zip(&inputs[i]) {
                        sum = L::wide_add(sum, *u, L::broadcast(factor));
                    }
                }
                if let Some(triangle) = &step.triangle {
                    for (w, factor) in w_next.iter().zip(&triangle[i]).take(i) {
                        sum = L::wide_add(sum, *w, L::broadcast(factor));
                    }
                }
                let constant = L::broadcast(&step.constants[i]);
                let next = L::carry(L::add(L::wide_reduce(sum), constant));
                (self.tell)((block + 1) * WIDTH + i, &L::store(next));
                u_next[i] = next;
                w_next[i] = fifth::<L>(next);
            }
            (u, w) = (u_next, w_next);
        }
    }
}

#[inline(always)]
fn fifth<L: Lanes>(u: L::Vector<Fr>) -> L::Vector<Fr> {
    let fourth = L::carry(L::square(L::carry(L::square(u))));
    L::carry(L::mul(fourth, u))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkmargin_circuits::book::permutation::Plain;
    use zkmargin_kernels::{Checked, Scalar};

    fn agrees<L: Lanes>() {
        let vectors = Vectors::<L>::new();
        let number = |i: usize, j: usize| match (i, j) {
            (0, _) => Fr::ZERO,
            (1, _) => -Fr::ONE,
            _ => Fr::from((97 * i + j) as u64).invert().unwrap_or(Fr::ONE),
        };
        let states = std::array::from_fn(|i| std::array::from_fn(|j| number(i, j)));
        let (mut plain, mut found) = (Vec::new(), Vec::new());
        Plain.eight(&states, &mut |cell, values| plain.push((cell, *values)));
        vectors.eight(&states, &mut |cell, values| found.push((cell, *values)));
        assert_eq!(plain, found);
    }

    #[test]
    fn vectors_are_the_plain_permutations() {
        agrees::<Scalar>();
        agrees::<Checked>();
        #[cfg(target_arch = "x86_64")]
        if zkmargin_kernels::Cpu::detect() == zkmargin_kernels::Cpu::Ifma {
            agrees::<zkmargin_kernels::Ifma>();
        }
    }
}
