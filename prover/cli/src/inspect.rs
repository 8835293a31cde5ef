//! `zkmargin inspect`

use std::path::PathBuf;

use serde::Serialize;
use zkmargin_verifier::bundle::StatementFile;
use zkmargin_verifier::command::counted;

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files;
use super::prove_report::describe;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Proof bundle
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    key: String,
    size: &'static str,
    statement: StatementFile,
    proof_bytes: usize,
    verified: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let bundle = files::bundle(&args.proof)?;
    if args.json {
        console::json(&Report {
            key: bundle.key.clone(),
            size: bundle.size.name(),
            statement: StatementFile::new(&bundle.statement),
            proof_bytes: bundle.proof.len(),
            verified: false,
        })?;
    } else {
        console::words(&format!(
            "{}proof of {}, NOT verified here: `zkmargin verify` does\n",
            describe(&bundle),
            counted(bundle.proof.len() as u64, "byte", "bytes")
        ))?;
    }
    Ok(Answer::Yes)
}
