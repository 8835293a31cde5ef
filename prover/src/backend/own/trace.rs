//! The columns of a trace.

use std::borrow::Cow;

use halo2curves::bn256::Fr;
use zkmargin_circuits::system::circuit::TraceCircuit;
use zkmargin_circuits::system::trace::Trace;
use zkmargin_circuits::system::System;

use super::witness::Witness;
use crate::error::ProverError;

/// A laid first phase; its instance is the one that is proven.
pub(crate) struct TraceColumns<S: System>(pub(crate) Trace<S>);

impl<S: System> Witness for TraceColumns<S> {
    type Circuit = TraceCircuit<S>;

    fn instance(&self) -> &[Vec<Fr>] {
        &self.0.instance
    }

    fn phase(&mut self, phase: u8, challenges: &[Fr]) -> Result<Vec<Cow<'_, [Fr]>>, ProverError> {
        let plan = self.0.columns.plan();
        let columns = match phase {
            0 => 0..plan.first,
            1 if challenges.len() == plan.challenges => {
                S::second(&mut self.0, challenges);
                plan.first..plan.first + plan.second
            }
            _ => return Err(ProverError::Shape("phases")),
        };
        let column = |column| Cow::Borrowed(self.0.assigned(column));
        Ok(columns.map(column).collect())
    }

    fn into_circuit(self) -> TraceCircuit<S> {
        TraceCircuit::over(self.0)
    }
}
