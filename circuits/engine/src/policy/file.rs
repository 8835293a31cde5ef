//! Reading of policy files.

use serde::Deserialize;

use super::error::PolicyError;
use super::portfolio_file::{self, PortfolioFile};
use super::reader::Reader;
use super::tables;
use super::{
    Policy, PolicyTables, PortfolioTerms, PriceShock, RollTerms, Scenario, ScenarioWeight,
    Underlying, VolShock, VolTerms, MAX_CLASSES, MAX_DAYS, MAX_FLOOR, MAX_SCENARIOS,
    MAX_UNDERLYINGS,
};
use crate::units::{Scale, BP, MOST_CODE};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    #[serde(default = "first")]
    version: u32,
    name: String,
    max_days: u32,
    maturity_floor: u32,
    short_option_minimum: String,
    maintenance: String,
    scenarios: Vec<ScenarioFile>,
    vol: VolFile,
    roll: RollFile,
    underlying: Vec<UnderlyingFile>,
    market_risk: Option<portfolio_file::MarketRiskFile>,
    offset: Option<portfolio_file::OffsetFile>,
    closing: Option<portfolio_file::ClosingFile>,
    settlement: Option<portfolio_file::SettlementFile>,
    expected_shortfall: Option<portfolio_file::ShortfallFile>,
}

