//! What format 2 adds to a policy: how the losses of nodes become the requirement of a portfolio, and
//! what it costs to close it.
//!
//! Shares, levels and slopes are in 1e-4, money in 1e-8 USD.

use std::fmt::Write;

use super::points::{self, ExposureNodes, NodeShare};
use super::Scenario;

/// How the stress of the grid and the shortfall of the points become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `max(R, ES, min(R without offsets, scale·ES + R of underlyings without a path))`.
    Greatest,
    /// `share·(scale·ES + R of underlyings without a path) + (1 − share)·R`, as SPAN 2 has it.
    Mix {
        /// Share of the shortfall.
        share: u32,
    },
}

/// Gains that pay for losses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Share of the gains of one underlying that may pay losses of another of its group.
    pub share: u32,
    /// Codes of the underlyings of each group; no underlying is in two.
    pub groups: Vec<Vec<u16>>,
}

/// A joint move of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its mass, a share of [`Shortfall::total`].
    pub count: u32,
    /// Price and volatility of each path. Prices are in shares of the range, volatilities in shares of
    /// the way from the mark to the up node (positive) or the down node (negative).
    pub moves: Vec<(i32, i32)>,
}

/// Expected shortfall of joint points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Confidence, below one.
    pub level: u32,
    /// Mass of the whole history; what is not listed loses nothing.
    pub total: u32,
    /// Codes of the underlyings that the points move.
    pub paths: Vec<u16>,
    /// The points, in the order of the file.
    pub points: Vec<Point>,
    /// Nodes of the grid that a point is interpolated between, with their weights at 2^-24: by point,
    /// then by path. These integers are the model.
    pub weights: Vec<Vec<Vec<NodeShare>>>,
}

/// Half spreads that closing a position costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Options: share of the forward.
    pub option_of_forward: u32,
    /// Options: share of the value; the lesser of both is charged.
    pub option_of_value: u32,
    /// Spot, perpetuals and futures: share of the mark.
    pub linear: u32,
}

/// What closing the book costs beside spreads, 1e-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementCost {
    /// For the account.
    pub account: u64,
    /// For each underlying other than cash.
    pub underlying: u64,
    /// For each position.
    pub position: u64,
}

/// A tangent of the cost of liquidity: `slope·exposure − less`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Share of the exposure.
    pub slope: u32,
    /// What is taken off, 1e-8 USD.
    pub less: u64,
}

/// Lines of one underlying; the largest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liquidity {
    /// On the dollar delta that is to be closed.
    pub delta: Vec<Line>,
    /// On the vega that is to be closed.
    pub vega: Vec<Line>,
}

/// Everything that format 2 adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortfolioTerms {
    /// How stress and shortfall are combined.
    pub rule: Rule,
    /// Multiplier of the shortfall, at least one.
    pub scale: u32,
    /// Offsets between underlyings.
    pub offset: Offset,
    /// Joint points.
    pub shortfall: Shortfall,
    /// Half spreads.
    pub closing: Closing,
    /// Fees of closing.
    pub settlement: SettlementCost,
    /// Liquidity by code of the underlying, ascending; an underlying without lines is not listed.
    pub liquidity: Vec<(u16, Liquidity)>,
    /// Nodes that exposures are read from.
    pub exposure: ExposureNodes,
}

impl PortfolioTerms {
    /// The lines of an underlying.
    pub fn liquidity_of(&self, code: u16) -> Option<&Liquidity> {
        let of = |(listed, _): &&(u16, Liquidity)| *listed == code;
        self.liquidity.iter().find(of).map(|(_, lines)| lines)
    }

    /// Whether the points move an underlying.
    pub fn has_path(&self, code: u16) -> bool {
        self.shortfall.paths.contains(&code)
    }

    /// Index of the scenario where a day passes, if the grid has one.
    pub fn decay_node(scenarios: &[Scenario]) -> Option<usize> {
        scenarios.iter().position(|s| s.days_later > 0)
    }

    /// Its lines of the text that the digest hashes. The weights follow from it.
    pub(super) fn write_canonical(&self, out: &mut String) -> std::fmt::Result {
        match self.rule {
            Rule::Greatest => writeln!(out, "rule greatest")?,
            Rule::Mix { share } => writeln!(out, "rule mix share {share}")?,
        }
        writeln!(out, "scale {}", self.scale)?;
        writeln!(out, "offset {}", self.offset.share)?;
        for group in &self.offset.groups {
            writeln!(out, "group{}", codes(group))?;
        }
        let Closing {
            option_of_forward,
            option_of_value,
            linear,
        } = self.closing;
        writeln!(
            out,
            "closing {option_of_forward} {option_of_value} {linear}"
        )?;
        let SettlementCost {
            account,
            underlying,
            position,
        } = self.settlement;
        writeln!(out, "settlement {account} {underlying} {position}")?;
        for (code, lines) in &self.liquidity {
            for (name, lines) in [("delta", &lines.delta), ("vega", &lines.vega)] {
                for Line { slope, less } in lines {
                    writeln!(out, "liquidity {code} {name} {slope} less {less}")?;
                }
            }
        }
        let shortfall = &self.shortfall;
        writeln!(
            out,
            "shortfall level {} total {}",
            shortfall.level, shortfall.total
        )?;
        writeln!(out, "paths{}", codes(&shortfall.paths))?;
        for point in &shortfall.points {
            write!(out, "point {}", point.count)?;
            for (price, vol) in &point.moves {
                write!(out, " {price} {vol}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

fn codes(list: &[u16]) -> String {
    list.iter().map(|code| format!(" {code}")).collect()
}

/// Weights of every point on a grid that [`points::Grid`] has accepted.
pub(super) fn weights(grid: &points::Grid, list: &[Point]) -> Vec<Vec<Vec<NodeShare>>> {
    let of = |point: &Point| {
        point
            .moves
            .iter()
            .map(|&(price, vol)| grid.weights(price, vol))
            .collect()
    };
    list.iter().map(of).collect()
}
