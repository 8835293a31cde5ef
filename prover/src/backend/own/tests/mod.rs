//! Proofs are halo2's, byte for byte, under the same randomness.

mod real;
mod replay;

use halo2_proofs::plonk::{verify_proof, ProvingKey};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2curves::bn256::{Bn256, G1Affine};
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::{Challenge, KeccakRead, KeccakWrite};
use zkmargin_verifier::transcript::Encoding;

use super::randomness::Randomness;
use super::witness::Witness;
use super::Prover;
use crate::error::ProverError;

/// A proof of ours.
fn proof(
    prover: &Prover,
    mut witness: impl Witness,
    randomness: &mut impl Randomness,
) -> Result<Vec<u8>, ProverError> {
    let mut transcript = KeccakWrite::new(Encoding::Compact);
    prover.prove(&mut witness, randomness, &mut transcript)?;
    Ok(transcript.finish())
}

fn holds(setup: &Setup, pk: &ProvingKey<G1Affine>, witness: &impl Witness, proof: &[u8]) -> bool {
    let verifier = setup.verifier();
    let params = verifier.params();
    let columns: Vec<&[_]> = witness.instance().iter().map(Vec::as_slice).collect();
    let mut transcript = KeccakRead::new(proof, Encoding::Compact);
    let verdict = verify_proof::<
        KZGCommitmentScheme<Bn256>,
        VerifierSHPLONK<'_, Bn256>,
        Challenge,
        _,
        SingleStrategy<'_, Bn256>,
    >(
        params,
        pk.get_vk(),
        SingleStrategy::new(params),
        &[&columns],
        &mut transcript,
    );
    verdict.is_ok() && transcript.rest().is_empty()
}