/// A file that says nothing is of format 1.
fn first() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolFile {
    up: String,
    down: String,
    floor: String,
    reference_days: u32,
    short_power: String,
    long_power: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollFile {
    rate: String,
    minimum: String,
    last_day: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    of_range: Option<String>,
    shock: Option<String>,
    vol: Direction,
    weight: Option<String>,
    #[serde(default)]
    days_later: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Up,
    Down,
    Static,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnderlyingFile {
    symbol: String,
    code: u16,
    #[serde(default)]
    cash: bool,
    range: Option<String>,
    haircut: String,
    #[serde(default)]
    scale: u32,
    delta_liquidity: Option<Vec<[String; 2]>>,
    vega_liquidity: Option<Vec<[String; 2]>>,
}

/// Reads, checks and tabulates a policy.
pub(super) fn read(text: &str, file: &str) -> Result<Policy, PolicyError> {
    let raw: PolicyFile = toml::from_str(text).map_err(|e| PolicyError::Syntax {
        file: file.into(),
        problem: e.to_string().trim_end().into(),
    })?;
    let at = Reader { file };
    at.between("version", raw.version, 1, 2)?;
    at.name("name", &raw.name, 32)?;
    at.between("max_days", raw.max_days, 1, MAX_DAYS)?;
    at.between("maturity_floor", raw.maturity_floor, 1, MAX_FLOOR)?;
    at.between("vol.reference_days", raw.vol.reference_days, 1, 10_000)?;
    let vol = VolTerms {
        up: at.fraction("vol.up", &raw.vol.up, 0, 100_000)?,
        down: at.fraction("vol.down", &raw.vol.down, 0, BP - 1)?,
        reference_days: raw.vol.reference_days,
        short_power: at.fraction("vol.short_power", &raw.vol.short_power, 0, BP)?,
        long_power: at.fraction("vol.long_power", &raw.vol.long_power, 0, BP)?,
    };
    let roll = RollTerms {
        rate: at.fraction("roll.rate", &raw.roll.rate, 0, BP)?,
        minimum: at.fraction("roll.minimum", &raw.roll.minimum, 0, BP - 1)?,
        last_day: match (&raw.roll.last_day, raw.version) {
            (Some(share), _) => at.fraction("roll.last_day", share, 0, BP - 1)?,
            (None, 1) => 0,
            (None, _) => {
                let hint = "format 2 has it: the least charge of what expires within a day";
                return Err(at.error("roll.last_day", "", "missing", hint));
            }
        },
    };
    let floor_vol = at.fraction("vol.floor", &raw.vol.floor, 0, 65_535)? as u16;
    let underlyings = at.underlyings(&raw.underlying)?;
    let scenarios = at.scenarios(&raw.scenarios)?;
    let portfolio = at.portfolio(&raw, &underlyings, &scenarios)?;
    Ok(Policy {
        max_days: raw.max_days,
        maturity_floor: raw.maturity_floor,
        floor_vol,
        portfolio,
        som_bp: at.fraction("short_option_minimum", &raw.short_option_minimum, 0, BP)? as u16,
        maintenance_bp: at.fraction("maintenance", &raw.maintenance, 1, BP)? as u16,
        tables: PolicyTables::build(
            file,
            raw.max_days,
            (&vol, floor_vol, &roll),
            (&underlyings, &scenarios),
        )?,
        name: raw.name,
        vol,
        roll,
        underlyings,
        scenarios,
    })
}

impl Reader<'_> {
    fn underlyings(&self, raw: &[UnderlyingFile]) -> Result<Vec<Underlying>, PolicyError> {
        if raw.len() > MAX_UNDERLYINGS {
            let problem = format!("at most {MAX_UNDERLYINGS} underlyings and cash assets fit");
            let hint = "leave out those that no market lists";
            return Err(self.error("underlying", raw.len(), &problem, hint));
        }
        let mut list: Vec<Underlying> = Vec::with_capacity(raw.len());
        for (i, u) in raw.iter().enumerate() {
            let field = |name: &str| format!("underlying[{i}].{name}");
            self.name(&field("symbol"), &u.symbol, 16)?;
            self.between(&field("code"), u.code.into(), 1, MOST_CODE.into())?;
            if list.iter().any(|other| other.code == u.code) {
                let hint = "give each underlying its own code, and never reuse one";
                return Err(self.error(&field("code"), u.code, "used twice", hint));
            }
            if list.iter().any(|other| other.symbol == u.symbol) {
                let hint = "remove one of the two entries";
                return Err(self.error(&field("symbol"), &u.symbol, "used twice", hint));
            }
            let range_bp = match (&u.range, u.cash) {
                (Some(range), false) => self.fraction(&field("range"), range, 1, BP)?,
                (None, true) => 0,
                (Some(range), true) => {
                    let hint = "remove the range, or cash = true";
                    return Err(self.error(&field("range"), range, "cash is not shocked", hint));
                }
                (None, false) => {
                    let hint = "add a range such as \"0.25\", or cash = true";
                    return Err(self.error(&field("range"), "", "missing", hint));
                }
            };
            let haircut = self.fraction(&field("haircut"), &u.haircut, 0, BP)?;
            let scale = self.scale(&field("scale"), u)?;
            list.push(Underlying {
                symbol: u.symbol.clone(),
                code: u.code,
                cash: u.cash,
                class: 0,
                haircut_bp: haircut as u16,
                range_bp,
                scale,
            });
        }
        self.own_cash(&list)?;
        self.classes(&mut list)?;
        list.sort_by_key(|u| u.code);
        Ok(list)
    }

    /// Coins of a contract.
    fn scale(&self, field: &str, u: &UnderlyingFile) -> Result<Scale, PolicyError> {
        if u.cash && u.scale != 0 {
            let hint = "remove the scale, or cash = true";
            return Err(self.error(field, u.scale, "cash is counted in its own unit", hint));
        }
        let hint = "choose between 0 and 8: a contract is 10^scale coins";
        Scale::new(u.scale).ok_or_else(|| self.error(field, u.scale, "out of range", hint))
    }

    /// What format 2 adds. Format 1 knows none of its fields.
    fn portfolio(
        &self,
        raw: &PolicyFile,
        underlyings: &[Underlying],
        scenarios: &[Scenario],
    ) -> Result<Option<PortfolioTerms>, PolicyError> {
        if raw.version == 1 {
            return self.only_format_1(raw, scenarios).map(|()| None);
        }
        let liquidity = raw.underlying.iter().map(|u| {
            let lines = [&u.delta_liquidity, &u.vega_liquidity];
            (
                u.code,
                lines.map(|lines| lines.as_deref().unwrap_or_default()),
            )
        });
        let file = PortfolioFile {
            market_risk: raw.market_risk.as_ref(),
            offset: raw.offset.as_ref(),
            closing: raw.closing.as_ref(),
            settlement: raw.settlement.as_ref(),
            shortfall: raw.expected_shortfall.as_ref(),
            liquidity: liquidity.collect(),
        };
        file.read(self, underlyings, scenarios).map(Some)
    }

    /// Refuses fields of format 2 in a file of format 1, where they would be ignored.
    fn only_format_1(&self, raw: &PolicyFile, scenarios: &[Scenario]) -> Result<(), PolicyError> {
        let lines = |u: &UnderlyingFile| u.delta_liquidity.is_some() || u.vega_liquidity.is_some();
        let later = [
            ("roll.last_day", raw.roll.last_day.is_some()),
            ("market_risk", raw.market_risk.is_some()),
            ("offset", raw.offset.is_some()),
            ("closing", raw.closing.is_some()),
            ("settlement", raw.settlement.is_some()),
            ("expected_shortfall", raw.expected_shortfall.is_some()),
            (
                "scenarios",
                scenarios.iter().any(|s| s.vol == VolShock::Static),
            ),
            ("underlying", raw.underlying.iter().any(lines)),
        ];
        match later.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((field, _)) => {
                let hint = "write version = 2 at the top of the file";
                Err(self.error(
                    field,
                    "",
                    "belongs to format 2, and the file is of format 1",
                    hint,
                ))
            }
        }
    }

    /// Numbers the distinct ranges.
    fn classes(&self, list: &mut [Underlying]) -> Result<(), PolicyError> {
        let ranges = tables::ranges(list);
        if !(1..=MAX_CLASSES).contains(&ranges.len()) {
            let problem = format!(
                "{} distinct ranges and 1 to {MAX_CLASSES} fit",
                ranges.len()
            );
            let hint = "give several underlyings the same range";
            return Err(self.error("underlying", list.len(), &problem, hint));
        }
        for u in list.iter_mut().filter(|u| !u.cash) {
            let class = ranges.iter().position(|range| *range == u.range_bp);
            let missing = || self.error("underlying", &u.symbol, "no range", "add a range");
            u.class = class.ok_or_else(missing)? as u8;
        }
        Ok(())
    }

    fn scenarios(&self, raw: &[ScenarioFile]) -> Result<Vec<Scenario>, PolicyError> {
        if !(1..=MAX_SCENARIOS).contains(&raw.len()) {
            let problem = format!("1 to {MAX_SCENARIOS} scenarios fit");
            return Err(self.error("scenarios", raw.len(), &problem, "change the grid"));
        }
        raw.iter()
            .enumerate()
            .map(|(i, s)| self.scenario(i, s))
            .collect()
    }

    fn scenario(&self, index: usize, raw: &ScenarioFile) -> Result<Scenario, PolicyError> {
        let field = |name: &str| format!("scenarios[{index}].{name}");
        let (price, weight) = match (&raw.of_range, &raw.shock) {
            (Some(part), None) => {
                let part = self.signed(&field("of_range"), part, 100_000)?;
                (PriceShock::OfRange(part), ScenarioWeight::Fixed(BP))
            }
            (None, Some(shock)) => {
                let shock = self.signed(&field("shock"), shock, 100_000)?;
                (PriceShock::Absolute(shock), ScenarioWeight::RangeOverShock)
            }
            (of_range, _) => {
                let (written, problem) = match of_range {
                    Some(_) => ("both", "of_range and shock exclude each other"),
                    None => ("", "neither of_range nor shock is given"),
                };
                let hint = "give of_range (a fraction of the range) or shock (of the price)";
                return Err(self.error(&field("shock"), written, problem, hint));
            }
        };
        let weight = match &raw.weight {
            Some(text) => ScenarioWeight::Fixed(self.fraction(&field("weight"), text, 1, BP)?),
            None if price == PriceShock::Absolute(0) => {
                let hint = "add a weight, or write of_range = \"0\"";
                return Err(self.error(&field("shock"), "0", "has no range over shock", hint));
            }
            None => weight,
        };
        let vol = match raw.vol {
            Direction::Up => VolShock::Up,
            Direction::Down => VolShock::Down,
            Direction::Static => VolShock::Static,
        };
        let days_later = raw.days_later;
        self.between(&field("days_later"), days_later, 0, 1)?;
        if days_later > 0 && (vol, price) != (VolShock::Static, PriceShock::OfRange(0)) {
            let hint = "write of_range = \"0\", vol = \"static\" beside it";
            let problem = "only time passes where a day passes";
            return Err(self.error(&field("days_later"), days_later, problem, hint));
        }
        Ok(Scenario {
            price,
            vol,
            weight,
            days_later,
        })
    }
}
