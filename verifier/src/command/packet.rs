//! What a customer runs on his packet: no keys, no proofs.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use zkmargin_engine::account::{Position, Secret};
use zkmargin_engine::market::{InstrumentId, Kind};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{apart, format_element, parse_element, Scale};
use zkmargin_engine::Fr;

use super::kind::{self, FileKind};
use super::{counted, number, policy, Answer, Outcome};
use crate::book::BOOK_FORMAT;
use crate::error::{FieldError, VerifyError};
use crate::packet::{NotCounted, Packet, Placed, Published};

/// Options of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct PacketOptions {
    /// The packet that the venue gave you
    #[arg(value_name = "PACKET")]
    packet: PathBuf,
    /// Root of the book, from where all customers see the same: without it nothing is COUNTED, and
    /// without --policy neither
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    root: Option<String>,
    /// The book that the venue published: its public/book.json
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// Risk model that the venue announced with the root, which names underlyings: `rm1`, `wide` or a
    /// TOML file
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Who you are, as you told the venue: your mail address, your telephone number
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    customer: Option<String>,
    /// Your identity: the file of your secret, or its number as you gave it to the venue
    #[arg(long, value_name = "FILE|NUMBER", allow_negative_numbers = true)]
    identity: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The first fields of a published book; the rest does not matter here.
#[derive(Deserialize)]
struct PublicHead {
    format: String,
    policy: String,
    market: String,
    root: String,
    count: u64,
}

#[derive(Serialize)]
struct Report {
    counted: bool,
    answer: &'static str,
    /// Whether the root is one that the customer named.
    root_known: bool,
    /// Whether the root was compared with that of a published file.
    compared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether the accounts are counted and somebody else can prove with one.
    foreign_identity: bool,
    /// What the customer brought, as the leaves hold it.
    customer: String,
    /// Whether that was compared with what he says.
    customer_checked: bool,
    /// Whether the policy, which names the underlyings, is one that the customer named.
    policy_named: bool,
    /// Accounts that nobody can prove with, though an identity was named.
    without_identity: Vec<u32>,
    /// Whether the identities were compared with the customer's own.
    identity_checked: bool,
    count: u64,
    root: String,
    /// Whether the packet's policy is at hand, without which underlyings have no names.
    named: bool,
    /// Whether that policy is one of this program.
    policy_known: bool,
    accounts: Vec<AccountRows>,
}

