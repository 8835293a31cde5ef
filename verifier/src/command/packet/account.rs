//! An account of a packet as a customer sees it: balances, positions, and what these gained.

use chrono::DateTime;
use serde::Serialize;
use zkmargin_engine::account::Position;
use zkmargin_engine::market::{InstrumentId, Kind};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{apart, format_element, format_money, parse_element, Scale};
use zkmargin_engine::Fr;

use crate::command::counted;
use crate::packet::Placed;

#[derive(Serialize)]
pub(super) struct AccountRows {
    /// Number of the account.
    account: u32,
    /// Who can prove with it; zero is nobody.
    identity: String,
    /// Its place in the book.
    index: u64,
    positions: Vec<Row>,
    /// What the entry prices come to, USD: −Σ quantity·entry.
    entry_costs: String,
    /// Of all positions with an entry price, USD.
    unrealised_gain: String,
}

#[derive(Serialize)]
struct Row {
    /// Name of the id, which the root commits to; never the packet's own text.
    instrument: String,
    /// The same in words.
    means: String,
    quantity: String,
    /// Whether it is cash or a coin.
    #[serde(skip)]
    balance: bool,
    #[serde(flatten)]
    entered: Option<Prices>,
}

/// Prices of a linear position in USD per coin, and what it gained in USD.
#[derive(Serialize)]
struct Prices {
    entry: String,
    mark: String,
    unrealised_gain: String,
}

impl AccountRows {
    pub(super) fn new(placed: &Placed, policy: Option<&Policy>) -> Self {
        let positions = placed.account.positions.iter();
        AccountRows {
            account: placed.account.number,
            identity: format_element(&placed.account.identity),
            index: placed.place.index,
            positions: positions.map(|p| Row::new(placed, p, policy)).collect(),
            entry_costs: format_money(placed.entry_costs()),
            unrealised_gain: format_money(placed.gain()),
        }
    }

    /// Whether a position says at what price it was entered.
    pub(super) fn has_entries(&self) -> bool {
        self.positions.iter().any(|row| row.entered.is_some())
    }

    /// The account, one of `count` in the book.
    pub(super) fn text(&self, count: u64) -> String {
        let identity = match parse_element(&self.identity) {
            Ok(identity) if identity == Fr::from(0) => "none: nobody can prove with it",
            _ => &self.identity,
        };
        let mut out = format!(
            "  account    {}\n    identity   {identity}\n    place      {} of {}\n",
            self.account,
            self.index,
            counted(count, "account", "accounts"),
        );
        let held = |row: &Row| [row.instrument.clone(), apart(&row.quantity, 0)];
        for (what, balance) in [("balances", true), ("positions", false)] {
            let rows = self.positions.iter().filter(|row| row.balance == balance);
            let lines: Vec<_> = rows.map(|row| (held(row), row.means.as_str())).collect();
            out.push_str(&match lines.is_empty() {
                true => format!("    {what:<9}  none\n"),
                false => format!("    {what}\n{}", table(&lines)),
            });
        }
        out + &self.entries()
    }

    /// Entry, mark and gain of linear positions, with what they come to.
    fn entries(&self) -> String {
        let entered = |row: &Row| {
            let prices = row.entered.as_ref()?;
            let numbers = [&prices.entry, &prices.mark, &prices.unrealised_gain];
            let [entry, mark, gain] = numbers.map(|number| apart(number, 0));
            Some(([row.instrument.clone(), entry, mark, gain], ""))
        };
        let mut lines: Vec<_> = self.positions.iter().filter_map(entered).collect();
        if lines.is_empty() {
            return String::new();
        }
        let head = ["in USD", "entry", "mark", "unrealised gain"];
        lines.insert(0, (head.map(str::to_owned), ""));
        let gain = apart(&self.unrealised_gain, 0);
        lines.push((["in all", "", "", &gain].map(str::to_owned), ""));
        let costs = apart(&self.entry_costs, 0);
        format!(
            "    entries\n{}      what the entries come to, less quantity times price: {costs}\n",
            table(&lines)
        )
    }
}

impl Row {
    fn new(placed: &Placed, position: &Position, policy: Option<&Policy>) -> Row {
        let (id, quantity) = (position.id, position.quantity);
        let scale = scale(id, policy);
        Row {
            instrument: match policy {
                Some(policy) => id.name(policy),
                None => id.to_string(),
            },
            means: meaning(id, policy),
            quantity: scale.quantity(quantity.into()),
            balance: id.kind().is_asset(),
            entered: placed.entered.get(&id).map(|entered| Prices {
                entry: scale.price(entered.price.into()),
                mark: scale.price(entered.mark.into()),
                unrealised_gain: format_money(entered.gain(quantity)),
            }),
        }
    }
}

/// Lines of a table: the first cell to the left, numbers to the right, words behind them.
fn table<const N: usize>(lines: &[([String; N], &str)]) -> String {
    let width = |n: usize| lines.iter().map(|(cells, _)| cells[n].len()).max();
    let widths: [usize; N] = std::array::from_fn(|n| width(n).unwrap_or(0));
    let mut out = String::new();
    for (cells, words) in lines {
        let mut line = format!("      {:<1$}", cells[0], widths[0]);
        for (cell, width) in cells.iter().zip(widths).skip(1) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        line.push_str(&format!("  {words}"));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// What an instrument is by its id, which the root commits to; the names of the underlyings where
/// the policy is known.
fn meaning(id: InstrumentId, policy: Option<&Policy>) -> String {
    let listed = policy.and_then(|policy| policy.by_code(id.underlying()));
    let symbol = match listed {
        Some(underlying) => underlying.symbol.clone(),
        None => format!("underlying {}", id.underlying()),
    };
    let mut text = format!("{symbol} {}", id.kind());
    if id.kind().is_dated() {
        let expiry = DateTime::from_timestamp(id.expiry().into(), 0);
        let expiry =
            expiry.map_or_else(String::new, |e| e.format("%Y-%m-%d %H:%M UTC").to_string());
        text.push_str(&format!(" of {expiry}"));
    }
    if matches!(id.kind(), Kind::Call | Kind::Put) {
        let strike = scale(id, policy).strike(id.strike());
        text.push_str(&format!(" at {strike} USD"));
    }
    text
}

/// Coins of a contract; where the policy is not known, quantities and prices are those of a contract.
fn scale(id: InstrumentId, policy: Option<&Policy>) -> Scale {
    policy.map_or(Scale::ONE, |policy| policy.scale(id.underlying()))
}
