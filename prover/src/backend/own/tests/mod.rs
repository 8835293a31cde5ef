//! Proofs are halo2's, byte for byte, under the same randomness; and that they hide.

mod privacy;
mod real;
mod replay;
mod toy;

use halo2_proofs::plonk::{keygen_pk2, verify_proof, Circuit, ProvingKey};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
#[cfg(target_arch = "x86_64")]
use zkmargin_kernels::Ifma;
use zkmargin_kernels::{Checked, Cpu, Lanes, Scalar};
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::{Challenge, KeccakRead, KeccakWrite};
use zkmargin_verifier::transcript::Encoding;

use super::fixed::Fixed;
use super::prove::prove;
use super::randomness::Randomness;
use super::witness::Witness;
use super::Prover;
use crate::error::ProverError;
use replay::Theirs;
use toy::{Shape, Toy};

/// A setup that everybody knows.
fn setup(k: u32) -> Setup {
    Setup::insecure_from_seed(k, 7).expect("a small setup")
}

/// halo2's key.
fn key<C: Circuit<Fr>>(setup: &Setup, circuit: &C) -> ProvingKey<G1Affine> {
    keygen_pk2(setup.params(), circuit, false).expect("a key")
}

/// Ours, on the instructions of this machine.
fn prover<C: Circuit<Fr>>(setup: &Setup, circuit: &C) -> Prover {
    Prover::new(circuit, setup, None).expect("a prover").0
}

/// Compares a proof of ours on some lanes with halo2's, and the verifying keys.
fn compare<L: Lanes, C: Circuit<Fr>>(
    setup: &Setup,
    blank: &C,
    witness: impl Witness,
    theirs: &Theirs,
) {
    let fixed = Fixed::of(blank, setup.k()).expect("what the circuit fixes");
    let (key, vk) = super::key::<L>(&fixed, setup, None).expect("a key");
    assert_eq!(vk.transcript_repr(), theirs.pk.get_vk().transcript_repr());
    let mut transcript = KeccakWrite::new(Encoding::Compact);
    let mut replay = theirs.replay.clone();
    prove(&key, witness, &mut replay, &mut transcript).expect("a proof");
    assert!(
        transcript.finish() == theirs.proof,
        "another proof than halo2's"
    );
}

/// The same on all lanes that this machine has.
fn compare_all<C: Circuit<Fr>, W: Witness>(
    setup: &Setup,
    blank: &C,
    witness: impl Fn() -> W,
    theirs: &Theirs,
) {
    compare::<Scalar, C>(setup, blank, witness(), theirs);
    match Cpu::detect() {
        Cpu::Scalar => {}
        #[cfg(target_arch = "x86_64")]
        Cpu::Ifma => compare::<Ifma, C>(setup, blank, witness(), theirs),
    }
}

/// A proof of ours.
fn proof(
    prover: &Prover,
    witness: impl Witness,
    randomness: &mut impl Randomness,
) -> Result<Vec<u8>, ProverError> {
    let mut transcript = KeccakWrite::new(Encoding::Compact);
    prover.prove(witness, randomness, &mut transcript)?;
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

/// Some of everything.
fn mixed() -> Shape {
    Shape {
        k: 5,
        inputs: 4,
        first: vec![5, 2],
        second: vec![3],
        lookups: vec![2, 1],
        copies: 12,
        seed: 11,
    }
}

#[test]
fn proofs_of_random_circuits_are_those_of_halo2() {
    let shapes = (
        4..7u32,
        1..5usize,
        vec(1..9usize, 1..4),
        vec(1..5usize, 0..3),
        vec(1..4usize, 0..3),
        0..20usize,
        any::<u64>(),
    );
    let shapes = shapes.prop_map(|(k, inputs, first, second, lookups, copies, seed)| Shape {
        k,
        inputs,
        // The highest degree has to be that of a gate, or the highest piece would be zero.
        first: [vec![8], first].concat(),
        second,
        lookups,
        copies,
        seed,
    });
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[3; 32]);
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(24)
    };
    let verdict = TestRunner::new_with_rng(config, rng).run(&shapes, |shape| {
        let toy = Toy::new(shape);
        let setup = setup(toy.k());
        let theirs = Theirs::of(&setup, &toy, toy.clone());
        prop_assert!(holds(&setup, &theirs.pk, &toy, &theirs.proof));
        compare::<Checked, Toy>(&setup, &toy, toy.clone(), &theirs);
        compare_all(&setup, &toy, || toy.clone(), &theirs);
        Ok(())
    });
    verdict.expect("every proof is halo2's");
}

#[test]
fn a_look_up_that_finds_nothing_is_an_error() {
    let toy = Toy::new(mixed()).looking_in_vain();
    let setup = setup(toy.k());
    let prover = prover(&setup, &toy);
    let mut rng = super::randomness::generator().expect("randomness");
    let verdict = proof(&prover, toy, &mut rng);
    assert!(
        matches!(verdict, Err(ProverError::LookUp(_))),
        "{verdict:?}"
    );
}

#[test]
fn a_circuit_that_needs_more_rows_is_an_error() {
    let toy = Toy::new(mixed());
    let verdict = Prover::new(&toy, &setup(toy.k() - 1), None);
    assert!(
        matches!(verdict, Err(ProverError::KeyGeneration(_))),
        "it fits"
    );
}
