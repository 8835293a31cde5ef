//! How losses of scenarios become one requirement.

pub(super) mod market_risk;
pub(super) mod shortfall;
pub(super) mod worst;
