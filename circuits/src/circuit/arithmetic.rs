//! The arithmetic lane: one gate, used by everything that happens once per slot or account.
//!
//! ```text
//! A1:  qm·g0·g1 + q0·g0 + q1·g1 + q2·g2 + qk = out·g3      (degree 3)
//!
//! | g0 | g1 | g2 | g3 |      every input enters by copy; g3 is a result or a copy
//! ```
//!
//! `out` is 1 on rows in use. On the others every coefficient is zero.

use ff::Field;
use halo2_proofs::plonk::Expression;

use super::builder::Builder;
use super::columns::{fixed, G0, G1, G2, G3};
use super::trace::Var;
use crate::Fr;

/// A coefficient and a cell.
pub type Term = (Fr, Var);

/// A1 over queried columns.
pub fn gate(q: [Expression<Fr>; 6], g: [Expression<Fr>; 4]) -> Expression<Fr> {
    let [qm, q0, q1, q2, qk, out] = q;
    let [g0, g1, g2, g3] = g;
    qm * g0.clone() * g1.clone() + q0 * g0 + q1 * g1 + q2 * g2 + qk - out * g3
}

/// One row of the lane before it is laid.
#[derive(Clone, Copy, Default)]
struct Row {
    qm: Fr,
    a: Option<Term>,
    b: Option<Term>,
    c: Option<Term>,
    k: Fr,
}

impl Row {
    fn value(&self) -> Fr {
        let v = |t: Option<Term>| t.map_or(Fr::ZERO, |(_, v)| v.value);
        let q = |t: Option<Term>| t.map_or(Fr::ZERO, |(q, _)| q);
        self.qm * v(self.a) * v(self.b)
            + q(self.a) * v(self.a)
            + q(self.b) * v(self.b)
            + q(self.c) * v(self.c)
            + self.k
    }
}

impl Builder<'_> {
    fn lay(&mut self, row: Row, out: Option<Var>) -> Var {
        let at = self.arithmetic_row;
        self.arithmetic_row += 1;
        let coefficient = |t: Option<Term>| t.map_or(Fr::ZERO, |(q, _)| q);
        let t = &mut self.trace;
        for (column, value) in [
            (fixed::QM, row.qm),
            (fixed::Q0, coefficient(row.a)),
            (fixed::Q1, coefficient(row.b)),
            (fixed::Q2, coefficient(row.c)),
            (fixed::QK, row.k),
            (fixed::OUT, Fr::ONE),
        ] {
            t.fix(column, at, value);
        }
        let mut laid = row;
        for (column, term) in [(G0, &mut laid.a), (G1, &mut laid.b), (G2, &mut laid.c)] {
            if let Some((_, var)) = term {
                *var = t.copy(column, at, *var);
            }
        }
        match out {
            Some(out) => t.copy(G3, at, out),
            None => t.put(G3, at, laid.value()),
        }
    }

    /// A cell that holds a constant.
    pub fn constant(&mut self, k: Fr) -> Var {
        if let Some(var) = self.constants.iter().find(|(c, _)| *c == k) {
            return var.1;
        }
        let var = self.lay(
            Row {
                k,
                ..Row::default()
            },
            None,
        );
        self.constants.push((k, var));
        var
    }

    /// `a·b`.
    pub fn mul(&mut self, a: Var, b: Var) -> Var {
        self.product(Fr::ONE, a, b, None, Fr::ZERO)
    }

    /// `qm·a·b + c + k`, where `c` carries a coefficient.
    pub fn product(&mut self, qm: Fr, a: Var, b: Var, c: Option<Term>, k: Fr) -> Var {
        self.full(qm, (Fr::ZERO, a), (Fr::ZERO, b), c, k)
    }

    /// `qm·a·b + qa·a + qb·b + qc·c + k`.
    pub fn full(&mut self, qm: Fr, a: Term, b: Term, c: Option<Term>, k: Fr) -> Var {
        let row = Row {
            qm,
            a: Some(a),
            b: Some(b),
            c,
            k,
        };
        self.lay(row, None)
    }

    /// Demands `qm·a·b + qa·a + qb·b + qc·c + k = out`.
    pub fn assert_full(&mut self, qm: Fr, a: Term, b: Term, c: Option<Term>, k: Fr, out: Var) {
        let row = Row {
            qm,
            a: Some(a),
            b: Some(b),
            c,
            k,
        };
        self.lay(row, Some(out));
    }

    /// Demands `qm·a·b + qa·a + qb·b = 0`.
    pub fn assert_zero(&mut self, qm: Fr, a: Term, b: Term) {
        let zero = self.constant(Fr::ZERO);
        self.assert_full(qm, a, b, None, Fr::ZERO, zero);
    }

    /// Demands that a cell is 0 or 1.
    pub fn assert_bit(&mut self, a: Var) {
        self.assert_full(Fr::ONE, (Fr::ZERO, a), (Fr::ZERO, a), None, Fr::ZERO, a);
    }

    /// A fresh cell that is 0 or 1.
    pub fn bit(&mut self, name: &'static str, value: bool) -> Var {
        let b = self.witness(name, super::trace::bit(value));
        self.assert_bit(b);
        b
    }

    /// A fresh cell without any constraint of its own. The caller constrains it.
    pub fn witness(&mut self, name: &'static str, value: Fr) -> Var {
        // A row `q1·g1 = g3` with g1 a fresh cell and q1 = 1 would copy itself: g3 must equal g1.
        let at = self.arithmetic_row;
        self.arithmetic_row += 1;
        let free = self.trace.put(G1, at, value);
        self.trace.names.push((free.cell, name));
        self.trace.fix(fixed::Q1, at, Fr::ONE);
        self.trace.fix(fixed::OUT, at, Fr::ONE);
        self.trace.copy(G3, at, free)
    }

    /// `Σ qi·ti + k`.
    pub fn linear(&mut self, terms: &[Term], k: Fr) -> Var {
        let (row, rest) = self.head(terms, k);
        if rest.is_empty() {
            return self.lay(row, None);
        }
        let partial = self.lay(row, None);
        let mut next = vec![(Fr::ONE, partial)];
        next.extend_from_slice(rest);
        self.linear(&next, Fr::ZERO)
    }

    /// Demands `Σ qi·ti + k = out`.
    pub fn assert_linear(&mut self, terms: &[Term], k: Fr, out: Var) {
        let (row, rest) = self.head(terms, k);
        if rest.is_empty() {
            self.lay(row, Some(out));
            return;
        }
        let partial = self.lay(row, None);
        let mut next = vec![(Fr::ONE, partial)];
        next.extend_from_slice(rest);
        self.assert_linear(&next, Fr::ZERO, out);
    }

    fn head<'t>(&self, terms: &'t [Term], k: Fr) -> (Row, &'t [Term]) {
        let taken = terms.len().min(3);
        let row = Row {
            qm: Fr::ZERO,
            a: terms.first().copied(),
            b: terms.get(1).copied(),
            c: terms.get(2).copied(),
            k,
        };
        (row, &terms[taken..])
    }
}
