//! What is said of a margin proof.

use serde::Serialize;
use zkmargin_engine::statement::Row;

use super::clock::Age;
use super::statement::{statement_text, unchecked};
use super::{held, undecided, Answer, INSECURE};
use crate::bundle::{Bundle, StatementFile};
use crate::verdict::Verdict;

/// A verdict and how long it took.
#[derive(Clone, Debug)]
pub struct Timed {
    /// The verdict.
    pub verdict: Verdict,
    /// Seconds of the check alone.
    pub seconds: f64,
}

pub(super) fn time_text(age: Option<Age>) -> String {
    let unknown = || "time and age not known, its file tells (--market)".to_owned();
    age.map_or_else(unknown, |age| age.to_string())
}

/// A proof that holds, for people; `time` says what is known of the market's.
pub fn verified_text(timed: &Timed, time: &str) -> String {
    let head = held(timed.verdict.key.insecure);
    verdict_text(&format!("{head} in"), timed, time)
}

/// A proof that holds and is no yes.
pub(super) fn undecided_text(reason: &str, timed: &Timed, time: &str) -> String {
    let head = undecided(reason, timed.verdict.key.insecure);
    verdict_text(&format!("{head}the proof holds, checked in"), timed, time)
}

fn verdict_text(head: &str, Timed { verdict, seconds }: &Timed, time: &str) -> String {
    let key = &verdict.key;
    let digest = key.digest.map(|d| format!("0x{}", hex::encode(d)));
    let digest = digest.map_or_else(String::new, |d| format!("             {d}\n"));
    let key_line = format!(
        "  {:<10} {}, {}\n{digest}",
        "key",
        key.id,
        key.origin.name()
    );
    let time_line = format!("  {:<10} {time}\n", "of market");
    let mut out = format!(
        "{head} {:.1} ms, policy {}\n",
        seconds * 1e3,
        key.policy_name
    );
    for (known, title, rows) in [
        (true, "checked", &verdict.checked),
        (
            false,
            "taken on trust, as the bundle says",
            &verdict.trusted,
        ),
    ] {
        let of_key = key.is_known() == known;
        if rows.is_empty() && !of_key {
            continue;
        }
        out.push_str(&format!(" {title}\n"));
        for row in rows {
            out.push_str(&statement_text(&verdict.statement, &[*row]));
            if *row == Row::Market {
                out.push_str(&time_line);
            }
        }
        if of_key {
            out.push_str(&key_line);
        }
    }
    out.push_str(&rests_text(verdict));
    if key.insecure {
        out.push_str(&format!("{INSECURE}\n"));
    }
    out
}

/// What whoever relies on the verdict has to know beside it.
fn rests_text(verdict: &Verdict) -> String {
    let mut out = String::new();
    let key = (!verdict.key.is_known()).then_some((
        "key",
        "that the key is of this circuit: whoever made the file may have made one that takes \
         anything; name its digest with --key-digest",
    ));
    let rows = verdict.trusted.iter();
    let rows = rows.map(|row| (row.name(), unchecked(*row)));
    let rows: Vec<_> = key.into_iter().chain(rows).collect();
    if !rows.is_empty() {
        out.push_str(" what that leaves open\n");
    }
    for (name, what) in rows {
        out.push_str(&format!("  {name:<10} {what}\n"));
    }
    out + " not proven by any proof: that prices are true, that the account meets its margin at any \
     other time than the market's, that its equity was not lent to it for that time, that its owner \
     has no debts elsewhere\n"
}

/// The verdict for programs.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub verified: bool,
    pub answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_origin: Option<&'static str>,
    pub size: &'static str,
    pub statement: StatementFile,
    /// Seconds since 1970, if the market is at hand.
    pub market_time: Option<u32>,
    pub market_age_seconds: Option<u64>,
    pub checked: Vec<&'static str>,
    pub trusted: Vec<&'static str>,
    pub insecure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

impl<'a> Report<'a> {
    pub(super) fn of(bundle: &'a Bundle, age: Option<Age>) -> Self {
        Report {
            verified: false,
            answer: Answer::No.name(),
            reason: None,
            key: &bundle.key,
            key_digest: None,
            key_origin: None,
            size: bundle.size.name(),
            statement: StatementFile::new(&bundle.statement),
            market_time: age.map(|age| age.time),
            market_age_seconds: age.map(|age| age.age),
            checked: Vec::new(),
            trusted: Vec::new(),
            insecure: false,
            seconds: None,
        }
    }
}
