//! Masks: what hides the numbers of a single batch and leaves their sum.
//!
//! Between two batches stands a secret. The batch before it takes its masks off, the batch behind it adds
//! them, and the batch after the last is the first: so they cancel in the sum. A statement has
//! commitments of both secrets, and neighbours must show the same.
//!
//! | masks of a secret | lanes 1 to 8 of the permutation of |
//! |---|---|
//! | 0 … 7: of the totals, in the order of [`super::statement::Row`]; three are not used | (17; secret, 0, 0, …) |
//! | 8n, 8n + 1: of long and short of the market's asset n, from 1; six are not used | (17; secret, n, 0, …) |
//!
//! Lane 0 is not used: a permutation can be inverted from all nine.

use ff::Field;

use crate::commitment::{hash8, state8, tag};
use crate::Fr;

/// Masks of one permutation.
pub const MASKS: usize = 8;

fn inputs(secret: Fr, index: u64) -> [Fr; 8] {
    let mut inputs = [Fr::ZERO; 8];
    inputs[..2].copy_from_slice(&[secret, Fr::from(index)]);
    inputs
}

/// The commitment of a secret.
pub fn secret_commitment(secret: Fr) -> Fr {
    hash8(tag::MASK_SECRET, &inputs(secret, 0))
}

/// Masks `8·index` to `8·index + 7` of a secret: those of the totals for 0, of asset n for n.
pub fn masks(secret: Fr, index: u32) -> [Fr; MASKS] {
    let state = state8(tag::MASKS, &inputs(secret, index.into()));
    std::array::from_fn(|lane| state[lane + 1])
}

/// What two secrets add to the numbers of a batch under an index.
pub(super) fn between(secrets: [Fr; 2], index: u32) -> [Fr; MASKS] {
    let [added, taken] = secrets.map(|secret| masks(secret, index));
    std::array::from_fn(|lane| added[lane] - taken[lane])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mask is known by nothing that is shown: not the first lane, not the commitment, not another's.
    #[test]
    fn masks_are_lanes_of_their_own() {
        let secret = Fr::from(4711);
        let mut seen = vec![secret, secret_commitment(secret)];
        for index in 0..40 {
            seen.push(hash8(tag::MASKS, &inputs(secret, index.into())));
            seen.extend(masks(secret, index));
        }
        for (i, one) in seen.iter().enumerate() {
            assert!(!seen[..i].contains(one));
        }
        assert_ne!(masks(secret, 1), masks(secret + Fr::ONE, 1));
    }

    #[test]
    fn masks_of_a_circle_of_secrets_cancel() {
        let secrets = [3, 5, 8].map(Fr::from);
        for index in [0, 1, 31] {
            let mut sums = [Fr::ZERO; MASKS];
            for i in 0..3 {
                let masks = between([secrets[i], secrets[(i + 1) % 3]], index);
                sums.iter_mut().zip(masks).for_each(|(sum, m)| *sum += m);
            }
            assert_eq!(sums, [Fr::ZERO; MASKS]);
            assert_eq!(between([secrets[0]; 2], index), [Fr::ZERO; MASKS]);
        }
    }
}
