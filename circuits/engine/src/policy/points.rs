//! A joint point as weights on the nodes of the grid.
//!
//! The loss at a move between nodes is interpolated: linearly in the price between the two nearest
//! price nodes, and linearly in the volatility between the mark and the up or the down node. Weights are
//! integers at 2^-24, never negative, and their sum is at most one, so a loss of a node that is stated too
//! high can only raise the loss of a point.

use super::scenario::{PriceShock, Scenario, ScenarioWeight, VolShock};
use crate::units::BP;

/// Steps of one coordinate; a weight is a product of two.
const STEPS: u32 = 1 << 12;

/// Nodes of the grid with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExposureNodes {
    /// The least price move either way, volatility unmoved: its loss tells the delta.
    pub delta: [usize; 2],
    /// Volatility up and down, price unmoved: its loss tells the vega.
    pub vega: [usize; 2],
    /// Part of the range of the least price move.
    pub delta_part: u32,
}

/// A node and its weight at 2^-24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeShare {
    /// Index of the scenario.
    pub node: usize,
    /// Weight at 2^-24.
    pub weight: u32,
}

/// Why a grid cannot be interpolated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GridError {
    /// Place in the list of scenarios, where one is to blame.
    pub index: Option<usize>,
    pub problem: String,
}

/// The range nodes of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Sizes of the price nodes in 1e-4 of the range, ascending from 0 to 10^4.
    sizes: Vec<u32>,
    /// Index of the scenario by place of the size, by sign (0 for a rise), by volatility (up, static,
    /// down). The base has no static node: there nothing is lost.
    at: Vec<[[Option<usize>; 3]; 2]>,
}

fn vol_place(vol: VolShock) -> usize {
    match vol {
        VolShock::Up => 0,
        VolShock::Static => 1,
        VolShock::Down => 2,
    }
}

/// Scenarios at nodes of the range: which it is, price in basis points of the range, volatility.
fn range_nodes(scenarios: &[Scenario]) -> Result<Vec<(usize, i32, usize)>, GridError> {
    let wrong = |index: usize, problem: &str| {
        Err(GridError {
            index: Some(index),
            problem: problem.to_owned(),
        })
    };
    let mut range: Vec<(usize, i32, usize)> = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let PriceShock::OfRange(part) = scenario.price else {
            continue;
        };
        if scenario.days_later > 0 {
            continue;
        }
        if scenario.weight != ScenarioWeight::Fixed(BP) {
            return wrong(index, "a node of the range counts fully");
        }
        if part.unsigned_abs() > BP {
            return wrong(index, "beyond the range");
        }
        if part == 0 && scenario.vol == VolShock::Static {
            return wrong(index, "nothing moves, so nothing is lost");
        }
        if range
            .iter()
            .any(|&(_, p, v)| p == part && v == vol_place(scenario.vol))
        {
            return wrong(index, "the same as an earlier one");
        }
        range.push((index, part, vol_place(scenario.vol)));
    }
    Ok(range)
}

impl Grid {
    /// The range nodes of the scenarios. They must lie symmetrically, contain 0 and the whole range, have
    /// all three volatilities at every price (but the base, where nothing moves), and count fully.
    pub(super) fn new(scenarios: &[Scenario]) -> Result<Grid, GridError> {
        let range = range_nodes(scenarios)?;
        let wrong = |problem: String| {
            Err(GridError {
                index: None,
                problem,
            })
        };
        let mut sizes: Vec<u32> = range
            .iter()
            .map(|(_, part, _)| part.unsigned_abs())
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.first() != Some(&0) || sizes.last() != Some(&BP) {
            return wrong("the nodes of the range must contain 0 and 1".to_owned());
        }
        let find = |part: i32, vol: usize| {
            range
                .iter()
                .find(|n| n.1 == part && n.2 == vol)
                .map(|n| n.0)
        };
        let mut at = Vec::with_capacity(sizes.len());
        for &size in &sizes {
            // At most 10^4.
            let signed = [size as i32, -(size as i32)];
            let nodes = signed.map(|part| [0, 1, 2].map(|vol| find(part, vol)));
            let complete = |vols: &[Option<usize>; 3]| {
                vols.iter()
                    .enumerate()
                    .all(|(vol, node)| node.is_some() || size == 0 && vol == 1)
            };
            if !nodes.iter().all(complete) {
                let problem = format!(
                    "the nodes at {} of the range are not up, static and down on both sides",
                    crate::units::format_decimal(size.into(), 4)
                );
                return wrong(problem);
            }
            at.push(nodes);
        }
        Ok(Grid { sizes, at })
    }

    /// The nodes that exposures are read from.
    pub(super) fn exposure(&self) -> Option<ExposureNodes> {
        let (base, least) = (self.at.first()?, self.at.get(1)?);
        Some(ExposureNodes {
            delta: [least[0][1]?, least[1][1]?],
            vega: [base[0][0]?, base[0][2]?],
            delta_part: *self.sizes.get(1)?,
        })
    }

    /// Weights of a move: price and volatility in 1e-4 of the range and of the way to the node, both at
    /// most one in size. The base is left out: it loses nothing.
    pub(super) fn weights(&self, price: i32, vol: i32) -> Vec<NodeShare> {
        let size = price.unsigned_abs();
        // The last cell is closed.
        let last = self.sizes.len().saturating_sub(2);
        let cell = self
            .sizes
            .iter()
            .rposition(|s| *s <= size)
            .unwrap_or(0)
            .min(last);
        let (low, high) = (self.sizes[cell], self.sizes[cell + 1]);
        let far = STEPS * (size - low) / (high - low);
        let side = usize::from(price < 0);
        let moved = STEPS * vol.unsigned_abs() / BP;
        let direction = if vol > 0 { 0 } else { 2 };
        let mut weights = Vec::with_capacity(4);
        for (place, of_price) in [(cell, STEPS - far), (cell + 1, far)] {
            for (vol, of_vol) in [(1, STEPS - moved), (direction, moved)] {
                let weight = of_price * of_vol;
                if let (Some(node), 1..) = (self.at[place][side][vol], weight) {
                    weights.push(NodeShare { node, weight });
                }
            }
        }
        weights
    }
}
