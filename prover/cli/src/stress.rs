//! `zkmargin stress`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ArgGroup;
use zkmargin_desk::report::{Stress, StressReport};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::{evaluate, revalue, Move, VolMove};
use zkmargin_engine::units::{parse_decimal, BP};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, PolicyOption};

/// Options of the command.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("move").required(true).multiple(true).args(["shock", "vol", "days", "point"]))]
pub(crate) struct Args {
    /// Market file
    #[arg(long, value_name = "FILE")]
    market: PathBuf,
    /// Account file; its positions are enough
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// Price moves, such as BTC=-0.3,ETH=-0.4; what is not named does not move
    #[arg(
        long,
        value_name = "SYMBOL=SHARE",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    shock: Vec<String>,
    /// Multiple of every volatility, such as 1.5
    #[arg(long, value_name = "MULTIPLE")]
    vol: Option<String>,
    /// Days that pass
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=510))]
    days: Option<u32>,
    /// A joint point of the policy by its number, in place of moves of your own
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["shock", "vol", "days"])]
    point: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
}

impl Args {
    /// The move that is asked for.
    fn wanted(&self, policy: &Policy) -> Result<Move, CliError> {
        if let Some(number) = self.point {
            return point(policy, number);
        }
        let mut prices = BTreeMap::new();
        for text in &self.shock {
            let (code, shock) = shock(policy, text)?;
            if prices.insert(code, shock).is_some() {
                let hint = "name every underlying once";
                return Err(CliError::option("shock", text, "moved twice", hint));
            }
        }
        let vol = self.vol.as_deref().map_or(Ok(BP), multiple)?;
        Ok(Move {
            prices,
            vol: VolMove::Multiple(vol),
            days: self.days.unwrap_or(0),
        })
    }
}

/// A joint point of the policy.
fn point(policy: &Policy, number: usize) -> Result<Move, CliError> {
    let text = number.to_string();
    let Some(terms) = policy.portfolio().map(|terms| &terms.shortfall) else {
        let hint = "take a policy of format 2, such as --policy rm2";
        return Err(CliError::option(
            "point",
            &text,
            "the policy has no joint points",
            hint,
        ));
    };
    let Some(point) = terms.points.get(number) else {
        let hint = format!("choose 0 to {}", terms.points.len().saturating_sub(1));
        return Err(CliError::option("point", &text, "no such point", hint));
    };
    let mut prices = BTreeMap::new();
    let mut ways = BTreeMap::new();
    for (code, &(price, vol)) in terms.paths.iter().zip(&point.moves) {
        let range = policy.by_code(*code).map_or(0, |u| u.range_bp);
        // Below 10^4 times 10^4.
        let shock = f64::from(price) * f64::from(range) / f64::from(BP);
        prices.insert(*code, shock.round() as i32);
        ways.insert(*code, vol);
    }
    Ok(Move {
        prices,
        vol: VolMove::OfWay(ways),
        days: 0,
    })
}

/// `BTC=-0.3`: code and basis points.
fn shock(policy: &Policy, text: &str) -> Result<(u16, i32), CliError> {
    let form = "write SYMBOL=SHARE with up to four places, such as BTC=-0.3";
    let Some((symbol, share)) = text.split_once('=') else {
        return Err(CliError::option("shock", text, "no move", form));
    };
    let known = policy.underlying(symbol).filter(|u| !u.cash);
    let Some(underlying) = known else {
        let all = policy.underlyings().iter().filter(|u| !u.cash);
        let symbols: Vec<&str> = all.map(|u| u.symbol.as_str()).collect();
        let hint = format!("those of the policy are {}", symbols.join(", "));
        return Err(CliError::option(
            "shock",
            symbol,
            "no underlying that moves",
            hint,
        ));
    };
    let (sign, size) = match share.strip_prefix('-') {
        Some(size) => (-1, size),
        None => (1, share.strip_prefix('+').unwrap_or(share)),
    };
    let units =
        parse_decimal(size, 4).map_err(|e| CliError::option("shock", text, e.to_string(), form))?;
    let bp =
        i32::try_from(units).map_err(|_| CliError::option("shock", text, "out of range", form))?;
    Ok((underlying.code, sign * bp))
}

/// A multiple in 1e-4.
fn multiple(text: &str) -> Result<u32, CliError> {
    let form = "write a multiple above 0 and up to 10 with up to four places, such as 1.5";
    let units =
        parse_decimal(text, 4).map_err(|e| CliError::option("vol", text, e.to_string(), form))?;
    let fits = u32::try_from(units)
        .ok()
        .filter(|m| (1..=10 * BP).contains(m));
    fits.ok_or_else(|| CliError::option("vol", text, "out of range", form))
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let policy = args.policy.load()?;
    let market = files::market(&args.market, &policy)?;
    let account = files::positions(&args.account, &market, &policy)?;
    let moved = args.wanted(&policy)?;
    let positions = &account.positions;
    let stress = Stress {
        evaluation: &evaluate(&policy, &market, positions)?,
        revaluation: &revalue(&policy, &market, positions, &moved)?,
        policy: &policy,
        moved: &moved,
    };
    match args.json {
        true => console::json(&StressReport::new(&stress))?,
        false => console::words(&stress.table(console::screen()))?,
    }
    Ok(Answer::Yes)
}
