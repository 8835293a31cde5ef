//! From the powers of the secret to the Lagrange basis: one inverse Fourier transform whose
//! values are group elements.
//!
//! L_i = n^-1 · Σ_j ω^(-ij) · \[τ^j\]. The cost is (n/2)·log2 n multiplications of a point by a
//! root of unity. Each is made short by the curve's endomorphism: φ(P) = ζ·P costs one field
//! multiplication, and every scalar is s = s1 + s2·ζ with |s1|, |s2| < 2^128, so that a
//! multiplication takes 128 doublings instead of 254. Times vary with the scalar: they are public.

use halo2curves::bn256::{Fr, G1Affine, G1};
use halo2curves::ff::{Field, PrimeField};
use halo2curves::group::{Curve, Group};
use halo2curves::CurveExt;
use rayon::prelude::*;
use zkmargin_verifier::bn254::split::{split, Half};

use crate::transcript::from_halo2;

/// Digits of a window of this many bits: odd, below 2^(WINDOW - 1) in absolute value.
const WINDOW: u32 = 5;
/// The odd multiples 1, 3, .. 15 of a point.
const TABLE: usize = 1 << (WINDOW - 2);

/// s = s1 + s2·ζ.
fn halves(s: &Fr) -> [Half; 2] {
    split(from_halo2(s))
}

/// Non-adjacent digits of a magnitude, lowest first, written over zeros. There are two more than
/// bits, for the carry.
fn digits(negative: bool, mut magnitude: u128, out: &mut [i8; 130]) {
    let (mut place, mut carry) = (0, false);
    while let Some(digit) = out.get_mut(place) {
        // What is still to be written, from this place on, is magnitude + carry.
        if (magnitude & 1 == 1) == carry {
            *digit = 0;
            magnitude >>= 1;
            place += 1;
            continue;
        }
        let window = (magnitude & ((1 << WINDOW) - 1)) as i8 + i8::from(carry);
        carry = window >= 1 << (WINDOW - 1);
        let signed = if carry {
            window - (1 << WINDOW)
        } else {
            window
        };
        *digit = if negative { -signed } else { signed };
        magnitude >>= WINDOW;
        place += WINDOW as usize;
    }
}

fn odd_multiples(p: &G1) -> [G1; TABLE] {
    let twice = p.double();
    let mut table = [*p; TABLE];
    for i in 1..TABLE {
        table[i] = table[i - 1] + twice;
    }
    table
}

fn pick(table: &[G1; TABLE], digit: i8) -> G1 {
    let multiple = table[usize::from(digit.unsigned_abs() / 2)];
    if digit < 0 {
        -multiple
    } else {
        multiple
    }
}

/// s·P.
fn multiply(p: &G1, split: &[Half; 2]) -> G1 {
    let table = odd_multiples(p);
    let endo = table.map(|multiple| multiple.endo());
    let [(neg1, s1), (neg2, s2)] = *split;
    let (mut first, mut second) = ([0; 130], [0; 130]);
    digits(neg1, s1, &mut first);
    digits(neg2, s2, &mut second);
    let mut sum = G1::identity();
    let mut started = false;
    for (one, two) in first.iter().zip(&second).rev() {
        if started {
            sum = sum.double();
        }
        if *one != 0 {
            sum += pick(&table, *one);
            started = true;
        }
        if *two != 0 {
            sum += pick(&endo, *two);
            started = true;
        }
    }
    sum
}

/// A generator of the 2^k-th roots of unity, as halo2's evaluation domains have it.
pub(crate) fn root_of_unity(k: u32) -> Fr {
    (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square())
}

/// The Lagrange basis over the 2^k-th roots of unity. `powers` has 2^k elements.
pub(crate) fn lagrange_basis(powers: &[G1Affine], k: u32) -> Vec<G1Affine> {
    let n = powers.len();
    if n <= 1 {
        return powers.to_vec();
    }
    let inverse_root = Fr::ROOT_OF_UNITY_INV;
    let root = (k..Fr::S).fold(inverse_root, |root, _| root.square());
    let scale = Fr::TWO_INV.pow_vartime([u64::from(k)]);
    let mut roots = Vec::with_capacity(n / 2);
    let mut next = Fr::ONE;
    for _ in 0..n / 2 {
        roots.push(next);
        next *= root;
    }
    let twiddles: Vec<_> = roots.par_iter().map(halves).collect();
    let scaled: Vec<_> = roots
        .par_iter()
        .map(|root| halves(&(root * scale)))
        .collect();

    let reversed = |i: usize| i.reverse_bits() >> (usize::BITS - k);
    let mut values: Vec<G1> = (0..n).map(|i| powers[reversed(i)].into()).collect();
    let (even, odd) = values.split_at_mut(n / 2);
    rayon::join(
        || transform(even, &twiddles, 2),
        || transform(odd, &twiddles, 2),
    );
    // The last layer also divides by n.
    even.par_iter_mut()
        .zip(odd)
        .zip(&scaled)
        .for_each(|((u, v), twiddle)| {
            let (a, b) = (multiply(u, &scaled[0]), multiply(v, twiddle));
            (*u, *v) = (a + b, a - b);
        });

    let mut affine = vec![G1Affine::default(); n];
    affine
        .par_chunks_mut(1024)
        .zip(values.par_chunks(1024))
        .for_each(|(affine, values)| G1::batch_normalize(values, affine));
    affine
}

