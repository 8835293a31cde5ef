//! What a policy of format 2 adds to the report for programs.

use std::collections::BTreeMap;

use serde::Serialize;
use zkmargin_engine::units::format_decimal;

use super::number::money8;
use super::Subject;

/// Most joint points that a report shows.
pub(super) const SHOWN_POINTS: usize = 5;

/// Stress and shortfall side by side. Money is in USD with eight decimals.
#[derive(Clone, Debug, Serialize)]
pub struct PortfolioReport {
    /// What stress and shortfall require together.
    pub market_risk: String,
    /// Worst scenario with offsets between underlyings of a group.
    pub stress: String,
    /// Worst scenario without offsets.
    pub stress_without_offset: String,
    /// Worst scenario of the underlyings that the joint points do not move.
    pub stress_of_others: String,
    /// Expected shortfall over the joint points, unscaled.
    pub expected_shortfall: String,
    /// Value at risk over the joint points; reported, not charged.
    pub value_at_risk: String,
    /// Which of them decides: `stress`, `shortfall`, `scaled shortfall`, `no offset`, or `mix`.
    pub binds: &'static str,
    /// The joint points that lose most, worst first.
    pub worst_points: Vec<PointReport>,
    /// What each position adds, in the order of `positions`.
    pub contributions: Vec<ContributionReport>,
}

/// A joint point.
#[derive(Clone, Debug, Serialize)]
pub struct PointReport {
    /// Place in the policy, from 0.
    pub index: usize,
    /// Its mass.
    pub count: u32,
    /// Loss, rounded up; a gain is negative.
    pub loss: String,
    /// Moves by underlying.
    pub moves: BTreeMap<String, MoveReport>,
}

/// How a joint point moves an underlying.
#[derive(Clone, Debug, Serialize)]
pub struct MoveReport {
    /// Share of the price range.
    pub price: String,
    /// Share of the way to the volatility of the up node (positive) or of the down node (negative).
    pub vol: String,
}

/// What a position adds; negative where it hedges. The sums are the stress without rounding and offsets
/// at the worst scenario, and the expected shortfall.
#[derive(Clone, Debug, Serialize)]
pub struct ContributionReport {
    /// Name in the market.
    pub instrument: String,
    /// Its weighted loss in the worst scenario.
    pub stress: String,
    /// Its share of the expected shortfall.
    pub shortfall: String,
}

impl PortfolioReport {
    /// `None` under a policy of format 1.
    pub(super) fn new(subject: &Subject<'_>) -> Option<Self> {
        let risk = subject.evaluation.portfolio.as_ref()?;
        let market = &risk.market;
        let positions = subject.evaluation.values.iter();
        let contributions = positions.zip(&risk.contributions);
        Some(PortfolioReport {
            market_risk: money8(market.required),
            stress: money8(market.stress),
            stress_without_offset: money8(market.without_offset),
            stress_of_others: money8(market.of_others),
            expected_shortfall: money8(market.tail.expected_shortfall),
            value_at_risk: money8(market.tail.value_at_risk),
            binds: market.binds.name(),
            worst_points: worst_points(subject),
            contributions: contributions
                .map(|(value, share)| ContributionReport {
                    instrument: value.id.name(subject.policy),
                    stress: money8(share.stress),
                    shortfall: money8(share.shortfall),
                })
                .collect(),
        })
    }
}

/// The points that lose most, worst first; none that gains.
fn worst_points(subject: &Subject<'_>) -> Vec<PointReport> {
    let terms = subject.policy.portfolio();
    let risk = subject.evaluation.portfolio.as_ref();
    let (Some(terms), Some(risk)) = (terms.map(|t| &t.shortfall), risk) else {
        return Vec::new();
    };
    let losses = &risk.market.tail.losses;
    let mut order: Vec<usize> = (0..losses.len()).filter(|n| losses[*n] > 0).collect();
    order.sort_by_key(|n| (-losses[*n], *n));
    order.truncate(SHOWN_POINTS);
    let share = |part: i32| format_decimal(i128::from(part), 4);
    let report = |index: usize| {
        let point = &terms.points[index];
        let moves = terms
            .paths
            .iter()
            .zip(&point.moves)
            .map(|(code, &(price, vol))| {
                let moved = MoveReport {
                    price: share(price),
                    vol: share(vol),
                };
                (subject.symbol(*code), moved)
            });
        PointReport {
            index,
            count: point.count,
            loss: money8(losses[index]),
            moves: moves.collect(),
        }
    };
    order.into_iter().map(report).collect()
}
