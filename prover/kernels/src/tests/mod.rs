//! Kernels against plain arithmetic of the curve library, over all lanes that this machine has.

mod lanes;

use crate::program::Assembler;
use crate::{combine, inner, Bases, Checked, Column, Coset, Domain, Lanes, Scalar};
use ff::{Field, PrimeField};
use halo2curves::bn256::{Fr, G1Affine, G1};
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::{Curve, Group};
use halo2curves::msm::msm_best;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Calls a function over all lanes that this machine has.
macro_rules! everywhere {
    ($function:ident($($argument:expr),* $(,)?)) => {
        $function::<Scalar>($($argument),*);
        $function::<Checked>($($argument),*);
        #[cfg(target_arch = "x86_64")]
        if crate::Cpu::detect() == crate::Cpu::Ifma {
            $function::<crate::Ifma>($($argument),*);
        }
    };
}
pub(crate) use everywhere;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn random(rng: &mut ChaCha20Rng, count: usize) -> Vec<Fr> {
    (0..count).map(|_| Fr::random(&mut *rng)).collect()
}

fn value_at(coefficients: &[Fr], x: Fr) -> Fr {
    coefficients
        .iter()
        .rev()
        .fold(Fr::ZERO, |sum, c| sum * x + c)
}

fn evaluated<L: Lanes>(domain: &Domain<L>, polynomial: &Column<L>, on: &Coset<L>) -> Vec<Fr> {
    // Whatever stood there before.
    let mut values = polynomial.clone();
    domain.forward(polynomial, on, &mut values);
    domain.to_values(&values)
}

fn transforms<L: Lanes>(k: u32) {
    let mut rng = rng(u64::from(k));
    let domain = Domain::<L>::new(k);
    let omega = Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - k)]);
    let coefficients = random(&mut rng, 1 << k);
    let shift = Fr::random(&mut rng);
    let column = domain.from_coefficients(&coefficients);
    assert_eq!(domain.to_coefficients(&column), coefficients);
    let values = evaluated(&domain, &column, &domain.coset(shift));
    for row in [0, 1, 2, 5, (1 << k) - 1, 1 << (k - 1)] {
        let x = shift * omega.pow_vartime([row as u64]);
        assert_eq!(values[row], value_at(&coefficients, x), "k {k}, row {row}");
    }
    let values = evaluated(&domain, &column, &domain.coset(Fr::ONE));
    let mut back = domain.from_values(&values);
    domain.inverse(&mut back);
    assert_eq!(domain.to_coefficients(&back), coefficients, "k {k}");
    // Fewer values than rows are followed by zeros.
    let few = domain.to_values(&domain.from_values(&values[..3]));
    assert_eq!(few[..3], values[..3]);
    assert!(few[3..].iter().all(|v| *v == Fr::ZERO));
}

/// The polynomials of which sums in a transform are largest, or nothing.
fn extreme_transforms<L: Lanes>(k: u32) {
    let n = 1 << k;
    let domain = Domain::<L>::new(k);
    let coset = domain.coset(Fr::from(7));
    let mut one_row = vec![Fr::ZERO; n];
    one_row[n - 1] = -Fr::ONE;
    for values in [vec![Fr::ZERO; n], vec![-Fr::ONE; n], one_row] {
        let mut column = domain.from_values(&values);
        domain.inverse(&mut column);
        let coefficients = domain.to_coefficients(&column);
        let rows = evaluated(&domain, &column, &domain.coset(Fr::ONE));
        assert_eq!(rows, values, "k {k}");
        assert_eq!(
            evaluated(&domain, &column, &coset)[0],
            value_at(&coefficients, Fr::from(7)),
            "k {k}"
        );
    }
}

#[test]
fn transforms_take_extreme_polynomials() {
    for k in [3, 4, 7, 8, 13, 14, 17] {
        everywhere!(extreme_transforms(k));
    }
}

#[test]
fn transforms_evaluate_polynomials() {
    for k in 3..=15 {
        everywhere!(transforms(k));
    }
}

/// Distinct points.
fn basis(rng: &mut ChaCha20Rng, count: usize) -> Vec<G1Affine> {
    (0..count)
        .map(|_| G1::random(&mut *rng).to_affine())
        .collect()
}

fn commits<L: Lanes>(name: &str, basis: &[G1Affine], scalars: &[Fr], window: usize) {
    let domain = Domain::<L>::new(basis.len().ilog2());
    let bases = Bases::<L>::new(basis, window);
    let column = domain.from_values(scalars);
    let wanted = msm_best(scalars, basis).to_affine();
    assert_eq!(
        bases.commit(&column).to_affine(),
        wanted,
        "{name}, window {window}"
    );
    let columns: Vec<&Column<L>> = vec![&column; 3];
    assert_eq!(bases.commit_all(&columns), [wanted; 3], "{name}, all");
}

