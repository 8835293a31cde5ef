//! `zkmargin book check`

use std::path::PathBuf;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use zkmargin_engine::account::Position;
use zkmargin_engine::market::Kind;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_decimal, format_element, parse_element};
use zkmargin_verifier::packet::{Packet, PacketError, Published};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::super::files::{self, PolicyOption};
use super::super::proving;
use super::is_bundled;

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
    /// Whether the packet's policy is at hand, without which underlyings have no names.
    named: bool,
    /// Whether that policy is one of this program.
    policy_known: bool,
    positions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// Name of the id, which the root commits to; never the packet's own text.
    instrument: String,
    /// The same in words.
    means: String,
    quantity: String,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let packet = Packet::from_json(&files::text(&args.packet)?, &files::name(&args.packet))?;
    let published = published(args)?;
    let policy = args.policy.load()?;
    let policy = (policy.digest() == packet.policy).then_some(&policy);
    let verdict = packet.check(&published, policy);
    let rows = packet.account.positions.iter();
    let rows = rows.map(|position| Row {
        instrument: match policy {
            Some(policy) => position.id.name(policy),
            None => position.id.to_string(),
        },
        means: meaning(position, policy),
        quantity: format_decimal(position.quantity.into(), 8),
    });
    let report = Report {
        counted: verdict.is_ok(),
        compared: published.root.is_some(),
        reason: verdict.as_ref().err().map(ToString::to_string),
        owner: format_element(&packet.account.owner),
        index: packet.index,
        count: packet.count,
        root: format_element(&packet.root),
        named: policy.is_some(),
        policy_known: policy.map_or(Ok(false), is_bundled)?,
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
        out.push_str(match (self.named, self.policy_known) {
            (true, true) => "",
            (true, false) => {
                "Underlyings have the names that the policy's author gave their codes: it is none \
                 of this program.\n"
            }
            (false, _) => {
                "The names of the underlyings are not known, since the book has another policy: name \
                 the one that\nthe venue published with --policy.\n"
            }
        });
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
