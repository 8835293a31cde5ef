//! What is added to the requirement of the worst scenario.

pub mod closing;
pub mod haircut;
pub mod liquidity;
pub mod pricing_error;
pub mod roll;
pub mod settlement;
pub mod short_option;
