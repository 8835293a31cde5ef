//! Proofs of batches on this machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zkmargin_circuits::book::permutation::Permutations;
use zkmargin_circuits::book::{build_with, key_trace, BatchCircuit, BatchError, BatchInput, Built};
use zkmargin_engine::book::{BatchStatement, InstrumentTable, Shape};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;

use crate::backend::{permutations, Keys, TraceColumns};
use crate::error::ProverError;
use crate::keys::fits;

/// Keys of the batches of one policy, market, ratio and shape.
pub struct BatchProver {
    ratio: u16,
    permutations: Box<dyn Permutations>,
    keys: Keys,
    verifier: BatchVerifier,
}

/// Time by phase of one batch.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Evaluation of the accounts and assignment of the circuit.
    pub witness: Duration,
    /// Proof.
    pub proof: Duration,
    /// Check of the own proof.
    pub verification: Duration,
}

impl BatchProver {
    /// Prices the market and derives the keys. The setup must have the shape's size.
    ///
    /// # Errors
    /// When the market lists more than the shape holds, or halo2 refuses the circuit.
    pub fn new(
        setup: &Setup,
        policy: &Policy,
        market: &Market,
        ratio: u16,
        shape: Shape,
    ) -> Result<Self, ProverError> {
        fits(shape.k(), setup)?;
        let table = Arc::new(InstrumentTable::new(policy, market));
        let circuit = BatchCircuit::over(key_trace(shape, &table)?);
        let (keys, vk) = Keys::new(&circuit, setup, None)?;
        Ok(BatchProver {
            ratio,
            permutations: permutations()?,
            verifier: BatchVerifier::from_parts(table, shape, setup.verifier(), vk),
            keys,
        })
    }

    /// The verifying side.
    pub fn verifier(&self) -> &BatchVerifier {
        &self.verifier
    }

    /// Lays a batch.
    ///
    /// # Errors
    /// When an account cannot be evaluated or the accounts do not fit.
    pub fn lay(&self, input: &BatchInput) -> Result<Built, BatchError> {
        let (shape, table) = (self.verifier.shape(), self.verifier.table());
        let permutations = &*self.permutations;
        build_with(permutations, shape, table, self.ratio, input)
    }

    /// Proves a batch and checks the proof before returning it.
    ///
    /// # Errors
    /// When an account cannot be evaluated, the accounts do not fit, or the prover refuses the witness.
    pub fn prove(
        &self,
        input: &BatchInput,
    ) -> Result<(BatchStatement, Vec<u8>, Timing), ProverError> {
        let started = Instant::now();
        let Built { trace, statement } = self.lay(input)?;
        let built = Instant::now();
        let proof = self.keys.prove(TraceColumns(trace))?;
        let proven = Instant::now();
        self.verifier.verify(&statement, &proof)?;
        let timing = Timing {
            witness: built - started,
            proof: proven - built,
            verification: proven.elapsed(),
        };
        Ok((statement, proof, timing))
    }
}
