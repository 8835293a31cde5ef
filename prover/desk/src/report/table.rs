//! The evaluation as tables for a risk manager.

use std::fmt::Write as _;

use chrono::DateTime;
use comfy_table::{Attribute, Cell, Row, Table};
use zkmargin_engine::market::Kind;
use zkmargin_engine::risk::{Addon, UnderlyingLosses};
use zkmargin_engine::units::{apart, format_decimal, Scale};

use super::cells::{fits, lines, number, signed, table, usd};
use super::number::{grouped, grouped_size, quotient8};
use super::{portfolio_table, Screen, Subject};

/// 1e-8 USD in a cent.
const UNITS_OF_A_CENT: i128 = 1_000_000;

/// The whole report.
pub(super) fn render(subject: &Subject<'_>, screen: Screen) -> String {
    let mut out = heading(subject);
    let mut section = |title: &str, table: Table| {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n {title}\n{}", lines(&table, screen));
    };
    if !subject.evaluation.values.is_empty() {
        section("Positions, values in USD", positions(subject));
    }
    if !subject.evaluation.losses.is_empty() {
        section("Sensitivities", greeks(subject));
        for (part, table) in scenarios(subject, screen).into_iter().enumerate() {
            match part {
                0 => section("Scenarios: weighted P&L, USD", table),
                _ => section("Scenarios, further underlyings", table),
            }
        }
    }
    for (title, table) in portfolio_table::sections(subject) {
        section(title, table);
    }
    section("Requirement, USD", requirement(subject));
    out.push('\n');
    out.push_str(&verdict(subject));
    out
}

