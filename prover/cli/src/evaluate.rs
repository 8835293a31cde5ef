//! `zkmargin evaluate`

use std::path::PathBuf;

use serde::Serialize;
use zkmargin_desk::report::{EvaluationReport, Subject};
use zkmargin_engine::account::AccountFile;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::evaluate;

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, PolicyOption};
use super::margin_bound::BoundOptions;
use super::next::Next;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Market file
    #[arg(long, value_name = "FILE")]
    market: PathBuf,
    /// Account file; its positions are enough
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    bound: BoundOptions,
}

/// Everything that the command needs, read and checked.
struct Plan {
    policy: Policy,
    market: Market,
    account: AccountFile,
    ratio_bp: u16,
    buffer: u128,
}

impl Plan {
    fn new(args: &Args) -> Result<Plan, CliError> {
        let policy = args.policy.load()?;
        let market = files::market(&args.market, &policy)?;
        let account = files::positions(&args.account, &market, &policy)?;
        Ok(Plan {
            ratio_bp: args.bound.ratio(),
            buffer: args.bound.buffer()?,
            policy,
            market,
            account,
        })
    }
}

/// The answer where a bound was named, and the evaluation that it is about.
#[derive(Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'static str>,
    #[serde(flatten)]
    evaluation: EvaluationReport,
}

/// Runs the command. An account that misses a bound given with `--ratio` or `--buffer` is a
/// definite no; without them the report is all that was asked for.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let plan = Plan::new(args)?;
    let evaluation = console::working("Evaluating", || {
        evaluate(&plan.policy, &plan.market, &plan.account.positions)
    })?;
    let subject = Subject {
        policy: &plan.policy,
        market: &plan.market,
        positions: &plan.account.positions,
        entries: &plan.account.entries,
        evaluation: &evaluation,
        ratio_bp: plan.ratio_bp,
        buffer: plan.buffer,
    };
    let short = subject.deficit().is_some();
    let answer = match short && args.bound.is_given() {
        true => Answer::No,
        false => Answer::Yes,
    };
    if args.json {
        console::json(&Report {
            answer: args.bound.is_given().then(|| answer.name()),
            evaluation: subject.report(),
        })?;
    } else {
        console::words(&subject.table(console::screen()))?;
    }
    let committed = plan.account.holder.is_some() && plan.account.salt.is_some();
    if committed && subject.deficit().is_none() && !args.json {
        let next = Next::new("prove").option("market", args.market.display());
        let next = next.option("account", args.account.display());
        let next = next.option("identity", "identity.json");
        let next = args.bound.after(args.policy.after(next));
        next.out("proof", ".json").tell();
    }
    Ok(answer)
}
