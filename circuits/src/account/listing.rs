//! A market whose instruments are found by name at once.

use std::collections::HashMap;

use crate::market::{Instrument, InstrumentId, Kind, Market};
use crate::policy::Policy;

/// Symbol of the cash asset into which entry costs are booked.
const USD: &str = "USD";

/// The instruments of a market by name, for reading many accounts.
pub struct Listing<'a> {
    market: &'a Market,
    names: HashMap<&'a str, usize>,
    usd: Option<InstrumentId>,
}

impl<'a> Listing<'a> {
    /// The listing of a market under a policy, which says whether there is USD.
    pub fn new(market: &'a Market, policy: &Policy) -> Self {
        let names = market.instruments().iter().enumerate();
        let usd = policy.underlying(USD).filter(|u| u.cash);
        let usd = usd.map(|u| InstrumentId::new(u.code, 0, 0, Kind::Cash));
        Listing {
            market,
            names: names.map(|(row, i)| (i.name.as_str(), row)).collect(),
            usd: usd.filter(|id| market.find(*id).is_some()),
        }
    }

    /// The market.
    pub fn market(&self) -> &'a Market {
        self.market
    }

    /// The instrument of a name.
    pub fn by_name(&self, name: &str) -> Option<&'a Instrument> {
        let row = self.names.get(name)?;
        self.market.instruments().get(*row)
    }

    /// The USD cash asset, where policy and market have it.
    pub fn usd(&self) -> Option<InstrumentId> {
        self.usd
    }
}