fn heading(subject: &Subject<'_>) -> String {
    let time = DateTime::from_timestamp(i64::from(subject.market.time()), 0)
        .map(|t| t.format("%Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_default();
    let positions = subject.positions;
    let cash = positions
        .iter()
        .filter(|p| p.id.kind() == Kind::Cash)
        .count();
    format!(
        " {} · market of {time} · {} positions and {cash} cash\n",
        subject.policy.name(),
        positions.len() - cash,
    )
}

/// The last line: solvent or not, and by how much.
pub(super) fn verdict(subject: &Subject<'_>) -> String {
    let e = subject.evaluation;
    let mut bound = format!("{} x initial margin", percent_of_one(subject.ratio_bp));
    if subject.buffer > 0 {
        let buffer = grouped_size(subject.buffer, 8, 2);
        let _ = write!(bound, " + {buffer} USD");
    }
    match subject.deficit() {
        None => {
            let ratio = quotient8(e.equity, e.initial_margin);
            let ratio = ratio.map_or_else(
                || "nothing is required".to_owned(),
                |r| format!("ratio {}", &r[..r.len() - 4]),
            );
            format!(" SOLVENT at {bound} ({ratio})\n")
        }
        Some(missing) => format!(
            " SHORT at {bound}: {} USD are missing; worst is scenario {}, {}\n",
            usd_up(missing),
            e.worst_scenario,
            subject.worst(),
        ),
    }
}

fn requirement(subject: &Subject<'_>) -> Table {
    let e = subject.evaluation;
    let mut table = table(&["", "USD", ""]);
    let worst = match e.losses.is_empty() {
        true => String::new(),
        false => format!("scenario {}: {}", e.worst_scenario, subject.worst()),
    };
    let ratio = quotient8(e.equity, e.initial_margin);
    let ratio = ratio.map_or_else(String::new, |r| format!("ratio {}", &r[..r.len() - 4]));
    let scenario = match &e.portfolio {
        None => ("Worst scenario", e.scenario_loss, worst),
        Some(risk) => (
            "Market risk",
            risk.market.required,
            risk.market.binds.name().to_owned(),
        ),
    };
    let addons = Addon::of(subject.policy).iter();
    let addons = addons.map(|term| (term.title(), e.addon(*term), term.about().to_owned()));
    for (name, amount, remark) in std::iter::once(scenario).chain(addons) {
        table.add_row(vec![
            Cell::new(name),
            number(usd(amount)),
            Cell::new(remark),
        ]);
    }
    let totals = [
        (
            "Initial margin",
            e.initial_margin,
            "sum of the above".to_owned(),
        ),
        ("Maintenance margin", e.maintenance_margin, String::new()),
        ("Equity", e.equity, ratio),
    ];
    for (name, amount, remark) in totals {
        let bold = |cell: Cell| cell.add_attribute(Attribute::Bold);
        table.add_row(vec![
            bold(Cell::new(name)),
            bold(number(usd(amount))),
            Cell::new(remark),
        ]);
    }
    table
}

/// One table, or several where the underlyings do not fit beside each other.
fn scenarios(subject: &Subject<'_>, screen: Screen) -> Vec<Table> {
    let losses = subject.evaluation.losses.as_slice();
    let parts = |each: usize| -> Vec<Table> {
        let parts = losses.chunks(each.max(1));
        parts.map(|part| scenarios_of(subject, part)).collect()
    };
    let fit = |tables: &Vec<Table>| tables.iter().all(|table| fits(table, screen));
    let each = (1..=losses.len()).rev();
    each.map(parts).find(fit).unwrap_or_else(|| parts(1))
}

fn scenarios_of(subject: &Subject<'_>, losses: &[UnderlyingLosses]) -> Table {
    let mut header = vec!["#".to_owned(), "vol".to_owned()];
    for u in losses {
        let symbol = subject.symbol(u.underlying);
        header.extend([format!("{symbol}\nshock"), format!("{symbol}\nP&L")]);
    }
    header.extend(["all\ncharge".to_owned(), String::new()]);
    let mut table = table(&header);
    for (index, scenario) in subject.policy.scenarios().iter().enumerate() {
        let vol = match scenario.days_later {
            0 => scenario.vol.name(),
            _ => "a day",
        };
        let mut cells = vec![number(index.to_string()), Cell::new(vol)];
        for u in losses {
            cells.push(number(subject.shock_text(scenario, u)));
            cells.push(signed(-u.signed[index]));
        }
        cells.push(number(usd(subject.scenario_charge(index))));
        let worst = index == subject.evaluation.worst_scenario;
        cells.push(Cell::new(if worst { "◀ worst" } else { "" }));
        let mut row = Row::from(cells);
        if worst {
            let bold = row
                .cell_iter()
                .map(|c| c.clone().add_attribute(Attribute::Bold));
            row = Row::from(bold.collect::<Vec<_>>());
        }
        table.add_row(row);
    }
    table
}

fn greeks(subject: &Subject<'_>) -> Table {
    let mut table = table(&[
        "",
        "index",
        "delta",
        "delta,\nUSD",
        "gamma, USD\nper 1%",
        "vega, USD\nper point",
        "theta, USD\nper day",
    ]);
    for g in &subject.evaluation.greeks {
        let market = subject.market;
        let index = market
            .index_price(g.underlying)
            .map_or(f64::NAN, |p| p as f64 / 1e8);
        // Greeks are per contract, and shown per coin.
        let coins = subject.policy.scale(g.underlying).coins() as f64;
        let decimals = if coins > 1.0 { 8 } else { 2 };
        let cells = [
            (index / coins, decimals),
            (g.delta * coins, 4),
            (g.delta * index, 0),
            (g.gamma * index * index * 0.01, 0),
            (g.vega, 0),
            (g.theta, 0),
        ];
        let mut row = vec![Cell::new(subject.symbol(g.underlying))];
        row.extend(cells.map(|(value, places)| number(float(value, places))));
        table.add_row(row);
    }
    table
}

fn positions(subject: &Subject<'_>) -> Table {
    let mut table = table(&["", "quantity", "entry", "price", "vol", "value"]);
    let market = subject.market;
    for v in &subject.evaluation.values {
        let instrument = market.listed(v.id);
        let vol = match instrument {
            Some(_) if v.id.settled_at(market.time()) => "settled".to_owned(),
            Some(i) if i.vol > 0 => format!("{}%", format_decimal(i128::from(i.vol), 2)),
            _ => String::new(),
        };
        let scale = subject.scale(v.id);
        let entry = subject.entries.get(&v.id);
        let entry = entry.map_or_else(String::new, |entry| match entry.at_mark {
            true => "mark".to_owned(),
            false => price(i128::from(entry.price), scale),
        });
        table.add_row(vec![
            Cell::new(v.id.name(subject.policy)),
            number(apart(&scale.quantity(v.quantity.into()), 0)),
            number(entry),
            number(price(v.price, scale)),
            number(vol),
            signed(v.value),
        ]);
    }
    // Less than a cent is shown whole.
    let error = subject.price_error();
    let places = if error.abs() < UNITS_OF_A_CENT { 8 } else { 2 };
    let blanks = || (0..4).map(|_| Cell::new(""));
    let last = |name: &str, value: Cell| {
        let cells = std::iter::once(Cell::new(name)).chain(blanks());
        cells.chain([value]).collect::<Vec<_>>()
    };
    table.add_row(last("error of prices", number(grouped(error, 8, places))));
    table.add_row(last("equity", signed(subject.evaluation.equity)));
    table
}

/// A price of a coin, with more decimals where it is small, and whole where a contract is many coins.
fn price(units: i128, scale: Scale) -> String {
    match scale {
        Scale::ONE => grouped(units, 8, if units < 100_000_000_000 { 4 } else { 2 }),
        scale => scale.price(units),
    }
}

/// Money to the next cent above: what is missing is never understated.
fn usd_up(units: u128) -> String {
    let cents = units.div_ceil(1_000_000);
    grouped_size(cents, 2, 2)
}

/// A floating-point number of a report, thousands apart.
fn float(value: f64, places: u32) -> String {
    if !value.is_finite() {
        return "n/a".to_owned();
    }
    // Saturates, which no sensible sensitivity reaches.
    grouped(
        (value * 10f64.powi(places as i32)).round() as i128,
        places,
        places,
    )
}

/// Basis points as a multiple of one: `1`, `0.8`, `1.25`.
fn percent_of_one(bp: u16) -> String {
    format_decimal(i128::from(bp), 4)
}
