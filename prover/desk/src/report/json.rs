//! The evaluation as JSON. Money is in USD with eight decimals, as strings.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use zkmargin_engine::risk::Addon;
use zkmargin_engine::units::format_decimal;

use super::number::{money8, quotient8, unsigned8};
use super::portfolio::PortfolioReport;
use super::Subject;

/// A margin report.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluationReport {
    /// Name of the risk model.
    pub policy: String,
    /// Time of the market, seconds since 1970.
    pub time: u32,
    /// Value of all positions at no shock, less the certified price error.
    pub equity: String,
    /// What is to be added to the values of the positions to have equity: the certified price error,
    /// which is below zero, and less than 1e-8 USD of rounding for each position.
    pub price_error: String,
    /// Initial requirement.
    pub initial_margin: String,
    /// Maintenance requirement.
    pub maintenance_margin: String,
    /// Equity over initial margin, rounded down; null when nothing is required.
    pub ratio: Option<String>,
    /// Whether equity covers `required`.
    pub solvent: bool,
    /// What the verdict asks for: a share of the initial margin, and a buffer.
    pub required: RequiredReport,
    /// Equity missing to it; `0.00000000` when solvent.
    pub deficit: String,
    /// Loss in the worst scenario; with offsets under a policy of format 2.
    pub scenario_loss: String,
    /// Its index, from 0, in policy order.
    pub worst_scenario: usize,
    /// Stress and shortfall, under a policy of format 2.
    #[serde(flatten)]
    pub portfolio: Option<PortfolioReport>,
    /// What each term adds to the requirement, by its name.
    #[serde(flatten)]
    pub addons: Addons,
    /// Every scenario in policy order.
    pub scenarios: Vec<ScenarioReport>,
    /// Sensitivities by underlying.
    pub greeks: BTreeMap<String, GreeksReport>,
    /// Positions in the order of their ids.
    pub positions: Vec<PositionReport>,
}

/// Terms of the requirement beside the scenarios, in the engine's order.
#[derive(Clone, Debug)]
pub struct Addons(Vec<(&'static str, String)>);

impl Serialize for Addons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, amount)| (name, amount)))
    }
}

/// What solvency is measured against.
#[derive(Clone, Debug, Serialize)]
pub struct RequiredReport {
    /// Share of the initial margin in basis points.
    pub ratio: u16,
    /// Buffer on top.
    pub buffer: String,
}

/// One scenario.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioReport {
    /// Index in policy order, from 0.
    pub index: usize,
    /// What happens to each underlying of the account.
    pub underlyings: BTreeMap<String, UnderlyingLoss>,
    /// Sum over the underlyings that lose: gains pay for nothing, but for offsets under a policy of format 2.
    pub loss: String,
}

/// One underlying in one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct UnderlyingLoss {
    /// Price shock as a fraction: `-0.16`.
    pub shock: String,
    /// Direction of volatility: `up`, `down` or `static`.
    pub vol: &'static str,
    /// Weighted loss; a gain is negative.
    pub loss: String,
}

/// Sensitivities of one underlying.
#[derive(Clone, Debug, Serialize)]
pub struct GreeksReport {
    /// Units of the underlying that move alike.
    pub delta: f64,
    /// Change of delta per USD of price.
    pub gamma: f64,
    /// USD per volatility point (0.01).
    pub vega: f64,
    /// USD per day.
    pub theta: f64,
}

/// One position.
#[derive(Clone, Debug, Serialize)]
pub struct PositionReport {
    /// Name in the market.
    pub instrument: String,
    /// Contracts; short is negative.
    pub quantity: String,
    /// Entry price as the file states it, `mark` or USD; null where it states none. The cost is in
    /// the quantity of USD.
    pub entry: Option<String>,
    /// Whether it has expired: its price is what is left of it, and no scenario moves it.
    pub settled: bool,
    /// Model price of one contract.
    pub price: String,
    /// Value at that price.
    pub value: String,
}

impl EvaluationReport {
    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let e = subject.evaluation;
        let deficit = subject.deficit();
        EvaluationReport {
            policy: subject.policy.name().to_owned(),
            time: subject.market.time(),
            equity: money8(e.equity),
            price_error: money8(subject.price_error()),
            initial_margin: money8(e.initial_margin),
            maintenance_margin: money8(e.maintenance_margin),
            ratio: quotient8(e.equity, e.initial_margin),
            solvent: deficit.is_none(),
            required: RequiredReport {
                ratio: subject.ratio_bp,
                buffer: unsigned8(subject.buffer),
            },
            // Who is solvent lacks nothing.
            deficit: unsigned8(deficit.unwrap_or(0)),
            scenario_loss: money8(e.scenario_loss),
            worst_scenario: e.worst_scenario,
            portfolio: PortfolioReport::new(subject),
            addons: Addons(
                Addon::of(subject.policy)
                    .iter()
                    .map(|term| (term.name(), money8(e.addon(*term))))
                    .collect(),
            ),
            scenarios: scenarios(subject),
            greeks: greeks(subject),
            positions: positions(subject),
        }
    }
}

fn scenarios(subject: &Subject<'_>) -> Vec<ScenarioReport> {
    let one = |(index, scenario)| {
        let losses = subject.evaluation.losses.iter();
        let underlyings = losses.filter_map(|u| {
            let loss = UnderlyingLoss {
                shock: format_decimal(i128::from(subject.shock_bp(scenario, u)?), 4),
                vol: scenario.vol.name(),
                loss: money8(*u.signed.get(index)?),
            };
            Some((subject.symbol(u.underlying), loss))
        });
        ScenarioReport {
            index,
            underlyings: underlyings.collect(),
            loss: money8(subject.scenario_charge(index)),
        }
    };
    subject
        .policy
        .scenarios()
        .iter()
        .enumerate()
        .map(one)
        .collect()
}

fn greeks(subject: &Subject<'_>) -> BTreeMap<String, GreeksReport> {
    let one = |g: &zkmargin_engine::risk::Greeks| {
        // Per contract of so many coins, and reported per coin.
        let coins = subject.policy.scale(g.underlying).coins() as f64;
        let report = GreeksReport {
            delta: g.delta * coins,
            gamma: g.gamma * coins * coins,
            vega: g.vega,
            theta: g.theta,
        };
        (subject.symbol(g.underlying), report)
    };
    subject.evaluation.greeks.iter().map(one).collect()
}

fn positions(subject: &Subject<'_>) -> Vec<PositionReport> {
    let values = subject.evaluation.values.iter();
    values
        .map(|v| PositionReport {
            instrument: v.id.name(subject.policy),
            quantity: subject.scale(v.id).quantity(v.quantity.into()),
            entry: subject
                .entries
                .get(&v.id)
                .map(|e| e.text(subject.scale(v.id))),
            settled: v.id.settled_at(subject.market.time()),
            price: subject.scale(v.id).price(v.price),
            value: money8(v.value),
        })
        .collect()
}
