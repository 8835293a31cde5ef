//! Real proofs for the end-to-end tests: a setup, keys and one proof per size, made once a process.
//!
//! The verifying key of a [`Proven`] is derived on its own from policy, size and the 128 bytes of
//! the setup that a verifier has by heart; nothing of the prover's key goes into it.

use std::sync::OnceLock;

use halo2_proofs::plonk::verify_proof;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Transcript, TranscriptRead};
use halo2curves::bn256::{Bn256, G1Affine};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::Kind;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Statement;
use zkmargin_engine::Fr;
use zkmargin_keys::key::{key_shape, Key};
use zkmargin_keys::setup::{Setup, VerifierSetup};
use zkmargin_keys::transcript::{Challenge, KeccakRead};
use zkmargin_keys::verify::{verify_rows, DerivedKey};
use zkmargin_prover::keys::ProvingKey;
use zkmargin_prover::prove::{prove, Subject, Timing};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::transcript::Encoding;
use zkmargin_verifier::verdict::{No, Verdict};
use zkmargin_verifier::verify::{verify, Bound, Expectations};

#[path = "../../../circuits/tests/support/fixture.rs"]
#[allow(missing_docs)]
pub mod fixture;

use fixture::Case;

/// Index of the account's leaf in the book of a [`Case`].
pub(crate) const LEAF: usize = 1;

/// The powers of the Ignition ceremony that a policy needs at a size.
pub fn ignition(policy: &Policy, size: Size) -> Setup {
    Setup::embedded(key_shape(policy, size).k).expect("the embedded setup is large enough")
}

/// The part of them that a verifier needs.
pub fn ignition_verifier(policy: &Policy, size: Size) -> VerifierSetup {
    VerifierSetup::ignition(key_shape(policy, size).k).expect("a supported size")
}

/// A case with everything that both sides hold, and a proof.
pub struct Proven {
    /// Policy, market, account, book and request.
    pub case: Case,
    /// The prover's setup.
    pub setup: Setup,
    /// The prover's key.
    pub proving: ProvingKey,
    /// The verifier's setup.
    pub verifier: VerifierSetup,
    /// The verifier's key.
    pub key: Key,
    /// The proof with its statement.
    pub bundle: Bundle,
    /// How long the proof took.
    pub timing: Timing,
}

impl Proven {
    /// Proves a case under the Ignition setup.
    pub fn of(case: Case) -> Self {
        let setup = ignition(&case.policy, case.size);
        let verifier = ignition_verifier(&case.policy, case.size);
        Self::under(case, setup, verifier)
    }

    /// Proves a case under any setup.
    pub fn under(case: Case, setup: Setup, verifier: VerifierSetup) -> Self {
        let proving = ProvingKey::generate(&case.policy, case.size, &setup).expect("a proving key");
        let vk = Key::generate(&case.policy, case.size, &setup)
            .expect("a verifying key")
            .vk;
        let key = Key::new(&case.policy, case.size, verifier.k(), &verifier, vk);
        let (bundle, timing) = prove(
            &proving,
            &setup,
            &subject(&case, &place(&case)),
            &case.request,
        )
        .expect("a proof");
        Proven {
            case,
            setup,
            proving,
            verifier,
            key,
            bundle,
            timing,
        }
    }

    /// Another proof of the same case.
    pub fn again(&self) -> Bundle {
        let made = prove(
            &self.proving,
            &self.setup,
            &subject(&self.case, &place(&self.case)),
            &self.case.request,
        );
        made.expect("a proof").0
    }

    /// The verifier's key with its setup.
    pub fn derived(&self) -> DerivedKey {
        DerivedKey::new(self.key.clone(), self.verifier.clone())
    }

    /// The verdict of a verifier who expects every public input.
    pub fn check(&self, bundle: &Bundle) -> Result<Verdict, No> {
        let expected = expect_all(&self.case.statement());
        verify(&self.derived(), bundle, &expected)
    }

    /// The verdict on bytes and rows alone.
    pub fn check_rows(&self, rows: &[Fr], proof: &[u8]) -> Result<(), No> {
        verify_rows(&self.key, &self.verifier, rows, proof)
    }
}

