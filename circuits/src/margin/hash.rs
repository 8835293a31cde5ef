//! Poseidon of width 9 with circom's parameters, 51 rows of six wide columns per permutation.
//!
//! A permutation is a sequence of 135 S-boxes: four full rounds of nine, 63 partial rounds of one,
//! four full rounds of nine. Three S-boxes share a row, nine form a block of three rows. One block
//! of raw inputs comes before them and one block with the final state after them:
//!
//! ```text
//! | C0 | C1 | C2 | C3 | C4 | C5 |
//! | t  | x0 | x1 | v  | p1 | p2 |      inputs: tag and x0..x7; v and p1..p6 of an opening
//! | x2 | x3 | x4 | p3 | p4 | p5 |
//! | x5 | x6 | x7 | p6 |    |    |
//! | u0 | u1 | u2 | s0 | s1 | s2 |      15 blocks: u inputs of S-boxes, s = u⁴,
//! | u3 | u4 | u5 | s3 | s4 | s5 |      w = s·u = u^5 their outputs, not cells
//! | u6 | u7 | u8 | s6 | s7 | s8 |
//! | o0 | o1 | o2 |    |    |    |      final state; o0 is the digest
//! | o3 | o4 | o5 |    |    |    |
//! | o6 | o7 | o8 |    |    |    |
//! ```
//!
//! Every block is linear in the one before, with constants `k` in the fixed columns of that block.
//! The state after a block is `y = M·w` after full rounds and `y = T·u + U·w` after partial ones:
//!
//! | no. | block | equation | degree |
//! |---|---|---|---|
//! | MHSH1 | inputs | u⁺ = (t, x) + k | 4 |
//! | MHSH2 | S-boxes | s = u⁴ | 5 |
//! | MHSH3 | S-boxes, full rounds or the final state next | u⁺ = y + k | 5 |
//! | MHSH4 | S-boxes, partial rounds next | u⁺ = L·y + Q·w⁺ + k | 5 |
//!
//! The maps `M`, `T`, `U`, `L` and `Q` are those of [`crate::system::poseidon`]; `Q` is strictly lower
//! triangular.
//!
//! Every permutation opens one of its inputs (MHSH5 to MHSH11). Where that is to say something, `v` is
//! the copy of what is claimed to be among them; elsewhere it is any of them.
//!
//! Selectors stand in the first row of a block. `SBOXES` is 1 of a full round, 2 of nine partial ones.
//! `KIND` is 1 of inputs, and 3 where partial rounds follow on S-boxes (2 marks exported registers, see
//! [`super::node`]). So that each has a degree low enough for its equation, powers are the fourth:
//! outputs are products of two cells, and two degrees are left for `SBOXES` and one for what follows.

use ff::Field;

use super::arithmetic::Arithmetic;
use super::columns::kinds::{EXPORT, INPUTS, ROUNDS_NEXT};
use super::columns::{fixed, C0, C3, C4, C5};
use super::trace::{Lane, Source, Trace, Var};
use super::wide::Wide;
use crate::system::algebra::{dot, Cells, Gate, Value};
use crate::system::poseidon::{is_partial, Linear, Vector, BLOCKS, WIDTH};
use zkmargin_engine::Fr;

/// A full round.
const FULL: u64 = 1;
/// Nine partial rounds.
const PARTIAL: u64 = 2;

/// Rows of a block of nine S-boxes.
pub const BLOCK_ROWS: usize = 3;
/// Rows of a permutation.
pub(crate) const PERMUTATION_ROWS: usize = (BLOCKS + 2) * BLOCK_ROWS;

