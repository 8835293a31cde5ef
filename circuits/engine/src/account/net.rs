//! What accounts hold together.

use std::collections::BTreeMap;

use super::{Account, Position};
use crate::market::InstrumentId;

/// Net quantity of every derivative that some account holds, 1e-8 contracts. All are zero where
/// accounts are each other's counterparties.
pub fn net_derivatives(accounts: &[Account]) -> BTreeMap<InstrumentId, i64> {
    let mut net = BTreeMap::new();
    let positions = accounts.iter().flat_map(|account| &account.positions);
    for &Position { id, quantity } in positions.filter(|p| !p.id.kind().is_asset()) {
        *net.entry(id).or_default() += quantity;
    }
    net
}
