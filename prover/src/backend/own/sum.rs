//! Polynomials over the cells of a row, as sums of products of atoms.
//!
//! Every constraint of a proof becomes such a sum, with the challenges folded into its coefficients.
//! An atom is a cell, or a sum in brackets that some product needed; brackets are shared, so that
//! equal parts of different constraints meet again when [`compile`](super::compile) takes out common
//! factors.

use std::cmp::Ordering;
use std::collections::HashMap;

use ff::Field;
use halo2_proofs::plonk::Expression;
use halo2curves::bn256::Fr;

use super::columns::Places;
use crate::error::ProverError;

/// An atom by its number in an [`Algebra`].
pub(super) type AtomId = u32;

/// A product of atoms, sorted; powers by repetition. Empty: the number 1.
pub(super) type Monomial = Vec<AtomId>;

/// Monomials with their coefficients, sorted by monomial, none of them zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sum(Vec<(Monomial, Fr)>);

/// What products are made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// The cell of a column, so many rows below.
    Cell {
        /// Column, in the order of [`Places`].
        column: u32,
        /// Distance in rows.
        rotation: i32,
    },
    /// A sum in brackets.
    Bracket(Sum),
}

impl Sum {
    /// A number.
    pub(super) fn constant(value: Fr) -> Self {
        Sum::collect(vec![(Vec::new(), value)])
    }

    /// Sorts terms and adds those of one monomial.
    pub(super) fn collect(mut terms: Vec<(Monomial, Fr)>) -> Self {
        terms.sort_by(|a, b| a.0.cmp(&b.0));
        let mut sum: Vec<(Monomial, Fr)> = Vec::with_capacity(terms.len());
        for (monomial, coefficient) in terms {
            match sum.last_mut() {
                Some(last) if last.0 == monomial => last.1 += coefficient,
                _ => sum.push((monomial, coefficient)),
            }
        }
        sum.retain(|term| term.1 != Fr::ZERO);
        Sum(sum)
    }

    /// The terms.
    pub(super) fn terms(&self) -> &[(Monomial, Fr)] {
        &self.0
    }

    /// The terms, to be taken apart.
    pub(super) fn into_terms(self) -> Vec<(Monomial, Fr)> {
        self.0
    }

    /// Every coefficient times a number.
    pub(super) fn scaled(mut self, by: Fr) -> Self {
        for term in &mut self.0 {
            term.1 *= by;
        }
        self.0.retain(|term| term.1 != Fr::ZERO);
        self
    }

    /// `self + by·other`.
    pub(super) fn plus(self, other: &Sum, by: Fr) -> Self {
        let mut sum = Vec::with_capacity(self.0.len() + other.0.len());
        let mut mine = self.0.into_iter().peekable();
        let mut others = other.0.iter().peekable();
        loop {
            let order = match (mine.peek(), others.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.0.cmp(&b.0),
            };
            let left = match order {
                Ordering::Greater => None,
                _ => mine.next(),
            };
            let right = match order {
                Ordering::Less => None,
                _ => others.next().map(|(m, c)| (m, *c * by)),
            };
            sum.extend(match (left, right) {
                (Some((m, a)), Some((_, b))) => Some((m, a + b)),
                (Some(term), None) => Some(term),
                (None, Some((m, b))) => Some((m.clone(), b)),
                (None, None) => None,
            });
        }
        sum.retain(|term| term.1 != Fr::ZERO);
        Sum(sum)
    }

    /// `self + value`.
    pub(super) fn plus_constant(self, value: Fr) -> Self {
        self.plus(&Sum::constant(value), Fr::ONE)
    }

    fn as_constant(&self) -> Option<Fr> {
        match &self.0[..] {
            [] => Some(Fr::ZERO),
            [(monomial, value)] if monomial.is_empty() => Some(*value),
            _ => None,
        }
    }
}

/// The atoms of a proof's constraints.
#[derive(Default)]
pub(super) struct Algebra {
    atoms: Vec<Atom>,
    degrees: Vec<usize>,
    ids: HashMap<Atom, AtomId>,
}

impl Algebra {
    /// What an atom is.
    pub(super) fn atom(&self, id: AtomId) -> &Atom {
        &self.atoms[id as usize]
    }

    fn intern(&mut self, atom: Atom) -> AtomId {
        if let Some(id) = self.ids.get(&atom) {
            return *id;
        }
        let degree = match &atom {
            Atom::Cell { .. } => 1,
            Atom::Bracket(sum) => self.degree(sum),
        };
        let id = self.atoms.len() as AtomId;
        self.atoms.push(atom.clone());
        self.degrees.push(degree);
        self.ids.insert(atom, id);
        id
    }

    /// A cell.
    pub(super) fn cell(&mut self, column: usize, rotation: i32) -> Sum {
        let column = column as u32;
        let atom = self.intern(Atom::Cell { column, rotation });
        Sum(vec![(vec![atom], Fr::ONE)])
    }

    /// The degree in the columns, each of degree one.
    pub(super) fn degree(&self, sum: &Sum) -> usize {
        let of = |monomial: &Monomial| monomial.iter().map(|a| self.degrees[*a as usize]).sum();
        sum.0.iter().map(|(m, _)| of(m)).max().unwrap_or(0)
    }

