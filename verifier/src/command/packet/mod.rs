//! What a customer runs on his packet: no keys, no proofs.

mod account;
mod report;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use zkmargin_engine::account::Secret;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{format_element, parse_element};
use zkmargin_engine::Fr;

use super::kind::{self, FileKind};
use super::options::wrong;
use super::{number, policy, Answer, Outcome};
use crate::book::BOOK_FORMAT;
use crate::error::{FieldError, VerifyError};
use crate::packet::{NotCounted, Packet, Published};
use account::AccountRows;
use report::Report;

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
    /// The market that the venue published with the book, for its time and the marks
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
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
    time: u64,
    cut_off: u64,
}

/// What the options name, read; the packet is compared with it.
struct Known<'a> {
    published: Published,
    root: Option<Fr>,
    /// Roots that the venue put where everybody looks.
    roots: Option<&'a [Fr]>,
    /// The packet's policy, where it is the one that was named or one of this program.
    policy: Option<Policy>,
    other_policy: bool,
    market: Option<Market>,
    own: Option<Fr>,
}

/// Checks a packet as the options ask.
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
    let known = options.known(&packet, roots)?;
    let verdict = known.verdict(&packet, options.customer.as_deref());
    // The root says nothing of the policy, and the names of underlyings hang on it.
    let root_known = known.root.is_some() || roots.is_some();
    let named = options.policy.is_some();
    let answer = match (&verdict, root_known && named) {
        (Err(_), _) => Answer::No,
        (Ok(()), true) => Answer::Yes,
        (Ok(()), false) => Answer::FileOnly,
    };
    let market_checked = verdict.is_ok() && known.market.is_some();
    let policy = known.policy.as_ref();
    let accounts = packet.accounts.iter().map(|placed| &placed.account);
    let nobodys = accounts.filter(|a| known.own.is_some() && a.identity == Fr::from(0));
    let accounts = packet.accounts.iter();
    let report = Report {
        counted: answer == Answer::Yes,
        answer: answer.name(),
        root_known,
        compared: known.published.root.is_some(),
        foreign_identity: matches!(verdict, Err(NotCounted::Identity { .. })),
        reason: verdict.err().map(|no| no.to_string()),
        customer: packet.customer.id().escape_debug().to_string(),
        customer_checked: options.customer.is_some(),
        policy_named: named,
        without_identity: nobodys.map(|account| account.number).collect(),
        identity_checked: known.own.is_some(),
        count: packet.count,
        root: format_element(&packet.root),
        named: policy.is_some(),
        policy_known: policy.is_some_and(policy::is_bundled),
        time: packet.time,
        cut_off: packet.cut_off,
        market_checked,
        accounts: accounts.map(|p| AccountRows::new(p, policy)).collect(),
    };
    Ok(Outcome::reported(
        answer,
        &report,
        options.json,
        Report::text,
    ))
}

impl Known<'_> {
    /// The published files against the packet, then what the customer knows himself.
    fn verdict(&self, packet: &Packet, customer: Option<&str>) -> Result<(), NotCounted> {
        packet.check(&self.published, self.policy.as_ref())?;
        let roots = self.roots.unwrap_or(std::slice::from_ref(&packet.root));
        if self.root.is_some_and(|root| root != packet.root) || !roots.contains(&packet.root) {
            return Err(NotCounted::OtherRoot);
        }
        if self.other_policy {
            return Err(NotCounted::OtherPolicy);
        }
        self.market
            .as_ref()
            .map_or(Ok(()), |m| packet.check_market(m))?;
        customer.map_or(Ok(()), |id| packet.check_customer(id))?;
        self.own.map_or(Ok(()), |own| packet.check_identity(own))
    }
}

impl PacketOptions {
    /// What the options name, for a packet.
    fn known<'a>(
        &self,
        packet: &Packet,
        roots: Option<&'a [Fr]>,
    ) -> Result<Known<'a>, VerifyError> {
        let policy = policy::load(self.policy.as_deref().unwrap_or("rm1"))?;
        let fits = policy.digest() == packet.policy;
        let market = match (&self.market, fits) {
            (None, _) => None,
            (Some(path), true) => Some(kind::read_market(path, &policy)?),
            // A definite no, whatever the market says.
            (Some(_), false) if self.policy.is_some() => None,
            (Some(path), false) => {
                let problem = "is read by the policy of the packet's book, and that is another";
                let hint = "name the policy that the venue published with --policy";
                return Err(wrong("market", path.display(), problem, hint));
            }
        };
        Ok(Known {
            published: self.published()?,
            root: number::optional("root", self.root.as_ref())?,
            roots,
            other_policy: self.policy.is_some() && !fits,
            policy: fits.then_some(policy),
            market,
            own: self.own_identity()?,
        })
    }

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
            time: Some(head.time),
            cut_off: Some(head.cut_off),
        })
    }
}
