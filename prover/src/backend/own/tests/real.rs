//! Both circuits of ours.

use std::sync::Arc;

use ff::Field;
use halo2curves::bn256::Fr;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zkmargin_circuits::book::{build, key_trace, BatchCircuit, BatchInput, Built};
use zkmargin_circuits::margin::witness::Request;
use zkmargin_circuits::margin::{MarginCircuit, MarginWitness};
use zkmargin_desk::generate::market::{market, MarketSpec};
use zkmargin_engine::account::{Account, Position, Secret};
use zkmargin_engine::book::{InstrumentTable, Shape};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::{Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::setup::Setup;

use super::super::trace::TraceColumns;
use super::replay::Theirs;
use super::{compare_all, holds};
use crate::book::batch_prover::BatchProver;

/// 2026-08-21 15:47:01 UTC.
const TIME: u32 = 1_787_327_221;

fn scene() -> (Policy, Market) {
    let policy = Policy::rm1();
    let spec = MarketSpec {
        seed: 3,
        time: TIME,
        crash: false,
    };
    let market = market(&spec, &policy).expect("a market");
    (policy, market)
}

/// Cash and a few options.
fn account(market: &Market, rng: &mut ChaCha20Rng) -> Account {
    let listed = market.instruments().iter().map(|i| i.id);
    let cash = market.by_name("USD").map(|i| market.instruments()[i].id);
    let options = listed.filter(|id| id.kind() != Kind::Cash).take(3);
    let mut positions: Vec<Position> = options
        .map(|id| Position {
            id,
            quantity: -123_456_789,
        })
        .collect();
    positions.push(Position {
        id: cash.expect("USD"),
        quantity: 1_000_000 * 100_000_000,
    });
    positions.sort_by_key(|position| position.id);
    Account {
        customer: Fr::random(&mut *rng),
        identity: secret().identity(),
        number: 7,
        salt: Fr::random(&mut *rng),
        positions,
    }
}

/// The secret behind every account here.
fn secret() -> Secret {
    let drawn = Fr::random(&mut ChaCha20Rng::seed_from_u64(3));
    Secret::new(drawn).expect("a random secret")
}

/// Compares a margin proof.
fn margin(size: Size) {
    let (policy, market) = scene();
    let account = account(&market, &mut ChaCha20Rng::seed_from_u64(1));
    let request = Request {
        scope: Fr::from(1),
        message: Fr::from(2),
        ratio: 10_000,
        buffer: 0,
    };
    let place = Inclusion::lone(account.leaf());
    let witness = MarginWitness::new(size, &market, &account, &secret(), &place, &request);
    let circuit = MarginCircuit::new(&policy, size, &witness.expect("a witness"));
    let statement = circuit.statement().expect("a statement");
    let setup = Setup::insecure_from_seed(circuit.k(), 7).expect("a setup");
    let mut trace = circuit.into_trace();
    trace.instance = vec![statement.rows().to_vec()];
    let columns = || TraceColumns(trace.clone());
    let blank = MarginCircuit::blank(&policy, size);
    let theirs = Theirs::of(&setup, &blank, columns());
    assert!(holds(&setup, &theirs.pk, &columns(), &theirs.proof));
    compare_all(&setup, &blank, columns, &theirs);
}

#[test]
fn real_proof_of_a_small_margin_is_halo2s() {
    margin(Size::Small);
}

#[test]
fn real_proof_of_a_standard_margin_is_halo2s() {
    margin(Size::Standard);
}

#[test]
fn real_proof_of_a_large_margin_is_halo2s() {
    margin(Size::Large);
}

#[test]
fn real_proof_key_of_a_batch_as_large_as_a_venues_is_halo2s() {
    let (policy, market) = scene();
    let shape = Shape::new(14, policy.scenarios().len()).expect("a shape");
    let setup = Setup::insecure_from_seed(14, 7).expect("a setup");
    let theirs = BatchVerifier::new(&setup, &policy, &market, shape).expect("halo2's key");
    let ours = BatchProver::new(&setup, &policy, &market, 10_000, shape).expect("our key");
    assert_eq!(ours.verifier().id(), theirs.id());
}

#[test]
fn real_proof_of_a_batch_is_halo2s() {
    let (policy, market) = scene();
    // As many instruments as the smallest batch prices.
    let few = market.instruments().iter().take(900).cloned().collect();
    let market = Market::new(TIME, few).expect("a market");
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let shape = Shape::new(10, policy.scenarios().len()).expect("a shape");
    let table = Arc::new(InstrumentTable::new(&policy, &market));
    let setup = Setup::insecure_from_seed(10, 7).expect("a setup");
    let blank = BatchCircuit::over(key_trace(shape, &table).expect("it fits"));
    let input = BatchInput {
        book: Fr::from(1),
        inventory: Fr::from(2),
        first: 0,
        accounts: (0..3).map(|_| account(&market, &mut rng)).collect(),
        secrets: [Fr::random(&mut rng), Fr::random(&mut rng)],
    };
    let Built { trace, .. } = build(shape, &table, 10_000, &input).expect("a batch");
    let columns = || TraceColumns(trace.clone());
    let theirs = Theirs::of(&setup, &blank, columns());
    assert!(holds(&setup, &theirs.pk, &columns(), &theirs.proof));
    compare_all(&setup, &blank, columns, &theirs);
}
