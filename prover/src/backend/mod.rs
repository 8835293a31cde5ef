//! Who makes proofs: our own prover ([`own`]) or halo2's ([`halo2`]), under the same keys.
//!
//! Both write the same transcript, so verifiers cannot tell them apart. Ours is the default;
//! `ZKMARGIN_PROVER=halo2` selects the other.

mod halo2;
mod own;

use halo2_proofs::plonk::{Circuit, ProvingKey, VerifyingKey};
use halo2curves::bn256::{Fr, G1Affine};
use zkmargin_circuits::book::permutation::{Permutations, Plain};
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::KeccakWrite;
use zkmargin_verifier::transcript::Encoding;

use crate::error::ProverError;

pub(crate) use own::trace::TraceColumns;
pub(crate) use own::witness::Witness;

/// The variable that selects a prover.
const VARIABLE: &str = "ZKMARGIN_PROVER";

/// A prover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// This crate's.
    Own,
    /// halo2's.
    Halo2,
}

impl Backend {
    /// The one that `ZKMARGIN_PROVER` names: `own`, which is the default, or `halo2`.
    ///
    /// # Errors
    /// [`ProverError::Environment`] for another value.
    pub(crate) fn of_environment() -> Result<Self, ProverError> {
        match std::env::var_os(VARIABLE) {
            None => Ok(Backend::Own),
            Some(value) if value == "halo2" => Ok(Backend::Halo2),
            Some(value) if value == "own" => Ok(Backend::Own),
            Some(value) => Err(ProverError::Environment {
                variable: VARIABLE,
                value: value.to_string_lossy().into_owned(),
                known: "own, halo2",
            }),
        }
    }
}

/// What computes the permutations of a batch for the prover that the environment selects.
///
/// # Errors
/// When the environment names no prover, or no instructions.
pub(crate) fn permutations() -> Result<Box<dyn Permutations>, ProverError> {
    match Backend::of_environment()? {
        Backend::Halo2 => Ok(Box::new(Plain)),
        Backend::Own => own::permutations(),
    }
}

/// What proofs of one circuit take.
pub(crate) struct Keys(Kind);

enum Kind {
    /// Ours.
    Own(own::Prover),
    /// halo2's, which wants the setup again for every proof.
    Halo2(Box<(ProvingKey<G1Affine>, Setup)>),
}

impl Keys {
    /// The keys of a circuit, whose witness plays no part, for the prover that the environment
    /// selects, and the verifying key, which is made where it is not known.
    ///
    /// # Errors
    /// When the environment names no prover, or the circuit does not fit the setup.
    pub(crate) fn new<C: Circuit<Fr>>(
        circuit: &C,
        setup: &Setup,
        vk: Option<VerifyingKey<G1Affine>>,
    ) -> Result<(Self, VerifyingKey<G1Affine>), ProverError> {
        Ok(match Backend::of_environment()? {
            Backend::Own => {
                let (prover, vk) = own::Prover::new(circuit, setup, vk)?;
                (Keys(Kind::Own(prover)), vk)
            }
            Backend::Halo2 => {
                let pk = halo2::key(circuit, setup)?;
                let vk = pk.get_vk().clone();
                (Keys(Kind::Halo2(Box::new((pk, setup.clone())))), vk)
            }
        })
    }

    /// A proof of a witness, blinded with randomness of the operating system.
    ///
    /// # Errors
    /// When the prover refuses the witness. Whether the constraints hold is for the verifier to say.
    pub(crate) fn prove(&self, witness: impl Witness) -> Result<Vec<u8>, ProverError> {
        let mut transcript = KeccakWrite::new(Encoding::Compact);
        match &self.0 {
            Kind::Halo2(of) => halo2::prove(of.1.params(), &of.0, witness, &mut transcript)?,
            Kind::Own(prover) => {
                let mut randomness = own::randomness::generator()?;
                prover.prove(witness, &mut randomness, &mut transcript)?;
            }
        }
        Ok(transcript.finish())
    }
}
