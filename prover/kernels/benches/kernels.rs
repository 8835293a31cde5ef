//! Kernels by lanes, against the curve library: `cargo bench -p zkmargin-kernels`.
//!
//! Times are the best of several runs, on one thread unless it says otherwise.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ff::{Field, PrimeField};
use halo2curves::bn256::{Fr, G1Affine, G1};
use halo2curves::fft::best_fft;
use halo2curves::group::Curve;
use halo2curves::msm::msm_best;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use zkmargin_kernels::{Bases, Column, Cpu, Domain, Lanes, Scalar};

const K: u32 = 14;

fn best<T>(runs: usize, mut run: impl FnMut() -> T) -> Duration {
    let time = |_| {
        let started = Instant::now();
        black_box(run());
        started.elapsed()
    };
    (0..runs).map(time).min().unwrap_or_default()
}

fn print(what: &str, time: Duration) {
    println!("  {what:<44} {:>9.3} ms", 1e3 * time.as_secs_f64());
}

fn alone<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a thread").install(run)
}

struct Input {
    basis: Vec<G1Affine>,
    scalars: Vec<(&'static str, Vec<Fr>)>,
}

fn input() -> Input {
    let n = 1 << K;
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let generator = G1Affine::generator();
    let seeds: Vec<Fr> = (0..n).map(|_| Fr::random(&mut rng)).collect();
    let points: Vec<G1> = seeds.par_iter().map(|seed| generator * seed).collect();
    let mut basis = vec![G1Affine::default(); n];
    G1::batch_normalize(&points, &mut basis);
    let mut small = |bits: u32| {
        (0..n)
            .map(|_| Fr::from(rng.next_u64() >> (64 - bits)))
            .collect()
    };
    let scalars = vec![
        ("16 bits", small(16)),
        ("12 bits", small(12)),
        ("random", seeds),
    ];
    Input { basis, scalars }
}

fn lanes<L: Lanes>(name: &str, Input { basis, scalars }: &Input) {
    println!("{name}");
    let window = Bases::<L>::window(basis.len());
    print(
        "table of multiples, one thread",
        alone(|| best(2, || Bases::<L>::new(basis, window))),
    );
    print(
        "table of multiples, all threads",
        best(2, || Bases::<L>::new(basis, window)),
    );
    let (bases, domain) = (Bases::<L>::new(basis, window), Domain::<L>::new(K));
    for (kind, scalars) in scalars {
        let column = domain.from_values(scalars);
        let commit = || bases.commit(&column);
        print(
            &format!("commitment, {kind}, one thread"),
            alone(|| best(9, commit)),
        );
        print(&format!("commitment, {kind}, all threads"), best(9, commit));
    }
    let values = &scalars[scalars.len() - 1].1;
    let coset = domain.coset(Fr::MULTIPLICATIVE_GENERATOR);
    let mut column: Column<L> = domain.from_values(values);
    let mut evaluated = column.clone();
    print("inverse FFT", best(15, || domain.inverse(&mut column)));
    print(
        "FFT on a coset",
        best(15, || domain.forward(&column, &coset, &mut evaluated)),
    );
    print("into lanes", best(15, || domain.from_values(values)));
    print("out of lanes", best(15, || domain.to_values(&column)));
}

fn main() {
    let input = input();
    println!(
        "2^{K} rows; {:?}; {} threads",
        Cpu::detect(),
        rayon::current_num_threads()
    );
    println!("curve library");
    for (kind, scalars) in &input.scalars {
        let sum = || msm_best(scalars, &input.basis).to_affine();
        print(
            &format!("multi-scalar multiplication, {kind}, one thread"),
            alone(|| best(3, sum)),
        );
    }
    let omega = Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - K)]);
    let mut values = input.scalars[input.scalars.len() - 1].1.clone();
    print("FFT", alone(|| best(5, || best_fft(&mut values, omega, K))));
    lanes::<Scalar>("scalar", &input);
    #[cfg(target_arch = "x86_64")]
    if Cpu::detect() == Cpu::Ifma {
        lanes::<zkmargin_kernels::Ifma>("AVX-512 IFMA", &input);
    }
}
