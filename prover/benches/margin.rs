//! Time, memory and size of margin proofs.
//!
//! `cargo bench -p zkmargin-prover --bench margin -- rm1 rm2 small standard large`
//!
//! Prints, per policy and size: rows by part and lane, columns, lookups, degree, time of keys and proofs of our
//! prover and of halo2's in turn, their ratio, peak memory, proof bytes, and the ratio of a proof to
//! one multi-scalar multiplication of 2^14 random scalars. `--own` leaves halo2's prover out. With
//! `--features timings` every proof prints its phases.

mod support;

use std::time::{Duration, Instant};

use ff::Field;
use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::{Fr, G1Affine};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_circuits::margin::layout::build;
use zkmargin_circuits::margin::witness::Request;
use zkmargin_circuits::margin::{constraint_system, MarginCircuit, MarginWitness, Shape};
use zkmargin_engine::account::{Account, Position, Secret};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::keys::ProvingKey;
use zkmargin_prover::prove::{prove, Subject};

use support::book::{market, policies, SEED};
use support::{median, own_and_halo2, peak_memory, ratio, Backend};

/// Proofs of each prover.
const ROUNDS: usize = 5;

fn main() {
    let named = std::env::args().filter_map(|a| a.parse().ok());
    let mut sizes: Vec<Size> = named.collect();
    if sizes.is_empty() {
        sizes = Size::ALL.to_vec();
    }
    let (_, market) = market();
    println!(
        "market: {} instruments; threads: {}",
        market.instruments().len(),
        rayon::current_num_threads()
    );
    let yardstick = yardstick();
    println!(
        "yardstick: one multi-scalar multiplication of 2^14 random scalars {}",
        ms(yardstick)
    );
    for policy in policies() {
        for size in &sizes {
            bench(&policy, &market, *size, yardstick);
        }
    }
}

fn ms(d: Duration) -> String {
    format!("{:.1} ms", d.as_secs_f64() * 1e3)
}

fn yardstick() -> Duration {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let scalars: Vec<Fr> = (0..1 << 14).map(|_| Fr::random(&mut rng)).collect();
    let setup = Setup::embedded(14).expect("the embedded setup");
    let bases: &[G1Affine] = setup.params().get_g();
    best_multiexp(&scalars, bases);
    (0..5)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(best_multiexp(&scalars, bases));
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// A full account: options of every underlying, spot, futures, and enough USD.
fn account(market: &Market, size: Size) -> Account {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let mut codes: Vec<u16> = market
        .instruments()
        .iter()
        .filter(|i| i.id.kind() != Kind::Cash)
        .map(|i| i.id.underlying())
        .collect();
    codes.dedup();
    codes.truncate(size.underlyings());
    let mut listed: Vec<InstrumentId> = market
        .instruments()
        .iter()
        .map(|i| i.id)
        .filter(|id| id.kind() != Kind::Cash && codes.contains(&id.underlying()))
        .collect();
    listed.shuffle(&mut rng);
    listed.truncate(size.positions());
    let cash = market.by_name("USD").map(|i| market.instruments()[i].id);
    listed.extend(cash);
    listed.sort();
    let positions = listed
        .into_iter()
        .map(|id| {
            let quantity = match id.kind() {
                Kind::Cash => 50_000_000 * 100_000_000,
                _ => rng.gen_range(-10..10i64) * 100_000_000 + 12_345,
            };
            Position { id, quantity }
        })
        .collect();
    Account {
        customer: Fr::random(&mut rng),
        identity: secret().identity(),
        number: 0,
        salt: Fr::random(&mut rng),
        positions,
    }
}

/// The secret behind the account.
fn secret() -> Secret {
    let drawn = Fr::random(&mut ChaCha20Rng::seed_from_u64(3));
    Secret::new(drawn).expect("a random secret")
}

fn bench(policy: &Policy, market: &Market, size: Size, yardstick: Duration) {
    let account = account(market, size);
    let place = Inclusion::lone(account.leaf());
    let request = Request {
        scope: Fr::from(1),
        message: Fr::from(2),
        ratio: 10_000,
        buffer: 0,
    };
    let witness =
        MarginWitness::new(size, market, &account, &secret(), &place, &request).expect("a witness");
    let built = build(policy, size, &witness, None);
    let shape = Shape {
        size,
        scenarios: policy.scenarios().len(),
    };
    let cs = constraint_system(shape);
    let k = MarginCircuit::blank(policy, size).k();
    println!(
        "\n{}, {size}: k = {k}, longest lane {} of {} rows",
        policy.name(),
        built.rows,
        1u64 << k
    );
    println!(
        "  {} advice columns ({} with equality), {} fixed, {} lookups, degree {}, {} assigned cells",
        cs.num_advice_columns(),
        cs.permutation().get_columns().len(),
        cs.num_fixed_columns(),
        cs.lookups().len(),
        cs.degree(),
        built.trace.order.len()
    );
    println!(
        "  {:<20} {:>8} {:>10} {:>8}",
        "rows", "wide", "arithmetic", "range"
    );
    for (part, rows) in &built.parts {
        println!(
            "  {part:<20} {:>8} {:>10} {:>8}",
            rows.wide, rows.arithmetic, rows.range
        );
    }
    drop(built);
    let start = Instant::now();
    let setup = if k <= 14 {
        Setup::embedded(k).expect("the embedded setup")
    } else {
        Setup::insecure(k).expect("a local setup")
    };
    println!("  setup {} in {}", setup.id(), ms(start.elapsed()));
    let subject = Subject {
        policy,
        market,
        account: &account,
        secret: &secret(),
        place: &place,
    };
    let provers = own_and_halo2();
    let keys: Vec<(Backend, ProvingKey)> = provers
        .into_iter()
        .map(|backend| {
            backend.select();
            let start = Instant::now();
            let key = ProvingKey::generate(policy, size, &setup).expect("keys");
            let (name, time) = (backend.name(), ms(start.elapsed()));
            println!("  {name:<5} key generation {time} ({})", key.key.id);
            (backend, key)
        })
        .collect();
    let mut times = vec![Vec::new(); keys.len()];
    for _ in 0..ROUNDS {
        for ((backend, key), times) in keys.iter().zip(&mut times) {
            let (bundle, timing) = prove(key, &setup, &subject, &request).expect("a proof");
            let all = timing.witness + timing.proof;
            println!(
                "  {:<5} proof {} bytes: witness {}, proof {}, own check {}; {:.1} yardsticks",
                backend.name(),
                bundle.proof.len(),
                ms(timing.witness),
                ms(timing.proof),
                ms(timing.verification),
                all.as_secs_f64() / yardstick.as_secs_f64()
            );
            times.push(all);
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    println!("  {}", ratio(&medians));
    println!("  peak memory {}", peak_memory());
}
