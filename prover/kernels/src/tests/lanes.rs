//! Single operations, at the bounds of their limbs.

use std::array::from_fn;

use ff::{Field, PrimeField};
use halo2curves::bn256::{Fq, Fr, G1};
use halo2curves::group::{Curve, Group};
use rand::RngCore;

use super::{everywhere, rng};
use crate::element::subtract;
use crate::lanes::{Lanes, Task, WIDTH};
use crate::limbs::raw::{from_raw, power_of_two};
use crate::{Checked, Element, Scalar};

/// Elements whose limbs are all ones, or zeros, or next to the modulus, and random ones.
fn edges<F: Element>() -> Vec<F> {
    let small = [0, 1, 2, 3, u64::MAX];
    let mut edges: Vec<F> = small.map(F::from).to_vec();
    edges.extend((0..=260).map(|exponent| from_raw::<F>(power_of_two(exponent, F::P))));
    // In the curve library's form and in that of 2^260.
    let minus = |n| subtract(F::P, [n, 0, 0, 0]).0;
    edges.extend([1, 2, 3].map(|n| from_raw::<F>(minus(n))));
    let sixteenth = F::TWO_INV.square().square();
    edges.extend([1, 2, 3].map(|n| from_raw::<F>(minus(n)) * sixteenth));
    for ones in 1..5 {
        let low = power_of_two(52 * ones, F::P);
        edges.push(from_raw::<F>(subtract(low, [1, 0, 0, 0]).0) * sixteenth);
    }
    edges.extend(edges.clone().iter().map(|x| -*x));
    let mut rng = rng(11);
    edges.extend((0..64).map(|_| F::random(&mut rng)));
    while !edges.len().is_multiple_of(WIDTH) {
        edges.push(F::ONE);
    }
    edges
}

fn blocks<F: Element>() -> Vec<[F; WIDTH]> {
    let edges = edges::<F>();
    edges
        .chunks(WIDTH)
        .map(|block| from_fn(|i| block[i]))
        .collect()
}

/// A closure as a task.
fn vectorize<L: Lanes>(run: impl FnOnce()) {
    struct Run<F>(F);
    impl<F: FnOnce()> Task for Run<F> {
        type Output = ();
        fn run(self) {
            self.0();
        }
    }
    L::vectorize(Run(run));
}

fn each<F: Element>(a: [F; WIDTH], b: [F; WIDTH], f: impl Fn(F, F) -> F) -> [F; WIDTH] {
    from_fn(|i| f(a[i], b[i]))
}

fn computes<L: Lanes, F: Element>() {
    vectorize::<L>(|| {
        let blocks = blocks::<F>();
        for (shift, a) in blocks.iter().enumerate() {
            let b = blocks[(7 * shift + 3) % blocks.len()];
            let (x, y) = (L::load(*a), L::load(b));
            let is = |vector, wanted: [F; WIDTH]| assert_eq!(L::store(vector), wanted);
            is(x, *a);
            is(L::carry(L::add(x, y)), each(*a, b, |a, b| a + b));
            is(L::offset(L::sub(x, y), 2), each(*a, b, |a, b| a - b));
            is(L::carry(L::mul(x, y)), each(*a, b, |a, b| a * b));
            is(L::carry(L::square(x)), a.map(|a| a.square()));
            is(L::broadcast(&L::factor(b[3])), [b[3]; WIDTH]);
            is(L::zero(), [F::ZERO; WIDTH]);
            // The largest factors that a product takes: 4p·4p, and what it leaves.
            let (high, higher) = (L::offset(x, 2), L::offset(y, 2));
            let product = L::carry(L::mul(high, higher));
            is(product, each(*a, b, |a, b| a * b));
            is(L::reduce(L::offset(x, 14)), *a);
            is(L::reduce(x), *a);
            let sum = (0..40).fold(L::wide_zero(), |sum, _| L::wide_add(sum, high, y));
            let forty = F::from(40);
            is(
                L::carry(L::wide_reduce(sum)),
                each(*a, b, |a, b| forty * a * b),
            );
            is(
                L::permute(x, from_fn(|i| (i + 3) % WIDTH)),
                from_fn(|i| a[(i + 3) % WIDTH]),
            );
            let mask = 0b1011_0010;
            let choose = |yes: F, no: F, i: usize| if mask >> i & 1 == 1 { yes } else { no };
            is(L::select(mask, x, y), from_fn(|i| choose(a[i], b[i], i)));
            let turned = L::offset(L::butterfly(x, y, mask), 4);
            is(turned, from_fn(|i| choose(b[i] - a[i], a[i] + b[i], i)));
        }
    });
}

fn scalars<L: Lanes>() {
    vectorize::<L>(|| {
        let half = (Fr::ZERO - Fr::ONE) * Fr::TWO_INV;
        let mut all = blocks::<Fr>();
        all.push(from_fn(|i| half - Fr::from(i as u64)));
        all.push(from_fn(|i| half + Fr::from(i as u64)));
        for block in all {
            let (words, negative) = L::magnitudes(L::load(block));
            for (lane, element) in block.into_iter().enumerate() {
                let number = words.iter().rev().fold(Fr::ZERO, |sum, word| {
                    sum * Fr::from(1 << 32).square() + Fr::from(word[lane])
                });
                let is_negative = negative >> lane & 1 == 1;
                assert_eq!(number, if is_negative { -element } else { element });
                // At most half the order, up to its lowest 208 bits.
                assert!(words[3][lane] <= Fr::P[3] / 2 + 1);
            }
        }
    });
}

fn points<L: Lanes>() {
    let mut rng = rng(12);
    for _ in 0..20 {
        let points: [_; WIDTH] = from_fn(|_| G1::random(&mut rng).to_affine());
        let signs = rng.next_u32();
        let packed = points.map(|point| L::pack(point.x, point.y));
        assert_eq!(packed.each_ref().map(L::unpack), points);
        let turned: [_; WIDTH] = from_fn(|i| match signs >> i & 1 {
            1 => L::negate(&packed[i]),
            _ => packed[i],
        });
        let wanted = from_fn(|i| {
            if signs >> i & 1 == 1 {
                -points[i]
            } else {
                points[i]
            }
        });
        assert_eq!(turned.each_ref().map(L::unpack), wanted);
        vectorize::<L>(|| {
            let [x, y] = L::gather(turned.each_ref());
            assert_eq!(L::store(x), wanted.map(|point| point.x));
            assert_eq!(L::store(y), wanted.map(|point| point.y));
            assert_eq!(L::scatter(x, y).each_ref().map(L::unpack), wanted);
        });
    }
}

#[test]
fn elements_are_computed_at_the_bounds_of_limbs() {
    fn both<L: Lanes>() {
        computes::<L, Fr>();
        computes::<L, Fq>();
    }
    everywhere!(both());
}

#[test]
fn scalars_become_the_shorter_of_two_numbers() {
    everywhere!(scalars());
}

#[test]
fn points_are_packed_and_taken_apart() {
    everywhere!(points());
}

/// What makes the checks of [`Checked`] worth something: they notice.
#[test]
#[should_panic(expected = "factors have their carries")]
fn a_factor_without_carries_is_noticed() {
    let minus_one = Checked::load([-Fr::ONE; WIDTH]);
    let raw = Checked::add(minus_one, minus_one);
    let _ = Checked::mul(raw, raw);
}
