//! A verifier with 128 bytes of setup accepts what a prover with all powers made.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    create_proof, keygen_pk, keygen_vk, verify_proof, Advice, Circuit, Column, ConstraintSystem,
    Error, Fixed, Instance, ProvingKey,
};
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::poly::Rotation;
use halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, TranscriptReadBuffer, TranscriptWriterBuffer,
};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand::rngs::OsRng;
use zkmargin_keys::setup::{Setup, VerifierSetup};

const K: u32 = 5;

/// Knows a square root of the instance.
#[derive(Clone, Default)]
struct Root(Value<Fr>);

impl Circuit<Fr> for Root {
    type Config = (Column<Advice>, Column<Fixed>, Column<Instance>);
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::default()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Self::Config {
        let (root, on, square) = (
            meta.advice_column(),
            meta.fixed_column(),
            meta.instance_column(),
        );
        meta.enable_equality(root);
        meta.enable_equality(square);
        let square_of = root;
        meta.create_gate("square", |meta| {
            let on = meta.query_fixed(on, Rotation::cur());
            let root = meta.query_advice(root, Rotation::cur());
            let next = meta.query_advice(square_of, Rotation::next());
            vec![on * (root.clone() * root - next)]
        });
        (root, on, square)
    }

    fn synthesize(
        &self,
        config: Self::Config,
        mut layouter: impl Layouter<Fr>,
    ) -> Result<(), Error> {
        let (root, on, square) = config;
        let cell = layouter.assign_region(
            || "square",
            |mut region| {
                region.assign_fixed(on, 0, Fr::one());
                region.assign_advice(root, 0, self.0);
                Ok(region
                    .assign_advice(root, 1, self.0.map(|root| root * root))
                    .cell())
            },
        )?;
        layouter.constrain_instance(cell, square, 0);
        Ok(())
    }
}

fn prove(params: &ParamsKZG<Bn256>, pk: &ProvingKey<G1Affine>, root: Fr) -> Vec<u8> {
    let mut transcript = Blake2bWrite::<_, _, Challenge255<_>>::init(Vec::new());
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, _, _, _, _>(
        params,
        pk,
        &[Root(Value::known(root))],
        &[&[&[root * root]]],
        OsRng,
        &mut transcript,
    )
    .unwrap();
    transcript.finalize()
}

fn accepts(params: &ParamsKZG<Bn256>, pk: &ProvingKey<G1Affine>, square: Fr, proof: &[u8]) -> bool {
    let mut transcript = Blake2bRead::<_, _, Challenge255<_>>::init(proof);
    verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
        params,
        pk.get_vk(),
        SingleStrategy::new(params),
        &[&[&[square]]],
        &mut transcript,
    )
    .is_ok()
}

#[test]
fn a_proof_verifies_with_the_verifier_setup_only() {
    for setup in [
        Setup::insecure_from_seed(K, 9).unwrap(),
        Setup::embedded_uncached(K).unwrap(),
    ] {
        let params = setup.params();
        let vk = keygen_vk(params, &Root::default()).unwrap();
        let pk = keygen_pk(params, vk, &Root::default()).unwrap();
        let proof = prove(params, &pk, Fr::from(12));
        let small = setup.verifier();
        assert!(accepts(params, &pk, Fr::from(144), &proof));
        assert!(accepts(small.params(), &pk, Fr::from(144), &proof));
        assert!(!accepts(small.params(), &pk, Fr::from(145), &proof));
        // Another secret: refused.
        let other = Setup::insecure_from_seed(K, 10).unwrap().verifier();
        assert!(!accepts(other.params(), &pk, Fr::from(144), &proof));
        // The bytes of [tau]_2 are enough to make the verifier's part again.
        let insecure = small.id().contains("insecure");
        let again = VerifierSetup::from_tau_g2(K, &small.tau_g2(), insecure).unwrap();
        assert_eq!(again.id(), setup.id());
        assert!(accepts(again.params(), &pk, Fr::from(144), &proof));
    }
}

#[test]
fn the_verifier_setup_refuses_what_is_no_point() {
    let good = VerifierSetup::ignition(K).unwrap().tau_g2();
    let mut flipped = good;
    flipped[100] ^= 1;
    for bytes in [[0; 128], [255; 128], flipped] {
        assert!(VerifierSetup::from_tau_g2(K, &bytes, false).is_err());
    }
    assert!(VerifierSetup::from_tau_g2(0, &good, false).is_err());
    assert!(VerifierSetup::ignition(25).is_err());
    assert_eq!(VerifierSetup::ignition(20).unwrap().id(), "ignition-k20");
}
