//! The report of `zkmargin book reserves` for people.

use zkmargin_chain::reserves::ownership::Part;
use zkmargin_chain::reserves::Covered;
use zkmargin_engine::units::{apart, format_decimal};
use zkmargin_verifier::book::inventory::Holding;

use super::reserves_report::{Agreement, Line, Place, Report};

pub(super) fn text(report: &Report) -> String {
    let verdict = match report.verdict {
        Covered::Yes => "COVERED, if what is on trust below is true",
        Covered::No => "NOT COVERED",
        Covered::Untold => "COULD NOT TELL",
    };
    let mut out = format!(
        "{verdict}: {}\n  book    {}\n  policy  {}\n",
        report.venue, report.book, report.policy
    );
    let untold = report
        .untold
        .iter()
        .map(|what| format!("could not tell: {what}"));
    for line in report.faults.iter().cloned().chain(untold) {
        out.push_str(&format!("  {line}\n"));
    }
    out.push_str(&table(&report.assets));
    out.push_str(&parts_of_owed(&report.assets));
    out.push_str(&sums(report));
    if !report.inventory.is_empty() {
        out.push_str(&format!(
            "  the venue's own inventory, which is no reserve, worth {} USD\n",
            apart(&report.inventory_value_usd, 2)
        ));
    }
    for holding in &report.inventory {
        let Holding {
            instrument,
            quantity,
        } = holding;
        out.push_str(&format!("    {instrument:<44} {}\n", apart(quantity, 0)));
    }
    if !report.addresses.is_empty() {
        out.push_str("  addresses, and the coin or contract that counts\n");
    }
    for place in &report.addresses {
        out.push_str(&address(place));
    }
    if !report.custody.is_empty() {
        out.push_str("  agreements of custody\n");
    }
    out.extend(report.custody.iter().map(agreement));
    out.push_str("  on trust\n");
    for what in &report.on_trust {
        out.push_str(&format!("    {what}\n"));
    }
    out
}

/// What of the liabilities is no balance.
fn parts_of_owed(assets: &[Line]) -> String {
    let mut out = String::new();
    for line in assets.iter().filter(|line| line.customers_gained != "0") {
        out.push_str(&format!(
            "  of the {} owed, customers gained {} on the venue's inventory\n",
            line.asset,
            apart(&line.customers_gained, 0)
        ));
    }
    for line in assets.iter().filter(|line| line.entry_costs != "0") {
        out.push_str(&format!(
            "  of the {} owed, entry costs of customers' positions are {}\n",
            line.asset,
            apart(&line.entry_costs, 0)
        ));
    }
    out
}

/// An agreement of custody.
fn agreement(agreement: &Agreement) -> String {
    let Agreement {
        asset,
        chain,
        vault,
        id,
        block,
        balance,
        state,
        ..
    } = agreement;
    let balance = apart(balance, 0);
    format!(
        "    {balance} {asset}: {id} in vault {vault} of chain {chain} at block {block}, {state}\n"
    )
}

/// A line for each asset, as wide as its longest number.
fn table(assets: &[Line]) -> String {
    let head = [
        "asset",
        "reserves",
        "owed in net",
        "lent out",
        "ratio",
        "fund",
        "",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for line in assets {
        let ratio = line.ratio_percent.as_ref();
        rows.push([
            line.asset.clone(),
            apart(&line.reserves, 0),
            apart(&line.liabilities, 0),
            apart(&line.customers_owe, 0),
            ratio.map_or_else(|| "-".to_owned(), |ratio| apart(ratio, 2) + "%"),
            apart(&line.insurance_fund, 0),
            match (line.covered, line.independent) {
                (false, _) => "NOT COVERED",
                (true, false) => "not independent",
                (true, true) => "",
            }
            .to_owned(),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut out = String::new();
    for row in &rows {
        let mut line = format!("  {:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(widths).skip(1).take(5) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        line.push_str(&format!("  {}", row[6]));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn sums(report: &Report) -> String {
    let lacking = format!(
        "{} of {} accounts lack, to meet {}%",
        report.failing,
        report.accounts,
        format_decimal(report.ratio.into(), 2)
    );
    let mut out = String::from("  in USD at the book's prices\n");
    for (what, usd) in [
        ("reserves of independent assets", &report.reserves_usd),
        ("owed to accounts, at most", &report.equity_usd),
        ("reserves beyond that", &report.surplus_usd),
        (
            "initial margin of the inventory",
            &report.inventory_margin_usd,
        ),
        ("insurance fund", &report.insurance_fund_usd),
        ("accounts under water owe", &report.shortfall_usd),
        (lacking.as_str(), &report.deficit_usd),
    ] {
        out.push_str(&format!("    {what:<44} {}\n", apart(usd, 2)));
    }
    out
}

fn address(place: &Place) -> String {
    let coin = match &place.token {
        Some(token) => format!("token {token} of chain {}", place.chain),
        None => format!("the own coin of chain {}", place.chain),
    };
    let part = match place.part {
        Part::Reserves => "",
        Part::InsuranceFund => ", insurance fund",
    };
    format!(
        "    {} {}: {} at block {}, {coin}{part}, {}\n",
        apart(&place.balance, 0),
        place.asset,
        place.address,
        place.block,
        place.state
    )
}
