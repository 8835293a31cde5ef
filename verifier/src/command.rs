//! `zkmargin-verify` without circuits: keys are protocol files, or those of RM-1 in the program.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use serde_json::json;
use zkmargin_engine::error::Error as EngineError;
use zkmargin_engine::file::{read_bounded, read_text, FileError};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::format_element;
use zkmargin_verifier::bn254::Fr;
use zkmargin_verifier::light::bundle::{embedded, LightError, Verdict};
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::proof_file::{parse_row, ProofFile, ROWS};
use zkmargin_verifier::protocol::Protocol;

/// No input file comes near this many bytes.
const LONGEST_INPUT: u64 = 16 << 20;

/// Verify a proof of solvency. Every public input that is not given is taken on trust, and said so.
#[derive(Debug, Parser)]
#[command(name = "zkmargin-verify", version)]
struct Args {
    /// Proof bundle
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// Key from `zkmargin export protocol`; if left out, that of RM-1 in the program
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Market file that the proof must be about
    #[arg(long, value_name = "FILE", conflicts_with = "market_digest")]
    market: Option<PathBuf>,
    /// Digest of the market that the proof must be about
    #[arg(long, value_name = "HEX")]
    market_digest: Option<String>,
    /// Risk model that names the market's instruments, a TOML file; if left out, RM-1
    #[arg(long, value_name = "FILE", requires = "market")]
    policy: Option<PathBuf>,
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
    ratio: Option<String>,
    /// Buffer that the proof must be for, in USD
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    buffer: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Light(#[from] LightError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("--{option} {value}: cannot be read\nhint: {hint}")]
    Option {
        option: &'static str,
        value: String,
        hint: &'static str,
    },
}

/// The digest of the market that the proof must be about, where one is given.
fn market_digest(args: &Args) -> Result<Option<String>, Failure> {
    let Some(path) = &args.market else {
        return Ok(args.market_digest.as_ref().map(hexadecimal));
    };
    let policy = match &args.policy {
        Some(path) => {
            let text = read_text(path, LONGEST_INPUT)?;
            Policy::from_toml(&text, &path.display().to_string())?
        }
        None => Policy::rm1(),
    };
    let text = read_text(path, LONGEST_INPUT)?;
    let market = Market::from_json(&text, &path.display().to_string(), &policy)?;
    Ok(Some(format_element(&market.digest())))
}

fn hexadecimal(text: &String) -> String {
    match text.starts_with("0x") {
        true => text.clone(),
        false => format!("0x{text}"),
    }
}

fn expected(args: &Args) -> Result<[Option<Fr>; 8], Failure> {
    // A scope is a decimal number, or hexadecimal after `0x`.
    let scope = |text: &String| match text.parse::<u128>() {
        Ok(number) => format!("0x{number:x}"),
        Err(_) => text.clone(),
    };
    let texts = [
        ("policy", "policy", None),
        ("market", "market-digest", market_digest(args)?),
        ("book", "book", args.book.as_ref().map(hexadecimal)),
        (
            "nullifier",
            "nullifier",
            args.nullifier.as_ref().map(hexadecimal),
        ),
        ("scope", "scope", args.scope.as_ref().map(scope)),
        ("message", "message", args.message.as_ref().map(hexadecimal)),
        ("ratio", "ratio", args.ratio.clone()),
        ("buffer", "buffer", args.buffer.clone()),
    ];
    let mut rows = [None; 8];
    for (row, (name, option, text)) in rows.iter_mut().zip(texts) {
        let Some(value) = text else { continue };
        let parsed = parse_row(name, &value);
        *row = Some(parsed.map_err(|hint| Failure::Option {
            option,
            value,
            hint,
        })?);
    }
    Ok(rows)
}

fn protocol(args: &Args, size: &str) -> Result<Protocol, Failure> {
    let Some(path) = &args.protocol else {
        return Ok(embedded(size)?);
    };
    Protocol::from_bytes(&read_bounded(path, LONGEST_INPUT)?).map_err(|fault| {
        let file = path.display().to_string();
        LightError::Protocol { file, fault }.into()
    })
}

fn report(args: &Args, bundle: &ProofFile, key: &Protocol, verdict: &Verdict, seconds: f64) {
    let texts = bundle.statement.texts();
    if args.json {
        let statement: serde_json::Map<_, _> = ROWS
            .iter()
            .zip(texts)
            .map(|(row, text)| ((*row).to_owned(), json!(text)))
            .collect();
        let report = json!({
            "verified": true,
            "key": bundle.key,
            "key_digest": format!("0x{}", hex::encode(key.digest())),
            "size": bundle.size,
            "statement": statement,
            "checked": verdict.checked,
            "trusted": verdict.trusted,
            "insecure": verdict.insecure,
            "seconds": seconds,
        });
        println!("{report:#}");
        return;
    }
    println!(
        "VERIFIED in {:.1} ms: policy {}, key {}, digest 0x{}",
        seconds * 1e3,
        key.label.policy_name,
        bundle.key,
        hex::encode(key.digest())
    );
    for (row, text) in ROWS.iter().zip(texts) {
        let trusted = verdict.trusted.contains(row);
        let origin = if trusted { "taken on trust" } else { "checked" };
        println!("  {row:<10} {text:<66}  {origin}");
    }
    if verdict.insecure {
        println!(
            "INSECURE SETUP: its secret was known to one process, proofs under it convince nobody"
        );
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let file = args.proof.display().to_string();
    let text = read_text(&args.proof, LONGEST_INPUT)?;
    let bundle = ProofFile::from_json(&text, &file).map_err(LightError::from)?;
    let expected = expected(args)?;
    let verifier = LightVerifier::new(protocol(args, &bundle.size)?);
    let started = Instant::now();
    let verdict = verifier.check(&bundle, &file, &expected)?;
    let seconds = started.elapsed().as_secs_f64();
    report(args, &bundle, verifier.protocol(), &verdict, seconds);
    Ok(())
}

/// Runs the program.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Light(no)) if no.is_verdict() => {
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