#[derive(Serialize)]
struct AccountRows {
    /// Number of the account.
    account: u32,
    /// Who can prove with it; zero is nobody.
    identity: String,
    /// Its place in the book.
    index: u64,
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

/// Checks a packet as the options ask. Long because the report says all that was asked.
///
/// # Errors
/// When a file or an option cannot be used. An account that is not counted is an outcome.
pub fn check_packet(options: &PacketOptions) -> Result<Outcome, VerifyError> {
    check_packet_among(options, None)
}

/// [`check_packet`], and that its root is one of those that the venue put where everybody looks, such as on
/// a chain.
///
/// # Errors
/// As [`check_packet`].
pub fn check_packet_among(
    options: &PacketOptions,
    roots: Option<&[Fr]>,
) -> Result<Outcome, VerifyError> {
    let packet = kind::read(&options.packet, FileKind::Packet, Packet::from_json)?;
    let root = number::optional("root", options.root.as_ref())?;
    let published = options.published()?;
    let policy = policy::load(options.policy.as_deref().unwrap_or("rm1"))?;
    let named = options.policy.is_some();
    let other_policy = named && policy.digest() != packet.policy;
    let policy = (policy.digest() == packet.policy).then_some(&policy);
    // The published file against the packet, then what the customer knows himself.
    let known = Published {
        root,
        ..Published::default()
    };
    let by_customer = |no| match no {
        NotCounted::OtherBook => NotCounted::OtherRoot,
        other => other,
    };
    let own = options.own_identity()?;
    let verdict = packet
        .check(&published, policy)
        .and_then(|_| packet.check(&known, policy).map_err(by_customer))
        .and(match roots {
            Some(roots) if !roots.contains(&packet.root) => Err(NotCounted::OtherRoot),
            _ => Ok(()),
        })
        .and(match other_policy {
            true => Err(NotCounted::OtherPolicy),
            false => Ok(()),
        })
        .and_then(|()| match &options.customer {
            Some(id) => packet.check_customer(id),
            None => Ok(()),
        })
        .and_then(|()| own.map_or(Ok(()), |own| packet.check_identity(own)));
    // The root says nothing of the policy, and the names of underlyings hang on it.
    let root_known = root.is_some() || roots.is_some();
    let answer = match (&verdict, root_known && named) {
        (Err(_), _) => Answer::No,
        (Ok(_), true) => Answer::Yes,
        (Ok(_), false) => Answer::FileOnly,
    };
    let accounts = packet.accounts.iter().map(|placed| &placed.account);
    let nobodys = accounts.filter(|account| own.is_some() && account.identity == Fr::from(0));
    let report = Report {
        counted: answer == Answer::Yes,
        answer: answer.name(),
        root_known,
        compared: published.root.is_some(),
        foreign_identity: matches!(verdict, Err(NotCounted::Identity { .. })),
        reason: verdict.err().map(|no| no.to_string()),
        customer: packet.customer.id().escape_debug().to_string(),
        customer_checked: options.customer.is_some(),
        policy_named: named,
        without_identity: nobodys.map(|account| account.number).collect(),
        identity_checked: own.is_some(),
        count: packet.count,
        root: format_element(&packet.root),
        named: policy.is_some(),
        policy_known: policy.is_some_and(policy::is_bundled),
        accounts: packet.accounts.iter().map(|p| rows(p, policy)).collect(),
    };
    Ok(Outcome::reported(
        answer,
        &report,
        options.json,
        Report::text,
    ))
}

/// An account as it is shown.
fn rows(placed: &Placed, policy: Option<&Policy>) -> AccountRows {
    let row = |position: &Position| Row {
        instrument: match policy {
            Some(policy) => position.id.name(policy),
            None => position.id.to_string(),
        },
        means: meaning(position, policy),
        quantity: scale(position.id, policy).quantity(position.quantity.into()),
    };
    AccountRows {
        account: placed.account.number,
        identity: format_element(&placed.account.identity),
        index: placed.place.index,
        positions: placed.account.positions.iter().map(row).collect(),
    }
}

impl PacketOptions {
    /// The customer's own identity, of the file of his secret or as a number.
    fn own_identity(&self) -> Result<Option<Fr>, VerifyError> {
        let Some(text) = &self.identity else {
            return Ok(None);
        };
        let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
        if text.starts_with("0x") || text.starts_with("0X") || (digits && !Path::new(text).exists())
        {
            return Ok(Some(number::number("identity", text)?));
        }
        let secret = kind::read(Path::new(text), FileKind::Secret, Secret::from_json)?;
        Ok(Some(secret.identity()))
    }

    /// What the published file says.
    fn published(&self) -> Result<Published, VerifyError> {
        let Some(path) = &self.public else {
            return Ok(Published::default());
        };
        let file = path.display().to_string();
        let wrong = |field: &str, problem: String| {
            let hint = "name the file book.json that the venue published";
            FieldError::new(&file, field, problem, hint)
        };
        let head: PublicHead = kind::read(path, FileKind::PublishedBook, |text, _| {
            let head: PublicHead =
                serde_json::from_str(text).map_err(|e| wrong("(json)", e.to_string()))?;
            match head.format == BOOK_FORMAT {
                true => Ok(head),
                false => Err(wrong("format", format!("{BOOK_FORMAT:?} is wanted"))),
            }
        })?;
        let element =
            |field: &str, text: &str| parse_element(text).map_err(|e| wrong(field, e.to_string()));
        Ok(Published {
            root: Some(element("root", &head.root)?),
            policy: Some(element("policy", &head.policy)?),
            market: Some(element("market", &head.market)?),
            count: Some(head.count),
        })
    }
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
        let strike = scale(id, policy).strike(id.strike());
        text.push_str(&format!(" at {strike} USD"));
    }
    text
}

