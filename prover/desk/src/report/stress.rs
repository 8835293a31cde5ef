//! A move of one's own: every position priced anew, beside what the grid and the joint points say of the
//! same move, so that interpolation is no article of faith.

use comfy_table::{Cell, Table};
use serde::Serialize;
use zkmargin_engine::policy::{NodeShare, Policy};
use zkmargin_engine::risk::{Evaluation, Move, Revaluation, UnderlyingMove, VolMove};
use zkmargin_engine::units::{format_decimal, BP};

use crate::symbol::symbol_of;

use super::cells::{lines, number, signed, table, usd};
use super::number::{grouped, money8, quotient8, signed_percent};
use super::Screen;

/// An account in a move, with everything that it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Stress<'a> {
    /// Risk model.
    pub policy: &'a Policy,
    /// Before the move.
    pub evaluation: &'a Evaluation,
    /// After it.
    pub revaluation: &'a Revaluation,
    /// The move.
    pub moved: &'a Move,
}

/// The report for programs. Money is in USD with eight decimals; a gain is a negative loss.
#[derive(Clone, Debug, Serialize)]
pub struct StressReport {
    /// Name of the risk model.
    pub policy: String,
    /// Loss of all positions, each priced anew.
    pub loss: String,
    /// What the nodes of the grid say of the same move, interpolated as joint points are; null where they
    /// say nothing.
    pub interpolated: Option<String>,
    /// By underlying.
    pub underlyings: Vec<UnderlyingReport>,
    /// Initial margin before the move.
    pub initial_margin: String,
    /// Loss over initial margin, rounded down; null when nothing is required.
    pub share_of_margin: Option<String>,
    /// Equity before the move.
    pub equity: String,
    /// Equity that is left.
    pub equity_after: String,
}

/// One underlying.
#[derive(Clone, Debug, Serialize)]
pub struct UnderlyingReport {
    /// Its symbol.
    pub underlying: String,
    /// Price shock as a fraction.
    pub shock: String,
    /// Loss, every position priced anew.
    pub loss: String,
    /// Loss by interpolation between nodes, where the grid says something.
    pub interpolated: Option<String>,
    /// Whether the move is beyond the nodes, so that interpolation stops at the last of them.
    pub beyond_grid: bool,
    /// Gross notional, the unit of errors.
    pub gross: String,
}

/// What the grid says of an underlying.
struct Interpolated {
    loss: i128,
    beyond: bool,
}