/// The prover's view of a case, and the place of its account.
pub fn subject<'a>(case: &'a Case, place: &'a Inclusion) -> Subject<'a> {
    Subject {
        policy: &case.policy,
        market: &case.market,
        account: &case.account,
        secret: &case.secret,
        place,
    }
}

/// Where the account of a case stands.
pub fn place(case: &Case) -> Inclusion {
    case.book.inclusion(LEAF)
}

/// A verifier who knows every row himself.
pub fn expect_all(statement: &Statement) -> Expectations {
    Expectations {
        market: Some(statement.market),
        book: Some(statement.book),
        nullifier: Some(statement.nullifier),
        scope: Some(statement.scope),
        message: Some(statement.message),
        ratio: Some(Bound::Exactly(statement.ratio)),
        buffer: Some(Bound::Exactly(statement.buffer)),
        age: None,
    }
}

/// The mixed account in `small`, proven once a process.
pub fn small() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| Proven::of(Case::mixed()))
}

/// A full account in `standard`, proven once a process.
pub fn standard() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| Proven::of(full_standard(Policy::rm1())))
}

/// The mixed account in `small` under RM-2, proven once a process.
pub fn small_rm2() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| Proven::of(Case::mixed_under("rm2")))
}

/// A full account in `standard` under RM-2, proven once a process.
pub fn standard_rm2() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| Proven::of(full_standard(fixture::shipped("rm2"))))
}

/// 64 positions over three underlyings, long and short in turn, and two kinds of cash.
pub(crate) fn full_standard(policy: Policy) -> Case {
    let market = fixture::market(&policy);
    let listed: Vec<&str> = market
        .instruments()
        .iter()
        .filter(|i| i.id.kind() != Kind::Cash)
        .take(Size::Standard.positions())
        .map(|i| i.name.as_str())
        .collect();
    let mut positions = vec![("USD", "20000000.50"), ("USDT", "-31415.9265")];
    let quantities = ["0.5", "-1.25", "2", "-0.75", "-3.00000001"];
    positions.extend(listed.into_iter().zip(quantities.into_iter().cycle()));
    let mut case = Case::under(policy, fixture::TIME, &positions);
    case.size = Size::Standard;
    case.request.ratio = 12_500;
    case.request.buffer = 1_234_567_890_123;
    case
}

/// What a 32-byte word of a proof holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A compressed point.
    Point,
    /// A field element.
    Scalar,
}

/// Notes what halo2's verifier reads from a proof.
struct Recorder<'p> {
    inner: KeccakRead<'p>,
    words: Vec<Word>,
}

impl Transcript<G1Affine, Challenge> for Recorder<'_> {
    fn squeeze_challenge(&mut self) -> Challenge {
        self.inner.squeeze_challenge()
    }
    fn common_point(&mut self, point: G1Affine) -> std::io::Result<()> {
        self.inner.common_point(point)
    }
    fn common_scalar(&mut self, scalar: Fr) -> std::io::Result<()> {
        self.inner.common_scalar(scalar)
    }
}

impl TranscriptRead<G1Affine, Challenge> for Recorder<'_> {
    fn read_point(&mut self) -> std::io::Result<G1Affine> {
        self.words.push(Word::Point);
        self.inner.read_point()
    }
    fn read_scalar(&mut self) -> std::io::Result<Fr> {
        self.words.push(Word::Scalar);
        self.inner.read_scalar()
    }
}

/// What each word of a proof holds, as halo2's verifier reads it.
pub fn words(proven: &Proven) -> Vec<Word> {
    let params = proven.verifier.params();
    let mut recorder = Recorder {
        inner: KeccakRead::new(&proven.bundle.proof, Encoding::Compact),
        words: Vec::new(),
    };
    let rows = proven.bundle.statement.rows();
    verify_proof::<
        KZGCommitmentScheme<Bn256>,
        VerifierSHPLONK<'_, Bn256>,
        Challenge,
        _,
        SingleStrategy<'_, Bn256>,
    >(
        params,
        &proven.key.vk,
        SingleStrategy::new(params),
        &[&[&rows]],
        &mut recorder,
    )
    .expect("the proof holds");
    recorder.words
}
