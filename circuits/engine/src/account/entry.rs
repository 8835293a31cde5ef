//! Entry prices of linear positions.

use std::collections::BTreeMap;
use std::fmt;

use crate::market::InstrumentId;
use crate::units::{format_decimal, MONEY_DECIMALS};

/// Written as the entry price of a position that is entered at the market's mark.
pub(super) const AT_MARK: &str = "mark";

/// At what price a position was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The price in 1e-8 USD.
    pub price: u64,
    /// Whether the file says `"mark"`: entered at the market's mark, whatever it is.
    pub at_mark: bool,
}

/// The entry prices that an account file states. They are not committed to: what is committed to
/// is the USD position that their cost is booked into.
pub type Entries = BTreeMap<InstrumentId, Entry>;

/// As it is written: `mark`, or USD.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_mark {
            true => f.write_str(AT_MARK),
            false => f.write_str(&format_decimal(i128::from(self.price), MONEY_DECIMALS)),
        }
    }
}
