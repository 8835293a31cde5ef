//! From sums to programs: common factors are taken out until no atom stands in two terms.
//!
//! ```text
//! a·b·c + a·b·d + 2·a·e   →   a·(b·(c + d) + 2·e)
//! ```
//!
//! The atom that stands in most terms is taken out first. When a factor leaves a lone bracket
//! behind, the bracket is opened: its terms join the others and may share factors with them. This is
//! what turns the 135 gates of a Poseidon permutation, summed with powers of y, into one dot product
//! of the active rows with fifth powers.

use std::cmp::Reverse;
use std::collections::HashMap;

use ff::Field;
use halo2curves::bn256::Fr;
use zkmargin_kernels::program::{Assembler, Program, Value};
use zkmargin_kernels::Lanes;

use super::sum::{Algebra, Atom, AtomId, Monomial, Sum};

/// A program that evaluates a sum on every row.
pub(super) fn compile<L: Lanes>(algebra: &Algebra, sum: Sum) -> Program<L> {
    let mut compiler = Compiler {
        algebra,
        assembler: Assembler::default(),
        atoms: HashMap::new(),
        monomials: HashMap::new(),
    };
    let result = compiler.sum(sum);
    compiler.assembler.finish(result)
}

struct Compiler<'a> {
    algebra: &'a Algebra,
    assembler: Assembler,
    /// What is computed already.
    atoms: HashMap<AtomId, Value>,
    monomials: HashMap<Monomial, Value>,
}

impl Compiler<'_> {
    fn sum(&mut self, sum: Sum) -> Value {
        let mut terms: Vec<(Value, Fr)> = Vec::new();
        let mut rest = sum.into_terms();
        while let Some(factor) = most_common(&rest) {
            let (with, without) = rest.into_iter().partition(|(m, _)| m.contains(&factor));
            rest = without;
            let cofactor = self.cofactor(with, factor);
            match cofactor.terms() {
                [] => {}
                [(monomial, coefficient)] if monomial.is_empty() => {
                    terms.push((self.atom(factor), *coefficient));
                }
                _ => {
                    let inner = self.sum(cofactor);
                    let outer = self.atom(factor);
                    terms.push((self.assembler.mul(inner, outer), Fr::ONE));
                }
            }
        }
        let mut constant = Fr::ZERO;
        for (monomial, coefficient) in rest {
            match monomial.is_empty() {
                true => constant += coefficient,
                false => terms.push((self.monomial(&monomial), coefficient)),
            }
        }
        self.assembler.sum(terms, constant)
    }

    /// What is left of terms without one factor of each; lone brackets are opened.
    fn cofactor(&self, terms: Vec<(Monomial, Fr)>, factor: AtomId) -> Sum {
        let mut left = Vec::with_capacity(terms.len());
        for (mut monomial, coefficient) in terms {
            if let Some(at) = monomial.iter().position(|a| *a == factor) {
                monomial.remove(at);
            }
            match &monomial[..] {
                [lone] => match self.algebra.atom(*lone) {
                    Atom::Bracket(inner) => {
                        let inner = inner.terms().iter();
                        left.extend(inner.map(|(m, c)| (m.clone(), *c * coefficient)));
                    }
                    Atom::Cell { .. } => left.push((monomial, coefficient)),
                },
                _ => left.push((monomial, coefficient)),
            }
        }
        Sum::collect(left)
    }

    fn atom(&mut self, id: AtomId) -> Value {
        if let Some(value) = self.atoms.get(&id) {
            return *value;
        }
        let algebra = self.algebra;
        let value = match algebra.atom(id) {
            Atom::Cell { column, rotation } => self.assembler.load(*column, *rotation),
            Atom::Bracket(sum) => self.sum(sum.clone()),
        };
        self.atoms.insert(id, value);
        value
    }

    /// A product of atoms; even powers by squaring.
    fn monomial(&mut self, monomial: &[AtomId]) -> Value {
        let Some((last, start)) = monomial.split_last() else {
            return self.assembler.sum(Vec::new(), Fr::ONE);
        };
        if start.is_empty() {
            return self.atom(*last);
        }
        if let Some(value) = self.monomials.get(monomial) {
            return *value;
        }
        let even =
            monomial.len().is_multiple_of(2) && monomial.chunks(2).all(|pair| pair[0] == pair[1]);
        let value = if even {
            let root: Monomial = monomial.iter().step_by(2).copied().collect();
            let root = self.monomial(&root);
            self.assembler.mul(root, root)
        } else {
            let start = self.monomial(start);
            let last = self.atom(*last);
            self.assembler.mul(start, last)
        };
        self.monomials.insert(monomial.to_vec(), value);
        value
    }
}

/// The atom that stands in most terms, of those in at least two; of several the first.
fn most_common(terms: &[(Monomial, Fr)]) -> Option<AtomId> {
    let mut counts: HashMap<AtomId, usize> = HashMap::new();
    for (monomial, _) in terms {
        let mut before = None;
        for atom in monomial {
            if before != Some(*atom) {
                *counts.entry(*atom).or_default() += 1;
            }
            before = Some(*atom);
        }
    }
    let shared = counts.into_iter().filter(|(_, count)| *count >= 2);
    shared
        .max_by_key(|(atom, count)| (*count, Reverse(*atom)))
        .map(|(atom, _)| atom)
}
