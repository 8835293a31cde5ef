//! What is added to the requirement of the worst scenario. What a contract adds whatever else the account
//! holds is in two columns of the price table ([`TableColumn::PerSigned`], [`TableColumn::PerAbsolute`]);
//! what depends on other positions is in the account's groups.
//!
//! [`TableColumn::PerSigned`]: zkmargin_engine::book::TableColumn::PerSigned
//! [`TableColumn::PerAbsolute`]: zkmargin_engine::book::TableColumn::PerAbsolute

pub mod closing;
pub mod haircut;
pub(in crate::book) mod liquidity;
pub mod pricing_error;
pub(in crate::book) mod roll;
pub(in crate::book) mod settlement;
pub mod short_option;
