//! Holds the integer engine against the floating-point reference.
//!
//! The engine may err on one side only. With `gross` = Σ abs(quantity)·forward:
//! a requirement is never below the reference, nor above it by more than
//! 5e-6·gross + 0.01 USD; equity is never above the reference, nor below it by
//! more than the same. The reference's own rounding, 1e-9·gross + 1e-6 USD, is
//! allowed on the forbidden side.

use std::collections::BTreeMap;

use zkmargin_engine::account::Account;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::{Policy, VolShock};
use zkmargin_engine::risk::{evaluate, Evaluation, UnderlyingLosses};

use crate::reference::{self, Model, Node, Reference};

/// Relative bound on the expensive side, in units of gross.
pub(crate) const SLACK: f64 = 5e-6;
/// Absolute bound on the expensive side, USD.
pub(crate) const CENT: f64 = 0.01;

/// Weights are rounded up to a multiple of this.
const WEIGHT_STEP: f64 = 1.0 / 16_777_216.0;

/// Smallest and largest (engine − reference)/gross seen of one component.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// Smallest.
    pub below: f64,
    /// Largest.
    pub above: f64,
}

impl Default for Spread {
    fn default() -> Self {
        Self {
            below: f64::INFINITY,
            above: f64::NEG_INFINITY,
        }
    }
}

/// Judges case after case and remembers the extremes.
#[derive(Debug)]
pub struct Judge {
    policy: Policy,
    model: Model,
    /// Relative bound on the expensive side; `SLACK` unless a test says otherwise.
    pub slack: f64,
    /// Cases judged.
    pub cases: usize,
    /// Largest part of the certified error that the scenario loss and the roll add-on needed.
    pub used: f64,
    /// Extremes by component.
    pub spreads: BTreeMap<&'static str, Spread>,
    /// What was found wrong, one line each.
    pub failures: Vec<String>,
}

impl Default for Judge {
    fn default() -> Self {
        Self::with_policy(Policy::rm1())
    }
}

/// A market read by both sides.
#[derive(Debug)]
pub struct Both {
    engine: Market,
    reference: reference::Market,
}

/// Allowed engine − reference of one component, USD.
struct Bounds {
    below: f64,
    above: f64,
}

