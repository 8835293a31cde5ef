//! The verdict on batches with real proofs: an honest one holds under the key that a stranger
//! derives, and nothing else does.

use halo2_proofs::plonk::{create_proof, keygen_pk2, ProvingKey};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2curves::bn256::{Bn256, G1Affine};
use rand_chacha::rand_core::SeedableRng;
use zkmargin_circuits::book::{build, key_trace, BatchCircuit, BatchInput};
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::{
    inventory_digest, BatchStatement, InstrumentTable, Shape, TableColumn,
};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::{from_halo2, Challenge, KeccakWrite};
use zkmargin_verifier::error::VerifyError;
use zkmargin_verifier::key::{BatchKey, KeyOrigin};
use zkmargin_verifier::light::{LightBatchKey, LightVerifier};
use zkmargin_verifier::protocol::{KeyFile, Protocol, ProtocolError, Template};
use zkmargin_verifier::transcript::Encoding;

fn market(policy: &Policy, mark: &str) -> Market {
    let text = format!(
        r#"{{"time": 1787412831, "instruments": [
        {{"id": "USD", "kind": "cash", "mark": "1"}},
        {{"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"}},
        {{"id": "BTC", "kind": "spot", "underlying": "BTC", "mark": "77081.80"}},
        {{"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "{mark}"}}]}}"#
    );
    Market::from_json(&text, "market.json", policy).unwrap()
}

fn accounts(policy: &Policy) -> Vec<Account> {
    let code = |symbol: &str| policy.underlying(symbol).unwrap().code;
    let usd = InstrumentId::new(code("USD"), 0, 0, Kind::Cash);
    let perpetual = InstrumentId::new(code("BTC"), 0, 0, Kind::Perpetual);
    let account = |n: u64, perpetuals: i64, dollars: i64| {
        let mut positions = vec![
            Position {
                id: usd,
                quantity: dollars * 100_000_000,
            },
            Position {
                id: perpetual,
                quantity: perpetuals * 100_000_000,
            },
        ];
        positions.sort_by_key(|p| p.id);
        Account {
            customer: Fr::from(n),
            identity: Fr::from(n + 100),
            number: n as u32,
            salt: Fr::from(n + 200),
            positions,
        }
    };
    vec![
        account(1, 1, -50_000),
        account(2, -1, 200_000),
        account(3, -2, 10_000),
        account(4, 2, 0),
    ]
}

struct Scene {
    verifier: BatchVerifier,
    policy: Policy,
    setup: Setup,
    other_market: BatchVerifier,
    statement: BatchStatement,
    proof: Vec<u8>,
}

fn scene() -> Scene {
    let policy = Policy::rm1();
    let market_ = market(&policy, "77095.12");
    let shape = Shape::new(10, policy.scenarios().len()).unwrap();
    let setup = Setup::insecure_from_seed(10, 4).unwrap();
    let table = InstrumentTable::new(&policy, &market_);
    let input = BatchInput {
        book: Fr::from(12),
        inventory: inventory_digest(&[]),
        first: 64,
        accounts: accounts(&policy),
        secrets: [Fr::from(5), Fr::from(6)],
    };
    let built = build(shape, &table, 10_000, &input).unwrap();
    let circuit = BatchCircuit::over(key_trace(shape, &table).unwrap());
    let pk: ProvingKey<G1Affine> = keygen_pk2(setup.params(), &circuit, false).unwrap();
    let instances = built.trace.instance.clone();
    let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
    let mut transcript = KeccakWrite::new(Encoding::Compact);
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, Challenge, _, _, _>(
        setup.params(),
        &pk,
        &[BatchCircuit::over(built.trace)],
        &[&columns],
        rand_chacha::ChaCha20Rng::seed_from_u64(9),
        &mut transcript,
    )
    .unwrap();
    Scene {
        // Derived as a stranger would, not taken from the prover.
        verifier: BatchVerifier::new(&setup, &policy, &market_, shape).unwrap(),
        other_market: BatchVerifier::new(&setup, &policy, &market(&policy, "77095.13"), shape)
            .unwrap(),
        policy,
        setup,
        statement: built.statement,
        proof: transcript.finish(),
    }
}

/// The key of a file's bytes, on trust.
fn read(file: &KeyFile, policy: &Policy, market: &Market) -> Result<LightBatchKey, VerifyError> {
    LightBatchKey::from_bytes(&file.to_bytes(), "key", None, (policy, market))
}

impl Scene {
    fn template(&self) -> Template {
        let name = self.policy.name();
        self.verifier.template(&self.setup, name).unwrap()
    }

    fn light(&self, market: &Market) -> LightBatchKey {
        let file = KeyFile::Open(Box::new(self.template()));
        let key = read(&file, &self.policy, market).unwrap();
        let whole = self.verifier.protocol(self.policy.name()).unwrap();
        assert_eq!(key.protocol().to_bytes(), whole.to_bytes());
        assert_eq!(key.id(), BatchKey::id(&self.verifier));
        assert_eq!(key.origin(), KeyOrigin::File);
        key
    }
}

/// A market with options and futures, whose table has columns that are zero in the other.
fn larger_market(policy: &Policy) -> Market {
    let text = r#"{"time": 1787412831, "instruments": [
        {"id": "USD", "kind": "cash", "mark": "1"},
        {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
        {"id": "BTC", "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
        {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
        {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"},
        {"id": "BTC-25SEP26-80000-C", "kind": "call", "underlying": "BTC", "expiry": 1790323200,
         "strike": "80000", "forward": "77405.28", "vol": "0.4198"}]}"#;
    Market::from_json(text, "market.json", policy).unwrap()
}

#[test]
fn a_template_is_the_same_for_every_market_and_completes_to_the_key_of_each() {
    let policy = Policy::rm1();
    let shape = Shape::new(10, policy.scenarios().len()).unwrap();
    let setup = Setup::insecure_from_seed(10, 4).unwrap();
    let markets = [
        Market::new(0, Vec::new()).unwrap(),
        market(&policy, "77095.12"),
        larger_market(&policy),
    ];
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut zeros = Vec::new();
    for market in &markets {
        let key = BatchVerifier::new(&setup, &policy, market, shape).unwrap();
        let file = KeyFile::Open(Box::new(key.template(&setup, policy.name()).unwrap()));
        let read = KeyFile::from_bytes(&file.to_bytes()).unwrap();
        assert_eq!(read.to_bytes(), file.to_bytes());
        files.push(file.to_bytes());
        for other in &markets {
            let derived = BatchVerifier::new(&setup, &policy, other, shape).unwrap();
            let light =
                LightBatchKey::new(&read, "key", KeyOrigin::File, (&policy, other)).unwrap();
            // The transcript's digest, every commitment, the id.
            let whole = derived.protocol(policy.name()).unwrap();
            assert_eq!(light.protocol().to_bytes(), whole.to_bytes());
            let points = whole.fixed_commitments.iter();
            zeros.push(points.filter(|point| point.is_none()).count());
            let again = Protocol::from_bytes(&whole.to_bytes()).unwrap();
            assert_eq!(again.to_bytes(), whole.to_bytes());
        }
    }
    assert!(files.iter().all(|file| *file == files[0]));
    // Columns at infinity, in different numbers, were among them.
    assert!(zeros[0] > zeros[1] && zeros[1] > zeros[2], "{zeros:?}");
    println!("a template has {} bytes", files[0].len());
}

#[test]
fn a_template_is_refused_where_it_does_not_fit() {
    let policy = Policy::rm1();
    let shape = Shape::new(10, policy.scenarios().len()).unwrap();
    let setup = Setup::insecure_from_seed(10, 4).unwrap();
    let market = market(&policy, "77095.12");
    let key = BatchVerifier::new(&setup, &policy, &market, shape).unwrap();
    let template = key.template(&setup, policy.name()).unwrap();
    // A value more, a name that nobody knows, too many rows.
    let unknown = template.complete(|_| None).unwrap_err();
    assert_eq!(unknown, ProtocolError::Column("listed".to_owned()));
    let rows = template.rows() + 1;
    let many = template.complete(|_| Some(vec![from_halo2(&Fr::zero()); rows]));
    let most = template.rows();
    assert_eq!(many.unwrap_err(), ProtocolError::Rows { rows, most });
    let bytes = KeyFile::Open(Box::new(template)).to_bytes();
    assert_eq!(
        Protocol::from_bytes(&bytes).unwrap_err(),
        ProtocolError::Open
    );
    let digest = KeyFile::from_bytes(&bytes).unwrap().digest();
    let about = (&policy, &market);
    let known = LightBatchKey::from_bytes(&bytes, "key", Some(digest), about).unwrap();
    assert_eq!(known.origin(), KeyOrigin::KnownFile);
    let other = LightBatchKey::from_bytes(&bytes, "key", Some([7; 32]), about).unwrap_err();
    assert!(matches!(other, VerifyError::OtherDigest { .. }));
    // A file with prices does not say of which market, so its digest does not make it known.
    let whole = KeyFile::Whole(Box::new(known.protocol().clone()));
    let (bytes, digest) = (whole.to_bytes(), whole.digest());
    let told = LightBatchKey::from_bytes(&bytes, "key", Some(digest), about).unwrap();
    assert_eq!(told.origin(), KeyOrigin::File);
    let other = LightBatchKey::from_bytes(&bytes, "key", Some([7; 32]), about).unwrap_err();
    assert!(matches!(other, VerifyError::OtherDigest { .. }));
    let bytes = KeyFile::from_bytes(&bytes).unwrap().to_bytes();
    assert_eq!(bytes, whole.to_bytes());
    let wide = include_str!("../../../policies/wide.toml");
    let wide = Policy::from_toml(wide, "wide.toml").unwrap();
    let other = LightBatchKey::from_bytes(&bytes, "key", None, (&wide, &market)).unwrap_err();
    assert!(matches!(other, VerifyError::OtherBatchKey { .. }));
}

#[test]
fn real_proof_of_a_batch_fails_under_a_table_changed_by_one_value() {
    let scene = scene();
    let market = market(&scene.policy, "77095.12");
    let table = InstrumentTable::new(&scene.policy, &market);
    let template = scene.template();
    let columns = |change: Option<&str>| {
        let key = template.complete(|name| {
            let column = TableColumn::named(name, table.form())?;
            let mut values: Vec<_> = table.column(column)?.iter().map(from_halo2).collect();
            if change == Some(name) {
                values[2] += from_halo2(&Fr::one());
            }
            Some(values)
        });
        LightVerifier::new(key.unwrap())
    };
    let instances = scene
        .statement
        .instances(scene.verifier.shape(), &table)
        .unwrap();
    let inputs: Vec<Vec<_>> = instances
        .iter()
        .map(|c| c.iter().map(from_halo2).collect())
        .collect();
    let inputs: Vec<&[_]> = inputs.iter().map(Vec::as_slice).collect();
    let verdict = |light: &LightVerifier| light.verify(&inputs, &scene.proof, Encoding::Compact);
    let good = columns(None);
    assert!(verdict(&good).is_ok());
    for open in template.open() {
        let other = columns(Some(&open.name));
        assert!(verdict(&other).is_err(), "{}", open.name);
        // Also where the digest is said to be the honest one: the commitment itself is checked.
        let mut lie = other.protocol().clone();
        lie.transcript_key = good.protocol().transcript_key;
        assert!(verdict(&LightVerifier::new(lie)).is_err(), "{}", open.name);
    }
    // A column more or less, a row more than the column takes.
    let light = |inputs: &[&[_]]| good.verify(inputs, &scene.proof, Encoding::Compact).is_ok();
    assert!(light(&inputs) && !light(&inputs[..3]));
    let longer = [inputs[0], &[inputs[0][0]]].concat();
    assert!(!light(&[&longer, inputs[1], inputs[2], inputs[3]]));
    assert!(!light(&[inputs[0], inputs[1], inputs[3], inputs[2]]) || inputs[2] == inputs[3]);
}

#[test]
fn real_proof_of_a_batch_holds_for_its_statement_alone() {
    let scene = scene();
    // The light verifier, with prices of his own, and with those of a file, says the same of everything.
    let market = market(&scene.policy, "77095.12");
    let light = scene.light(&market);
    let whole = KeyFile::Whole(Box::new(light.protocol().clone()));
    let told = read(&whole, &scene.policy, &market).unwrap();
    let verdict = |s: &BatchStatement, proof: &[u8]| {
        let verdict = scene.verifier.verify(s, proof);
        assert_eq!(light.holds(s, proof), verdict);
        assert_eq!(told.holds(s, proof), verdict);
        verdict
    };
    verdict(&scene.statement, &scene.proof).unwrap();
    let changes: [fn(&mut BatchStatement); 17] = [
        |s| s.policy += Fr::from(1),
        |s| s.market += Fr::from(1),
        |s| s.book += Fr::from(1),
        |s| s.inventory += Fr::from(1),
        |s| s.first += 64,
        |s| s.ratio -= 1,
        |s| s.accounts += 1,
        |s| s.totals.failing -= Fr::from(1),
        |s| s.totals.equity -= Fr::from(1),
        |s| s.totals.shortfall -= Fr::from(1),
        |s| s.totals.deficit -= Fr::from(1),
        |s| s.assets[0].long += Fr::from(1),
        |s| s.assets[1].short += Fr::from(1),
        |s| s.roots[0] += Fr::from(1),
        |s| s.totals.word += Fr::from(1),
        |s| s.secrets[0] += Fr::from(1),
        |s| s.secrets.swap(0, 1),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut statement = scene.statement.clone();
        change(&mut statement);
        assert_ne!(statement, scene.statement, "change {n} changes nothing");
        assert!(verdict(&statement, &scene.proof).is_err(), "change {n}");
    }
    // Roots and assets that the statement has no room for.
    let mut more = scene.statement.clone();
    more.roots.push(more.roots[0]);
    assert!(verdict(&more, &scene.proof).is_err());
    let mut fewer = scene.statement.clone();
    fewer.assets.pop();
    assert!(verdict(&fewer, &scene.proof).is_err());
    // The key of a market whose price differs by a cent.
    let mut moved = scene.statement.clone();
    moved.market = scene.other_market.table().market;
    assert!(scene.other_market.verify(&moved, &scene.proof).is_err());
    assert!(scene
        .other_market
        .verify(&scene.statement, &scene.proof)
        .is_err());
    // Bytes of the proof.
    let proof = &scene.proof;
    assert!(verdict(&scene.statement, &proof[..proof.len() - 1]).is_err());
    assert!(verdict(&scene.statement, &[proof.as_slice(), &[0]].concat()).is_err());
    assert!(verdict(&scene.statement, &[]).is_err());
    for at in (0..proof.len()).step_by(proof.len() / 24) {
        let mut changed = proof.clone();
        changed[at] ^= 1;
        assert!(verdict(&scene.statement, &changed).is_err(), "byte {at}");
    }
}
