//! The risk model: scenario grid, volatility shocks, add-ons and haircuts.
//!
//! A policy is a TOML file (`policies/rm1.toml` is the default, [`Policy::rm1`]). Reading it
//! checks every number and computes the [`PolicyTables`] that are compiled into the circuit, so
//! that a verifying key commits to the policy. [`Policy::canonical`] is the text whose hash,
//! [`Policy::digest`], names the policy in a statement; it does not depend on comments, on the
//! order of the underlyings, or on how a number is written.
//!
//! Format 1 charges the worst scenario of a stress grid (RM-1). Format 2 adds expected shortfall over
//! joint points, offsets between underlyings, liquidity and the cost of closing ([`PortfolioTerms`]).

mod error;
mod file;
mod own_cash;
mod point_file;
mod points;
mod portfolio;
mod portfolio_file;
mod reader;
mod scenario;
mod tables;

pub use error::PolicyError;
pub use points::{ExposureNodes, NodeShare};
pub use portfolio::{
    Closing, Line, Liquidity, Offset, Point, PortfolioTerms, Rule, SettlementCost, Shortfall,
};
pub use portfolio_file::{MAX_MONEY, MAX_PATHS, MAX_SCALE, MAX_TOTAL};
pub use scenario::{PriceShock, Scenario, ScenarioWeight, VolShock};
pub use tables::{NodeRow, PolicyTables};

use std::fmt::Write;
use std::sync::OnceLock;

use ff::PrimeField;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::units::{Scale, BP};
use crate::Fr;

/// Most scenarios that a policy may have.
pub(crate) const MAX_SCENARIOS: usize = 64;
/// Longest maturity, in whole days, that a policy may allow: the circuit keeps the roll rates of
/// up to one day more beside its 512 logarithms.
pub(crate) const MAX_DAYS: u32 = 510;
/// Most distinct ranges that a policy may have.
pub(crate) const MAX_CLASSES: usize = 8;
/// Most underlyings and cash assets that a policy may have. How many fit the rows of a circuit depends
/// on its size.
pub const MAX_UNDERLYINGS: usize = 3_000;
/// Longest floor of maturity, in seconds.
pub(crate) const MAX_FLOOR: u32 = crate::units::DAY;

/// Symbol of the cash asset that all money is counted in.
pub const UNIT_OF_ACCOUNT: &str = "USD";
/// Symbol of the cash asset into which the entry costs of linear positions are booked. In what is owed,
/// it and the unit of account are one asset. Every policy has it, without a haircut.
pub const ENTRY_COSTS: &str = "USD-SETTLEMENT";
/// Symbol of the cash asset that stands for collateral of a vault that a venue counts in an account.
/// Every policy has it, with the haircut of what it is redeemed for, [`CUSTODY_OF`].
pub const CUSTODY: &str = "USDC-CUSTODY";
/// Symbol of the cash asset that [`CUSTODY`] is redeemed for.
pub const CUSTODY_OF: &str = "USDC";

/// An underlying asset, or a cash asset, that the policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Underlying {
    /// Name in market files, for example `BTC`.
    pub symbol: String,
    /// Code in instrument ids, 1 to 4095.
    pub code: u16,
    /// Cash is not shocked and has no derivatives.
    pub cash: bool,
    /// Index of the range among the distinct ranges, ascending; 0 for cash, which has none.
    pub class: u8,
    /// Haircut on long spot, and on cash owned or owed, in basis points; 0 for the unit of account.
    pub haircut_bp: u16,
    /// Price range of the core scenarios, in basis points; 0 for cash.
    pub range_bp: u32,
    /// Coins of a contract; one coin of cash.
    pub scale: Scale,
}

/// Volatility shock by days to expiry: `M_up = 1 + up·m`, `M_dn = 1 − down·m`,
/// `m = (reference_days / max(days, 1))^p`, where `p` is `short_power` below the reference
/// and `long_power` from it on. Fractions in 1e-4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VolTerms {
    /// Relative rise at the reference maturity.
    pub up: u32,
    /// Relative fall at the reference maturity.
    pub down: u32,
    /// Days at which `m` is one.
    pub reference_days: u32,
    /// Power below the reference.
    pub short_power: u32,
    /// Power from the reference on.
    pub long_power: u32,
}

/// Roll charge on net delta: `max(minimum, e^(rate·days/365) − 1)`, and at least `last_day` where what is
/// dated expires within a day. Fractions in 1e-4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RollTerms {
    /// Rate per year.
    pub rate: u32,
    /// Least charge.
    pub minimum: u32,
    /// Least charge of the last day, 0 in format 1.
    pub last_day: u32,
}

/// A checked risk model with its tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Longest maturity, in whole days, that an instrument may have.
    pub max_days: u32,
    /// Shortest time to expiry that options are priced at, in seconds, 1 to 86400.
    pub maturity_floor: u32,
    /// Least shocked-up volatility, in 1e-4.
    pub floor_vol: u16,
    /// Short-option minimum, in basis points of the index.
    pub som_bp: u16,
    /// Maintenance requirement, in basis points of the initial one.
    pub maintenance_bp: u16,
    name: String,
    vol: VolTerms,
    roll: RollTerms,
    underlyings: Vec<Underlying>,
    scenarios: Vec<Scenario>,
    portfolio: Option<PortfolioTerms>,
    tables: PolicyTables,
}

