//! Who makes proofs: our own prover ([`own`]) or halo2's ([`halo2`]), under the same keys.
//!
//! Both write the same transcript, so verifiers cannot tell them apart. Ours is the default;
//! `ZKMARGIN_PROVER=halo2` selects the other.

mod halo2;
mod own;

use std::sync::{Mutex, OnceLock, PoisonError};

use halo2_proofs::plonk::ProvingKey;
use halo2curves::bn256::G1Affine;
use zkmargin_circuits::book::permutation::{Permutations, Plain};
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::KeccakWrite;
use zkmargin_verifier::transcript::Encoding;

use crate::error::ProverError;

pub(crate) use own::witness::Witness;
pub(crate) use own::{batch::BatchColumns, margin::MarginColumns};

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
    pub fn of_environment() -> Result<Self, ProverError> {
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

/// halo2's proving key of a circuit, and what the own prover makes of it when it is first asked.
pub(crate) struct Keys {
    pk: ProvingKey<G1Affine>,
    own: OnceLock<own::Prover>,
    /// Held by the thread that makes it.
    making: Mutex<()>,
}

impl Keys {
    pub(crate) fn new(pk: ProvingKey<G1Affine>) -> Self {
        let (own, making) = (OnceLock::new(), Mutex::default());
        Keys { pk, own, making }
    }

    /// halo2's key.
    pub(crate) fn halo2(&self) -> &ProvingKey<G1Affine> {
        &self.pk
    }

    fn own(&self, setup: &Setup) -> Result<&own::Prover, ProverError> {
        if let Some(prover) = self.own.get() {
            return Ok(prover);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prover) = self.own.get() {
            return Ok(prover);
        }
        // On threads of its own, and all cores: a thread of a pool would meanwhile begin other tasks
        // of that pool, and another proof among them would wait for this one.
        let make = || own::Prover::new(&self.pk, setup);
        let prover = std::thread::scope(|scope| {
            let made = scope.spawn(|| match rayon::ThreadPoolBuilder::new().build() {
                Ok(pool) => pool.install(make),
                Err(_) => make(),
            });
            made.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
        Ok(self.own.get_or_init(|| prover))
    }

    /// A proof of a witness, with the prover that the environment selects, blinded with randomness
    /// of the operating system.
    ///
    /// # Errors
    /// When the environment names no prover, or the prover refuses the witness. Whether the
    /// constraints hold is for the verifier to say.
    pub(crate) fn prove(
        &self,
        setup: &Setup,
        mut witness: impl Witness,
    ) -> Result<Vec<u8>, ProverError> {
        let mut transcript = KeccakWrite::new(Encoding::Compact);
        match Backend::of_environment()? {
            Backend::Halo2 => halo2::prove(setup.params(), &self.pk, witness, &mut transcript)?,
            Backend::Own => self.own(setup)?.prove(
                &mut witness,
                &mut own::randomness::generator()?,
                &mut transcript,
            )?,
        }
        Ok(transcript.finish())
    }
}
