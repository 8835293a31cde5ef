//! `zkmargin book check`

use std::path::PathBuf;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use zkmargin_circuits::account::Position;
use zkmargin_circuits::market::Kind;
use zkmargin_circuits::policy::Policy;
use zkmargin_circuits::units::{format_decimal, format_element, parse_element};
use zkmargin_verifier::inclusion::{NotCounted, Packet, PacketError, Published};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files::{self, PolicyOption};
use super::super::proving;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The packet that the venue gave you
    #[arg(value_name = "PACKET")]
    packet: PathBuf,
    /// Root that the venue published
    #[arg(long, value_name = "HEX", conflicts_with = "public")]
    root: Option<String>,
    /// The book that the venue published: its public/book.json
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
}

/// The first fields of a published book; the rest does not matter here.
#[derive(Deserialize)]
struct PublicHead {
    policy: String,
    market: String,
    root: String,
    count: u64,
}

#[derive(Serialize)]
struct Report {
    counted: bool,
    /// Whether the root was compared with a published one.
    compared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    owner: String,
    index: u64,
    count: u64,
    root: String,
    positions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    instrument: String,
    /// What the commitment says, whatever the name.
    means: String,
    quantity: String,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let packet = Packet::from_json(&files::text(&args.packet)?, &files::name(&args.packet))?;
    let published = published(args)?;
    let verdict = packet.check(&published);
    let policy = args.policy.load()?;
    let policy = (policy.digest() == packet.policy).then_some(&policy);
    let rows = packet.account.positions.iter().zip(&packet.names);
    let rows = rows.map(|(position, name)| Row {
        // Names come from the venue and go to a terminal.
        instrument: name.chars().take(64).flat_map(char::escape_debug).collect(),
        means: meaning(position, policy),
        quantity: format_decimal(position.quantity.into(), 8),
    });
    let report = Report {
        counted: verdict.is_ok(),
        compared: published.root.is_some(),
        reason: verdict.err().map(|why: NotCounted| why.to_string()),
        owner: format_element(&packet.account.owner),
        index: packet.index,
        count: packet.count,
        root: format_element(&packet.root),
        positions: rows.collect(),
    };
    match args.json {
        true => console::json(&report)?,
        false => console::data(&report.text())?,
    }
    Ok(match verdict {
        Ok(_) => Answer::Yes,
        Err(_) => Answer::No,
    })
}

fn published(args: &Args) -> Result<Published, CliError> {
    if let Some(path) = &args.public {
        let file = files::name(path);
        let wrong = |field: &str, problem: String| PacketError {
            file: file.clone(),
            field: field.to_owned(),
            problem,
            hint: "name the file book.json that the venue published",
        };
        let head: PublicHead = serde_json::from_str(&files::text(path)?)
            .map_err(|e| wrong("(json)", e.to_string()))?;
        let element =
            |field: &str, text: &str| parse_element(text).map_err(|e| wrong(field, e.to_string()));
        return Ok(Published {
            root: Some(element("root", &head.root)?),
            policy: Some(element("policy", &head.policy)?),
            market: Some(element("market", &head.market)?),
            count: Some(head.count),
        });
    }
    let root = args.root.as_deref();
    Ok(Published {
        root: root.map(|t| proving::element("root", t)).transpose()?,
        ..Published::default()
    })
}

/// What a position is by its id, which the root commits to; the names of the underlyings where
/// the policy is known.
fn meaning(position: &Position, policy: Option<&Policy>) -> String {
    let id = position.id;
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
        let strike = format_decimal(id.strike().into(), 4);
        text.push_str(&format!(" at {strike} USD"));
    }
    text
}

impl Report {
    fn text(&self) -> String {
        let mut out = match (&self.reason, self.compared) {
            (Some(reason), _) => format!(
                "NOT COUNTED: {reason}\nAsk the venue for a new packet; if that one fails too, \
                 the venue does not count this account.\n\nThe packet claims:\n"
            ),
            (None, true) => {
                "COUNTED: this account is in the book that the venue published\n".into()
            }
            (None, false) => "COUNTED in the book with the root below\n".to_owned(),
        };
        out.push_str(&format!(
            "  owner      {}\n  place      {} of {} accounts\n  root       {}\n",
            self.owner, self.index, self.count, self.root
        ));
        out.push_str(match self.positions.is_empty() {
            true => "  positions  none\n",
            false => "  positions\n",
        });
        let wide = |cell: fn(&Row) -> &str| {
            let widths = self.positions.iter().map(|row| cell(row).len());
            widths.max().unwrap_or_default()
        };
        let (names, means) = (wide(|r| &r.instrument), wide(|r| &r.means));
        for row in &self.positions {
            out.push_str(&format!(
                "    {:<names$}  {:<means$}  {:>20}\n",
                row.instrument, row.means, row.quantity
            ));
        }
        if self.reason.is_none() {
            out.push_str(
                "Compare the positions with your own records: quantities below zero are what you \
                 owe or sold.\n",
            );
        }
        if self.reason.is_none() && !self.compared {
            out.push_str(
                "Compare the root with the one that the venue published for everyone, in a place \
                 where all\ncustomers see the same (its website, the chain). A root that only you \
                 were given proves nothing.\n",
            );
        }
        out
    }
}
