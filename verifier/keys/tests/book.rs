//! The verdict on batches with real proofs: an honest one holds under the key that a stranger
//! derives, and nothing else does.

use halo2_proofs::plonk::{create_proof, keygen_pk2, ProvingKey};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2curves::bn256::{Bn256, G1Affine};
use rand_chacha::rand_core::SeedableRng;
use zkmargin_circuits::book::{build, key_trace, BatchCircuit, BatchInput};
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::{inventory_digest, BatchStatement, InstrumentTable, Shape};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::{Challenge, KeccakWrite};
use zkmargin_verifier::transcript::Encoding;

fn market(policy: &Policy, mark: &str) -> Market {
    let text = format!(
        r#"{{"time": 1787412831, "instruments": [
        {{"id": "USD", "kind": "cash", "mark": "1"}},
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
        masks: [Fr::from(5), Fr::from(6)],
    };
    let built = build(shape, &table, 10_000, &input).unwrap();
    assert!(built.statement.totals.failing > 0 && built.statement.totals.shortfall > 0);
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
        statement: built.statement,
        proof: transcript.finish(),
    }
}

#[test]
fn real_proof_of_a_batch_holds_for_its_statement_alone() {
    let scene = scene();
    let verdict = |s: &BatchStatement, proof: &[u8]| scene.verifier.verify(s, proof);
    verdict(&scene.statement, &scene.proof).unwrap();
    let changes: [fn(&mut BatchStatement); 17] = [
        |s| s.policy += Fr::from(1),
        |s| s.market += Fr::from(1),
        |s| s.book += Fr::from(1),
        |s| s.inventory += Fr::from(1),
        |s| s.first += 64,
        |s| s.ratio -= 1,
        |s| s.totals.accounts += 1,
        |s| s.totals.failing -= 1,
        |s| s.totals.equity -= 1,
        |s| s.totals.shortfall -= 1,
        |s| s.totals.deficit -= 1,
        |s| s.assets[0].long += 1,
        |s| s.assets[1].short += 1,
        |s| s.roots[0] += Fr::from(1),
        |s| s.word += Fr::from(1),
        |s| s.masks[0] += Fr::from(1),
        |s| s.masks.swap(0, 1),
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
