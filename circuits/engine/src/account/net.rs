//! What accounts hold together.

use std::collections::BTreeMap;

use super::{Account, Position};
use crate::market::{InstrumentId, Kind};

/// Whether an instrument is owed as such: cash and spot. The others are contracts between accounts.
pub fn is_asset(id: InstrumentId) -> bool {
    matches!(id.kind(), Kind::Cash | Kind::Spot)
}

/// Net quantity of every derivative that some account holds, 1e-8 contracts. All are zero where
/// accounts are each other's counterparties.
pub fn net_derivatives(accounts: &[Account]) -> BTreeMap<InstrumentId, i64> {
    let mut net = BTreeMap::new();
    let positions = accounts.iter().flat_map(|account| &account.positions);
    for &Position { id, quantity } in positions.filter(|p| !is_asset(p.id)) {
        *net.entry(id).or_default() += quantity;
    }
    net
}
