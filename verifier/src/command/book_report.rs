//! What is said of a published book.

use serde::Serialize;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::{apart, format_decimal, format_element};

use super::clock::Age;
use super::detection::{self, Detection};
use super::published::PublishedBook;
use super::{held, policy, undecided, Answer, INSECURE};
use crate::book::inventory::{written, Holding};
use crate::book::{AssetFile, Fault, FolderDigest, TotalsFile};
use crate::key::BatchKey;

/// What a verifier may name of a book, and what is left open where he does not.
const ROWS: [(&str, &str); 4] = [
    (
        "root",
        "that everybody was shown this book: name with --root the root that the venue announced",
    ),
    (
        "policy",
        "that its margins are enough: name the policy that you know with --policy",
    ),
    (
        "market",
        "prices and their time: name with --market a market that you know; --max-age bounds its age",
    ),
    (
        "ratio",
        "which share of the margin `meet` is about: say what you want with --ratio",
    ),
];

/// What a key on trust leaves open.
const KEY_OPEN: &str =
    "that the key is of this circuit and has the prices of this market: whoever made the file may have \
     made one that takes anything; name with --key-digest the digest of a file without prices";

/// A key in words.
pub(super) struct KeyWords {
    id: String,
    origin: &'static str,
    digest: Option<String>,
}

impl KeyWords {
    pub(super) fn of(key: &dyn BatchKey) -> Self {
        KeyWords {
            id: key.id(),
            origin: key.origin().name(),
            digest: key.digest().map(|d| format!("0x{}", hex::encode(d))),
        }
    }
}

/// What a verdict rests on.
#[derive(Default)]
pub(super) struct Rests {
    pub checked: Vec<&'static str>,
    pub trusted: Vec<&'static str>,
    /// Where the venue published the root, if somebody looked.
    pub record: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Report {
    verified: bool,
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    insecure: bool,
    /// Whether nothing is wrong with the book by itself.
    #[serde(skip)]
    holds: bool,
    faults: Vec<String>,
    checked: Vec<&'static str>,
    trusted: Vec<&'static str>,
    root: String,
    /// Where the venue published the root and the digest, if somebody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    /// Of the folder, as it is put on chain; none where the folder is not as the book names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// Why the folder has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_digest: Option<String>,
    count: u64,
    ratio: u16,
    batches: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Where the key is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_origin: Option<&'static str>,
    /// Of the key's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_digest: Option<String>,
    policy: String,
    policy_name: String,
    /// Whether the policy is one of this program.
    policy_known: bool,
    #[serde(skip)]
    policy_text: String,
    /// What becomes of offsets between underlyings, where the policy has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<&'static str>,
    market: String,
    market_time: u32,
    market_age_seconds: u64,
    #[serde(skip)]
    market_text: String,
    totals: TotalsFile,
    assets: Vec<AssetFile>,
    inventory: Vec<Holding>,
    /// The chance that accounts which are left out are noticed.
    detection: Vec<Detection>,
}

impl Report {
    pub(super) fn new(
        (published, digest): (&PublishedBook, Result<FolderDigest, String>),
        rests: Rests,
        faults: Vec<Fault>,
        (answer, reason): (Answer, Option<String>),
        (key, insecure): (Option<KeyWords>, bool),
        age: Age,
    ) -> Self {
        let PublishedBook {
            book,
            policy,
            market,
            ..
        } = published;
        let bundled = policy::is_bundled(policy);
        Report {
            verified: answer == Answer::Yes && !insecure,
            answer: answer.under(insecure),
            reason,
            insecure,
            holds: faults.iter().all(is_asked),
            faults: faults.iter().map(ToString::to_string).collect(),
            checked: rests.checked,
            trusted: rests.trusted,
            record: rests.record,
            root: format_element(&book.root),
            digest: digest.as_ref().ok().map(FolderDigest::to_string),
            no_digest: digest.err(),
            count: book.count,
            ratio: book.ratio,
            batches: book.batches.len(),
            key_origin: key.as_ref().map(|key| key.origin),
            key_digest: key.as_ref().and_then(|key| key.digest.clone()),
            key: key.map(|key| key.id),
            policy: format_element(&policy.digest()),
            policy_name: policy.name().to_owned(),
            policy_known: bundled,
            policy_text: policy_text(policy, bundled),
            offset: policy.portfolio().map(|_| "waived"),
            market: format_element(&market.digest()),
            market_time: market.time(),
            market_age_seconds: age.age,
            market_text: age.to_string(),
            totals: TotalsFile::new(&book.totals),
            assets: book
                .assets
                .iter()
                .map(|a| AssetFile::named(a, policy))
                .collect(),
            inventory: written(&book.inventory, policy),
            detection: detection::table(),
        }
    }

    fn head(&self) -> String {
        match (&self.reason, self.key.is_some()) {
            (_, false) => {
                "NOT DECIDED: the proofs are not checked here, and all else adds up".into()
            }
            (Some(reason), true) => undecided(reason, self.insecure) + "the book holds",
            (None, true) => held(self.insecure).to_owned(),
        }
    }

    /// What is wrong with the book, or is not as the verifier asked.
    fn faults_text(&self) -> String {
        let head = match self.holds {
            true => "NOT VERIFIED: the book is not the one that you asked for",
            false => "NOT VERIFIED: the book does not hold, whoever published it",
        };
        let faults = self.faults.iter().map(|fault| format!("  {fault}\n"));
        format!("{head}\n{}", faults.collect::<String>())
    }

