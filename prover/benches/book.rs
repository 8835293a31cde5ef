//! Time, memory and size of batch proofs.
//!
//! `cargo bench -p zkmargin-prover --bench book -- 14 8 2`: k, positions of every account, proofs of
//! each prover. Prints time of keys and proofs of our prover and of halo2's in turn and their ratio;
//! `--own` leaves halo2's prover out. With `--features timings` every proof prints its phases.

mod support;

use std::time::{Duration, Instant};

use ff::Field;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zkmargin_circuits::book::columns::Columns;
use zkmargin_circuits::book::{constraint_system, BatchInput};
use zkmargin_desk::generate::market::{market, MarketSpec};
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::book::{evaluate, split, InstrumentTable, Needs, Shape};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::engine::BatchProver;

use support::{median, own_and_halo2, peak_memory, ratio, Backend};

const SEED: u64 = 20_260_821;
/// 2026-08-21 15:47:01 UTC.
const TIME: u32 = 1_787_327_221;

/// Mostly one underlying, some two, few three.
fn account(rng: &mut ChaCha20Rng, listed: &[InstrumentId], usd: InstrumentId, n: usize) -> Account {
    let mut codes: Vec<u8> = listed.iter().map(|id| id.underlying()).collect();
    codes.dedup();
    codes.shuffle(rng);
    let underlyings = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3]
        .choose(rng)
        .copied()
        .unwrap_or(1);
    codes.truncate(underlyings);
    let of_codes: Vec<InstrumentId> = listed
        .iter()
        .copied()
        .filter(|id| codes.contains(&id.underlying()))
        .collect();
    let mut chosen: Vec<InstrumentId> = of_codes.choose_multiple(rng, n - 1).copied().collect();
    chosen.push(usd);
    chosen.sort();
    let positions = chosen
        .into_iter()
        .map(|id| {
            let quantity = match id.kind() {
                Kind::Cash => 500_000 * 100_000_000,
                _ => rng.gen_range(-10..10i64) * 100_000_000 + 12_345,
            };
            Position { id, quantity }
        })
        .collect();
    Account {
        owner: Fr::random(&mut *rng),
        secret: Fr::random(&mut *rng),
        salt: Fr::random(&mut *rng),
        positions,
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let k = numbers.first().copied().unwrap_or(14) as u32;
    let positions = numbers.get(1).copied().unwrap_or(8);
    let policy = Policy::rm1();
    let document = market(&MarketSpec {
        seed: SEED,
        time: TIME,
        crash: false,
    })
    .expect("a market");
    let market = Market::from_json(&document.to_json(), "generated", &policy).expect("a market");
    let shape = Shape::new(k, policy.scenarios().len()).expect("a shape");
    let system = constraint_system(shape);
    let columns = Columns::new(shape);
    println!(
        "k = {k}: {} advice columns ({} of the first phase, {} helpers), {} fixed, degree {}; limbs of {} bits",
        system.num_advice_columns(),
        columns.first_phase,
        columns.helpers.len(),
        system.num_fixed_columns(),
        system.degree(),
        shape.limb_bits(),
    );
    println!(
        "capacity {:?}, {} accounts",
        shape.capacity(),
        shape.accounts()
    );
    println!(
        "market: {} instruments; threads: {}",
        market.instruments().len(),
        rayon::current_num_threads()
    );
    let start = Instant::now();
    let table = InstrumentTable::new(&policy, &market);
    println!("price table {:?}", start.elapsed());
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let usd = market
        .by_name("USD")
        .map(|i| market.instruments()[i].id)
        .expect("USD");
    let listed: Vec<InstrumentId> = market
        .instruments()
        .iter()
        .map(|i| i.id)
        .filter(|id| id.kind() != Kind::Cash)
        .collect();
    let accounts: Vec<Account> = (0..shape.accounts())
        .map(|_| account(&mut rng, &listed, usd, positions))
        .collect();
    let needs: Vec<Needs> = accounts
        .iter()
        .map(|a| Needs::of(&evaluate(&table, &market, a).expect("priced")))
        .collect();
    let range = split(shape, &needs).expect("batches")[0].clone();
    let taken = needs[range.clone()]
        .iter()
        .fold(Needs::default(), |s, n| s.and(*n));
    let accounts = accounts[range].to_vec();
    println!("{} accounts take {taken:?}", accounts.len());
    let count = accounts.len() as f64;
    let setup = if k <= 14 {
        Setup::embedded(k).expect("the embedded setup")
    } else {
        Setup::insecure(k).expect("a local setup")
    };
    let provers: Vec<(Backend, BatchProver)> = own_and_halo2()
        .into_iter()
        .map(|backend| {
            backend.select();
            let start = Instant::now();
            let prover = BatchProver::new(&setup, &policy, &market, 10_000, shape).expect("keys");
            let (name, time) = (backend.name(), start.elapsed());
            println!(
                "{name} key generation {time:?} ({})",
                prover.verifier().id()
            );
            (backend, prover)
        })
        .collect();
    let input = BatchInput {
        book: Fr::from(1),
        inventory: Fr::from(2),
        first: 0,
        accounts,
        masks: [Fr::random(&mut rng), Fr::random(&mut rng)],
    };
    let mut times = vec![Vec::new(); provers.len()];
    for _ in 0..numbers.get(2).copied().unwrap_or(1) {
        for ((backend, prover), times) in provers.iter().zip(&mut times) {
            let (_, proof, timing) = prover.prove(&input).expect("a proof");
            let all = timing.witness + timing.proof;
            let rate = count / (all + timing.verification).as_secs_f64();
            println!(
                "{} proof {} bytes: {timing:?}; {rate:.1} accounts per second, {:.1} per core; peak memory {}",
                backend.name(),
                proof.len(),
                rate / rayon::current_num_threads() as f64,
                peak_memory(),
            );
            times.push(all);
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    println!("{}", ratio(&medians));
}
