//! A market whose instruments are found by name at once.

use std::collections::HashMap;

use crate::market::{Instrument, InstrumentId, Market};
use crate::policy::Policy;
use crate::units::ONE_USD;

/// Symbol of the cash asset into which entry costs are booked.
const USD: &str = "USD";

/// The instruments of a market by name, for reading many accounts.
pub struct Listing<'a> {
    market: &'a Market,
    names: HashMap<&'a str, usize>,
    usd: Option<&'a Instrument>,
}

impl<'a> Listing<'a> {
    /// The listing of a market under a policy, which says whether there is USD.
    pub fn new(market: &'a Market, policy: &Policy) -> Self {
        let names = market.instruments().iter().enumerate();
        Listing {
            market,
            names: names.map(|(row, i)| (i.name.as_str(), row)).collect(),
            usd: market.cash(policy, USD),
        }
    }

    /// The market.
    pub fn market(&self) -> &'a Market {
        self.market
    }

    /// The instrument of a name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&'a Instrument> {
        let row = self.names.get(name)?;
        self.market.instruments().get(*row)
    }

    /// Whether the market's USD is worth one: then the cost of a position can be booked into it.
    pub(crate) fn usd_is_one(&self) -> bool {
        self.usd.is_some_and(|usd| usd.forward == ONE_USD)
    }

    /// The USD cash asset, where policy and market have it.
    pub(crate) fn usd(&self) -> Option<InstrumentId> {
        self.usd.map(|usd| usd.id)
    }
}
