//! What a policy of format 2 adds to the report for people.

use comfy_table::{Cell, Table};
use zkmargin_engine::policy::Rule;
use zkmargin_engine::units::format_decimal;

use super::cells::{number, signed, table, usd};
use super::number::signed_percent;
use super::portfolio::PortfolioReport;
use super::Subject;

/// Tables with their titles, in their order; none under a policy of format 1.
pub(super) fn sections(subject: &Subject<'_>) -> Vec<(&'static str, Table)> {
    let Some(report) = PortfolioReport::new(subject) else {
        return Vec::new();
    };
    let mut sections = vec![("Market risk, USD", market_risk(subject))];
    if !report.worst_points.is_empty() {
        sections.push(("Worst joint points of history", points(subject, &report)));
    }
    if !subject.evaluation.losses.is_empty() {
        sections.push((
            "What each position adds, USD: cut the largest, keep what hedges",
            contributions(subject),
        ));
    }
    sections
}

/// Stress and shortfall side by side, and which of them decides.
fn market_risk(subject: &Subject<'_>) -> Table {
    let mut out = table(&["", "USD", ""]);
    let (Some(terms), Some(risk)) = (subject.policy.portfolio(), &subject.evaluation.portfolio)
    else {
        return out;
    };
    let market = &risk.market;
    let percent = |share: u32| format!("{}%", format_decimal(i128::from(share), 2));
    let level = percent(terms.shortfall.level);
    let scale = format_decimal(i128::from(terms.scale), 4);
    let worst = match subject.evaluation.losses.is_empty() {
        true => String::new(),
        false => format!(
            "scenario {}: {}",
            subject.evaluation.worst_scenario,
            subject.worst()
        ),
    };
    let required = match terms.rule {
        Rule::Greatest => format!("{} decides", market.binds.name()),
        Rule::Mix { share } => format!("{} of scaled shortfall, the rest stress", percent(share)),
    };
    let rows = [
        ("Stress, with offsets", market.stress, worst),
        ("Stress, without", market.without_offset, String::new()),
        (
            "Expected shortfall",
            market.tail.expected_shortfall,
            format!(
                "mean of the worst {}",
                percent(10_000 - terms.shortfall.level)
            ),
        ),
        (
            "Scaled, and others",
            market.scaled_shortfall + market.of_others,
            format!("{scale} x shortfall, and stress of what has no history"),
        ),
        ("Market risk", market.required, required),
        (
            "Value at risk",
            market.tail.value_at_risk,
            format!("at {level}; for comparison, not charged"),
        ),
    ];
    for (name, amount, remark) in rows {
        out.add_row(vec![
            Cell::new(name),
            number(usd(amount)),
            Cell::new(remark),
        ]);
    }
    out
}

/// The points that lose most.
fn points(subject: &Subject<'_>, report: &PortfolioReport) -> Table {
    let symbols: Vec<&String> = report
        .worst_points
        .iter()
        .flat_map(|p| p.moves.keys())
        .collect();
    let mut symbols: Vec<String> = symbols.into_iter().cloned().collect();
    symbols.sort();
    symbols.dedup();
    let mut header = vec!["#".to_owned(), "days".to_owned()];
    for symbol in &symbols {
        header.extend([format!("{symbol}\nprice"), format!("{symbol}\nvol")]);
    }
    header.push("P&L".to_owned());
    let mut out = table(&header);
    for point in &report.worst_points {
        let mut cells = vec![
            number(point.index.to_string()),
            number(point.count.to_string()),
        ];
        for symbol in &symbols {
            let (price, vol) = point
                .moves
                .get(symbol)
                .map_or_else(Default::default, |moved| {
                    (price(subject, symbol, &moved.price), of_way(&moved.vol))
                });
            cells.extend([number(price), number(vol)]);
        }
        let losses = subject
            .evaluation
            .portfolio
            .as_ref()
            .map(|r| &r.market.tail.losses);
        let loss = losses.and_then(|losses| losses.get(point.index)).copied();
        cells.push(signed(-loss.unwrap_or_default()));
        out.add_row(cells);
    }
    out
}

/// A share of the range as a move of the price.
fn price(subject: &Subject<'_>, symbol: &str, share: &str) -> String {
    let range = subject.policy.underlying(symbol).map(|u| u.range_bp);
    let share: Option<f64> = share.parse().ok();
    match (share, range) {
        (Some(share), Some(range)) => signed_percent((share * f64::from(range)).round() as i32),
        _ => String::new(),
    }
}

/// A share of the way to the up or down node.
fn of_way(share: &str) -> String {
    match share.strip_prefix('-') {
        Some(share) => format!("{share} down"),
        None if share == "0" => "0".to_owned(),
        None => format!("{share} up"),
    }
}

/// Contributions of positions.
fn contributions(subject: &Subject<'_>) -> Table {
    let mut out = table(&["", "stress", "shortfall"]);
    let Some(risk) = &subject.evaluation.portfolio else {
        return out;
    };
    let values = subject.evaluation.values.iter();
    let mut rows: Vec<_> = values
        .zip(&risk.contributions)
        .filter(|(_, share)| (share.stress, share.shortfall) != (0, 0))
        .collect();
    rows.sort_by_key(|(_, share)| (-share.shortfall, -share.stress));
    for (value, share) in rows {
        out.add_row(vec![
            Cell::new(value.id.name(subject.policy)),
            signed_loss(share.stress),
            signed_loss(share.shortfall),
        ]);
    }
    out
}

/// A loss that is added; what hedges is below zero.
fn signed_loss(units: i128) -> Cell {
    number(usd(units))
}
