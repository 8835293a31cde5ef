//! The verdict on one batch.

use std::sync::Arc;

use halo2_proofs::plonk::{keygen_vk, verify_proof, VerifyingKey};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::SerdeFormat;
use halo2curves::bn256::{Bn256, G1Affine};
use sha2::{Digest, Sha256};
use zkmargin_circuits::book::{key_trace, BatchCircuit};
use zkmargin_engine::book::{BatchStatement, InstrumentTable, Shape};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;

use crate::error::KeysError;
use crate::setup::{Origin, Setup, VerifierSetup};
use crate::transcript::{Challenge, KeccakRead};
use zkmargin_verifier::key::BatchKey;
use zkmargin_verifier::transcript::Encoding;
use zkmargin_verifier::verdict::No;

/// The key of the batches of one policy, market and shape.
///
/// The prices of the market are fixed columns of the circuit, so every verifier derives the key
/// from the market himself: he computes the prices, and nobody has to prove them.
#[derive(Clone)]
pub struct BatchVerifier {
    table: Arc<InstrumentTable>,
    shape: Shape,
    setup: VerifierSetup,
    vk: VerifyingKey<G1Affine>,
}

impl BatchVerifier {
    /// Prices the market and derives the key.
    ///
    /// # Errors
    /// When the market lists more than the shape holds, or the setup is smaller than the circuit.
    pub fn new(
        setup: &Setup,
        policy: &Policy,
        market: &Market,
        shape: Shape,
    ) -> Result<Self, KeysError> {
        let table = InstrumentTable::new(policy, market);
        let trace = key_trace(shape, &table)?;
        let vk = keygen_vk(setup.params(), &BatchCircuit::over(trace))
            .map_err(|e| KeysError::KeyGeneration(e.to_string()))?;
        Ok(Self::from_parts(
            Arc::new(table),
            shape,
            setup.verifier(),
            vk,
        ))
    }

    /// Wraps a key that was derived with the proving key.
    pub fn from_parts(
        table: Arc<InstrumentTable>,
        shape: Shape,
        setup: VerifierSetup,
        vk: VerifyingKey<G1Affine>,
    ) -> Self {
        BatchVerifier {
            table,
            shape,
            setup,
            vk,
        }
    }

    /// Prices of the market.
    pub fn table(&self) -> &Arc<InstrumentTable> {
        &self.table
    }

    /// Shape of the batches.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Name of the key: shape, 16 hexadecimal digits of its content, and `insecure` when the
    /// setup is.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.vk.to_bytes(SerdeFormat::Processed));
        hash.update(format!("{:?}", self.vk.pinned()));
        let digest = hex::encode(&hash.finalize()[..8]);
        let insecure = self.is_insecure();
        let mark = if insecure { "-insecure" } else { "" };
        format!("book-k{}-{digest}{mark}", self.shape.k())
    }

    /// Checks the proof of a batch.
    ///
    /// # Errors
    /// [`No::OtherRow`] for another policy or market, [`No::Rejected`] for anything else that is
    /// wrong.
    pub fn verify(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No> {
        if statement.policy != self.table.policy {
            return Err(No::OtherRow { row: "policy" });
        }
        if statement.market != self.table.market {
            return Err(No::OtherRow { row: "market" });
        }
        let instances = statement
            .instances(self.shape, &self.table)
            .ok_or(No::Rejected)?;
        let columns: Vec<&[_]> = instances.iter().map(Vec::as_slice).collect();
        let params = self.setup.params();
        let mut transcript = KeccakRead::new(proof, Encoding::Compact);
        verify_proof::<
            KZGCommitmentScheme<Bn256>,
            VerifierSHPLONK<'_, Bn256>,
            Challenge,
            _,
            SingleStrategy<'_, Bn256>,
        >(
            params,
            &self.vk,
            SingleStrategy::new(params),
            &[&columns],
            &mut transcript,
        )
        .map_err(|_| No::Rejected)?;
        // Bytes after the proof would be a second encoding of the same proof.
        match transcript.rest().is_empty() {
            true => Ok(()),
            false => Err(No::Rejected),
        }
    }
}

impl BatchKey for BatchVerifier {
    fn id(&self) -> String {
        BatchVerifier::id(self)
    }

    fn is_insecure(&self) -> bool {
        matches!(self.setup.origin(), Origin::Insecure)
    }

    fn table(&self) -> &InstrumentTable {
        &self.table
    }

    fn holds(&self, statement: &BatchStatement, proof: &[u8]) -> Result<(), No> {
        self.verify(statement, proof)
    }
}
