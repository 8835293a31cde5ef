//! Time of laying a batch, and of its second phase: everything of a proof that is not the prover's.
//!
//! `cargo bench -p zkmargin-prover --bench lay -- 14 8 5`: k, positions of every account, times;
//! `RAYON_NUM_THREADS` sets the threads. The digest is of all cells, for comparison with another
//! build.

mod support;

use std::time::{Duration, Instant};

use ff::{Field, PrimeField};
use sha2::{Digest, Sha256};
use zkmargin_circuits::book::trace::Trace;
use zkmargin_circuits::book::Built;
use zkmargin_engine::Fr;

use support::book::{numbers, Scene};

fn digest(trace: &Trace) -> String {
    let mut hash = Sha256::new();
    let columns = trace.advice.iter().chain(&trace.fixed);
    for cell in columns.chain(&trace.instance).flatten() {
        hash.update(cell.to_repr());
    }
    hex::encode(&hash.finalize()[..8])
}

fn main() {
    let numbers = numbers();
    let mut scene = Scene::new(&numbers);
    let prover = scene.prover(&scene.setup());
    let rng = &mut scene.rng;
    let challenges = [(); 3].map(|_| Fr::random(&mut *rng));
    let mut best = [Duration::MAX; 3];
    let mut found = String::new();
    for _ in 0..numbers.get(2).copied().unwrap_or(5) {
        let start = Instant::now();
        let built = prover.lay(&scene.input).expect("a batch that fits");
        let Built { mut trace, .. } = built;
        let laid = Instant::now();
        trace.words(&challenges);
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
