//! How losses of scenarios become one requirement.

pub mod market_risk;
mod shortfall;
pub mod worst;
