//! `zkmargin vault`

use std::path::PathBuf;

use alloy_primitives::Address;
use serde::Serialize;
use zkmargin_chain::abi::MarginVault::{Form, Status};
use zkmargin_chain::artifact::Contracts;
use zkmargin_chain::binding::{agreement_id, scope, Intent};
use zkmargin_chain::keeper::{duties, look};
use zkmargin_chain::node::Node;
use zkmargin_chain::terms::{examine, read, said, Finding};
use zkmargin_engine::file::read_text;
use zkmargin_engine::units::format_element;

use super::console;
use super::error::CliError;
use super::exit::Answer;

/// No terms come near this many bytes.
const LONGEST: u64 = 64 << 10;

/// Commands about agreements on chain.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// What terms of an agreement mean, and whether their verifiers are ours and work
    ///
    /// The code of each verifier is compared with what the compiled contracts would leave on this
    /// chain, and each is asked about a proof that is known to be good. Exit code 1 where one of them
    /// does not pass.
    Terms(TermsArgs),
    /// How an agreement stands, and what each party has to do by when
    Status(StatusArgs),
}

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct TermsArgs {
    /// Terms as JSON
    #[arg(value_name = "FILE")]
    terms: PathBuf,
    /// Node of the chain
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Folder of the compiled contracts; if left out, `contracts` here or above
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Terms as JSON
    #[arg(value_name = "FILE")]
    terms: PathBuf,
    /// Address of the vault
    #[arg(long, value_name = "ADDRESS")]
    vault: Address,
    /// Node of the chain
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct StatusReport {
    id: String,
    status: &'static str,
    /// Unix seconds, as the others.
    time: u64,
    /// Units of the token.
    collateral: String,
    floor: String,
    due: String,
    window_end: Option<u64>,
    /// What the proof of a custody's credit binds; none of a pledge.
    credit: Option<Credit>,
    duties: Vec<DutyReport>,
}

#[derive(Serialize)]
struct Credit {
    scope: String,
    message: String,
}

#[derive(Serialize)]
struct DutyReport {
    who: &'static str,
    what: String,
    by: Option<u64>,
}

#[derive(Serialize)]
struct Report {
    id: String,
    chain_id: u64,
    good: bool,
    verifiers: Vec<VerifierReport>,
    said: Vec<String>,
}

#[derive(Serialize)]
struct VerifierReport {
    address: String,
    /// Keccak-256 of its code, for lists of assets.
    code: String,
    /// By its code; null: not one of ours.
    verifier: Option<&'static str>,
    accepts_good_proof: Option<bool>,
    policy: bool,
}

/// Runs a command.
pub fn run(command: &Command) -> Result<Answer, CliError> {
    match command {
        Command::Terms(args) => terms(args),
        Command::Status(args) => status(args),
    }
}

fn status(args: &StatusArgs) -> Result<Answer, CliError> {
    let text = read_text(&args.terms, LONGEST)?;
    let terms = read(&text, &args.terms.display().to_string())?;
    let node = Node::connect(&args.rpc)?;
    let seen = look(&node, args.vault, &terms)?;
    let duties = duties(&seen, &terms).into_iter().map(|duty| DutyReport {
        who: duty.who,
        what: duty.what,
        by: duty.by,
    });
    let report = StatusReport {
        id: seen.id.to_string(),
        status: status_name(seen.deal.status),
        time: seen.now,
        collateral: seen.deal.collateral.to_string(),
        floor: seen.deal.floor.to_string(),
        due: seen.deal.due.to_string(),
        window_end: seen.window_end,
        credit: (terms.form == Form::Custody).then(|| Credit {
            scope: format_element(&scope(node.chain_id(), args.vault)),
            message: format_element(&Intent::credit(seen.id).message(node.chain_id(), args.vault)),
        }),
        duties: duties.collect(),
    };
    match args.json {
        true => console::json(&report)?,
        false => console::words(&report.text())?,
    }
    Ok(Answer::Yes)
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Called => "called",
        Status::Lapsed => "lapsed",
        Status::Closed => "closed",
        _ => "unknown",
    }
}

fn terms(args: &TermsArgs) -> Result<Answer, CliError> {
    let text = read_text(&args.terms, LONGEST)?;
    let terms = read(&text, &args.terms.display().to_string())?;
    let contracts = Contracts::find(args.contracts.as_deref());
    let node = Node::connect(&args.rpc)?;
    let named = terms.verifiers.iter().filter(|at| !at.is_zero());
    let findings = named
        .map(|&at| examine(&node, &contracts, at, terms.policy))
        .collect::<Result<Vec<_>, _>>()?;
    let good = !findings.is_empty() && findings.iter().all(Finding::is_good);
    let report = Report {
        id: agreement_id(&terms).to_string(),
        chain_id: node.chain_id(),
        good,
        verifiers: findings.iter().map(VerifierReport::new).collect(),
        said: said(&terms),
    };
    match args.json {
        true => console::json(&report)?,
        false => console::words(&report.text())?,
    }
    Ok(if good { Answer::Yes } else { Answer::No })
}

impl StatusReport {
    fn text(&self) -> String {
        let line = |duty: &DutyReport| {
            let by = duty.by.map_or_else(String::new, |by| format!(", by {by}"));
            format!("- {}: {}{by}\n", duty.who, duty.what)
        };
        let duties: String = self.duties.iter().map(line).collect();
        let credit = self.credit.as_ref().map_or_else(String::new, |credit| {
            format!(
                "the venue credits it to the account of a proof with\n  --scope {}\n  --message {}\n",
                credit.scope, credit.message
            )
        });
        format!(
            "Agreement {}: {} at {} (Unix seconds, as below)\n\
             collateral {}, floor {}, due {} (units of the token)\n{credit}{duties}",
            self.id, self.status, self.time, self.collateral, self.floor, self.due
        )
    }
}

impl VerifierReport {
    fn new(finding: &Finding) -> Self {
        VerifierReport {
            address: finding.verifier.to_string(),
            code: finding.code.to_string(),
            verifier: finding.ours.map(|ours| ours.contract.name),
            accepts_good_proof: finding.works,
            policy: finding.policy,
        }
    }

    fn text(&self) -> String {
        let code = match self.verifier {
            Some(name) => format!("the code of {name}"),
            None => "NOT a verifier of this repository by its code".to_owned(),
        };
        let works = match self.accepts_good_proof {
            Some(true) => "accepts a good proof on this chain",
            Some(false) => "DOES NOT accept a good proof on this chain",
            None => "no proof is known to try it with",
        };
        let policy = match self.policy {
            true => "of the policy",
            false => "of ANOTHER policy",
        };
        format!(
            "  {}  {code}; {works}; {policy}\n  code hash {}\n",
            self.address, self.code
        )
    }
}

impl Report {
    fn text(&self) -> String {
        let verifiers: String = self.verifiers.iter().map(VerifierReport::text).collect();
        let said: String = self.said.iter().map(|line| format!("- {line}\n")).collect();
        let verdict = match self.good {
            true => "The verifiers are ours and work here.",
            false => "DO NOT SIGN: see the verifiers.",
        };
        format!(
            "Agreement {}, chain {}\n\nVerifiers\n{verifiers}\n{said}\n{verdict}\n",
            self.id, self.chain_id
        )
    }
}
