//! `zkmargin-verify` that derives keys from policies: it has the circuit, and needs no key file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use serde_json::json;
use zkmargin_circuits::margin::Size;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::statement::{Row, BUFFER_BITS};
use zkmargin_engine::units::{format_element, format_money, parse_element, parse_money};
use zkmargin_engine::Fr;
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::error::VerifierError;
use zkmargin_verifier::files::read_text;
use zkmargin_verifier::keys::{key_shape, Key};
use zkmargin_verifier::setup::{ImportOptions, Setup, VerifierSetup};
use zkmargin_verifier::verify::{verify, Expectations, Verdict};

/// No input file comes near this many bytes.
const LONGEST_INPUT: u64 = 64 << 20;

/// Verify a proof of solvency. Every public input that is not given is taken on trust, and said so.
#[derive(Debug, Parser)]
#[command(name = "zkmargin-verify", version)]
struct Args {
    /// Proof bundle
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// Risk model: `rm1` or `wide`, which are in the program, or a TOML file
    #[arg(long, value_name = "POLICY", default_value = "rm1")]
    policy: String,
    /// Market file that the proof must be about
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Book root that the account must be in
    #[arg(long, value_name = "HEX")]
    book: Option<String>,
    /// Nullifier that the proof must have
    #[arg(long, value_name = "HEX")]
    nullifier: Option<String>,
    /// Scope that the proof must have: a number, or 0x and hexadecimal
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
    /// Trusted setup; if left out, the Ignition powers in the program
    #[arg(long, value_name = "FILE")]
    setup: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    #[error("--{option} {value}: {problem}\nhint: {hint}")]
    Option {
        option: &'static str,
        value: String,
        problem: String,
        hint: String,
    },
    #[error(
        "{file}: statement.policy = {found}: not the policy {policy}\n\
         hint: name the policy that the proof was made for with --policy"
    )]
    OtherPolicy {
        file: String,
        found: String,
        policy: String,
    },
}

fn policy(name: &str) -> Result<Policy, Failure> {
    let text = match name {
        "rm1" => return Ok(Policy::rm1()),
        "wide" => include_str!("../../../policies/wide.toml").to_owned(),
        path => read_text(Path::new(path), LONGEST_INPUT)?,
    };
    Ok(Policy::from_toml(&text, name)?)
}

fn element(option: &'static str, text: &str) -> Result<Fr, Failure> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    parse_element(&format!("0x{digits}")).map_err(|problem| Failure::Option {
        option,
        value: text.to_owned(),
        problem: problem.to_string(),
        hint: problem.hint(),
    })
}

/// A scope is a decimal number, or hexadecimal after `0x`.
fn scope(text: &str) -> Result<Fr, Failure> {
    match text.parse::<u128>() {
        Ok(number) => element("scope", &format!("0x{number:x}")),
        Err(_) => element("scope", text),
    }
}

fn buffer(text: &str) -> Result<u128, Failure> {
    let bad = |problem: String, hint: String| Failure::Option {
        option: "buffer",
        value: text.to_owned(),
        problem,
        hint,
    };
    let units = parse_money(text).map_err(|p| bad(p.to_string(), p.hint()))?;
    u128::try_from(units)
        .ok()
        .filter(|units| units >> BUFFER_BITS == 0)
        .ok_or_else(|| {
            let hint = "the range is 0 to 2^90 units of 1e-8 USD";
            bad("out of range".to_owned(), hint.to_owned())
        })
}

fn expectations(args: &Args, policy: &Policy) -> Result<Expectations, Failure> {
    let market = |path: &PathBuf| -> Result<Fr, Failure> {
        let text = read_text(path, LONGEST_INPUT)?;
        Ok(Market::from_json(&text, &path.display().to_string(), policy)?.digest())
    };
    let field = |option, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|t| element(option, t)).transpose()
    };
    Ok(Expectations {
        market: args.market.as_ref().map(market).transpose()?,
        book: field("book", &args.book)?,
        nullifier: field("nullifier", &args.nullifier)?,
        scope: args.scope.as_deref().map(scope).transpose()?,
        message: field("message", &args.message)?,
        ratio: args.ratio,
        buffer: args.buffer.as_deref().map(buffer).transpose()?,
    })
}

/// The verifier's part of the setup and the key. Powers are loaded only to derive a new key.
fn key(args: &Args, policy: &Policy, size: Size) -> Result<(VerifierSetup, Key), VerifierError> {
    let k = key_shape(policy, size).k;
    match &args.setup {
        Some(path) => {
            let full = Setup::import(path, &ImportOptions::default().with_k(k))?;
            let setup = full.verifier();
            let key = Key::cached(policy, size, &setup, || Ok(full))?;
            Ok((setup, key))
        }
        None => {
            let setup = VerifierSetup::ignition(k)?;
            let key = Key::cached(policy, size, &setup, || Setup::embedded(k))?;
            Ok((setup, key))
        }
    }
}

fn report(args: &Args, bundle: &Bundle, key: &Key, verdict: &Verdict, seconds: f64) {
    let values = bundle.statement.rows();
    let text = |row: Row| match row {
        Row::Ratio => bundle.statement.ratio.to_string(),
        Row::Buffer => format_money(bundle.statement.buffer as i128),
        _ => format_element(&values[row as usize]),
    };
    if args.json {
        let statement: serde_json::Map<_, _> = Row::ALL
            .iter()
            .map(|&row| (row.name().to_owned(), json!(text(row))))
            .collect();
        let names = |rows: &[Row]| rows.iter().map(|row| row.name()).collect::<Vec<_>>();
        let report = json!({
            "verified": true,
            "key": key.id,
            "size": bundle.size.name(),
            "statement": statement,
            "checked": names(&verdict.checked),
            "trusted": names(&verdict.trusted),
            "insecure": verdict.insecure,
            "seconds": seconds,
        });
        println!("{report:#}");
        return;
    }
    println!(
        "VERIFIED in {:.1} ms: policy {}, key {}",
        seconds * 1e3,
        key.policy_name,
        key.id
    );
    for row in Row::ALL {
        let trusted = verdict.trusted.contains(&row);
        let origin = if trusted { "taken on trust" } else { "checked" };
        println!("  {:<10} {:<66}  {origin}", row.name(), text(row));
    }
    if verdict.insecure {
        println!(
            "INSECURE SETUP: its secret was known to one process, proofs under it convince nobody"
        );
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let policy = policy(&args.policy)?;
    let file = args.proof.display().to_string();
    let bundle = Bundle::from_json(&read_text(&args.proof, LONGEST_INPUT)?, &file)?;
    if bundle.statement.policy != policy.digest() {
        return Err(Failure::OtherPolicy {
            file,
            found: format_element(&bundle.statement.policy),
            policy: policy.name().to_owned(),
        });
    }
    let expected = expectations(args, &policy)?;
    let (setup, key) = key(args, &policy, bundle.size)?;
    let started = Instant::now();
    let verdict = verify(&key, &setup, &bundle, &expected)?;
    report(
        args,
        &bundle,
        &key,
        &verdict,
        started.elapsed().as_secs_f64(),
    );
    Ok(())
}

/// Runs the program.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Verifier(no)) if no.is_verdict() => {
            if args.json {
                let reason = no.to_string();
                let reason = reason.lines().next().unwrap_or_default();
                println!("{:#}", json!({ "verified": false, "reason": reason }));
            }
            eprintln!("not verified: {no}");
            ExitCode::from(1)
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}
