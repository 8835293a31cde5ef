//! Where every polynomial of a proof stands among the columns of its programs.

use halo2_proofs::plonk::{Any, Column, ConstraintSystem};
use halo2curves::bn256::Fr;

/// The first column of each kind. What a proof makes comes first, what the key knows after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// Advice, in halo2's order.
    pub(super) advice: usize,
    /// Instances.
    pub(super) instance: usize,
    /// Products of the permutation argument, a set of columns each.
    pub(super) products: usize,
    /// Three columns for each look-up: permuted input, permuted table, product.
    pub(super) lookups: usize,
    /// Fixed columns.
    pub(super) fixed: usize,
    /// σ of each column under the permutation argument.
    pub(super) sigma: usize,
    /// 1 in the first row.
    pub(super) first: usize,
    /// 1 in the last row that is not blinding.
    pub(super) last: usize,
    /// 1 in the rows before it.
    pub(super) active: usize,
    /// X.
    pub(super) x: usize,
}

impl Places {
    /// The columns of a constraint system with so many sets under the permutation argument.
    pub(super) fn new(cs: &ConstraintSystem<Fr>, sets: usize) -> Self {
        let advice = 0;
        let instance = advice + cs.num_advice_columns();
        let products = instance + cs.num_instance_columns();
        let lookups = products + sets;
        let fixed = lookups + 3 * cs.lookups().len();
        let sigma = fixed + cs.num_fixed_columns();
        let first = sigma + cs.permutation().get_columns().len();
        Places {
            advice,
            instance,
            products,
            lookups,
            fixed,
            sigma,
            first,
            last: first + 1,
            active: first + 2,
            x: first + 3,
        }
    }

    /// Where a column of halo2's stands.
    pub(super) fn of(&self, column: &Column<Any>) -> usize {
        let start = match column.column_type() {
            Any::Advice(_) => self.advice,
            Any::Fixed => self.fixed,
            Any::Instance => self.instance,
        };
        start + column.index()
    }

    /// Permuted input, permuted table and product of a look-up.
    pub(super) fn lookup(&self, number: usize) -> [usize; 3] {
        let start = self.lookups + 3 * number;
        [start, start + 1, start + 2]
    }
}