    /// The statement of the book in two parts: what the verifier named, and what is left open.
    fn rows_text(&self) -> String {
        let mut out = String::new();
        for (known, title) in [
            (true, "checked"),
            (false, "taken on trust, as the folder says"),
        ] {
            let rows = ROWS
                .iter()
                .filter(|(name, _)| self.checked.contains(name) == known);
            let rows = rows.map(|(name, _)| format!("  {name:<10} {}\n", self.value(name)));
            let mut rows: String = rows.collect();
            if self.key.is_some() && self.key_on_trust() != known {
                rows.push_str(&self.key_text());
            }
            let record = self.record.iter().filter(|_| known);
            rows.extend(record.map(|place| format!("  {:<10} {place}\n", "published")));
            if !rows.is_empty() {
                out.push_str(&format!(" {title}\n{rows}"));
            }
        }
        let open = ROWS.iter().filter(|(name, _)| !self.checked.contains(name));
        let open = open.map(|(name, what)| format!("  {name:<10} {what}\n"));
        let mut open: String = open.collect();
        if self.key_on_trust() {
            open.push_str(&format!("  {:<10} {KEY_OPEN}\n", "key"));
        }
        match open.is_empty() {
            true => out,
            false => out + " what that leaves open\n" + &open,
        }
    }

    fn key_on_trust(&self) -> bool {
        self.trusted.contains(&"key")
    }

    fn key_text(&self) -> String {
        let id = self.key.as_deref().unwrap_or("none");
        let origin = self.key_origin.unwrap_or("none");
        let digest = self.key_digest.iter();
        let digest: String = digest.map(|d| format!("             {d}\n")).collect();
        format!("  {:<10} {id}, {origin}\n{digest}", "key")
    }

    fn value(&self, row: &str) -> String {
        match row {
            "root" => self.root.clone(),
            "policy" => self.policy_text.clone(),
            "market" => format!("{} of {}", self.market, self.market_text),
            _ => format!("{} bp of the initial margin", self.ratio),
        }
    }

    pub(super) fn text(&self) -> String {
        if !self.faults.is_empty() {
            return self.faults_text();
        }
        let mut out = format!(
            "{}: {} each of {} once\n",
            self.head(),
            counted(self.batches as u64, "batch covers", "batches cover"),
            counted(self.count, "account", "accounts")
        );
        if let Some(digest) = &self.digest {
            out.push_str(&format!(" digest of this folder\n  {digest}\n"));
        }
        if let Some(problem) = &self.no_digest {
            out.push_str(&format!(" no digest of this folder\n  {problem}\n"));
        }
        out.push_str(&self.rows_text());
        out.push_str(&sums_text(&self.totals, &self.assets, self.ratio));
        out.push_str(match self.inventory.is_empty() {
            true => "  derivatives  longs and shorts are equal in every instrument\n",
            false => {
                "  derivatives  longs and shorts are equal, with what the venue holds itself:\n"
            }
        });
        for Holding {
            instrument,
            quantity,
        } in &self.inventory
        {
            out.push_str(&format!("    {instrument}  {}\n", apart(quantity, 0)));
        }
        if self.offset.is_some() {
            out.push_str(
                " offset waived: of every underlying the worst loss counts, whatever the others gain, in place \
                 of the policy's offsets and its expected shortfall, and is no less than they are\n",
            );
        }
        out.push_str(
            " not proven by any proof: that prices are true, that no account was left out (each \
             customer checks his own with `zkmargin book check`), that the venue holds what it owes \
             (`zkmargin book reserves`)\n",
        );
        out.push_str(&detection::text(&self.detection));
        if !self.policy_known {
            out.push_str(
                " the policy is none of this program: what counts as margin, and what the codes of \
                 underlyings are called, is what its author wrote; read it before you compare names\n",
            );
        }
        if self.insecure {
            out.push_str(&format!("{INSECURE}\n"));
        }
        out
    }
}

/// A policy for people: its own name, its digest, and whether this program knows it.
pub fn policy_text(policy: &Policy, bundled: bool) -> String {
    let (name, digest) = (policy.name(), format_element(&policy.digest()));
    match bundled {
        true => format!("{name} {digest}"),
        false => format!("{digest}, not one of this program; its file calls it {name:?}"),
    }
}

/// A number and what is counted.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    let what = if number == 1 { one } else { many };
    format!("{} {what}", apart(&number.to_string(), 0))
}

/// Totals and assets in words.
pub fn sums_text(totals: &TotalsFile, assets: &[AssetFile], ratio: u16) -> String {
    let met = totals.accounts.saturating_sub(totals.failing);
    let percent = format_decimal(ratio.into(), 2);
    let number = |number: u64| apart(&number.to_string(), 0);
    let mut out = String::new();
    for (what, value) in [
        ("accounts", number(totals.accounts)),
        (
            "owed to accounts, at most",
            apart(&totals.equity, 2) + " USD",
        ),
        (
            format!("meet {percent}% of their margin").as_str(),
            number(met),
        ),
        ("do not", number(totals.failing)),
        ("which lack", apart(&totals.deficit, 2) + " USD"),
        (
            "under water by",
            apart(&totals.shortfall, 2) + " USD in all",
        ),
    ] {
        out.push_str(&format!("  {what:<26} {value}\n"));
    }
    for asset in assets {
        let name = &asset.instrument;
        let (long, short) = (apart(&asset.long, 0), apart(&asset.short, 0));
        out.push_str(&format!(
            "  {name:<26} customers hold {long}, owe {short}\n"
        ));
    }
    out
}

/// Whether a fault is about what the verifier asked for, and not about the book by itself.
fn is_asked(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::OtherRoot { .. }
            | Fault::OtherRatio { .. }
            | Fault::Old { .. }
            | Fault::Unrecorded { .. }
            | Fault::Recorded { .. }
    )
}
