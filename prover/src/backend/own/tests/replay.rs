//! halo2's prover with a commitment scheme that keeps what it commits to, and its randomness again.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use halo2_proofs::plonk::{create_proof, Circuit, ProvingKey};
use halo2_proofs::poly::commitment::{Blind, CommitmentScheme, Params, ParamsProver, Prover};
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::msm::MSMKZG;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::poly::{Coeff, LagrangeCoeff, Polynomial, ProverQuery};
use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{Bn256, Fr, G1Affine, G1};
use rand::rngs::OsRng;
use rand::RngCore;
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::{Challenge, KeccakWrite};
use zkmargin_verifier::transcript::Encoding;

use super::super::randomness::Randomness;
use super::super::witness::Witness;

#[derive(Clone, Debug)]
struct Recorder {
    inner: ParamsKZG<Bn256>,
    committed: Arc<Mutex<Vec<Vec<Fr>>>>,
}

impl Recorder {
    fn new(inner: ParamsKZG<Bn256>) -> Self {
        let committed = Arc::default();
        Recorder { inner, committed }
    }

    fn keep(&self, values: &[Fr]) {
        let mut committed = self.committed.lock().expect("no panic before");
        committed.push(values.to_vec());
    }
}

impl<'p> Params<'p, G1Affine> for Recorder {
    type MSM = MSMKZG<Bn256>;

    fn k(&self) -> u32 {
        self.inner.k()
    }

    fn n(&self) -> u64 {
        self.inner.n()
    }

    fn downsize(&mut self, k: u32) {
        self.inner.downsize(k);
    }

    fn empty_msm(&'p self) -> MSMKZG<Bn256> {
        self.inner.empty_msm()
    }

    fn commit_lagrange(&self, rows: &Polynomial<Fr, LagrangeCoeff>, blind: Blind<Fr>) -> G1 {
        self.keep(rows.values());
        self.inner.commit_lagrange(rows, blind)
    }

    fn write<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        Params::write(&self.inner, writer)
    }

    fn read<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Params::read(reader).map(Recorder::new)
    }
}

impl<'p> ParamsProver<'p, G1Affine> for Recorder {
    type ParamsVerifier = ParamsKZG<Bn256>;

    fn new(k: u32) -> Self {
        Recorder::new(ParamsProver::new(k))
    }

    fn commit(&self, polynomial: &Polynomial<Fr, Coeff>, blind: Blind<Fr>) -> G1 {
        self.keep(polynomial.values());
        self.inner.commit(polynomial, blind)
    }

    fn get_g(&self) -> &[G1Affine] {
        self.inner.get_g()
    }

    fn verifier_params(&'p self) -> &'p ParamsKZG<Bn256> {
        &self.inner
    }
}

#[derive(Debug)]
struct Scheme;

impl CommitmentScheme for Scheme {
    type Scalar = Fr;
    type Curve = G1Affine;
    type ParamsProver = Recorder;
    type ParamsVerifier = ParamsKZG<Bn256>;

    fn new_params(k: u32) -> Recorder {
        ParamsProver::new(k)
    }

    fn read_params<R: io::Read>(reader: &mut R) -> io::Result<Recorder> {
        Params::read(reader)
    }
}

#[derive(Debug)]
struct Opener<'p>(ProverSHPLONK<'p, Bn256>);

impl<'p> Prover<'p, Scheme> for Opener<'p> {
    const QUERY_INSTANCE: bool = false;

    fn new(params: &'p Recorder) -> Self {
        Opener(ProverSHPLONK::new(&params.inner))
    }

    fn create_proof<'com, E, T, R, I>(
        &self,
        rng: R,
        transcript: &mut T,
        queries: I,
    ) -> io::Result<()>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
        I: IntoIterator<Item = ProverQuery<'com, G1Affine>> + Clone,
        R: RngCore,
    {
        let opener = &self.0;
        Prover::<KZGCommitmentScheme<Bn256>>::create_proof(opener, rng, transcript, queries)
    }
}

/// What halo2 drew for a proof, in the order in which this prover asks.
#[derive(Clone)]
pub(super) struct Replay(VecDeque<Vec<Fr>>);

impl Randomness for Replay {
    fn fill(&mut self, rows: &mut [Fr]) {
        let column = self.0.pop_front().expect("halo2 committed to it too");
        rows.copy_from_slice(&column[column.len() - rows.len()..]);
    }

    fn arrange(&mut self, input: &mut [Fr], table: &mut [Fr]) {
        for (number, column) in [input, table].into_iter().enumerate() {
            let theirs = &self.0[number][..column.len()];
            let sorted = |values: &[Fr]| {
                let mut values = values.to_vec();
                values.sort();
                values
            };
            assert_eq!(sorted(column), sorted(theirs), "another permutation");
            column.copy_from_slice(theirs);
        }
    }
}

/// What halo2 makes of a circuit.
pub(super) struct Theirs {
    pub(super) pk: ProvingKey<G1Affine>,
    pub(super) proof: Vec<u8>,
    /// The randomness of the proof.
    pub(super) replay: Replay,
}

impl Theirs {
    /// Key and proof of halo2's prover, on one thread so that it commits in order.
    pub(super) fn of<C: Circuit<Fr>>(
        setup: &Setup,
        blank: &C,
        witness: impl Witness<Circuit: Send> + Send,
    ) -> Theirs {
        let pk = super::key(setup, blank);
        let recorder = Recorder::new(setup.params().clone());
        let instance = witness.instance().to_vec();
        let columns: Vec<&[Fr]> = instance.iter().map(Vec::as_slice).collect();
        let circuit = witness.into_circuit();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let proof = pool.expect("a thread").install(|| {
            let mut transcript = KeccakWrite::new(Encoding::Compact);
            create_proof::<Scheme, Opener<'_>, Challenge, _, _, _>(
                &recorder,
                &pk,
                &[circuit],
                &[&columns],
                OsRng,
                &mut transcript,
            )
            .expect("halo2 proves it");
            transcript.finish()
        });
        let committed = std::mem::take(&mut *recorder.committed.lock().expect("no panic before"));
        let replay = Replay(committed.into());
        Theirs { pk, proof, replay }
    }
}
