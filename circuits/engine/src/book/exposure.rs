//! What an account is charged for one underlying under format 2: the worst loss, and liquidity.
//!
//! The native twin of a row of the batch circuit's risk lane. Money is in 1e-16 USD.

use super::form::PortfolioForm;
use super::portfolio::{BookLine, UnderlyingTerms};

/// Units of 1e-16 USD in one of an exposure, as a power of two.
pub const EXPOSURE_BITS: u32 = 24;

/// An underlying of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Positions that scenarios move.
    pub positions: u32,
    /// The worst loss, at least 0.
    pub required: i128,
    /// Exposures in delta and vega, rounded up, in 2^24 units of 1e-16 USD.
    pub sizes: [i128; 2],
    /// Charges for them; that of the vega has the fee of settlement.
    pub charges: [i128; 2],
}

impl Exposure {
    /// That of losses by scenario.
    pub(super) fn new(
        form: &PortfolioForm,
        terms: &UnderlyingTerms,
        losses: &[i128],
        positions: u32,
    ) -> Exposure {
        let loss = |node: &usize| losses.get(*node).copied().unwrap_or_default();
        let sizes = form.nodes.each_ref().map(|nodes| {
            let size = nodes.iter().map(|node| loss(node).abs()).fold(0, i128::max);
            -((-size) >> EXPOSURE_BITS)
        });
        let charge = |kind: usize| {
            let lines = terms.lines[kind].iter();
            lines
                .map(|line| line.charge(sizes[kind]))
                .fold(0, i128::max)
        };
        Exposure {
            positions,
            required: losses.iter().copied().fold(0, i128::max),
            sizes,
            charges: [charge(0), charge(1)],
        }
    }

    /// How much the exposure is above every loss that tells it, and above every gain, in the order of
    /// the nodes.
    pub fn above(&self, form: &PortfolioForm, losses: &[i128]) -> impl Iterator<Item = i128> {
        let sizes = self.sizes.map(|size| size << EXPOSURE_BITS);
        let losses = form
            .nodes
            .map(|nodes| nodes.map(|n| losses.get(n).copied().unwrap_or_default()));
        (0..2).flat_map(move |kind| {
            let size = sizes[kind];
            losses[kind]
                .into_iter()
                .flat_map(move |l| [size - l, size + l])
        })
    }

    /// How much the charges are above every line, those of the delta first.
    pub fn over_lines<'a>(&'a self, terms: &'a UnderlyingTerms) -> impl Iterator<Item = i128> + 'a {
        (0..2).flat_map(move |kind| {
            let lines = terms.lines[kind].iter();
            lines.map(move |line| self.charges[kind] - line.charge(self.sizes[kind]))
        })
    }
}

impl BookLine {
    fn charge(&self, size: i128) -> i128 {
        i128::from(self.slope) * size + self.more
    }
}