#[test]
fn commitments_are_sums_of_multiples() {
    let mut rng = rng(1);
    let n = 256;
    let points = basis(&mut rng, n);
    let half = (Fr::ZERO - Fr::ONE) * Fr::TWO_INV;
    let kinds: Vec<(&str, Vec<Fr>)> = vec![
        ("random", random(&mut rng, n)),
        ("zeros", vec![Fr::ZERO; n]),
        ("ones", vec![Fr::ONE; n]),
        ("minus one", vec![-Fr::ONE; n]),
        (
            "bits",
            (0..n).map(|_| Fr::from(rng.gen_range(0..2))).collect(),
        ),
        (
            "bytes",
            (0..n).map(|_| Fr::from(rng.gen_range(0..256))).collect(),
        ),
        (
            "words",
            (0..n).map(|_| Fr::from(rng.gen::<u64>())).collect(),
        ),
        (
            "negative",
            (0..n)
                .map(|_| -Fr::from(rng.gen_range(0..1 << 20)))
                .collect(),
        ),
        (
            "halves",
            (0..n).map(|i| half + Fr::from(i as u64 % 3)).collect(),
        ),
        (
            "powers of two",
            (0..n)
                .map(|i| Fr::from(2).pow_vartime([i as u64]))
                .collect(),
        ),
        (
            "one random",
            [random(&mut rng, 1), vec![Fr::ZERO; n - 1]].concat(),
        ),
    ];
    for window in [2, 3, 4, 5, 8, 14, 15] {
        for (name, scalars) in &kinds {
            everywhere!(commits(name, &points, scalars, window));
        }
    }
}

/// Equal and opposite points meet in one bucket; sums become the identity; the identity stands in the
/// basis.
#[test]
fn points_that_meet_are_added_completely() {
    let mut rng = rng(2);
    let n = 64;
    let point = G1::random(&mut rng).to_affine();
    let mixed = |rng: &mut ChaCha20Rng| -> Vec<G1Affine> {
        let signs = (0..n).map(|_| if rng.gen() { point } else { -point });
        signs.collect()
    };
    let doubled: Vec<G1Affine> = (0..n)
        .map(|i| (point * Fr::from(2).pow_vartime([i as u64 % 9])).to_affine())
        .collect();
    let mut with_identity = basis(&mut rng, n);
    with_identity[17] = G1Affine::identity();
    let bases = [vec![point; n], mixed(&mut rng), doubled, with_identity];
    for (number, basis) in bases.iter().enumerate() {
        let alternating = (0..n).map(|i| if i % 2 == 0 { Fr::ONE } else { -Fr::ONE });
        for scalars in [
            random(&mut rng, n),
            vec![Fr::from(3); n],
            alternating.collect(),
        ] {
            everywhere!(commits(&format!("basis {number}"), basis, &scalars, 4));
        }
    }
}

#[test]
fn columns_are_combined_and_multiplied() {
    everywhere!(combines());
}

fn combines<L: Lanes>() {
    let (mut rng, k) = (rng(3), 5);
    let domain = Domain::<L>::new(k);
    let columns: Vec<Vec<Fr>> = (0..90).map(|_| random(&mut rng, 1 << k)).collect();
    let held: Vec<Column<L>> = columns.iter().map(|c| domain.from_values(c)).collect();
    let refs: Vec<&Column<L>> = held.iter().collect();
    let factors = random(&mut rng, columns.len());
    let sum = domain.to_values(&combine(&refs, &factors));
    for row in 0..1 << k {
        let wanted: Fr = columns.iter().zip(&factors).map(|(c, f)| c[row] * f).sum();
        assert_eq!(sum[row], wanted, "row {row}");
    }
    let wanted: Fr = columns[0].iter().zip(&columns[1]).map(|(a, b)| a * b).sum();
    assert_eq!(inner(&held[0], &held[1]), wanted);
}

/// `(3·a·b(+1) − c(−2)² + 7 − a)·a + Σ 100 weighted terms`, on every row and every size.
#[test]
fn programs_evaluate_rows() {
    everywhere!(evaluates());
}

fn evaluates<L: Lanes>() {
    for k in [3, 4, 5, 8, 12] {
        let (mut rng, n) = (rng(u64::from(k)), 1usize << k);
        let domain = Domain::<L>::new(k);
        let columns: Vec<Vec<Fr>> = (0..3).map(|_| random(&mut rng, n)).collect();
        let held: Vec<Column<L>> = columns.iter().map(|c| domain.from_values(c)).collect();
        let refs: Vec<&Column<L>> = held.iter().collect();
        let weights = random(&mut rng, 100);
        let mut assembler = Assembler::default();
        let (a, b, c) = (
            assembler.load(0, 0),
            assembler.load(1, 1),
            assembler.load(2, -2),
        );
        let unused = assembler.mul(b, c);
        let _ = assembler.mul(unused, unused);
        let (ab, cc) = (assembler.mul(a, b), assembler.mul(c, c));
        let terms = vec![(ab, Fr::from(3)), (cc, -Fr::ONE), (a, -Fr::ONE)];
        let bracket = assembler.sum(terms, Fr::from(7));
        let mut terms = vec![(assembler.mul(bracket, a), Fr::ONE)];
        terms.extend(weights.iter().map(|w| (b, *w)));
        let result = assembler.sum(terms, Fr::ZERO);
        let program = assembler.finish::<L>(result);
        let values = domain.to_values(&program.run(&refs));
        for row in 0..n {
            let cell = |column: usize, by: isize| {
                columns[column][(row as isize + by).rem_euclid(n as isize) as usize]
            };
            let (a, b, c) = (cell(0, 0), cell(1, 1), cell(2, -2));
            let bracket = Fr::from(3) * a * b - c.square() + Fr::from(7) - a;
            let wanted = bracket * a + weights.iter().sum::<Fr>() * b;
            assert_eq!(values[row], wanted, "k {k}, row {row}");
        }
        assert!(program.products() < 110);
        let mut read: Vec<u32> = program.columns().collect();
        read.sort_unstable();
        assert_eq!(read, [0, 1, 2]);
    }
}
