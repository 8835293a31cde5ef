//! Malicious witnesses, each with the constraint that stands in its way.
//!
//! Everything but the constraint under attack is made consistent: the builder lets a forged cell
//! flow on, and the attacker owns the book and the market where that helps. So a test that
//! expects one broken row shows that the constraint of this row is needed.

mod account;
mod closing;
mod copies;
mod decay;
mod deletion;
mod derived;
mod flags;
mod hash;
mod instrument;
mod leaf;
mod liquidity;
mod market;
mod market_risk;
mod netting;
mod portfolio;
mod pricing;
mod requirement;
mod settled;
mod shortfall;
mod statement;
#[path = "../support/mod.rs"]
mod support;
