//! A prover of our own: halo2's keys, halo2's transcript, other arithmetic.
//!
//! # A proof in steps
//!
//! 1. **Advice.** The columns of each [phase](witness::Witness::phase) get random blinding rows and
//!    are committed; then the phase's challenges are drawn.
//! 2. **[Look-ups](lookups).** Both sides of each are compressed with θ and permuted.
//! 3. **[Products](products).** One running product for each set of columns under the permutation
//!    argument, one for each look-up, with β and γ.
//! 4. **[Quotient](quotient).** All [constraints](constraints) with powers of y are one polynomial
//!    that is zero in every row. They are [sums](sum) of products of cells, which are
//!    [compiled](compile) into a program after the challenges are known, and run on as many cosets
//!    as their degree needs.
//! 5. **[Openings](openings).** Everything is evaluated at x and around it; SHPLONK proves the values
//!    in two commitments.
//!
//! All columns are committed by their rows, in the Lagrange basis, so that one table of multiples
//! serves every commitment. Columns live in the kernels' own form from the first step to the last.
//!
//! # Security
//!
//! Nothing that a prover does can make verifiers accept a false statement: they check every proof
//! under a key that they derive themselves, with halo2's key generation and never from a file that a
//! prover wrote. Two things a prover can break:
//!
//! - *Privacy.* A proof hides its witness only if every blinding row of advice and products, the
//!   permuted columns' too, and the random polynomial are random, fresh for each proof, and known to
//!   nobody. A verifier cannot see when they are not. They come from [`randomness`] alone.
//! - *Availability.* A fault gives a proof that is refused. Whoever calls this checks his own proof
//!   before he publishes it: under the key that was made here, so a fault of key generation shows only
//!   where somebody else checks.
//!
//! The arithmetic is not constant-time, as halo2's is not: multi-scalar multiplications skip zeros
//! and take time by how long their scalars are, permuting look-ups goes through hash tables, and a
//! witness is laid in a time that depends on the account. Whoever can measure a prover's time,
//! caches or power learns something of the account; proofs do not tell it.

mod columns;
mod compile;
mod constraints;
mod copies;
mod fixed;
mod key;
mod lookups;
mod openings;
mod permutations;
mod products;
mod prove;
mod quotient;
pub(super) mod randomness;
mod sum;
mod system;
#[cfg(test)]
mod tests;
mod timing;
pub(super) mod trace;
pub(super) mod witness;

use halo2_proofs::plonk::{Circuit, VerifyingKey};
use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{Fr, G1Affine};
use zkmargin_circuits::book::permutation::{Permutations, Plain};
#[cfg(target_arch = "x86_64")]
use zkmargin_kernels::Ifma;
use zkmargin_kernels::{Bases, Cpu, Lanes, Scalar, MAX_K};
use zkmargin_keys::setup::Setup;

use crate::error::ProverError;
use fixed::Fixed;
use key::Key;
use randomness::Randomness;
use timing::timed;
use witness::Witness;

/// The variable that selects instructions.
const VARIABLE: &str = "ZKMARGIN_CPU";

/// The instructions that `ZKMARGIN_CPU` names: `scalar`, those of any machine; without it the fastest
/// that this machine has.
///
/// # Errors
/// For another value.
fn processor() -> Result<Cpu, ProverError> {
    match std::env::var_os(VARIABLE) {
        None => Ok(Cpu::detect()),
        Some(value) if value == "scalar" => Ok(Cpu::Scalar),
        Some(value) => Err(ProverError::Environment {
            variable: VARIABLE,
            value: value.to_string_lossy().into_owned(),
            known: "scalar",
        }),
    }
}

/// What computes the permutations of a batch on this machine.
///
/// # Errors
/// When `ZKMARGIN_CPU` has an unknown value.
pub(super) fn permutations() -> Result<Box<dyn Permutations>, ProverError> {
    Ok(match processor()? {
        Cpu::Scalar => Box::new(Plain),
        #[cfg(target_arch = "x86_64")]
        Cpu::Ifma => Box::new(permutations::Vectors::<Ifma>::new()),
    })
}

/// Proves what one circuit says.
pub(super) enum Prover {
    /// On any machine.
    Scalar(Box<Key<Scalar>>),
    /// On processors with AVX-512 IFMA.
    #[cfg(target_arch = "x86_64")]
    Ifma(Box<Key<Ifma>>),
}

impl Prover {
    /// Collects what the circuit fixes, whose size is the setup's, and makes its verifying key where
    /// it is not known.
    ///
    /// # Errors
    /// When the circuit needs more rows or has something that this prover does not know, or
    /// `ZKMARGIN_CPU` has an unknown value.
    pub(super) fn new<C: Circuit<Fr>>(
        circuit: &C,
        setup: &Setup,
        vk: Option<VerifyingKey<G1Affine>>,
    ) -> Result<(Self, VerifyingKey<G1Affine>), ProverError> {
        Prover::on(processor()?, circuit, setup, vk)
    }

    /// The same with these instructions.
    fn on<C: Circuit<Fr>>(
        cpu: Cpu,
        circuit: &C,
        setup: &Setup,
        vk: Option<VerifyingKey<G1Affine>>,
    ) -> Result<(Self, VerifyingKey<G1Affine>), ProverError> {
        if setup.k() > MAX_K {
            return Err(ProverError::Unsupported("more than 2^22 rows"));
        }
        let fixed = timed("fixed cells", || Fixed::of(circuit, setup.k()))?;
        Ok(match cpu {
            Cpu::Scalar => {
                let (key, vk) = key(&fixed, setup, vk)?;
                (Prover::Scalar(Box::new(key)), vk)
            }
            #[cfg(target_arch = "x86_64")]
            Cpu::Ifma => {
                let (key, vk) = key(&fixed, setup, vk)?;
                (Prover::Ifma(Box::new(key)), vk)
            }
        })
    }

    /// Writes a proof of a witness.
    ///
    /// # Errors
    /// When the witness has other columns than the circuit, or a look-up finds nothing; when the
    /// transcript cannot be written.
    pub(super) fn prove<E, T>(
        &self,
        witness: impl Witness,
        randomness: &mut impl Randomness,
        transcript: &mut T,
    ) -> Result<(), ProverError>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
    {
        match self {
            Prover::Scalar(key) => prove::prove(key, witness, randomness, transcript),
            #[cfg(target_arch = "x86_64")]
            Prover::Ifma(key) => prove::prove(key, witness, randomness, transcript),
        }
    }
}

fn key<L: Lanes>(
    fixed: &Fixed,
    setup: &Setup,
    vk: Option<VerifyingKey<G1Affine>>,
) -> Result<(Key<L>, VerifyingKey<G1Affine>), ProverError> {
    let basis = timed("Lagrange basis", || setup.lagrange())?;
    let window = Bases::<L>::window(basis.len());
    let bases = timed("table of multiples", || Bases::new(&basis, window));
    timed("key", || Key::new(fixed, setup, bases, vk))
}
