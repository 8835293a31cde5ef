//! Malicious witnesses, each with the constraint that stands in its way.
//!
//! Everything but the constraint under attack is made consistent: the builder lets a forged cell
//! flow on, and the attacker owns the book and the market where that helps. So a test that
//! expects one broken row shows that the constraint of this row is needed.

mod account;
mod copies;
mod deletion;
mod derived;
mod flags;
mod hash;
mod instrument;
mod leaf;
mod market;
mod netting;
mod portfolio;
mod pricing;
mod requirement;
mod settled;
mod statement;
#[path = "../support/mod.rs"]
mod support;
