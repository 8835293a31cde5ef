//! Sums of multiples, by buckets (Pippenger), of scalars in two halves and with signed digits: half the
//! doublings, and half the buckets.

use super::curve::{Jacobian, G1};
use super::field::Fr;
use super::split::{endomorphism, split};

/// Multiplications of an addition of an affine point, and of one in Jacobian form.
const ADD_AFFINE: usize = 11;
const ADD: usize = 16;

/// A magnitude with the point that it multiplies.
type Term = (u128, G1);

/// `Σ scalar·point`
pub fn sum_of_multiples(terms: &[(Fr, G1)]) -> Jacobian {
    let terms = halves(terms);
    // Small scalars take few windows.
    let bits = terms.iter().map(|(m, _)| 128 - m.leading_zeros()).max();
    let bits = bits.unwrap_or(0) as usize;
    let window = window(terms.len(), bits);
    let windows = windows(bits, window);
    let digits: Vec<Vec<i32>> = terms.iter().map(|t| digits(t.0, window, windows)).collect();
    let mut total = Jacobian::INFINITY;
    for position in (0..windows).rev() {
        for _ in 0..window {
            total = total.double();
        }
        let mut buckets = vec![Jacobian::INFINITY; 1 << (window - 1)];
        for (digits, (_, point)) in digits.iter().zip(&terms) {
            let digit = digits[position];
            let Some(bucket) = (digit.unsigned_abs() as usize).checked_sub(1) else {
                continue;
            };
            let signed = if digit < 0 { point.negated() } else { *point };
            buckets[bucket] = buckets[bucket].add_affine(&signed);
        }
        // Σ i·bucket_i as a sum of running sums from the top.
        let (mut running, mut sum) = (Jacobian::INFINITY, Jacobian::INFINITY);
        for bucket in buckets.iter().rev() {
            running = running.add(bucket);
            sum = sum.add(&running);
        }
        total = total.add(&sum);
    }
    total
}

/// The same sum of multiples by magnitudes below `2^128`.
fn halves(terms: &[(Fr, G1)]) -> Vec<Term> {
    let both = |(scalar, point): &(Fr, G1)| {
        let points = [*point, endomorphism(point)];
        let halves = split(*scalar).into_iter().zip(points);
        halves.map(|((negative, magnitude), point)| {
            let point = if negative { point.negated() } else { point };
            (magnitude, point)
        })
    };
    let all = terms.iter().flat_map(both);
    all.filter(|(magnitude, _)| *magnitude != 0).collect()
}

/// Windows of numbers of so many bits, with room for the carry of the highest.
fn windows(bits: usize, window: usize) -> usize {
    (bits + 1).div_ceil(window)
}

/// Bits of a digit that make the fewest multiplications.
fn window(terms: usize, bits: usize) -> usize {
    let cost = |window: &usize| windows(bits, *window) * (terms * ADD_AFFINE + (ADD << *window));
    (2..=12).min_by_key(cost).expect("some windows")
}

/// Digits from `−2^(window−1)` to `2^(window−1)`, the least significant first.
fn digits(mut magnitude: u128, window: usize, windows: usize) -> Vec<i32> {
    let base = 1 << window;
    let mut carry = 0;
    let mut next = || {
        let digit = (magnitude & (base as u128 - 1)) as i32 + carry;
        magnitude >>= window;
        carry = i32::from(digit > base / 2);
        digit - carry * base
    };
    (0..windows).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        for window in 2..=12 {
            for magnitude in [0, 1, 2, 31, 32, 33, 0xffff, u128::MAX >> 1, u128::MAX] {
                let bits = 128 - magnitude.leading_zeros() as usize;
                let digits = digits(magnitude, window, windows(bits, window));
                let half = 1 << (window - 1);
                assert!(digits.iter().all(|d| (-half..=half).contains(d)));
                // Modulo 2^128.
                let value = digits.iter().rev().fold(0u128, |sum, digit| {
                    (sum << window).wrapping_add(*digit as i128 as u128)
                });
                assert_eq!(value, magnitude, "{window}");
            }
        }
    }
}
