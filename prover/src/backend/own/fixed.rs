//! What a circuit fixes for all its proofs: its constraints, its fixed cells and its copies.
//!
//! The circuit is synthesized once, as halo2's key generation does it, and witnesses are dropped.

use ff::Field;
use halo2_proofs::circuit::Value;
use halo2_proofs::plonk::{
    Advice, Any, Assigned, Assignment, Challenge, Circuit, Column, ConstraintSystem, Error,
    Fixed as FixedColumn, FloorPlanner, Instance, Selector,
};
use halo2curves::bn256::Fr;

use super::copies::Copies;
use crate::error::ProverError;

/// See the module documentation.
pub(super) struct Fixed {
    /// The constraints; what was a selector is a fixed column.
    pub(super) cs: ConstraintSystem<Fr>,
    /// Rows of the fixed columns.
    pub(super) columns: Vec<Vec<Fr>>,
    pub(super) copies: Copies,
}

impl Fixed {
    /// Of a circuit over `2^k` rows.
    ///
    /// # Errors
    /// [`ProverError::KeyGeneration`] when the circuit needs more rows or cannot be synthesized.
    pub(super) fn of<C: Circuit<Fr>>(circuit: &C, k: u32) -> Result<Self, ProverError> {
        let mut cs = ConstraintSystem::default();
        let config = C::configure_with_params(&mut cs, circuit.params());
        let rows = 1usize << k;
        let usable = rows.checked_sub(cs.blinding_factors() + 1);
        let usable = usable.filter(|_| rows >= cs.minimum_rows());
        let mut assembly = Assembly {
            usable: usable.ok_or_else(|| fault(&Error::NotEnoughRowsAvailable { current_k: k }))?,
            k,
            columns: vec![vec![Fr::ZERO; rows]; cs.num_fixed_columns()],
            selectors: vec![vec![false; rows]; cs.num_selectors()],
            copies: Copies::new(cs.permutation().get_columns(), rows),
            fault: None,
        };
        let constants = cs.constants().clone();
        C::FloorPlanner::synthesize(&mut assembly, circuit, config, constants)
            .map_or_else(Err, |()| assembly.fault.take().map_or(Ok(()), Err))
            .map_err(|error| fault(&error))?;
        let (cs, selectors) = cs.directly_convert_selectors_to_fixed(assembly.selectors);
        let mut columns = assembly.columns;
        columns.extend(selectors);
        Ok(Fixed {
            cs,
            columns,
            copies: assembly.copies,
        })
    }
}

fn fault(error: &Error) -> ProverError {
    ProverError::KeyGeneration(error.to_string())
}

/// Takes what a synthesis fixes.
struct Assembly {
    usable: usize,
    k: u32,
    columns: Vec<Vec<Fr>>,
    selectors: Vec<Vec<bool>>,
    copies: Copies,
    /// What went wrong first where halo2's interface has no place for errors.
    fault: Option<Error>,
}

impl Assembly {
    fn usable(&self, row: usize) -> Result<(), Error> {
        match row < self.usable {
            true => Ok(()),
            false => Err(Error::NotEnoughRowsAvailable { current_k: self.k }),
        }
    }

    fn note(&mut self, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            self.fault.get_or_insert(error);
        }
    }

    fn fix(&mut self, column: Column<FixedColumn>, row: usize, to: Fr) -> Result<(), Error> {
        self.usable(row)?;
        let column = self.columns.get_mut(column.index());
        column.ok_or(Error::BoundsFailure)?[row] = to;
        Ok(())
    }
}

impl Assignment<Fr> for Assembly {
    fn enable_selector<A, AR>(&mut self, _: A, selector: &Selector, row: usize) -> Result<(), Error>
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.usable(row)?;
        let rows = self.selectors.get_mut(selector.index());
        rows.ok_or(Error::BoundsFailure)?[row] = true;
        Ok(())
    }

    fn assign_fixed(&mut self, column: Column<FixedColumn>, row: usize, to: Assigned<Fr>) {
        let outcome = self.fix(column, row, to.evaluate());
        self.note(outcome);
    }

    fn fill_from_row(
        &mut self,
        column: Column<FixedColumn>,
        from: usize,
        to: Value<Assigned<Fr>>,
    ) -> Result<(), Error> {
        self.usable(from)?;
        let mut filler = Err(Error::Synthesis);
        to.map(|value| filler = Ok(value.evaluate()));
        let filler = filler?;
        (from..self.usable).try_for_each(|row| self.fix(column, row, filler))
    }

    fn copy(&mut self, left: Column<Any>, row: usize, right: Column<Any>, other: usize) {
        let outcome = self.usable(row).and(self.usable(other));
        let outcome = outcome.and_then(|()| self.copies.join((left, row), (right, other)));
        self.note(outcome);
    }

    fn query_instance(&self, _: Column<Instance>, row: usize) -> Result<Value<Fr>, Error> {
        self.usable(row)?;
        Ok(Value::unknown())
    }

    fn assign_advice<'v>(
        &mut self,
        _: Column<Advice>,
        _: usize,
        _: Value<Assigned<Fr>>,
    ) -> Value<&'v Assigned<Fr>> {
        Value::unknown()
    }

    fn get_challenge(&self, _: Challenge) -> Value<Fr> {
        Value::unknown()
    }

    fn enter_region<NR, N>(&mut self, _: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
    }

    fn exit_region(&mut self) {}

    fn annotate_column<A, AR>(&mut self, _: A, _: Column<Any>)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
    }

    fn push_namespace<NR, N>(&mut self, _: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
    }

    fn pop_namespace(&mut self, _: Option<String>) {}
}
