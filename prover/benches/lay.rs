//! Time of laying a batch, and of its second phase: everything of a proof that is not the prover's.
//!
//! `cargo bench -p zkmargin-prover --bench lay -- 14 8 5`: k, positions of every account, times;
//! `RAYON_NUM_THREADS` sets the threads. The digest is of all cells, for comparison with another
//! build.

mod support;

use std::time::{Duration, Instant};

use ff::{Field, PrimeField};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};
use zkmargin_circuits::book::trace::{Challenges, Trace};
use zkmargin_circuits::book::{BatchInput, Built};
use zkmargin_engine::book::{evaluate, split, InstrumentTable, Needs, Shape};
use zkmargin_engine::Fr;
use zkmargin_prover::book::engine::lay;

use support::book;

fn digest(trace: &Trace) -> String {
    let mut hash = Sha256::new();
    let columns = trace.advice.iter().chain(&trace.fixed);
    for cell in columns.chain(&trace.instance).flatten() {
        hash.update(cell.to_repr());
    }
    hex::encode(&hash.finalize()[..8])
}

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let k = numbers.first().copied().unwrap_or(14) as u32;
    let positions = numbers.get(1).copied().unwrap_or(8);
    let (policy, market) = book::market();
    let shape = Shape::new(k, policy.scenarios().len()).expect("a shape");
    let table = InstrumentTable::new(&policy, &market);
    let mut rng = ChaCha20Rng::seed_from_u64(book::SEED);
    let accounts = book::accounts(&mut rng, &market, shape.accounts(), positions);
    let needs: Vec<Needs> = accounts
        .iter()
        .map(|a| Needs::of(&evaluate(&table, &market, a).expect("priced")))
        .collect();
    let range = split(shape, &needs).expect("batches")[0].clone();
    let input = BatchInput {
        book: Fr::from(1),
        inventory: Fr::from(2),
        first: 0,
        accounts: accounts[range].to_vec(),
        masks: [Fr::random(&mut rng), Fr::random(&mut rng)],
    };
    let challenges = Challenges {
        gamma: Fr::random(&mut rng),
        theta: Fr::random(&mut rng),
        alpha: Fr::random(&mut rng),
    };
    println!(
        "k = {k}, {} accounts of {positions} positions, {} threads",
        input.accounts.len(),
        rayon::current_num_threads()
    );
    let mut best = [Duration::MAX; 3];
    let mut found = String::new();
    for _ in 0..numbers.get(2).copied().unwrap_or(5) {
        let start = Instant::now();
        let built = lay(shape, &table, &market, 10_000, &input).expect("a batch that fits");
        let Built { mut trace, .. } = built;
        let laid = Instant::now();
        trace.words(challenges.gamma);
        let words = Instant::now();
        trace.sums(&challenges);
        let times = [laid - start, words - laid, words.elapsed()];
        println!(
            "laid {:?}, words {:?}, sums {:?}",
            times[0], times[1], times[2]
        );
        best = std::array::from_fn(|i| best[i].min(times[i]));
        if found.is_empty() {
            found = digest(&trace);
        }
    }
    println!("best: {best:?}; cells {found}");
}