/// Coins of a contract; where the policy is not known, quantities and prices are those of a contract.
fn scale(id: InstrumentId, policy: Option<&Policy>) -> Scale {
    policy.map_or(Scale::ONE, |policy| policy.scale(id.underlying()))
}

impl Report {
    fn head(&self) -> String {
        match (&self.reason, self.root_known, self.compared) {
            (Some(reason), _, _) if self.foreign_identity => format!(
                "NOT YOURS ALONE: {reason}\nCheck that you named the identity that you gave this venue; \
                 if so, ask the venue for an account with it, and take nothing for safe until you have \
                 it.\n\nThe packet claims:\n"
            ),
            (Some(reason), _, _) => format!(
                "NOT COUNTED: {reason}\nAsk the venue for a new packet; if that one fails too, \
                 the venue does not count these accounts.\n\nThe packet claims:\n"
            ),
            (None, true, _) if !self.policy_named => {
                "IN THIS FILE ONLY: the root is the one that you named, and the underlyings have their \
                 names by a policy that the packet alone names\n"
                    .to_owned()
            }
            (None, true, _) => {
                "COUNTED: these accounts are in the book with the root that you named\n".to_owned()
            }
            (None, false, true) => {
                "IN THIS FILE ONLY: these accounts are in the published file, which anyone can write\n"
                    .to_owned()
            }
            (None, false, false) => {
                "IN THIS FILE ONLY: the packet fits the root below, which is the packet's own\n"
                    .to_owned()
            }
        }
    }

    /// Long because the text is.
    fn text(&self) -> String {
        let mut out = self.head();
        // Characters that nobody sees make one id look like another.
        out.push_str(&format!(
            "  customer   {}\n  root       {}\n",
            self.customer, self.root
        ));
        for account in &self.accounts {
            out.push_str(&account.text(self.count));
        }
        if self.reason.is_none() && !self.customer_checked {
            out.push_str(
                "Compare the customer: it must be what you brought yourself, letter for letter, and \
                 nothing that the venue gave you. A mail address stands in lower case.\n",
            );
        }
        if self.reason.is_none() {
            out.push_str(
                "Count the accounts: the packet must have all that you have with this venue, and one \
                 that was left out of it is shown by nothing here.\n",
            );
        }
        if self.reason.is_none() && self.identity_checked {
            out.push_str("The identities were checked: nobody else can prove with the accounts.\n");
        }
        let without = self.without_identity.iter();
        for number in without.filter(|_| self.reason.is_none()) {
            out.push_str(&format!(
                "Account {number} has no identity: you cannot prove with it either. If you gave the \
                 venue yours, complain: what hangs on a proof of it is lost.\n"
            ));
        }
        if self.reason.is_none() {
            out.push_str(
                "Compare the numbers of the accounts: a number never changes, and proofs of an account \
                 and agreements on chain hang on it.\n",
            );
        }
        if self.reason.is_none() && !self.identity_checked {
            out.push_str(
                "The identities were not checked: with another one than yours somebody else can \
                 prove with your account. Name yours with --identity.\n",
            );
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
                 the one that the venue published with --policy.\n"
            }
        });
        if self.reason.is_none() && !self.root_known {
            out.push_str(
                "Compare the root with the one that the venue published for everyone, in a place \
                 where all customers see the same (its website, the chain), and name that one with \
                 --root: then the accounts are COUNTED. A root that only you were given proves \
                 nothing.\n",
            );
        }
        if self.reason.is_none() && !self.policy_named {
            out.push_str(
                "Name with --policy the risk model that the venue announced with the root (rm1, wide or \
                 its file): the root does not say which underlying is which.\n",
            );
        }
        out
    }
}

impl AccountRows {
    fn text(&self, count: u64) -> String {
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
        out.push_str(match self.positions.is_empty() {
            true => "    positions  none\n",
            false => "    positions\n",
        });
        let rows = self.positions.iter();
        let rows = rows.map(|row| (&row.instrument, apart(&row.quantity, 0), &row.means));
        let rows: Vec<_> = rows.collect();
        let names = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
        let quantities = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
        for (name, quantity, meaning) in rows {
            out.push_str(&format!(
                "      {name:<names$}  {quantity:>quantities$}  {meaning}\n"
            ));
        }
        out
    }
}
