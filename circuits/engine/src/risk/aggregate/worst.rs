//! The worst scenario: gains of one underlying pay for nothing in another.

use crate::policy::Policy;
use crate::risk::scenario::UnderlyingLosses;

/// The first scenario with the largest sum of charges.
pub(in crate::risk) fn worst(policy: &Policy, losses: &[UnderlyingLosses]) -> (usize, i128) {
    let sum = |s: usize| losses.iter().filter_map(|l| l.charge.get(s)).sum::<i128>();
    (0..policy.scenarios().len())
        .map(|s| (s, sum(s)))
        .fold(
            (0, 0),
            |best, next| {
                if next.1 > best.1 {
                    next
                } else {
                    best
                }
            },
        )
}
