//! Margin reports: the same evaluation as JSON for programs and as tables for people.

mod cells;
mod json;
mod number;
mod portfolio;
mod portfolio_table;
mod stress;
mod table;

pub use json::{EvaluationReport, ScenarioReport, UnderlyingLoss};
pub use number::{grouped, grouped_size, money8, unsigned8};
pub use portfolio::PortfolioReport;
pub use stress::{Stress, StressReport};

use number::signed_percent;
use zkmargin_engine::account::{Entries, Position};
use zkmargin_engine::market::{InstrumentId, Market};
use zkmargin_engine::policy::{Policy, PriceShock, Scenario};
use zkmargin_engine::risk::{Evaluation, UnderlyingLosses};
use zkmargin_engine::units::Scale;

use crate::symbol::symbol_of;

/// An evaluation with everything that it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Risk model.
    pub policy: &'a Policy,
    /// Prices.
    pub market: &'a Market,
    /// What the account holds.
    pub positions: &'a [Position],
    /// At what prices its positions were entered.
    pub entries: &'a Entries,
    /// Its evaluation at that market under that model.
    pub evaluation: &'a Evaluation,
    /// Ratio that the verdict is about, in basis points of the initial margin.
    pub ratio_bp: u16,
    /// Buffer that the verdict is about, in 1e-8 USD.
    pub buffer: u128,
}

/// What a report is shown on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether it takes no colours.
    pub plain: bool,
}

impl<'a> Subject<'a> {
    /// The report for programs.
    pub fn report(&self) -> EvaluationReport {
        EvaluationReport::new(self)
    }

    /// The report for people: several tables, ending in a line break.
    pub fn table(&self, screen: Screen) -> String {
        table::render(self, screen)
    }

    /// The verdict in a line.
    pub fn verdict(&self) -> String {
        table::verdict(self)
    }

    /// Equity that is missing at the ratio and buffer, in 1e-8 USD.
    pub fn deficit(&self) -> Option<u128> {
        self.evaluation
            .shortfall(u32::from(self.ratio_bp), self.buffer)
    }

    /// Equity less the values of the positions, in 1e-8 USD: the certified price error and rounding.
    fn price_error(&self) -> i128 {
        let values = self.evaluation.values.iter().map(|v| v.value);
        self.evaluation.equity - values.sum::<i128>()
    }

    /// Coins of a contract of an instrument.
    fn scale(&self, id: InstrumentId) -> Scale {
        self.policy.scale(id.underlying())
    }

    fn symbol(&self, code: u16) -> String {
        symbol_of(self.policy, code)
    }

    /// Price shock of a scenario on an underlying, in basis points; `None` where the evaluation is
    /// of another policy.
    fn shock_bp(&self, scenario: &Scenario, losses: &UnderlyingLosses) -> Option<i32> {
        let underlying = self.policy.by_code(losses.underlying)?;
        scenario.shock_bp(underlying.range_bp)
    }

    /// The same for people.
    fn shock_text(&self, scenario: &Scenario, losses: &UnderlyingLosses) -> String {
        let shock = self.shock_bp(scenario, losses);
        shock.map_or_else(|| "n/a".to_owned(), signed_percent)
    }

    /// What a scenario costs over all underlyings, in 1e-8 USD.
    fn scenario_charge(&self, index: usize) -> i128 {
        if let Some(risk) = &self.evaluation.portfolio {
            return risk.market.stress_by_node[index];
        }
        // Losses have a charge for each scenario of the policy that they were made under.
        let charges = self.evaluation.losses.iter();
        charges.map(|u| u.charge[index]).sum()
    }

    /// The worst scenario in words, such as `BTC -16%, ETH -18%, vol up`, or `-66%, vol up` where
    /// the shock is the same for all.
    pub fn worst(&self) -> String {
        let worst = self.evaluation.worst_scenario;
        let Some(scenario) = self.policy.scenarios().get(worst) else {
            return String::new();
        };
        let losses = &self.evaluation.losses;
        let shock = |u: &UnderlyingLosses| self.shock_text(scenario, u);
        let shocks = match (scenario.price, losses.as_slice()) {
            (PriceShock::Absolute(bp), _) => signed_percent(bp),
            (PriceShock::OfRange(0), _) => "no price shock".to_owned(),
            (PriceShock::OfRange(_), list) => {
                let one =
                    |u: &UnderlyingLosses| format!("{} {}", self.symbol(u.underlying), shock(u));
                list.iter().map(one).collect::<Vec<_>>().join(", ")
            }
        };
        format!("{shocks}, {}", scenario.vol)
    }
}
