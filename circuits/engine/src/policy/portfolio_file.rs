//! Reading of what format 2 adds to a policy file.

use serde::Deserialize;

use super::error::PolicyError;
use super::point_file::{point, PointEntry};
use super::points::Grid;
use super::portfolio::{weights, PortfolioTerms};
use super::reader::Reader;
use super::{
    Closing, Line, Liquidity, Offset, Point, PriceShock, Rule, Scenario, SettlementCost, Shortfall,
    Underlying,
};
use crate::units::{self, BP, MONEY_DECIMALS};

/// Most underlyings that the points may move.
pub const MAX_PATHS: usize = 4;
/// Most points.
const MAX_POINTS: usize = 256;
/// The mass of the history is below this.
pub const MAX_TOTAL: u32 = 1 << 20;
/// Most lines of liquidity of one kind.
const MAX_LINES: usize = 8;
/// Most that the shortfall is multiplied by, ten, in 1e-4.
pub const MAX_SCALE: u32 = 10 * BP;
/// Sums of money of a policy are below this, in 1e-8 USD: 1e11 USD.
pub const MAX_MONEY: u128 = 10_000_000_000_000_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarketRiskFile {
    rule: RuleName,
    share: Option<String>,
    scale: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RuleName {
    Greatest,
    Mix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OffsetFile {
    share: String,
    groups: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClosingFile {
    option_of_forward: String,
    option_of_value: String,
    linear: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettlementFile {
    account: String,
    underlying: String,
    position: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShortfallFile {
    level: String,
    total: u32,
    paths: Vec<String>,
    points: Vec<Vec<PointEntry>>,
}

/// Lines as they are written: slope, and what is taken off.
type Lines<'a> = &'a [[String; 2]];

/// The sections of a file of format 2.
pub(super) struct PortfolioFile<'a> {
    pub market_risk: Option<&'a MarketRiskFile>,
    pub offset: Option<&'a OffsetFile>,
    pub closing: Option<&'a ClosingFile>,
    pub settlement: Option<&'a SettlementFile>,
    pub shortfall: Option<&'a ShortfallFile>,
    /// Lines on delta and vega by code.
    pub liquidity: Vec<(u16, [Lines<'a>; 2])>,
}

impl PortfolioFile<'_> {
    /// Checks everything, against the underlyings and the grid of the policy.
    pub(super) fn read(
        &self,
        at: &Reader<'_>,
        underlyings: &[Underlying],
        scenarios: &[Scenario],
    ) -> Result<PortfolioTerms, PolicyError> {
        let grid = grid(at, scenarios)?;
        let exposure = grid.exposure().ok_or_else(|| {
            let hint = "give the grid at least one price move inside the range";
            at.error(
                "scenarios",
                scenarios.len(),
                "no node tells the delta",
                hint,
            )
        })?;
        let market_risk = required(at, "market_risk", self.market_risk)?;
        let shortfall = shortfall(
            at,
            required(at, "expected_shortfall", self.shortfall)?,
            underlyings,
            &grid,
        )?;
        let offset = match self.offset {
            Some(file) => offset(at, file, underlyings, &shortfall.paths)?,
            None => Offset {
                share: 0,
                groups: Vec::new(),
            },
        };
        whole_shocks(at, scenarios, underlyings)?;
        Ok(PortfolioTerms {
            rule: rule(at, market_risk)?,
            scale: at.fraction("market_risk.scale", &market_risk.scale, BP, MAX_SCALE)?,
            offset,
            shortfall,
            closing: closing(at, required(at, "closing", self.closing)?)?,
            settlement: settlement(at, required(at, "settlement", self.settlement)?)?,
            liquidity: self.liquidity(at, underlyings)?,
            exposure,
        })
    }

    fn liquidity(
        &self,
        at: &Reader<'_>,
        underlyings: &[Underlying],
    ) -> Result<Vec<(u16, Liquidity)>, PolicyError> {
        let mut all = Vec::new();
        for (place, (code, [delta, vega])) in self.liquidity.iter().enumerate() {
            if delta.is_empty() && vega.is_empty() {
                continue;
            }
            let field = |name: &str| format!("underlying[{place}].{name}_liquidity");
            if underlyings.iter().any(|u| u.code == *code && u.cash) {
                let hint = "remove the lines, or cash = true";
                return Err(at.error(&field("delta"), "", "cash is not closed", hint));
            }
            let lines = Liquidity {
                delta: lines(at, &field("delta"), delta)?,
                vega: lines(at, &field("vega"), vega)?,
            };
            all.push((*code, lines));
        }
        all.sort_by_key(|(code, _)| *code);
        Ok(all)
    }
}

fn required<'f, T: ?Sized>(
    at: &Reader<'_>,
    field: &str,
    section: Option<&'f T>,
) -> Result<&'f T, PolicyError> {
    let hint = "format 2 has it; `zkmargin policy show rm-2` prints a complete example";
    section.ok_or_else(|| at.error(field, "", "missing", hint))
}

fn grid(at: &Reader<'_>, scenarios: &[Scenario]) -> Result<Grid, PolicyError> {
    let mut decays = scenarios
        .iter()
        .enumerate()
        .filter(|(_, s)| s.days_later > 0);
    if let Some((index, scenario)) = decays.nth(1) {
        let field = format!("scenarios[{index}]");
        let hint = "leave one scenario with days_later";
        return Err(at.error(&field, scenario, "a day passes a second time", hint));
    }
    Grid::new(scenarios).map_err(|e| {
        let hint = "points are interpolated between the nodes of the range: give 0 and 1 of the range, \
                    symmetrically, each with vol up, static and down (0 without static), full weight";
        match e.index {
            Some(index) => at.error(&format!("scenarios[{index}]"), scenarios[index], &e.problem, hint),
            None => at.error("scenarios", scenarios.len(), &e.problem, hint),
        }
    })
}

/// Exposures are read at a shock of whole basis points.
fn whole_shocks(
    at: &Reader<'_>,
    scenarios: &[Scenario],
    underlyings: &[Underlying],
) -> Result<(), PolicyError> {
    for (index, scenario) in scenarios.iter().enumerate() {
        let of_range = matches!(scenario.price, PriceShock::OfRange(_));
        let broken = underlyings
            .iter()
            .find(|u| !u.cash && of_range && scenario.shock_bp(u.range_bp).is_none());
        if let Some(underlying) = broken {
            let problem = format!("no whole number of basis points of {}", underlying.symbol);
            let field = format!("scenarios[{index}]");
            return Err(at.error(
                &field,
                scenario,
                &problem,
                "change the range or the fraction",
            ));
        }
    }
    Ok(())
}

fn rule(at: &Reader<'_>, file: &MarketRiskFile) -> Result<Rule, PolicyError> {
    let field = "market_risk.share";
    match (file.rule, &file.share) {
        (RuleName::Greatest, None) => Ok(Rule::Greatest),
        (RuleName::Greatest, Some(share)) => {
            let hint = "remove the share, or write rule = \"mix\"";
            Err(at.error(field, share, "the greatest is not mixed", hint))
        }
        (RuleName::Mix, Some(share)) => Ok(Rule::Mix {
            share: at.fraction(field, share, 0, BP)?,
        }),
        (RuleName::Mix, None) => {
            let hint = "add the share of the shortfall, such as \"0.5\"";
            Err(at.error(field, "", "missing", hint))
        }
    }
}

/// Code of an underlying that is not cash.
fn code(
    at: &Reader<'_>,
    field: &str,
    symbol: &str,
    underlyings: &[Underlying],
) -> Result<u16, PolicyError> {
    let known = underlyings.iter().find(|u| u.symbol == symbol && !u.cash);
    known.map(|u| u.code).ok_or_else(|| {
        let hint = "name an underlying of the policy that is not cash";
        at.error(field, symbol, "no underlying of the policy", hint)
    })
}

/// Refuses a code that is listed before.
fn once(
    at: &Reader<'_>,
    field: &str,
    symbol: &str,
    earlier: &[u16],
    code: u16,
) -> Result<(), PolicyError> {
    match earlier.contains(&code) {
        false => Ok(()),
        true => Err(at.error(field, symbol, "listed twice", "remove one of the two")),
    }
}

fn offset(
    at: &Reader<'_>,
    file: &OffsetFile,
    underlyings: &[Underlying],
    paths: &[u16],
) -> Result<Offset, PolicyError> {
    let share = at.fraction("offset.share", &file.share, 0, BP)?;
    let mut seen = Vec::new();
    let mut groups = Vec::with_capacity(file.groups.len());
    for (g, symbols) in file.groups.iter().enumerate() {
        let mut group = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            let field = format!("offset.groups[{g}]");
            let code = code(at, &field, symbol, underlyings)?;
            once(at, &field, symbol, &seen, code)?;
            if !paths.contains(&code) {
                let hint = "add it to expected_shortfall.paths: an offset is only safe beside the shortfall";
                return Err(at.error(&field, symbol, "the points do not move it", hint));
            }
            seen.push(code);
            group.push(code);
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups.sort();
    Ok(Offset { share, groups })
}

fn shortfall(
    at: &Reader<'_>,
    file: &ShortfallFile,
    underlyings: &[Underlying],
    grid: &Grid,
) -> Result<Shortfall, PolicyError> {
    let name = |field: &str| format!("expected_shortfall.{field}");
    let level = at.fraction(&name("level"), &file.level, 0, BP - 1)?;
    at.between(&name("total"), file.total, 1, MAX_TOTAL - 1)?;
    let sizes = [
        ("paths", file.paths.len(), MAX_PATHS),
        ("points", file.points.len(), MAX_POINTS),
    ];
    for (field, found, most) in sizes {
        if !(1..=most).contains(&found) {
            let problem = format!("1 to {most} fit");
            return Err(at.error(&name(field), found, &problem, "reduce them"));
        }
    }
    let mut paths = Vec::with_capacity(file.paths.len());
    for symbol in &file.paths {
        let code = code(at, &name("paths"), symbol, underlyings)?;
        once(at, &name("paths"), symbol, &paths, code)?;
        paths.push(code);
    }
    let points: Vec<Point> = file
        .points
        .iter()
        .enumerate()
        .map(|(n, entries)| point(at, &name(&format!("points[{n}]")), entries, paths.len()))
        .collect::<Result<_, _>>()?;
    let listed: u64 = points.iter().map(|p| u64::from(p.count)).sum();
    if listed > u64::from(file.total) {
        let problem = format!("the points count {listed}");
        let hint = "the total is the mass of the whole history, listed or not";
        return Err(at.error(&name("total"), file.total, &problem, hint));
    }
    Ok(Shortfall {
        level,
        total: file.total,
        paths,
        weights: weights(grid, &points),
        points,
    })
}

fn closing(at: &Reader<'_>, file: &ClosingFile) -> Result<Closing, PolicyError> {
    Ok(Closing {
        option_of_forward: at.fraction(
            "closing.option_of_forward",
            &file.option_of_forward,
            0,
            BP,
        )?,
        option_of_value: at.fraction("closing.option_of_value", &file.option_of_value, 0, BP)?,
        linear: at.fraction("closing.linear", &file.linear, 0, BP)?,
    })
}

fn settlement(at: &Reader<'_>, file: &SettlementFile) -> Result<SettlementCost, PolicyError> {
    Ok(SettlementCost {
        account: money(at, "settlement.account", &file.account)?,
        underlying: money(at, "settlement.underlying", &file.underlying)?,
        position: money(at, "settlement.position", &file.position)?,
    })
}

/// USD in 1e-8.
fn money(at: &Reader<'_>, field: &str, text: &str) -> Result<u64, PolicyError> {
    let units = units::parse_decimal(text, MONEY_DECIMALS).map_err(|e| {
        let hint = "write USD in a string, at most 8 places";
        at.error(field, text, &e.to_string(), hint)
    })?;
    let fits = Some(units).filter(|units| *units < MAX_MONEY);
    fits.and_then(|units| u64::try_from(units).ok())
        .ok_or_else(|| at.error(field, text, "out of range", "choose less than 1e11 USD"))
}

fn lines(at: &Reader<'_>, field: &str, file: Lines<'_>) -> Result<Vec<Line>, PolicyError> {
    if file.len() > MAX_LINES {
        let problem = format!("at most {MAX_LINES} lines fit");
        return Err(at.error(field, file.len(), &problem, "leave lines out"));
    }
    file.iter()
        .enumerate()
        .map(|(n, [slope, less])| {
            let field = format!("{field}[{n}]");
            Ok(Line {
                slope: at.fraction(&field, slope, 0, BP)?,
                less: money(at, &field, less)?,
            })
        })
        .collect()
}
