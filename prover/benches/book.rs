//! Time, memory and size of batch proofs.
//!
//! `cargo bench -p zkmargin-prover --bench book -- 14 8 3 2`: k, positions of every account, rounds, and
//! batches that are proven at the same time.

mod support;

use std::time::Instant;

use ff::Field;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zkmargin_circuits::book::columns::Columns;
use zkmargin_circuits::book::{constraint_system, BatchInput};
use zkmargin_engine::book::{evaluate, split, InstrumentTable, Needs, Shape};
use zkmargin_engine::Fr;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::book::engine::BatchProver;
use zkmargin_prover::book::jobs::Jobs;

use support::{book, peak_memory};

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let k = numbers.first().copied().unwrap_or(14) as u32;
    let positions = numbers.get(1).copied().unwrap_or(8);
    let (policy, market) = book::market();
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
    let mut rng = ChaCha20Rng::seed_from_u64(book::SEED);
    let accounts = book::accounts(&mut rng, &market, shape.accounts(), positions);
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
    let start = Instant::now();
    let prover = BatchProver::new(&setup, &policy, &market, 10_000, shape).expect("keys");
    println!(
        "key generation {:?} ({})",
        start.elapsed(),
        prover.verifier().id()
    );
    let input = BatchInput {
        book: Fr::from(1),
        inventory: Fr::from(2),
        first: 0,
        accounts,
        masks: [Fr::random(&mut rng), Fr::random(&mut rng)],
    };
    let jobs = Jobs::new(numbers.get(3).copied().unwrap_or(1));
    let pools = jobs.pools().expect("threads");
    for _ in 0..numbers.get(2).copied().unwrap_or(1) {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for pool in &pools {
                scope.spawn(|| {
                    let proven = pool.install(|| prover.prove(&input));
                    let (_, proof, timing) = proven.expect("a proof");
                    println!("proof {} bytes: {timing:?}", proof.len());
                });
            }
        });
        let seconds = start.elapsed().as_secs_f64() / jobs.count() as f64;
        println!(
            "{} at a time: {seconds:.2} s a batch; {:.1} accounts per second, {:.1} per core",
            jobs.count(),
            count / seconds,
            count / seconds / rayon::current_num_threads() as f64,
        );
    }
    println!("peak memory {}", peak_memory());
}
