//! What is added to the requirement of the worst scenario.

pub mod haircut;
pub mod pricing_error;
pub mod roll;
pub mod short_option;
