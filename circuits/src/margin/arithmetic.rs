//! The arithmetic lane: one gate, used by everything that happens once per slot or account.
//!
//! ```text
//! MARI1:  qm·g0·g1 + q0·g0 + q1·g1 + qp·g2⁻ + public = active·g2      (degree 3)
//!
//! | g0 | g1 | g2 |      every input enters by copy; g2 is a result or a copy
//! ```
//!
//! `g2⁻` is the result one row above: sums grow downwards, two terms a row. `public` is the
//! instance column, zero below the first eight rows. On unused rows every coefficient is zero and
//! so is `g2`. A constant is a multiple of the unit, a cell that is looked up under a tag of one row
//! (MARI3). Factors that a row does not read are free, and there free witnesses are put.

use ff::Field;

use super::columns::{fixed, G0, G1, G2};
use super::free::Free;
use super::trace::{Cell, Lane, Trace, Var};
use crate::system::algebra::{Cells, Gate, Value};
use crate::system::circuit::active_rows;
use zkmargin_engine::statement::Row as PublicRow;
use zkmargin_engine::Fr;

/// A coefficient and a cell.
pub(crate) type Term = (Fr, Var);

/// MARI1.
pub(crate) fn gates<T: Value, C: Cells<T>>(cells: &C) -> Vec<Gate<T>> {
    let [qm, q0, q1, qp, active] =
        [fixed::QM, fixed::Q0, fixed::Q1, fixed::QP, fixed::ACTIVE].map(|c| cells.fixed(c, 0));
    let [g0, g1, g2] = [G0, G1, G2].map(|c| cells.advice(c, 0));
    let (above, public) = (cells.advice(G2, -1), cells.instance(0, 0));
    let gate = (qm * g1.clone() + q0) * g0 + q1 * g1 + qp * above + public - active * g2;
    vec![("MARI1", gate)]
}

/// One row of the lane before it is laid: `product·g0·g1`, and a term of each factor.
#[derive(Clone, Copy, Default)]
struct Row {
    product: Fr,
    terms: [Option<Term>; 2],
    above: Fr,
}

/// A sum before it is laid: `qm·a·b + Σ qi·ti + k`.
struct Sum<'t> {
    product: Option<(Fr, Var, Var)>,
    terms: &'t [Term],
    k: Fr,
}

/// The lane, and the trace that all lanes lay.
pub struct Arithmetic {
    /// The assignment so far.
    pub trace: Trace,
    /// The next free row.
    pub(super) next: usize,
    /// Cells that no gate reads yet, homes for free witnesses.
    free: Vec<Cell>,
    constants: Vec<(Fr, Var)>,
    /// 1, of which constants are multiples.
    unit: Var,
}

impl Arithmetic {
    /// The lane below the rows of the statement, with the unit that [`super::wide::unit`] lays; `trace` may
    /// carry lies.
    pub fn new(trace: Trace, unit: Var) -> Self {
        Arithmetic {
            trace,
            next: PublicRow::ALL.len(),
            free: Vec::new(),
            constants: Vec::new(),
            unit,
        }
    }

    /// Names the constraint of spec/margin.md that is laid from here on.
    pub(super) fn number(&mut self, number: &'static str) {
        self.trace.number(number);
    }

    /// Lays something of another number, and goes on with that of now.
    pub(super) fn under<T>(&mut self, number: &'static str, lay: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.trace.number(number);
        let laid = lay(self);
        self.trace.number(before);
        laid
    }

    /// Ties a cell to a row of the instance column, which the gate adds there.
    pub(super) fn public(&mut self, var: Var, row: PublicRow) {
        self.trace.laid(Lane::Arithmetic, row as usize);
        let tied = self.trace.copy(G2, row as usize, var);
        self.trace.public(tied, row as usize);
    }

    /// Marks the active rows, of which `rows` are laid, once every lane is full. The gate multiplies
    /// its result by the mark, so its coefficients are multiplied too.
    pub(super) fn activate(&mut self, rows: usize) {
        use fixed::{ACTIVE, Q0, Q1, QM, QP};
        self.trace.active = active_rows(&self.trace.columns, rows);
        for row in 0..self.trace.active {
            self.trace.grow(row);
            let mark = &mut self.trace.fixed[ACTIVE][row];
            if *mark == Fr::ZERO {
                *mark = Fr::ONE;
            }
            let mark = *mark;
            for column in [QM, Q0, Q1, QP] {
                self.trace.fixed[column][row] *= mark;
            }
        }
    }

    /// Lays one row. A product multiplies the cells of both terms.
    fn lay(&mut self, row: Row, out: Option<Var>) -> Var {
        let at = self.next;
        self.next += 1;
        let t = &mut self.trace;
        t.laid(Lane::Arithmetic, at);
        let mut value = row.above * t.advice[G2][at - 1];
        let mut factors = row.product;
        let places = [(G0, fixed::Q0), (G1, fixed::Q1)];
        for (term, (column, coefficient)) in row.terms.into_iter().zip(places) {
            let Some((q, var)) = term else {
                self.free.push(Cell { column, row: at });
                continue;
            };
            let var = t.copy(column, at, var);
            t.fix(coefficient, at, q);
            value += q * var.value;
            factors *= var.value;
        }
        t.fix(fixed::QM, at, row.product);
        t.fix(fixed::QP, at, row.above);
        if row.product != Fr::ZERO {
            value += factors;
        }
        match out {
            Some(out) => t.copy(G2, at, out),
            None => t.put(G2, at, value),
        }
    }

