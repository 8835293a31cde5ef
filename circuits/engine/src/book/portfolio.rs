//! What format 2 adds to a price table: fees and liquidity lines, with room for the roundings of
//! [`crate::risk`].
//!
//! Every number is in 1e-16 USD. The requirement of a book is never below that of an account by itself,
//! whose parts are rounded up to 1e-8 USD each: an account and an underlying are charged as many units of 1e-8 USD as parts of
//! theirs are rounded.
//!
//! | rounded | units |
//! |---|---|
//! | of an account: market risk, roll, short options, haircuts, half spreads, the pricing error before and after its scale | 7 and the scale |
//! | of an underlying: losses, and liquidity of delta and vega, whose exposures are rounded before | 3 and the slopes |
//!
//! A book does not prove that gains of one underlying may pay for losses of another: it charges the worst
//! node of every underlying, `Σ R_u`. With `ℓ` no larger than `R_u` at any node, every point loses at most
//! `Σ R_u`, so the expected shortfall is no more, nor is the stress, with or without offsets. So under
//! `greatest` `M ≤ Σ R_u`. Under `mix`, `M ≤ Σ c_u·R_u` with `c = share·scale + 1 − share` where the points
//! move the underlying and 1 where they do not; the table has the losses times c, and the lines divided by it.

use super::form::{Form, PortfolioForm};
use crate::error::Error;
use crate::policy::{Policy, PortfolioTerms, Rule};
use crate::risk::{liquidity_lines, ExposureLine, SLOPE_BITS};
use crate::units::BP;

/// 1e-8 USD.
const UNIT: i128 = 100_000_000;

/// A liquidity line of an underlying: the charge is at least `slope·X + more`, where the exposure is X times
/// 2^24 units of 1e-16 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookLine {
    /// Charge for a unit of exposure.
    pub slope: u64,
    /// What is added to the charge; negative for what a line takes off.
    pub more: i128,
}

/// What an account with a position that scenarios move in an underlying is charged for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderlyingTerms {
    /// Its code.
    pub code: u16,
    /// Lines on the delta, and on the vega. The fee of settlement is part of every line of the vega.
    pub lines: [Vec<BookLine>; 2],
}

/// Fees and lines of a policy of format 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortfolioTable {
    /// Columns.
    pub form: PortfolioForm,
    /// Fee of an account.
    pub account: i128,
    /// Fee of a position that settlement counts.
    pub position: i128,
    /// Underlyings other than cash, by ascending code.
    pub underlyings: Vec<UnderlyingTerms>,
}

/// What the losses of an underlying are multiplied with, `c_u` in 1e-8.
pub(super) fn share(policy: &Policy, code: u16) -> u64 {
    let one = u64::from(BP);
    match policy.portfolio() {
        Some(terms) if terms.has_path(code) => match terms.rule {
            Rule::Greatest => one * one,
            Rule::Mix { share } => {
                let share = u64::from(share);
                share * u64::from(terms.scale) + (one - share) * one
            }
        },
        _ => one * one,
    }
}

/// `⌈2^24·slope/c⌉` and less, by line.
fn lines(policy: &Policy, terms: &PortfolioTerms, code: u16) -> [Vec<ExposureLine>; 2] {
    let share = share(policy, code);
    let of = |line: ExposureLine| {
        let slope = u128::from(line.slope) * u128::from(BP) * u128::from(BP);
        // No larger than before, since c is at least one.
        let slope = slope.div_ceil(u128::from(share)) as u64;
        ExposureLine { slope, ..line }
    };
    liquidity_lines(policy, terms, code).map(|lines| lines.into_iter().map(of).collect())
}

fn steepest(lines: &[ExposureLine]) -> u64 {
    lines.iter().map(|line| line.slope).fold(0, u64::max)
}

/// What an account is charged at most for each unit of 1e-16 USD by which a loss of one contract is low, in
/// 2^-24.
pub(super) fn weight_of_losses(policy: &Policy, code: u16) -> u64 {
    let slopes = policy.portfolio().map_or(0, |terms| {
        let [delta, vega] = lines(policy, terms, code);
        steepest(&delta) + steepest(&vega)
    });
    (1 << SLOPE_BITS) + slopes
}

impl PortfolioTable {
    /// That of a policy; `None` under format 1.
    pub(super) fn new(policy: &Policy) -> Option<PortfolioTable> {
        let terms = policy.portfolio()?;
        let form = Form::of(policy).portfolio?;
        let roundings = 7 + i128::from(terms.scale.div_ceil(BP));
        let fees = &terms.settlement;
        let listed = policy.underlyings().iter().filter(|u| !u.cash);
        Some(PortfolioTable {
            form,
            account: (i128::from(fees.account) + roundings) * UNIT,
            position: i128::from(fees.position) * UNIT,
            underlyings: listed
                .map(|u| of_underlying(policy, terms, u.code, form))
                .collect(),
        })
    }

    /// The terms of an underlying.
    ///
    /// # Errors
    /// When the policy has none.
    pub fn of(&self, code: u16) -> Result<&UnderlyingTerms, Error> {
        let at = self.underlyings.binary_search_by_key(&code, |u| u.code);
        let of = at.ok().and_then(|at| self.underlyings.get(at));
        of.ok_or_else(|| Error::Engine {
            subject: format!("underlying {code}"),
            problem: "the policy has no terms for it",
            hint: "use the policy of the market",
        })
    }
}

fn of_underlying(
    policy: &Policy,
    terms: &PortfolioTerms,
    code: u16,
    form: PortfolioForm,
) -> UnderlyingTerms {
    let scaled = lines(policy, terms, code);
    // A loss of the table is low by less than so many units of 1e-8 USD.
    let low = i128::from(share(policy, code).div_ceil(u64::from(BP) * u64::from(BP))) * UNIT;
    let rounded = |lines: &[ExposureLine]| {
        // So is the exposure, and the charge of a line is rounded too. Slopes are below 2^40.
        let slope = i128::from(steepest(lines));
        ((slope * low) >> SLOPE_BITS) + 1 + UNIT
    };
    let roundings = low + scaled.iter().map(|lines| rounded(lines)).sum::<i128>();
    let fee = i128::from(terms.settlement.underlying) * UNIT + roundings;
    let [delta, vega] = scaled;
    UnderlyingTerms {
        code,
        lines: [
            filled(&delta, 0, form.lines[0]),
            filled(&vega, fee, form.lines[1]),
        ],
    }
}

/// So many lines, `more` added to each: one that takes nothing off is among them.
fn filled(lines: &[ExposureLine], more: i128, count: usize) -> Vec<BookLine> {
    let mut filled: Vec<BookLine> = lines
        .iter()
        .map(|line| BookLine {
            slope: line.slope,
            more: more - i128::from(line.less) * UNIT,
        })
        .collect();
    filled.resize(count, BookLine { slope: 0, more });
    filled
}
