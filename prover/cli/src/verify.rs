//! `zkmargin verify`

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::Row;
use zkmargin_engine::units::format_element;
use zkmargin_keys::key::Key;
use zkmargin_keys::verify::{verify, Expectations, Verdict};
use zkmargin_verifier::bundle::Bundle;

use super::bound;
use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, name, PolicyOption};
use super::proving::{self, SetupOption, INSECURE};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Proof bundle
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// Market file that the proof must be about
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Book root that the account must be in
    #[arg(long, value_name = "HEX")]
    book: Option<String>,
    /// Nullifier that the proof must have
    #[arg(long, value_name = "HEX")]
    nullifier: Option<String>,
    /// Scope that the proof must have
    #[arg(long, value_name = "S")]
    scope: Option<String>,
    /// Message that the proof must be bound to
    #[arg(long, value_name = "HEX")]
    message: Option<String>,
    /// Ratio that the proof must be for, in basis points of the initial margin
    #[arg(long, value_name = "BP")]
    ratio: Option<u16>,
    /// Buffer that the proof must be for, in USD
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    buffer: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    setup: SetupOption,
}

impl Args {
    fn expectations(&self, policy: &Policy) -> Result<Expectations, CliError> {
        let market = self.market.as_ref();
        let market = market.map(|path| files::market(path, policy)).transpose()?;
        let element = |option, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|t| proving::element(option, t)).transpose()
        };
        let scope = self.scope.as_deref();
        Ok(Expectations {
            market: market.map(|m| m.digest()),
            book: element("book", &self.book)?,
            nullifier: element("nullifier", &self.nullifier)?,
            scope: scope.map(|t| proving::scope("scope", t)).transpose()?,
            message: element("message", &self.message)?,
            ratio: self.ratio,
            buffer: self.buffer.as_deref().map(bound::buffer).transpose()?,
        })
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let policy = args.policy.load()?;
    let bundle = Bundle::from_json(&files::text(&args.proof)?, &name(&args.proof))?;
    refuse_other_policy(args, &bundle, &policy)?;
    let expected = args.expectations(&policy)?;
    let (setup, key) = args.setup.load_key(&policy, bundle.size)?;
    let started = Instant::now();
    let verdict = verify(&key, &setup, &bundle, &expected);
    let seconds = started.elapsed().as_secs_f64();
    match verdict {
        Ok(verdict) => {
            match args.json {
                true => console::json(&Report::yes(&bundle, &verdict, seconds))?,
                false => console::data(&text(&key, &verdict, seconds))?,
            }
            Ok(Answer::Yes)
        }
        Err(no) if no.is_verdict() && args.json => {
            console::json(&Report::no(&bundle, &no.to_string()))?;
            console::note(format_args!("not verified: {no}"));
            Ok(Answer::No)
        }
        Err(no) if no.is_verdict() => {
            console::note(format_args!("not verified: {no}"));
            Ok(Answer::No)
        }
        Err(error) => Err(error.into()),
    }
}

/// A proof under another policy is not looked at: the question makes no sense.
fn refuse_other_policy(args: &Args, bundle: &Bundle, policy: &Policy) -> Result<(), CliError> {
    let (found, wanted) = (bundle.statement.policy, policy.digest());
    if found == wanted {
        return Ok(());
    }
    Err(CliError::OtherPolicy {
        file: name(&args.proof),
        found: format_element(&found),
        policy: policy.name().to_owned(),
        wanted: format_element(&wanted),
    })
}

/// The verdict for people.
pub fn text(key: &Key, verdict: &Verdict, seconds: f64) -> String {
    let origin = |row: Row| {
        let checked = verdict.checked.contains(&row);
        if checked { "checked" } else { "taken on trust" }.to_owned()
    };
    let rows = proving::statement_text(&verdict.statement, origin);
    let mut out = format!(
        "VERIFIED in {:.1} ms: policy {}, key {}\n{rows}",
        seconds * 1e3,
        key.policy_name,
        key.id
    );
    if verdict.insecure {
        out += &format!("{INSECURE}\n");
    }
    out
}

/// The verdict for programs.
#[derive(Serialize)]
struct Report {
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    key: String,
    size: &'static str,
    statement: serde_json::Map<String, serde_json::Value>,
    checked: Vec<&'static str>,
    trusted: Vec<&'static str>,
    insecure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

impl Report {
    fn yes(bundle: &Bundle, verdict: &Verdict, seconds: f64) -> Report {
        let names = |rows: &[Row]| rows.iter().map(|row| row.name()).collect();
        Report {
            verified: true,
            reason: None,
            checked: names(&verdict.checked),
            trusted: names(&verdict.trusted),
            insecure: verdict.insecure,
            seconds: Some(seconds),
            ..Report::of(bundle)
        }
    }

    fn no(bundle: &Bundle, reason: &str) -> Report {
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        Report {
            reason: Some(reason),
            ..Report::of(bundle)
        }
    }

    fn of(bundle: &Bundle) -> Report {
        Report {
            verified: false,
            reason: None,
            key: bundle.key.clone(),
            size: bundle.size.name(),
            statement: statement(bundle),
            checked: Vec::new(),
            trusted: Vec::new(),
            insecure: false,
            seconds: None,
        }
    }
}

/// The statement as the bundle writes it.
pub fn statement(bundle: &Bundle) -> serde_json::Map<String, serde_json::Value> {
    let file: serde_json::Value = serde_json::from_str(&bundle.to_json()).unwrap_or_default();
    let statement = file.get("statement").and_then(|s| s.as_object());
    statement.cloned().unwrap_or_default()
}
