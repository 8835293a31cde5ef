//! How losses of scenarios become one requirement.

pub(in crate::book) mod market_risk;
pub(in crate::book) mod worst;
