//! Entry prices of linear positions.

use std::collections::BTreeMap;

use super::Position;
use crate::market::{InstrumentId, Market};
use crate::units::Scale;

/// Units of 1e-16 USD, the product of a quantity and a price, in a unit of money.
const UNITS_PER_PRODUCT: i128 = 100_000_000;

/// Written as the entry price of a position that is entered at the market's mark.
pub(super) const AT_MARK: &str = "mark";

/// At what price a position was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The price in 1e-8 USD per contract.
    pub price: u64,
    /// Whether the file says `"mark"`: entered at the market's mark, whatever it is.
    pub at_mark: bool,
}

/// The entry prices that an account file states. They are not committed to: what is committed to
/// is the position in [`ENTRY_COSTS`](crate::policy::ENTRY_COSTS) that they are booked into.
pub type Entries = BTreeMap<InstrumentId, Entry>;

impl Entry {
    /// As it is written: `mark`, or USD per coin.
    pub fn text(&self, scale: Scale) -> String {
        match self.at_mark {
            true => AT_MARK.to_owned(),
            false => scale.price(self.price.into()),
        }
    }
}

/// What entering `quantity` (1e-8 contract) at `price` (1e-8 USD) adds to the position in entry costs,
/// in 1e-8 USD, rounded down.
pub fn booked(quantity: i64, price: u64) -> i128 {
    (-i128::from(quantity) * i128::from(price)).div_euclid(UNITS_PER_PRODUCT)
}

/// What positions book together when their perpetuals and futures are entered at the market's marks,
/// in 1e-8 USD.
pub fn booked_at_mark(positions: &[Position], market: &Market) -> i128 {
    let futures = positions.iter().filter(|p| p.id.kind().is_future());
    let mark = |p: &Position| market.listed(p.id).map_or(0, |i| i.forward);
    futures.map(|p| booked(p.quantity, mark(p))).sum()
}
