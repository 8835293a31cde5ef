//! Settlement: fees of closing a book that grow with its parts, at the stressed level.

use num_bigint::BigInt;

use crate::policy::{SettlementCost, ENTRY_COSTS};
use crate::risk::position::Priced;

/// `account + underlying·(underlyings other than cash) + position·(positions)`, 1e-8 USD. The
/// position that entry costs are booked into is no position that anybody closes.
pub(in crate::risk) fn settlement(
    terms: SettlementCost,
    underlyings: usize,
    positions: &[Priced],
) -> BigInt {
    let counts = |leg: &&Priced| counts(leg);
    BigInt::from(terms.account)
        + BigInt::from(terms.underlying) * underlyings
        + BigInt::from(terms.position) * positions.iter().filter(counts).count()
}

/// Whether a position is one that somebody closes.
pub(in crate::risk) fn counts(leg: &Priced) -> bool {
    leg.underlying.symbol != ENTRY_COSTS
}