impl Policy {
    /// Reads, checks and tabulates a policy file; `file` is its name in messages.
    ///
    /// # Errors
    /// Refuses what is not a complete policy, and numbers outside the ranges that the circuit
    /// is made for.
    pub fn from_toml(text: &str, file: &str) -> Result<Policy, Error> {
        Ok(file::read(text, file)?)
    }

    /// The default risk model, `policies/rm1.toml`.
    pub fn rm1() -> Policy {
        static RM1: OnceLock<Policy> = OnceLock::new();
        let text = include_str!("../../../../policies/rm1.toml");
        RM1.get_or_init(|| {
            file::read(text, "policies/rm1.toml").expect("the bundled policy is valid")
        })
        .clone()
    }

    /// The text that the digest hashes: one line per term, numbers as integers.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_canonical(&mut text);
        text
    }

    fn write_canonical(&self, out: &mut String) -> std::fmt::Result {
        let (vol, roll) = (&self.vol, &self.roll);
        writeln!(out, "zkmargin policy {}", self.format())?;
        writeln!(out, "name {}", self.name)?;
        writeln!(out, "max_days {}", self.max_days)?;
        writeln!(out, "maturity_floor {}", self.maturity_floor)?;
        writeln!(out, "short_option_minimum {}", self.som_bp)?;
        writeln!(out, "maintenance {}", self.maintenance_bp)?;
        writeln!(
            out,
            "vol up {} down {} floor {}",
            vol.up, vol.down, self.floor_vol
        )?;
        writeln!(out, "vol reference_days {}", vol.reference_days)?;
        writeln!(
            out,
            "vol short_power {} long_power {}",
            vol.short_power, vol.long_power
        )?;
        writeln!(out, "roll rate {} minimum {}", roll.rate, roll.minimum)?;
        for u in &self.underlyings {
            let Underlying {
                symbol,
                code,
                haircut_bp,
                range_bp,
                scale,
                ..
            } = u;
            let scale = scale.power();
            match u.cash {
                true => writeln!(out, "cash {code} {symbol} haircut {haircut_bp}")?,
                false => writeln!(
                    out,
                    "underlying {code} {symbol} range {range_bp} haircut {haircut_bp} scale {scale}"
                )?,
            }
        }
        for scenario in &self.scenarios {
            scenario.write_canonical(out)?;
        }
        match &self.portfolio {
            Some(terms) => {
                writeln!(out, "roll last_day {}", roll.last_day)?;
                terms.write_canonical(out)
            }
            None => Ok(()),
        }
    }

    /// Name of the policy in a statement: the first 31 bytes of the SHA-256 of the canonical
    /// text, most significant first, as a field element.
    pub fn digest(&self) -> Fr {
        let hash = Sha256::digest(self.canonical().as_bytes());
        let mut repr = [0u8; 32];
        for (to, from) in repr[..31].iter_mut().rev().zip(hash.iter()) {
            *to = *from;
        }
        Option::from(Fr::from_repr(repr)).expect("248 bits are below the modulus")
    }

    /// Format of the file: 2 where it has [`PortfolioTerms`].
    pub fn format(&self) -> u32 {
        1 + u32::from(self.portfolio.is_some())
    }

    /// What format 2 adds.
    pub fn portfolio(&self) -> Option<&PortfolioTerms> {
        self.portfolio.as_ref()
    }

    /// Nodes and weights at 2^-24 between which a move is interpolated: price and volatility in 1e-4 of
    /// the range and of the way to the up (positive) or the down node, both at most one in size. `None`
    /// under format 1, whose grid has no nodes to interpolate between.
    pub fn interpolation(&self, price: i32, vol: i32) -> Option<Vec<NodeShare>> {
        self.portfolio.as_ref()?;
        let inside = |share: i32| share.clamp(-(BP as i32), BP as i32);
        let grid = points::Grid::new(&self.scenarios).ok()?;
        Some(grid.weights(inside(price), inside(vol)))
    }

    /// Rise and fall of volatility at the reference maturity, in 1e-4 of the mark volatility: the ways to
    /// the up and to the down node.
    pub fn vol_ways(&self) -> (u32, u32) {
        (self.vol.up, self.vol.down)
    }

    /// Name of the risk model, for example `RM-1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Underlyings and cash assets, by ascending code.
    pub fn underlyings(&self) -> &[Underlying] {
        &self.underlyings
    }

    /// The underlying or cash asset of this name.
    pub fn underlying(&self, symbol: &str) -> Option<&Underlying> {
        self.underlyings.iter().find(|u| u.symbol == symbol)
    }

    /// The underlying or cash asset of this code.
    pub fn by_code(&self, code: u16) -> Option<&Underlying> {
        let at = self.underlyings.binary_search_by_key(&code, |u| u.code);
        self.underlyings.get(at.ok()?)
    }

    /// Coins of a contract of the underlying of this code: one where the policy does not know it.
    pub fn scale(&self, code: u16) -> Scale {
        self.by_code(code).map_or(Scale::ONE, |u| u.scale)
    }

    /// Scenarios in the order of the file, which is the order in the circuit.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// The numbers that the circuit holds in fixed columns.
    pub fn tables(&self) -> &PolicyTables {
        &self.tables
    }
}

#[cfg(test)]
mod tests;
