//! The margin circuit's columns.

use std::borrow::Cow;

use halo2curves::bn256::Fr;
use zkmargin_circuits::margin::lookup::{self, Challenges, Tables};
use zkmargin_circuits::margin::{last_row, MarginCircuit};
use zkmargin_engine::statement::Statement;

use super::witness::Witness;
use crate::error::ProverError;

/// A trace of the margin circuit with its statement.
pub(crate) struct MarginColumns {
    circuit: MarginCircuit,
    instance: [Vec<Fr>; 1],
    /// Rows that the look-up argument sums.
    last: usize,
    multiplicities: [Vec<Fr>; 2],
}

impl MarginColumns {
    /// The columns of a circuit.
    pub(crate) fn new(circuit: MarginCircuit, statement: &Statement) -> Self {
        MarginColumns {
            last: last_row(circuit.shape(), circuit.k()),
            instance: [statement.rows().to_vec()],
            multiplicities: Default::default(),
            circuit,
        }
    }
}

impl Witness for MarginColumns {
    type Circuit = MarginCircuit;

    fn instance(&self) -> &[Vec<Fr>] {
        &self.instance
    }

    fn phase(&mut self, phase: u8, challenges: &[Fr]) -> Result<Vec<Cow<'_, [Fr]>>, ProverError> {
        let trace = self.circuit.trace();
        match (phase, challenges) {
            (0, _) => {
                self.multiplicities = Tables::new(trace).multiplicities(trace, self.last);
                // The trace may have more rows than are assigned.
                let rows = trace.rows().min(self.last + 1);
                let lanes = trace.advice.iter().map(|column| &column[..rows]);
                let all = lanes.chain(self.multiplicities.iter().map(Vec::as_slice));
                Ok(all.map(Cow::Borrowed).collect())
            }
            (1, [theta, alpha]) => {
                let challenges = Challenges {
                    theta: *theta,
                    alpha: *alpha,
                };
                let sums = lookup::sums(trace, self.last, &self.multiplicities, &challenges);
                Ok(sums.map(Cow::Owned).into())
            }
            _ => Err(ProverError::Shape("phases")),
        }
    }

    fn into_circuit(self) -> MarginCircuit {
        self.circuit
    }
}