impl Stress<'_> {
    /// The report for people.
    pub fn table(&self, screen: Screen) -> String {
        let mut out = format!(
            " {} · every position priced anew after: {}\n\n",
            self.policy.name(),
            self.words()
        );
        out.push_str(&lines(&self.underlyings(), screen));
        out.push('\n');
        out.push_str(&self.verdict());
        out
    }

    fn symbol(&self, code: u16) -> String {
        symbol_of(self.policy, code)
    }

    /// The move in words.
    fn words(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (code, shock) in &self.moved.prices {
            parts.push(format!("{} {}", self.symbol(*code), signed_percent(*shock)));
        }
        match &self.moved.vol {
            VolMove::Multiple(multiple) if *multiple != BP => {
                parts.push(format!("vol x {}", format_decimal((*multiple).into(), 4)));
            }
            VolMove::Multiple(_) => {}
            VolMove::OfWay(ways) => {
                for (code, way) in ways {
                    let direction = if *way < 0 { "down" } else { "up" };
                    let share = format_decimal(i128::from(way.unsigned_abs()), 4);
                    parts.push(format!(
                        "{} vol {share} of the way {direction}",
                        self.symbol(*code)
                    ));
                }
            }
        }
        match self.moved.days {
            0 => {}
            1 => parts.push("a day".to_owned()),
            days => parts.push(format!("{days} days")),
        }
        match parts.is_empty() {
            true => "nothing moves".to_owned(),
            false => parts.join(", "),
        }
    }

    /// The share of the way to the up or down node that volatility moves, at the reference maturity; `None`
    /// beyond.
    fn way(&self, code: u16) -> Option<i32> {
        match &self.moved.vol {
            VolMove::OfWay(ways) => Some(ways.get(&code).copied().unwrap_or(0)),
            VolMove::Multiple(multiple) => {
                let (up, down) = self.policy.vol_ways();
                let by = i64::from(*multiple) - i64::from(BP);
                let whole = i64::from(if by < 0 { down } else { up });
                let way = match whole {
                    0 if by == 0 => 0,
                    0 => return None,
                    whole => by * i64::from(BP) / whole,
                };
                i32::try_from(way).ok()
            }
        }
    }

    /// What the grid says. Time passes at no node of a joint point.
    fn interpolated(&self, u: &UnderlyingMove) -> Option<Interpolated> {
        if self.moved.days > 0 {
            return None;
        }
        let range = i64::from(self.policy.by_code(u.underlying)?.range_bp);
        let share = i32::try_from(i64::from(u.shock_bp) * i64::from(BP) / range).ok()?;
        let way = self.way(u.underlying)?;
        let shares = self.policy.interpolation(share, way)?;
        let losses = self
            .evaluation
            .losses
            .iter()
            .find(|l| l.underlying == u.underlying)?;
        let of = |s: &NodeShare| Some(losses.signed.get(s.node)? * i128::from(s.weight));
        let sum: i128 = shares.iter().map(of).sum::<Option<i128>>()?;
        let beyond = share.unsigned_abs() > BP || way.unsigned_abs() > BP;
        // Rounded up.
        let loss = -((-sum) >> 24);
        Some(Interpolated { loss, beyond })
    }

    /// The sum over underlyings, where the grid says something of each.
    fn interpolated_sum(&self) -> Option<i128> {
        let of = |u| self.interpolated(u).map(|i| i.loss);
        self.revaluation.underlyings.iter().map(of).sum()
    }

    fn underlyings(&self) -> Table {
        let mut out = table(&["", "price", "P&L", "by the grid", "gap, bp of\ngross", ""]);
        for u in &self.revaluation.underlyings {
            let said = self.interpolated(u);
            let remark = match &said {
                None => "not in the grid",
                Some(Interpolated { beyond: true, .. }) => "beyond the grid",
                Some(_) => "",
            };
            out.add_row(vec![
                Cell::new(self.symbol(u.underlying)),
                number(signed_percent(u.shock_bp)),
                signed(-u.loss),
                said.as_ref()
                    .map_or_else(|| Cell::new(""), |said| signed(-said.loss)),
                number(said.map_or_else(String::new, |said| gap(said.loss, u))),
                Cell::new(remark),
            ]);
        }
        let all = self.interpolated_sum();
        out.add_row(vec![
            Cell::new("all"),
            Cell::new(""),
            signed(-self.revaluation.loss),
            all.map_or_else(|| Cell::new(""), |loss| signed(-loss)),
            Cell::new(""),
            Cell::new(""),
        ]);
        out
    }

    fn verdict(&self) -> String {
        let (e, loss) = (self.evaluation, self.revaluation.loss);
        let share = quotient8(loss.max(0), e.initial_margin);
        let share = share.map_or_else(String::new, |share| {
            // Eight decimals are always there.
            format!(
                ", {} of the initial margin of {}",
                &share[..share.len() - 6],
                usd(e.initial_margin)
            )
        });
        let said = match loss {
            0.. => format!(" The move loses {} USD{share}.", usd(loss)),
            _ => format!(" The move gains {} USD.", usd(-loss)),
        };
        format!(
            "{said}\n Equity {} USD, {} after it.\n",
            usd(e.equity),
            usd(e.equity - loss)
        )
    }
}

/// How far the grid is above the full revaluation, in basis points of gross notional.
fn gap(said: i128, u: &UnderlyingMove) -> String {
    if u.gross == 0 {
        return String::new();
    }
    // To a hundredth of a basis point.
    grouped((said - u.loss) * 1_000_000 / u.gross, 2, 2)
}

impl StressReport {
    /// The report of a stress.
    pub fn new(stress: &Stress<'_>) -> Self {
        let (e, r) = (stress.evaluation, stress.revaluation);
        let one = |u: &UnderlyingMove| {
            let said = stress.interpolated(u);
            UnderlyingReport {
                underlying: stress.symbol(u.underlying),
                shock: format_decimal(u.shock_bp.into(), 4),
                loss: money8(u.loss),
                interpolated: said.as_ref().map(|said| money8(said.loss)),
                beyond_grid: said.is_some_and(|said| said.beyond),
                gross: money8(u.gross),
            }
        };
        StressReport {
            policy: stress.policy.name().to_owned(),
            loss: money8(r.loss),
            interpolated: stress.interpolated_sum().map(money8),
            underlyings: r.underlyings.iter().map(one).collect(),
            initial_margin: money8(e.initial_margin),
            share_of_margin: quotient8(r.loss, e.initial_margin),
            equity: money8(e.equity),
            equity_after: money8(e.equity - r.loss),
        }
    }
}