impl Judge {
    /// A judge whose engine uses another policy; the reference stays at RM-1.
    pub fn with_policy(policy: Policy) -> Self {
        Self {
            policy,
            model: Model::rm1(),
            slack: SLACK,
            cases: 0,
            used: 0.0,
            spreads: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    /// The policy that the engine uses.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Reads a market on both sides.
    ///
    /// # Panics
    /// If the engine refuses the market.
    pub fn market(&self, json: &str) -> Both {
        let engine = Market::from_json(json, "market.json", &self.policy)
            .unwrap_or_else(|e| panic!("engine refuses the market: {e}"));
        Both {
            engine,
            reference: reference::Market::read(json),
        }
    }

    /// Evaluates an account on the engine alone.
    ///
    /// # Errors
    /// With the message of the engine, if it refuses the account.
    pub fn engine(&self, market: &Both, account: &str) -> Result<Evaluation, String> {
        let account = Account::from_json(account, "account.json", &market.engine, &self.policy)
            .map_err(|e| e.to_string())?;
        evaluate(&self.policy, &market.engine, &account.positions).map_err(|e| e.to_string())
    }

    /// Evaluates an account on both sides and compares every component.
    pub fn judge(&mut self, case: &str, market: &Both, account: &str) {
        self.cases += 1;
        let engine = match self.engine(market, account) {
            Ok(evaluation) => evaluation,
            Err(e) => return self.failures.push(format!("{case}: engine refuses: {e}")),
        };
        let holdings = reference::holdings(account, &market.reference);
        let reference = reference::evaluate(&self.model, &market.reference, &holdings);
        self.totals(case, &engine, &reference);
        self.add_ons(case, &engine, &reference);
        self.scenarios(case, &engine, &reference);
    }

    fn totals(&mut self, case: &str, e: &Evaluation, r: &Reference) {
        let noise = 1e-9 * r.gross + 1e-6;
        let slack = self.slack * r.gross + CENT;
        let requirement = Bounds {
            below: noise,
            above: slack,
        };
        let equity = Bounds {
            below: slack,
            above: noise,
        };
        let g = r.gross;
        self.hold(case, "equity", usd(e.equity), r.equity, g, equity);
        self.hold(
            case,
            "initial",
            usd(e.initial_margin),
            r.initial_margin,
            g,
            requirement,
        );
        let maintenance = Bounds {
            below: noise,
            above: slack,
        };
        let (got, want) = (usd(e.maintenance_margin), r.maintenance_margin);
        self.hold(case, "maintenance", got, want, g, maintenance);
        if e.solvent(10_000, 0) != (e.equity >= e.initial_margin) {
            self.failures.push(format!(
                "{case}: solvent(10000, 0) contradicts its own numbers"
            ));
        }
    }

    /// The certified error covers scenario loss and roll, so each may miss by it either way;
    /// the other two are exact.
    fn add_ons(&mut self, case: &str, e: &Evaluation, r: &Reference) {
        let noise = 1e-9 * r.gross + 1e-6;
        let certified = usd(e.pricing_error) + noise;
        if e.pricing_error > 100_000 {
            let missing = r.scenario_loss + r.roll - usd(e.scenario_loss) - usd(e.roll);
            self.used = self.used.max(missing / usd(e.pricing_error));
        }
        let weights = self.weight_rounding(r);
        let either = Bounds {
            below: certified,
            above: certified + weights,
        };
        let g = r.gross;
        self.hold(
            case,
            "scenario",
            usd(e.scenario_loss),
            r.scenario_loss,
            g,
            either,
        );
        let either = Bounds {
            below: certified,
            above: certified,
        };
        self.hold(case, "roll", usd(e.roll), r.roll, g, either);
        let exact = Bounds {
            below: noise,
            above: noise,
        };
        let (got, want) = (usd(e.short_option_minimum), r.short_option_minimum);
        self.hold(case, "short option", got, want, g, exact);
        let exact = Bounds {
            below: noise,
            above: noise,
        };
        self.hold(case, "haircut", usd(e.haircut), r.haircut, g, exact);
        let charge = Bounds {
            below: 0.0,
            above: self.slack * r.gross_options + CENT,
        };
        self.hold(
            case,
            "certified error",
            usd(e.pricing_error),
            0.0,
            g,
            charge,
        );
    }

    fn scenarios(&mut self, case: &str, e: &Evaluation, r: &Reference) {
        let noise = 1e-9 * r.gross + 1e-6;
        let certified = usd(e.pricing_error) + noise;
        let mut joint = 0.0;
        let mut seen = 0;
        for (symbol, losses) in &r.losses {
            let Some(underlying) = self.policy.underlying(symbol) else {
                continue;
            };
            let (class, code) = (usize::from(underlying.class), underlying.code);
            let Some(own) = e.losses.iter().find(|l| l.underlying == code) else {
                self.failures
                    .push(format!("{case}: engine has no losses of {symbol}"));
                continue;
            };
            seen += 1;
            let nodes = self.model.nodes(symbol);
            let mut met = vec![false; nodes.len()];
            for s in 0..own.signed.len() {
                let Some(n) = self.matching(class, s, &nodes) else {
                    self.failures
                        .push(format!("{case}: scenario {s} of {symbol} is not in RM-1"));
                    continue;
                };
                met[n] = true;
                if s == e.worst_scenario {
                    joint += losses[n].max(0.0);
                }
                let weights = WEIGHT_STEP * losses[n].abs() / nodes[n].weight;
                self.scenario(case, own, s, losses[n], (r.gross, certified + weights));
            }
            if met.contains(&false) {
                self.failures
                    .push(format!("{case}: not every node of {symbol} is a scenario"));
            }
        }
        if seen != e.losses.len() {
            self.failures.push(format!(
                "{case}: {seen} underlyings, engine {}",
                e.losses.len()
            ));
        }
        // The scenario that the engine calls the worst is one, within what it can tell.
        let bounds = Bounds {
            below: 2.0 * certified + self.weight_rounding(r),
            above: noise,
        };
        self.hold(
            case,
            "worst scenario",
            joint,
            r.scenario_loss,
            r.gross,
            bounds,
        );
    }

    /// One scenario of one underlying, against a loss within so much.
    fn scenario(
        &mut self,
        case: &str,
        own: &UnderlyingLosses,
        s: usize,
        loss: f64,
        (gross, within): (f64, f64),
    ) {
        let bounds = Bounds {
            below: within,
            above: within,
        };
        self.hold(
            case,
            "one scenario",
            usd(own.signed[s]),
            loss,
            gross,
            bounds,
        );
        if own.charge[s] != own.signed[s].max(0) {
            let code = own.underlying;
            self.failures
                .push(format!("{case}: charge {s} of underlying {code}"));
        }
    }

    /// The most that rounding the weights up can add to the joint loss of a scenario.
    fn weight_rounding(&self, r: &Reference) -> f64 {
        let of = |symbol: &String, losses: &Vec<f64>, n: usize| {
            losses[n].max(0.0) * WEIGHT_STEP / self.model.nodes(symbol)[n].weight
        };
        let joint = |n: usize| r.losses.iter().map(|(s, l)| of(s, l, n)).sum::<f64>();
        let nodes = r.losses.values().map(Vec::len).max().unwrap_or(0);
        (0..nodes).map(joint).fold(0.0, f64::max)
    }

    /// The node of the reference that is scenario `s` of the policy, by shock and direction.
    fn matching(&self, class: usize, s: usize, nodes: &[Node]) -> Option<usize> {
        let row = self.policy.tables().node.get(class)?.get(s)?;
        let up = self.policy.scenarios().get(s)?.vol == VolShock::Up;
        let weight = f64::from(row.weight) / f64::from(1 << 24);
        nodes.iter().position(|n| {
            n.vol_up == up
                && (f64::from(row.gross_bp) / 1e4 - 1.0 - n.shock).abs() < 1e-12
                && (weight - n.weight).abs() < 1e-7
        })
    }

    fn hold(&mut self, case: &str, what: &'static str, got: f64, want: f64, gross: f64, b: Bounds) {
        let excess = got - want;
        // A cent in a tiny account says nothing about the relative error.
        if gross > 1_000.0 {
            let spread = self.spreads.entry(what).or_default();
            spread.below = spread.below.min(excess / gross);
            spread.above = spread.above.max(excess / gross);
        }
        if !(-b.below..=b.above).contains(&excess) {
            self.failures.push(format!(
                "{case}: {what}: engine {got}, reference {want}: off by {excess:e} \
                 ({:e} of gross {gross}), allowed -{:e} to {:e}",
                excess / gross,
                b.below,
                b.above
            ));
        }
    }

    /// Prints the extremes and fails if anything was wrong.
    ///
    /// # Panics
    /// With the first failures.
    pub fn verdict(&self, title: &str) {
        println!("{title}: {} cases; (engine - reference)/gross:", self.cases);
        for (what, spread) in &self.spreads {
            println!("  {what:16} {:+.3e} to {:+.3e}", spread.below, spread.above);
        }
        println!("  {:.1}% of the certified error used", 100.0 * self.used);
        let shown = self
            .failures
            .iter()
            .take(12)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        let count = self.failures.len();
        assert!(count == 0, "{title}: {count} failures\n{shown}");
    }
}

/// Engine money (1e-8 USD) in USD.
fn usd(money: i128) -> f64 {
    money as f64 / 1e8
}
