//! Runs of neighbours with equal keys, and the sum of a value along each.
//!
//! A flag may join a slot to the one before only if their keys are equal; not joining splits a sum
//! before its absolute value or positive part is taken, which costs the prover.

use ff::Field;

use super::arithmetic::Arithmetic;
use super::free::Free;
use super::trace::Var;
use zkmargin_engine::Fr;

const ONE: Fr = Fr::ONE;

/// A key and the value under it.
#[derive(Clone, Copy)]
pub(crate) struct Keyed {
    /// Equal in neighbours that may be joined.
    pub key: Var,
    /// What is added up.
    pub value: Var,
}

/// Joined slots.
pub(crate) struct Group {
    joins: Vec<Var>,
    sums: Vec<Var>,
}

impl Group {
    /// Joins equal neighbours and accumulates along each run, under three numbers: a join is a bit, it
    /// joins equal keys, the sum.
    pub(crate) fn new(
        a: &mut Arithmetic,
        name: Free,
        [bit, equal, sum]: [&'static str; 3],
        slots: &[Keyed],
    ) -> Self {
        let mut joins = Vec::with_capacity(slots.len());
        let mut sums: Vec<Var> = Vec::with_capacity(slots.len());
        for (i, Keyed { key, value }) in slots.iter().copied().enumerate() {
            let Some(&before) = sums.last() else {
                joins.push(a.constant(Fr::ZERO));
                sums.push(value);
                continue;
            };
            let key_before = slots[i - 1].key;
            a.number(bit);
            let join = a.bit(name, key.value == key_before.value);
            a.number(equal);
            let gap = a.linear(&[(ONE, key), (-ONE, key_before)], Fr::ZERO);
            a.assert_zero(ONE, (Fr::ZERO, join), (Fr::ZERO, gap));
            a.number(sum);
            sums.push(a.product(ONE, join, before, Some((ONE, value)), Fr::ZERO));
            joins.push(join);
        }
        Group { joins, sums }
    }

    /// The sum of a run at its last slot, 0 elsewhere.
    pub(crate) fn closed(&self, a: &mut Arithmetic, i: usize) -> Var {
        match self.joins.get(i + 1) {
            Some(&next) => a.full(-ONE, (Fr::ZERO, next), (ONE, self.sums[i]), None, Fr::ZERO),
            None => self.sums[i],
        }
    }
}
