//! Time, memory and size of batch proofs.
//!
//! `cargo bench -p zkmargin-prover --bench book -- 14 8 3 2 3`: k, positions of every account, rounds,
//! batches that are proven at the same time, and underlyings of every account (most are in one if left out). Prints time of keys and proofs of our prover and, one batch
//! after the other, of halo2's, and their ratio; `--own` leaves halo2's out, `--lanes` ends before the keys. With `--features timings`
//! every proof prints its phases.

mod support;

use std::time::{Duration, Instant};

use zkmargin_circuits::book::columns::Columns;
use zkmargin_circuits::book::{constraint_system, BatchInput};
use zkmargin_prover::book::batch_prover::BatchProver;
use zkmargin_prover::book::jobs::Jobs;

use support::book::{numbers, Scene};
use support::{lanes, median, own_and_halo2, peak_memory, ratio, Backend};

fn main() {
    let numbers = numbers();
    let scene = Scene::new(&numbers);
    let (shape, input) = (scene.shape, &scene.input);
    let system = constraint_system(shape);
    let columns = Columns::new(shape);
    println!(
        "{} advice columns ({} of the first phase, {} helpers), {} fixed, degree {}; limbs of {} bits",
        system.num_advice_columns(),
        columns.first_phase,
        columns.helpers.len(),
        system.num_fixed_columns(),
        system.degree(),
        shape.limb_bits(),
    );
    println!(
        "capacity {:?}, {} accounts; taken {:?}",
        shape.capacity(),
        shape.accounts(),
        scene.taken
    );
    lanes::print(&columns, input.accounts.len(), &scene.taken);
    if std::env::args().any(|a| a == "--lanes") {
        return;
    }
    let count = input.accounts.len() as f64;
    let setup = scene.setup();
    let provers: Vec<(Backend, BatchProver)> = own_and_halo2()
        .into_iter()
        .map(|backend| {
            backend.select();
            let start = Instant::now();
            let prover = scene.prover(&setup);
            let (name, time) = (backend.name(), start.elapsed());
            println!(
                "{name} key generation {time:?} ({}); peak memory {}",
                prover.verifier().id(),
                peak_memory()
            );
            (backend, prover)
        })
        .collect();
    let mut times = vec![Vec::new(); provers.len()];
    for _ in 0..numbers.get(2).copied().unwrap_or(1) {
        for ((backend, prover), times) in provers.iter().zip(&mut times) {
            // halo2's prover takes all cores for one batch.
            let jobs = Jobs::new(match backend {
                Backend::Own => numbers.get(3).copied().unwrap_or(1),
                Backend::Halo2 => 1,
            });
            let time = side_by_side(prover, input, &jobs);
            let rate = count / time.as_secs_f64();
            println!(
                "{}, {} at a time: {time:.2?} a batch; {rate:.1} accounts per second, {:.1} per core; peak memory {}",
                backend.name(),
                jobs.count(),
                rate / rayon::current_num_threads() as f64,
                peak_memory(),
            );
            times.push(time);
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    println!("{}", ratio(&medians));
}

/// Proves a batch in every job at the same time, and checks the proofs; the time of one.
fn side_by_side(prover: &BatchProver, input: &BatchInput, jobs: &Jobs) -> Duration {
    let pools = jobs.pools().expect("threads");
    let start = Instant::now();
    std::thread::scope(|scope| {
        for pool in &pools {
            scope.spawn(|| {
                let proven = pool.install(|| prover.prove(input));
                let (_, proof, timing) = proven.expect("a proof");
                println!("proof {} bytes: {timing:?}", proof.len());
            });
        }
    });
    start.elapsed() / jobs.count() as u32
}