/// The transform of values in bit-reversed order, in place. Twiddle i of this size is
/// `twiddles[i * stride]`.
fn transform(values: &mut [G1], twiddles: &[[Half; 2]], stride: usize) {
    if values.len() < 2 {
        return;
    }
    let (even, odd) = values.split_at_mut(values.len() / 2);
    rayon::join(
        || transform(even, twiddles, 2 * stride),
        || transform(odd, twiddles, 2 * stride),
    );
    even.par_iter_mut()
        .zip(odd)
        .enumerate()
        .for_each(|(i, (u, v))| {
            let turned = match i {
                0 => *v,
                _ => multiply(v, &twiddles[i * stride]),
            };
            (*u, *v) = (*u + turned, *u - turned);
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2_proofs::arithmetic::g_to_lagrange;
    use halo2curves::ff::WithSmallOrderMulGroup;
    use rand::rngs::StdRng;
    use rand::SeedableRng;

    fn check_split(s: Fr) {
        let parts = halves(&s);
        let [s1, s2] = parts.map(|(negative, magnitude)| {
            let value = Fr::from_u128(magnitude);
            if negative {
                -value
            } else {
                value
            }
        });
        assert_eq!(s1 + s2 * Fr::ZETA, s);
    }

    #[test]
    fn a_split_scalar_is_the_scalar() {
        let mut rng = StdRng::seed_from_u64(1);
        (0..2000).for_each(|_| check_split(Fr::random(&mut rng)));
        for special in [
            Fr::ZERO,
            Fr::ONE,
            -Fr::ONE,
            Fr::ZETA,
            -Fr::ZETA,
            Fr::TWO_INV,
        ] {
            check_split(special);
        }
        for k in 0..=Fr::S {
            check_split(root_of_unity(k));
        }
    }

    #[test]
    fn digits_add_up() {
        for magnitude in [
            0,
            1,
            15,
            16,
            17,
            31,
            32,
            33,
            u128::MAX,
            u128::MAX - 15,
            1 << 127,
        ] {
            for negative in [false, true] {
                let mut out = [0; 130];
                digits(negative, magnitude, &mut out);
                let value = out.iter().rev().fold(Fr::ZERO, |value, digit| {
                    assert!(*digit == 0 || digit % 2 != 0 && digit.unsigned_abs() < 16);
                    let magnitude = Fr::from(u64::from(digit.unsigned_abs()));
                    value.double() + if *digit < 0 { -magnitude } else { magnitude }
                });
                let expected = Fr::from_u128(magnitude);
                assert_eq!(value, if negative { -expected } else { expected });
            }
        }
    }

    #[test]
    fn multiplication_agrees_with_the_library() {
        let mut rng = StdRng::seed_from_u64(2);
        let p = G1::random(&mut rng);
        for s in (0..50)
            .map(|_| Fr::random(&mut rng))
            .chain([Fr::ZERO, Fr::ONE, -Fr::ONE])
        {
            assert_eq!(multiply(&p, &halves(&s)), p * s);
        }
        assert_eq!(
            multiply(&G1::identity(), &halves(&Fr::ZETA)),
            G1::identity()
        );
    }

    #[test]
    fn the_basis_is_that_of_the_library() {
        let mut rng = StdRng::seed_from_u64(3);
        for k in 0..=7 {
            let powers: Vec<G1> = (0..1 << k).map(|_| G1::random(&mut rng)).collect();
            let mut affine = vec![G1Affine::default(); powers.len()];
            G1::batch_normalize(&powers, &mut affine);
            let expected: Vec<G1Affine> = g_to_lagrange(powers, k);
            assert_eq!(lagrange_basis(&affine, k), expected);
        }
    }
}
