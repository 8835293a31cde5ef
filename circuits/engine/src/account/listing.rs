//! A market whose instruments are found by name at once.

use std::collections::HashMap;

use crate::market::{Instrument, InstrumentId, Market};
use crate::policy::{Policy, CUSTODY, ENTRY_COSTS, UNIT_OF_ACCOUNT};
use crate::units::{Scale, ONE_USD};

/// The instruments of a market by name, for reading many accounts.
pub struct Listing<'a> {
    market: &'a Market,
    names: HashMap<&'a str, usize>,
    usd: Option<InstrumentId>,
    costs: Option<&'a Instrument>,
    custody: Option<InstrumentId>,
    /// Underlyings whose contract is more than one coin.
    scales: HashMap<u16, Scale>,
}

impl<'a> Listing<'a> {
    /// The listing of a market under a policy, which says in what entry costs are booked and what a
    /// contract is.
    pub fn new(market: &'a Market, policy: &Policy) -> Self {
        let names = market.instruments().iter().enumerate();
        let scaled = policy.underlyings().iter();
        let scaled = scaled.filter(|u| u.scale != Scale::ONE);
        Listing {
            market,
            names: names.map(|(row, i)| (i.name.as_str(), row)).collect(),
            usd: market.cash(policy, UNIT_OF_ACCOUNT).map(|i| i.id),
            costs: market.cash(policy, ENTRY_COSTS),
            custody: market.cash(policy, CUSTODY).map(|i| i.id),
            scales: scaled.map(|u| (u.code, u.scale)).collect(),
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

    /// The cash asset into which entry costs are booked, where the market lists it at the mark 1, as
    /// every market file does.
    pub fn costs(&self) -> Option<InstrumentId> {
        let costs = self.costs.filter(|costs| costs.forward == ONE_USD);
        costs.map(|costs| costs.id)
    }

    /// The unit of account, where the market lists it.
    pub(crate) fn usd(&self) -> Option<InstrumentId> {
        self.usd
    }

    /// Collateral in custody, where the market lists it.
    pub(crate) fn custody(&self) -> Option<InstrumentId> {
        self.custody
    }

    /// Coins of a contract of an instrument.
    pub fn scale(&self, id: InstrumentId) -> Scale {
        self.scales
            .get(&id.underlying())
            .copied()
            .unwrap_or_default()
    }
}
