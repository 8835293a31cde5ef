//! `zkmargin export`

use std::path::{Path, PathBuf};

use serde::Serialize;
use zkmargin_chain::solidity::{self, Options};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::statement::Row;
use zkmargin_keys::batch::BatchVerifier;
use zkmargin_keys::transcript::from_halo2;
use zkmargin_keys::verify::verify_rows;
use zkmargin_prover::book::plan::shape;
use zkmargin_verifier::command::{counted, whole};
use zkmargin_verifier::protocol::plan::Plan;
use zkmargin_verifier::protocol::{KeyFile, Protocol};
use zkmargin_verifier::verdict::No;

use super::circuit_options::{size, SetupOption};
use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, name, OutFile, OutOption, PolicyOption};

/// What is exported.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The Solidity contract that verifies proofs of a key
    Solidity(SolidityArgs),
    /// The key as a file for `zkmargin-verify --protocol` and other verifiers
    Protocol(ProtocolArgs),
    /// A proof as a contract takes it: proof bytes, statement words, calldata of `verify`
    Calldata(CalldataArgs),
    /// A Solidity library that names the words of a statement
    Statement(StatementArgs),
}

/// Which key.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyOptions {
    /// Circuit size: small, standard or large
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Size,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    setup: SetupOption,
}

impl KeyOptions {
    /// The files that the key is made from.
    fn inputs(&self) -> Vec<&Path> {
        let mut inputs = vec![self.policy.file()];
        inputs.extend(self.setup.file());
        inputs
    }

    fn protocol(&self) -> Result<Protocol, CliError> {
        let policy = self.policy.load()?;
        let (setup, key) = self.setup.load_key(&policy, self.size)?;
        Ok(key.protocol(&setup)?)
    }
}

/// Options of `export solidity`.
#[derive(Debug, clap::Args)]
pub(crate) struct SolidityArgs {
    #[command(flatten)]
    key: KeyOptions,
    #[command(flatten)]
    out: OutOption,
    /// Allow a key of an insecure setup: for test chains only
    #[arg(long)]
    insecure: bool,
}

/// Options of `export protocol`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProtocolArgs {
    /// Circuit size of margin proofs: small, standard or large
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Option<Size>,
    /// In its place: the key of a book's batches of 2^K rows, without the prices of a market
    #[arg(long, value_name = "K", conflicts_with = "size", value_parser = whole::<u32>)]
    batch: Option<u32>,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    setup: SetupOption,
    #[command(flatten)]
    out: OutFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `export calldata`.
#[derive(Debug, clap::Args)]
pub(crate) struct CalldataArgs {
    /// Proof bundle
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    setup: SetupOption,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `export statement`.
#[derive(Debug, clap::Args)]
pub(crate) struct StatementArgs {
    #[command(flatten)]
    out: OutOption,
}

/// Runs the command.
pub fn run(command: &Command) -> Result<Answer, CliError> {
    match command {
        Command::Solidity(args) => solidity(args),
        Command::Protocol(args) => protocol(args),
        Command::Calldata(args) => calldata(args),
        Command::Statement(args) => {
            let output = args.out.place(&[])?;
            let rows: Vec<&str> = Row::ALL.iter().map(|row| row.name()).collect();
            files::deliver(&output, &solidity::statement_library(&rows))?;
            Ok(Answer::Yes)
        }
    }
}

fn solidity(args: &SolidityArgs) -> Result<Answer, CliError> {
    let output = args.out.place(&args.key.inputs())?;
    let protocol = args.key.protocol()?;
    let options = Options {
        insecure: args.insecure,
    };
    let contract = solidity::generate(&protocol, options)?;
    files::deliver(&output, &contract.source)?;
    if let Some(out) = output.file() {
        let (contract, key) = (&contract.name, &protocol.label.key);
        console::note(format_args!(
            "wrote {}: contract {contract}, key {key}",
            name(out)
        ));
    }
    Ok(Answer::Yes)
}

#[derive(Serialize)]
struct ProtocolReport {
    key: String,
    size: String,
    policy: String,
    digest: String,
    bytes: usize,
    proof_bytes: usize,
    points: usize,
    scalars: usize,
    insecure: bool,
}

impl ProtocolArgs {
    /// The files that the key is made from.
    fn inputs(&self) -> Vec<&Path> {
        let mut inputs = vec![self.policy.file()];
        inputs.extend(self.setup.file());
        inputs
    }

