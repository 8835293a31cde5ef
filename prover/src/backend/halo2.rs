//! halo2's prover: the reference.

use halo2_proofs::plonk::{create_proof, keygen_pk2, Circuit, ProvingKey};
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand::rngs::OsRng;
use zkmargin_keys::setup::Setup;

use super::own::witness::Witness;
use crate::error::ProverError;

/// The proving key of a circuit.
///
/// # Errors
/// When halo2 refuses the circuit, which a fitting setup excludes.
pub(super) fn key<C: Circuit<Fr>>(
    circuit: &C,
    setup: &Setup,
) -> Result<ProvingKey<G1Affine>, ProverError> {
    keygen_pk2(setup.params(), circuit, false)
        .map_err(|e| ProverError::KeyGeneration(e.to_string()))
}

/// Writes a proof of a witness, blinded with randomness of the operating system.
///
/// # Errors
/// When halo2 refuses the witness.
pub(super) fn prove<E, T>(
    params: &ParamsKZG<Bn256>,
    pk: &ProvingKey<G1Affine>,
    witness: impl Witness,
    transcript: &mut T,
) -> Result<(), ProverError>
where
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
{
    let instance = witness.instance().to_vec();
    let columns: Vec<&[_]> = instance.iter().map(Vec::as_slice).collect();
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, _, _, _, _>(
        params,
        pk,
        &[witness.into_circuit()],
        &[&columns],
        OsRng,
        transcript,
    )
    .map_err(|e| ProverError::Proof(e.to_string()))
}
