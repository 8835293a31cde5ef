//! Bits of the largest absolute values, those that are range-checked and those that follow from them:
//! neither a number nor the sum that an inequality ranges wraps (spec/margin.md, section 5).

use super::range::MOST_BITS;
use zkmargin_engine::size::Size;

/// A magnitude, 1e-8 contract.
pub(crate) const QUANTITY: u32 = 62;
/// A forward, mark or index, 1e-8 USD.
pub(crate) const PRICE: u32 = 60;
/// A strike, 1e-4 USD.
pub(crate) const STRIKE: u32 = 44;
/// Market time and the root of a time to expiry.
pub(crate) const TIME: u32 = 32;
/// High part of w.
pub const W_HIGH: u32 = 24;
/// Reciprocal of w.
pub(crate) const RECIPROCAL: u32 = 36;
/// Money, 1e-8 USD.
pub const MONEY: u32 = 108;
/// A net dollar delta.
pub(crate) const NET_DELTA: u32 = 204;
/// A net quantity of options.
pub(crate) const NET_QUANTITY: u32 = 72;
/// What a charge leaves above a loss: an inequality, as far as bits are proven.
pub(crate) const SLACK: u32 = MOST_BITS;

/// A sum over all slots of the largest size has so many bits more than its terms.
const SLOTS: u32 = 9;
/// The value that a node adds: gross (17), 2^76, q·F.
const NODE: u32 = 17 + 76 + QUANTITY + PRICE;
/// A difference of two registers times the weight of a scenario.
const WEIGHTED_GAIN: u32 = NODE + SLOTS + 1 + 24;
/// A charge times its unit, 10^12·2^100.
const CHARGED: u32 = MONEY + 140;
/// Σ rate·abs(net dollar delta).
const ROLL: u32 = NET_DELTA + 32 + SLOTS;
/// Equity and its sign times its unit, 10^12·2^76, with the value that it is rounded from.
const EQUITY: u32 = MONEY + 1 + 116 + 1;

const _: () = {
    assert!(Size::Large.slots() <= 1 << SLOTS);
    assert!(WEIGHTED_GAIN < SLACK && CHARGED < SLACK);
    assert!(ROLL < MOST_BITS && EQUITY < MOST_BITS && NODE + SLOTS < EQUITY);
    assert!(QUANTITY + SLOTS < NET_QUANTITY && QUANTITY + PRICE + 61 + SLOTS < NET_DELTA);
};
