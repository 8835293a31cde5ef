//! `zkmargin verify`

use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::verify::DerivedKey;
use zkmargin_verifier::command::{verify_proof, KeySource, VerifyOptions};
use zkmargin_verifier::key::ProofKey;

use super::circuit_options::SetupOption;
use super::console;
use super::error::CliError;
use super::exit::Answer;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: VerifyOptions,
    #[command(flatten)]
    setup: SetupOption,
}

/// Keys are derived from the circuit.
impl KeySource for SetupOption {
    type Error = CliError;

    fn key(&self, policy: &Policy, size: Size) -> Result<Box<dyn ProofKey>, CliError> {
        let (setup, key) = self.load_key(policy, size)?;
        Ok(Box::new(DerivedKey::new(key, setup)))
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    console::outcome(verify_proof(&args.options, &args.setup)?)
}
