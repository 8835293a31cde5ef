//! The worst scenario: gains of one underlying pay for nothing in another.

use crate::risk::scenario::UnderlyingLosses;

/// Sum of the charges of some underlyings in each of so many scenarios.
pub(in crate::risk) fn charges<'l>(
    losses: impl Iterator<Item = &'l UnderlyingLosses> + Clone,
    scenarios: usize,
) -> Vec<i128> {
    let sum = |s: usize| losses.clone().filter_map(|l| l.charge.get(s)).sum();
    (0..scenarios).map(sum).collect()
}

/// The first scenario with the largest charge, and that charge; at least 0.
pub(in crate::risk) fn worst(charges: &[i128]) -> (usize, i128) {
    let charges = charges.iter().copied().enumerate();
    charges.fold(
        (0, 0),
        |best, next| if next.1 > best.1 { next } else { best },
    )
}
