//! halo2's own verdict on a proof, under a key that was derived from its circuit.

use halo2_proofs::plonk::{verify_proof, VerifyingKey};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2curves::bn256::{Bn256, G1Affine};
use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

use crate::key::Key;
use crate::setup::{Origin, VerifierSetup};
use crate::transcript::{Challenge, KeccakRead};
use zkmargin_verifier::key::{KeyFacts, KeyOrigin, ProofKey};
use zkmargin_verifier::transcript::Encoding;
use zkmargin_verifier::verdict::No;

/// A key that was derived from its circuit, with the setup that it is under.
#[derive(Clone)]
pub struct DerivedKey {
    key: Key,
    setup: VerifierSetup,
    facts: KeyFacts,
}

impl DerivedKey {
    /// A key and its setup.
    pub fn new(key: Key, setup: VerifierSetup) -> Self {
        let facts = KeyFacts {
            id: key.id.clone(),
            size: key.size,
            policy_name: key.policy_name.clone(),
            policy: key.policy,
            insecure: matches!(setup.origin(), Origin::Insecure),
            digest: None,
            origin: KeyOrigin::Derived,
        };
        DerivedKey { key, setup, facts }
    }
}

impl ProofKey for DerivedKey {
    fn facts(&self) -> &KeyFacts {
        &self.facts
    }

    fn holds(&self, rows: &[Fr; 8], proof: &[u8]) -> Result<(), No> {
        verify_rows(&self.key, &self.setup, rows, proof)
    }
}

/// Checks a proof of a bundle against an instance column.
///
/// # Errors
/// [`No::Rejected`].
pub fn verify_rows(key: &Key, setup: &VerifierSetup, rows: &[Fr], proof: &[u8]) -> Result<(), No> {
    verify_encoded(key, setup, rows, proof, Encoding::Compact)
}

/// Checks a proof in either encoding against an instance column.
///
/// # Errors
/// [`No::Rejected`].
pub fn verify_encoded(
    key: &Key,
    setup: &VerifierSetup,
    rows: &[Fr],
    proof: &[u8],
    encoding: Encoding,
) -> Result<(), No> {
    if rows.len() != Row::ALL.len() {
        return Err(No::Rejected);
    }
    check(setup, &key.vk, &[rows], proof, encoding)
}

/// Checks a proof against all instance columns.
///
/// # Errors
/// [`No::Rejected`].
pub(crate) fn check(
    setup: &VerifierSetup,
    vk: &VerifyingKey<G1Affine>,
    instances: &[&[Fr]],
    proof: &[u8],
    encoding: Encoding,
) -> Result<(), No> {
    let params = setup.params();
    let mut transcript = KeccakRead::new(proof, encoding);
    verify_proof::<
        KZGCommitmentScheme<Bn256>,
        VerifierSHPLONK<'_, Bn256>,
        Challenge,
        _,
        SingleStrategy<'_, Bn256>,
    >(
        params,
        vk,
        SingleStrategy::new(params),
        &[instances],
        &mut transcript,
    )
    .map_err(|_| No::Rejected)?;
    // Bytes after the proof would be a second encoding of the same proof.
    match transcript.rest().is_empty() {
        true => Ok(()),
        false => Err(No::Rejected),
    }
}