    /// The key, and what its proofs hold.
    fn key(&self) -> Result<(KeyFile, Plan), CliError> {
        let policy = self.policy.load()?;
        match (self.batch, self.size) {
            (Some(k), _) => self.batch_key(&policy, k),
            (None, None) => Err(CliError::NoKey),
            (None, Some(size)) => {
                let (setup, key) = self.setup.load_key(&policy, size)?;
                let protocol = key.protocol(&setup)?;
                let plan = Plan::new(&protocol);
                Ok((KeyFile::Whole(Box::new(protocol)), plan))
            }
        }
    }

    fn batch_key(&self, policy: &Policy, k: u32) -> Result<(KeyFile, Plan), CliError> {
        let shape = shape(k, policy)?;
        let what = format_args!("a key of batches of 2^{k} rows");
        let setup = self.setup.powers(k, what)?;
        // The file is the same for every market.
        let market = Market::new(0, Vec::new())?;
        let key = console::working("Deriving the key", || {
            BatchVerifier::new(&setup, policy, &market, shape)
        })?;
        let plan = Plan::new(&key.protocol(policy.name())?);
        let template = key.template(&setup, policy.name())?;
        Ok((KeyFile::Open(Box::new(template)), plan))
    }
}

fn protocol(args: &ProtocolArgs) -> Result<Answer, CliError> {
    let output = args.out.place(&args.inputs())?;
    let (key, plan) = args.key()?;
    let bytes = key.to_bytes();
    output.write(|out| out.write_all(&bytes))?;
    let Some(file) = output.file() else {
        return Ok(Answer::Yes);
    };
    let label = key.label().clone();
    let report = ProtocolReport {
        digest: format!("0x{}", hex::encode(key.digest())),
        bytes: bytes.len(),
        proof_bytes: plan.proof_bytes(32),
        points: plan.points,
        scalars: plan.scalars,
        insecure: label.insecure,
        key: label.key,
        size: label.size,
        policy: label.policy_name,
    };
    match args.json {
        true => console::json(&report)?,
        false => console::note(format_args!(
            "wrote {}: key {}, {}, digest {}",
            name(file),
            report.key,
            counted(report.bytes as u64, "byte", "bytes"),
            report.digest
        )),
    }
    Ok(Answer::Yes)
}

#[derive(Serialize)]
struct CalldataReport {
    key: String,
    proof: String,
    statement: Vec<String>,
    calldata: String,
}

fn calldata(args: &CalldataArgs) -> Result<Answer, CliError> {
    let policy: Policy = args.policy.load()?;
    let bundle = files::bundle(&args.proof)?;
    let (setup, key) = args.setup.load_key(&policy, bundle.size)?;
    if key.id != bundle.key {
        let (expected, found) = (key.id, bundle.key);
        return Err(No::OtherKey { expected, found }.into());
    }
    let rows = bundle.statement.rows();
    // A proof that fails here would fail on chain, at the sender's cost.
    verify_rows(&key, &setup, &rows, &bundle.proof)?;
    let plan = Plan::new(&key.protocol(&setup)?);
    let proof = plan.to_chain(&bundle.proof).ok_or(No::Rejected)?;
    let words = rows.map(|row| from_halo2(&row).to_be_bytes());
    let text = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
    let report = CalldataReport {
        key: key.id,
        calldata: text(&solidity::call_data(&proof, &words)),
        proof: text(&proof),
        statement: words.iter().map(|word| text(word)).collect(),
    };
    match args.json {
        true => console::json(&report)?,
        false => {
            let rows = Row::ALL.iter().zip(&report.statement);
            let statement: String = rows
                .map(|(row, word)| format!("{:<10} {word}\n", row.name()))
                .collect();
            console::data(&format!("{statement}{:<10} {}\n", "proof", report.proof))?;
        }
    }
    Ok(Answer::Yes)
}