/// MHSH1 to MHSH11.
pub(crate) fn gates<T: Value, C: Cells<T>>(cells: &C) -> Vec<Gate<T>> {
    // In the order of the S-boxes: two consecutive blocks, and the constants of the second.
    let nine = |column: usize, row: i32| -> Vec<T> {
        let places = (0..9).map(|i| (column + i % 3, row + i as i32 / 3));
        places.map(|(c, r)| cells.advice(c, r)).collect()
    };
    let below = BLOCK_ROWS as i32;
    let (u, s) = (nine(C0, 0), nine(C3, 0));
    let (u_next, s_next) = (nine(C0, below), nine(C3, below));
    let k: Vec<T> = (0..WIDTH)
        .map(|i| cells.fixed(fixed::K0 + i % 3, i as i32 / 3))
        .collect();
    let [kind, sboxes] = [fixed::KIND, fixed::SBOXES].map(|c| cells.fixed(c, 0));
    let less = |v: &T, n: u64| v.clone() - T::small(n);

    let linear = Linear::get();
    let fifth = |u: &[T], s: &[T]| -> Vec<T> {
        u.iter()
            .zip(s)
            .map(|(u, s)| s.clone() * u.clone())
            .collect()
    };
    let (w, w_next) = (fifth(&u, &s), fifth(&u_next, &s_next));
    // Twice 1 at 1 and 2 of each, among 0, 1 and 2.
    let full = sboxes.clone() * (T::small(PARTIAL) - sboxes.clone());
    let full = full.scaled(Fr::from(2));
    let partial = sboxes.clone() * less(&sboxes, FULL);
    let active = full.clone() + partial.clone();
    // Not zero exactly at 1, among 0, 1, 2 and 3.
    let inputs = kind.clone() * less(&kind, EXPORT) * less(&kind, ROUNDS_NEXT);
    // Twice the state after the block, already selected.
    let y: Vec<T> = (0..WIDTH)
        .map(|i| {
            let rounds = dot(&linear.leave_u[i], &u) + dot(&linear.leave_w[i], &w);
            full.clone() * dot(&linear.mds[i], &w) + partial.clone() * rounds
        })
        .collect();
    let mut out = Vec::new();
    for i in 0..WIDTH {
        let target = u_next[i].clone() - k[i].clone();
        let shift = target.clone() - dot(&linear.triangle[i], &w_next);
        let square = u[i].clone() * u[i].clone();
        let power = square.clone() * square - s[i].clone();
        let absorbed = u[i].clone() - target.clone();
        let state = y[i].clone() - active.clone() * target;
        let rounds = dot(&linear.look[i], &y) - active.clone() * shift;
        out.extend([
            ("MHSH1 inputs", inputs.clone() * absorbed),
            ("MHSH2 power", sboxes.clone() * power),
            ("MHSH3 state", less(&kind, ROUNDS_NEXT) * state),
            ("MHSH4 partial rounds", kind.clone() * rounds),
        ]);
    }
    out.extend(child_gates(inputs, &u[1..], &s));
    out
}

/// MHSH5 to MHSH11: the opened value `v` is one of the eight inputs (degree 5 with the selector's 3).
///
/// `p1 = (v−x0)(v−x1)` and so on to `p4 = (v−x6)(v−x7)`, `p5 = p1·p2`, `p6 = p3·p4`, `0 = p5·p6`.
///
/// They stand where a block of S-boxes has its powers.
fn child_gates<T: Value>(sel: T, x: &[T], powers: &[T]) -> Vec<Gate<T>> {
    let [v, p1, p2, p3, p4, p5, p6] = std::array::from_fn(|i| powers[i].clone());
    let pair = |i: usize| (v.clone() - x[i].clone()) * (v.clone() - x[i + 1].clone());
    vec![
        ("MHSH5 opening", sel.clone() * (pair(0) - p1.clone())),
        ("MHSH6 opening", sel.clone() * (pair(2) - p2.clone())),
        ("MHSH7 opening", sel.clone() * (pair(4) - p3.clone())),
        ("MHSH8 opening", sel.clone() * (pair(6) - p4.clone())),
        ("MHSH9 opening", sel.clone() * (p1 * p2 - p5.clone())),
        ("MHSH10 opening", sel.clone() * (p3 * p4 - p6.clone())),
        ("MHSH11 opening", sel * p5 * p6),
    ]
}

/// What a permutation leaves behind.
pub(crate) struct Hashed {
    /// The digest.
    pub digest: Var,
    /// The eight inputs.
    pub inputs: [Var; 8],
    row: usize,
}