    /// A product. What is not a single monomial enters it in brackets.
    pub(super) fn product(&mut self, a: Sum, b: Sum) -> Sum {
        if let Some(value) = a.as_constant() {
            return b.scaled(value);
        }
        if let Some(value) = b.as_constant() {
            return a.scaled(value);
        }
        let (mut monomial, c) = self.single(a);
        let (right, d) = self.single(b);
        monomial.extend(right);
        monomial.sort_unstable();
        Sum(vec![(monomial, c * d)])
    }

    /// A sum as one monomial. A bracket starts with 1 where it would start with −1, so that a
    /// difference and its negation are one atom.
    fn single(&mut self, mut sum: Sum) -> (Monomial, Fr) {
        if sum.0.len() == 1 {
            if let Some(term) = sum.0.pop() {
                return term;
            }
        }
        let sign = match sum.0.first() {
            Some((_, first)) if *first == -Fr::ONE => *first,
            _ => Fr::ONE,
        };
        let atom = self.intern(Atom::Bracket(sum.scaled(sign)));
        (vec![atom], sign)
    }

    /// An expression of the constraint system, with the circuit's challenges as numbers.
    ///
    /// # Errors
    /// [`ProverError::Unsupported`] for a selector, which key generation should have replaced, and
    /// for a challenge that was never drawn.
    pub(super) fn convert(
        &mut self,
        expression: &Expression<Fr>,
        places: &Places,
        challenges: &[Fr],
    ) -> Result<Sum, ProverError> {
        let both = |algebra: &mut Self, a, b| {
            let left = algebra.convert(a, places, challenges)?;
            Ok::<_, ProverError>((left, algebra.convert(b, places, challenges)?))
        };
        Ok(match expression {
            Expression::Constant(value) => Sum::constant(*value),
            Expression::Selector(_) => return Err(ProverError::Unsupported("a selector")),
            Expression::Fixed(q) => self.cell(places.fixed + q.column_index(), q.rotation().0),
            Expression::Advice(q) => self.cell(places.advice + q.column_index(), q.rotation().0),
            Expression::Instance(q) => {
                self.cell(places.instance + q.column_index(), q.rotation().0)
            }
            Expression::Challenge(challenge) => {
                let drawn = challenges.get(challenge.index());
                let unknown = ProverError::Unsupported("a challenge that is not drawn");
                Sum::constant(*drawn.ok_or(unknown)?)
            }
            Expression::Negated(a) => self.convert(a, places, challenges)?.scaled(-Fr::ONE),
            Expression::Sum(a, b) => {
                let (a, b) = both(self, a, b)?;
                a.plus(&b, Fr::ONE)
            }
            Expression::Product(a, b) => {
                let (a, b) = both(self, a, b)?;
                self.product(a, b)
            }
            Expression::Scaled(a, by) => self.convert(a, places, challenges)?.scaled(*by),
        })
    }

    /// Several expressions in one, as a look-up compares them: Horner's rule in θ, the first
    /// expression highest.
    ///
    /// # Errors
    /// As [`Algebra::convert`].
    pub(super) fn compress(
        &mut self,
        expressions: &[Expression<Fr>],
        places: &Places,
        challenges: &[Fr],
        theta: Fr,
    ) -> Result<Sum, ProverError> {
        expressions.iter().try_fold(Sum::default(), |sum, part| {
            let part = self.convert(part, places, challenges)?;
            Ok(sum.scaled(theta).plus(&part, Fr::ONE))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_sorted_and_without_zeros() {
        let mut algebra = Algebra::default();
        let (a, b) = (algebra.cell(0, 0), algebra.cell(1, -1));
        let sum = a.clone().plus(&b, Fr::from(3)).plus_constant(Fr::from(5));
        assert_eq!(sum.terms().len(), 3);
        assert!(sum.terms().windows(2).all(|w| w[0].0 < w[1].0));
        let none = sum.clone().plus(&sum, -Fr::ONE);
        assert_eq!(none, Sum::default());
        assert_eq!(Sum::constant(Fr::ZERO), Sum::default());
    }

    #[test]
    fn a_difference_and_its_negation_share_a_bracket() {
        let mut algebra = Algebra::default();
        let (a, b, c) = (algebra.cell(0, 0), algebra.cell(1, 0), algebra.cell(2, 0));
        let one = a.clone().plus(&b, -Fr::ONE);
        let other = b.plus(&a, -Fr::ONE);
        let left = algebra.product(one, c.clone());
        let right = algebra.product(other, c);
        assert_eq!(left.plus(&right, Fr::ONE), Sum::default());
    }

    #[test]
    fn degrees_count_brackets() {
        let mut algebra = Algebra::default();
        let (a, b) = (algebra.cell(0, 0), algebra.cell(1, 0));
        let square = algebra.product(a.clone(), a.clone());
        let bracket = square.plus(&b, Fr::ONE);
        let cube = algebra.product(bracket, a);
        assert_eq!(algebra.degree(&cube), 3);
        assert_eq!(algebra.degree(&Sum::constant(Fr::ONE)), 0);
    }
}