    /// Lays a sum, two terms a row; the product comes last and takes linear terms of its factors
    /// along. A term that is the result of the row above costs nothing.
    fn sum(&mut self, sum: &Sum<'_>, out: Option<Var>) -> Var {
        let mut terms = sum.terms.to_vec();
        if sum.k != Fr::ZERO {
            terms.push((sum.k, self.unit));
        }
        let mut above = Fr::ZERO;
        let last = self.next - 1;
        let is_last = |v: &Var| v.cell.column == G2 && v.cell.row == last;
        if let Some(i) = terms.iter().position(|(_, v)| is_last(v)) {
            above = terms.remove(i).0;
        }
        let product = sum.product.map(|(qm, a, b)| {
            let mut along = |v: Var| {
                let found = terms.iter().position(|(_, t)| t.cell == v.cell);
                (found.map_or(Fr::ZERO, |i| terms.remove(i).0), v)
            };
            Row {
                product: qm,
                terms: [a, b].map(|v| Some(along(v))),
                above: Fr::ZERO,
            }
        });
        let mut rows: Vec<Row> = terms
            .chunks(2)
            .map(|pair| Row {
                terms: [pair.first().copied(), pair.get(1).copied()],
                ..Row::default()
            })
            .collect();
        rows.extend(product);
        let end = rows.pop().unwrap_or_default();
        for row in rows {
            self.lay(Row { above, ..row }, None);
            above = Fr::ONE;
        }
        self.lay(Row { above, ..end }, out)
    }

    /// A cell that holds a constant (MARI2).
    pub(crate) fn constant(&mut self, k: Fr) -> Var {
        if let Some(var) = self.constants.iter().find(|(c, _)| *c == k) {
            return var.1;
        }
        let var = self.under("MARI2", |a| a.linear(&[], k));
        self.constants.push((k, var));
        var
    }

    /// `a·b`.
    pub(crate) fn mul(&mut self, a: Var, b: Var) -> Var {
        self.product(Fr::ONE, a, b, None, Fr::ZERO)
    }

    /// `qm·a·b + c + k`, where `c` carries a coefficient.
    pub fn product(&mut self, qm: Fr, a: Var, b: Var, c: Option<Term>, k: Fr) -> Var {
        self.full(qm, (Fr::ZERO, a), (Fr::ZERO, b), c, k)
    }

    /// `a` where the bit is 1, `b` where it is 0.
    pub fn select(&mut self, bit: Var, a: Var, b: Var) -> Var {
        let first = self.mul(bit, a);
        let second = Some((Fr::ONE, first));
        self.full(-Fr::ONE, (Fr::ZERO, bit), (Fr::ONE, b), second, Fr::ZERO)
    }

    /// `qm·a·b + qa·a + qb·b + qc·c + k`.
    pub fn full(&mut self, qm: Fr, a: Term, b: Term, c: Option<Term>, k: Fr) -> Var {
        let terms = linear_terms(a, b, c);
        let product = Some((qm, a.1, b.1));
        let terms = &terms;
        self.sum(&Sum { product, terms, k }, None)
    }

    /// Demands `qm·a·b + qa·a + qb·b + qc·c + k = out`.
    pub(crate) fn assert_full(
        &mut self,
        qm: Fr,
        a: Term,
        b: Term,
        c: Option<Term>,
        k: Fr,
        out: Var,
    ) {
        let terms = linear_terms(a, b, c);
        let product = Some((qm, a.1, b.1));
        let terms = &terms;
        self.sum(&Sum { product, terms, k }, Some(out));
    }

    /// Demands `qm·a·b + qa·a + qb·b = 0`.
    pub(crate) fn assert_zero(&mut self, qm: Fr, a: Term, b: Term) {
        let zero = self.constant(Fr::ZERO);
        self.assert_full(qm, a, b, None, Fr::ZERO, zero);
    }

    /// Demands that a cell is 0 or 1.
    pub(crate) fn assert_bit(&mut self, a: Var) {
        self.assert_full(Fr::ONE, (Fr::ZERO, a), (Fr::ZERO, a), None, Fr::ZERO, a);
    }

    /// A fresh cell that is 0 or 1.
    pub fn bit(&mut self, name: Free, value: bool) -> Var {
        let b = self.witness(name, zkmargin_engine::field::bit(value));
        self.assert_bit(b);
        b
    }

    /// A fresh cell without any constraint of its own. The caller constrains it.
    pub fn witness(&mut self, name: Free, value: Fr) -> Var {
        let at = self.free.pop().unwrap_or_else(|| {
            // On a row without coefficients g2 is zero and both factors are free.
            let row = self.next;
            self.next += 1;
            self.free.push(Cell { column: G0, row });
            Cell { column: G1, row }
        });
        let free = self.trace.put(at.column, at.row, value);
        self.trace.names.push((free.cell, name));
        free
    }

    /// `Σ qi·ti + k`.
    pub fn linear(&mut self, terms: &[Term], k: Fr) -> Var {
        let product = None;
        self.sum(&Sum { product, terms, k }, None)
    }

    /// Demands `Σ qi·ti + k = out`.
    pub(crate) fn assert_linear(&mut self, terms: &[Term], k: Fr, out: Var) {
        let product = None;
        self.sum(&Sum { product, terms, k }, Some(out));
    }
}

/// The linear terms of a full row that are there.
fn linear_terms(a: Term, b: Term, c: Option<Term>) -> Vec<Term> {
    let mut terms: Vec<Term> = c.into_iter().collect();
    terms.extend([a, b].into_iter().filter(|(q, _)| *q != Fr::ZERO));
    terms
}
