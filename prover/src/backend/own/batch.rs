//! The batch circuit's columns.

use std::borrow::Cow;

use halo2curves::bn256::Fr;
use zkmargin_circuits::book::trace::{Challenges, Trace};
use zkmargin_circuits::book::BatchCircuit;

use super::witness::Witness;
use crate::error::ProverError;

/// A trace of the batch circuit.
pub(crate) struct BatchColumns(pub(crate) Trace);

impl Witness for BatchColumns {
    type Circuit = BatchCircuit;

    fn instance(&self) -> &[Vec<Fr>] {
        &self.0.instance
    }

    fn phase(&mut self, phase: u8, challenges: &[Fr]) -> Result<Vec<Cow<'_, [Fr]>>, ProverError> {
        let trace = &mut self.0;
        let (first, all) = (trace.columns.first_phase, trace.columns.advice());
        let columns = match (phase, challenges) {
            (0, _) => 0..first,
            (1, [gamma, theta, alpha]) => {
                trace.words(*gamma);
                trace.sums(&Challenges {
                    gamma: *gamma,
                    theta: *theta,
                    alpha: *alpha,
                });
                first..all
            }
            _ => return Err(ProverError::Shape("phases")),
        };
        let columns = trace.advice[columns].iter();
        Ok(columns.map(|column| Cow::Borrowed(&column[..])).collect())
    }

    fn into_circuit(self) -> BatchCircuit {
        BatchCircuit::new(self.0)
    }
}
