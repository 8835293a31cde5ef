//! What a proof is made of, as the own prover takes it.

use std::borrow::Cow;

use halo2_proofs::plonk::Circuit;
use halo2curves::bn256::Fr;

use crate::error::ProverError;

/// The cells of a circuit by column, so that nothing has to be synthesized.
pub(crate) trait Witness {
    /// The same cells as halo2's prover takes them.
    type Circuit: Circuit<Fr>;

    /// The instance columns, as the verifier has them.
    fn instance(&self) -> &[Vec<Fr>];

    /// The advice columns of a phase in the order of their indices, each from its first row; rows
    /// that are left out are zero. Phases are asked for in order, with the challenges of the phases
    /// before by index; one that is not drawn yet is zero.
    ///
    /// # Errors
    /// When the circuit has no such phase.
    fn phase(&mut self, phase: u8, challenges: &[Fr]) -> Result<Vec<Cow<'_, [Fr]>>, ProverError>;

    /// See [`Witness::Circuit`].
    fn into_circuit(self) -> Self::Circuit;
}
