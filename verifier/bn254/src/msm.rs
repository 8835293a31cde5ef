//! Sums of multiples, by buckets (Pippenger).

use super::curve::{Jacobian, G1};
use super::field::Fr;

/// Bits per digit that suit a number of points.
fn window(points: usize) -> usize {
    match points {
        0..=3 => 2,
        4..=31 => 4,
        32..=127 => 5,
        128..=511 => 6,
        _ => 8,
    }
}

/// `Σ scalar·point`
pub fn sum_of_multiples(terms: &[(Fr, G1)]) -> Jacobian {
    let window = window(terms.len());
    let scalars: Vec<[u64; 4]> = terms.iter().map(|(scalar, _)| scalar.to_limbs()).collect();
    let mut total = Jacobian::INFINITY;
    // Small scalars take few windows.
    let bits = scalars.iter().map(bits).max().unwrap_or(0);
    for position in (0..bits.div_ceil(window)).rev() {
        for _ in 0..window {
            total = total.double();
        }
        let mut buckets = vec![Jacobian::INFINITY; (1 << window) - 1];
        for (scalar, (_, point)) in scalars.iter().zip(terms) {
            if let Some(bucket) = digit(scalar, position * window, window).checked_sub(1) {
                buckets[bucket] = buckets[bucket].add_affine(point);
            }
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

/// Bits of a number.
fn bits(limbs: &[u64; 4]) -> usize {
    let top = limbs.iter().rposition(|limb| *limb != 0);
    top.map_or(0, |top| {
        64 * (top + 1) - limbs[top].leading_zeros() as usize
    })
}

fn digit(limbs: &[u64; 4], first: usize, bits: usize) -> usize {
    let (limb, shift) = (first / 64, first % 64);
    let low = limbs[limb] >> shift;
    let high = match shift {
        0 => 0,
        _ => limbs.get(limb + 1).map_or(0, |next| next << (64 - shift)),
    };
    (low | high) as usize & ((1 << bits) - 1)
}