impl Wide<'_> {
    /// `hash8(tag, inputs)`, as in [`zkmargin_engine::commitment::hash8`].
    pub(crate) fn hash(&mut self, a: &mut Arithmetic, tag: u64, inputs: [Source; 8]) -> Hashed {
        let number = a.trace.number;
        self.hash_numbered(a, tag, inputs.map(|input| (number, input)))
    }

    /// The same, with the number that the copy of each input realises. It opens its first input.
    fn hash_numbered(
        &mut self,
        a: &mut Arithmetic,
        tag: u64,
        inputs: [(&'static str, Source); 8],
    ) -> Hashed {
        let hashed = self.permutation(a, tag, inputs);
        let first = Source::New(hashed.inputs[0].value);
        open(&mut a.trace, &hashed, first);
        hashed
    }

    /// A permutation without its opening.
    fn permutation(
        &mut self,
        a: &mut Arithmetic,
        tag: u64,
        inputs: [(&'static str, Source); 8],
    ) -> Hashed {
        let linear = Linear::get();
        let row = self.next;
        self.next += PERMUTATION_ROWS;
        let tag = Source::Old(a.constant(Fr::from(tag)));
        let mut absorbed = vec![a.under("MHSH12", |a| tag.lay(&mut a.trace, C0, row))];
        for (i, (number, input)) in inputs.into_iter().enumerate() {
            let place = i + 1;
            let (column, at) = (C0 + place % 3, row + place / 3);
            absorbed.push(a.under(number, |a| input.lay(&mut a.trace, column, at)));
        }
        let t = &mut a.trace;
        t.fix(fixed::KIND, row, Fr::from(INPUTS));
        block_constants(t, row, 0);
        let mut u: Vector = std::array::from_fn(|i| absorbed[i].value + linear.constants[0][i]);
        for block in 0..BLOCKS {
            let at = row + (block + 1) * BLOCK_ROWS;
            for (i, u) in u.iter_mut().enumerate() {
                *u = t.put(C0 + i % 3, at + i / 3, *u).value;
                t.put(C3 + i % 3, at + i / 3, u.square().square());
            }
            let rounds = if is_partial(block) { PARTIAL } else { FULL };
            t.fix(fixed::SBOXES, at, Fr::from(rounds));
            if is_partial(block + 1) {
                t.fix(fixed::KIND, at, Fr::from(ROUNDS_NEXT));
            }
            if block + 1 < BLOCKS {
                block_constants(t, at, block + 1);
            }
            u = linear.next(block, &u);
        }
        let at = row + (BLOCKS + 1) * BLOCK_ROWS;
        let state: Vec<Var> = u
            .iter()
            .enumerate()
            .map(|(i, u)| t.put(C0 + i % 3, at + i / 3, *u))
            .collect();
        let digest = state[0];
        Hashed {
            digest,
            inputs: std::array::from_fn(|i| absorbed[i + 1]),
            row,
        }
    }

    /// [`Self::hash`], with the further claim that `opened` is one of the inputs. The copy of `opened`
    /// has a number of its own.
    pub(crate) fn hash_opening(
        &mut self,
        a: &mut Arithmetic,
        tag: u64,
        inputs: [Source; 8],
        (number, opened): (&'static str, Source),
    ) -> (Hashed, Var) {
        let claim = a.trace.number;
        let hashed = self.permutation(a, tag, inputs.map(|input| (claim, input)));
        a.trace.laid(Lane::Opening, hashed.row);
        let v = a.under(number, |a| open(&mut a.trace, &hashed, opened));
        (hashed, v)
    }

    /// A hash of at most eight cells, each with the number that its copy realises, padded with
    /// zeros (MHSH13).
    pub(super) fn tagged(
        &mut self,
        a: &mut Arithmetic,
        tag: u64,
        inputs: &[(&'static str, Var)],
    ) -> Var {
        let zero = a.constant(Fr::ZERO);
        let mut numbered = [("MHSH13", Source::Old(zero)); 8];
        for (input, (number, var)) in numbered.iter_mut().zip(inputs) {
            *input = (*number, Source::Old(*var));
        }
        self.hash_numbered(a, tag, numbered).digest
    }
}

/// Fixes the constants of `block` beside the block before it.
fn block_constants(t: &mut Trace, row: usize, block: usize) {
    for (i, k) in Linear::get().constants[block].iter().enumerate() {
        t.fix(fixed::K0 + i % 3, row + i / 3, *k);
    }
}

/// Opens one of the inputs of a permutation: lays it, and the products that say so.
fn open(t: &mut Trace, hashed: &Hashed, opened: Source) -> Var {
    let row = hashed.row;
    let v = opened.lay(t, C3, row);
    let d = hashed.inputs.map(|i| v.value - i.value);
    let mut put = |column, at, value| t.put(column, row + at, value).value;
    let p1 = put(C4, 0, d[0] * d[1]);
    let p2 = put(C5, 0, d[2] * d[3]);
    let p3 = put(C3, 1, d[4] * d[5]);
    let p4 = put(C4, 1, d[6] * d[7]);
    put(C5, 1, p1 * p2);
    put(C3, 2, p3 * p4);
    v
}
