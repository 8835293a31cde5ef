//! `zkmargin policy show`

use zkmargin_engine::policy::Policy;
use zkmargin_engine::units::format_element;
use zkmargin_verifier::command::{load_policy, policy_file};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{deliver, OutOption};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Risk model: `rm1` or `wide`, which are in the program, or a TOML file
    #[arg(value_name = "POLICY", default_value = "rm1")]
    policy: String,
    #[command(flatten)]
    out: OutOption,
}

/// Runs the command. A file that is no policy is not shown.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let output = args.out.place(&[args.policy.as_ref()])?;
    let policy: Policy = load_policy(&args.policy)?;
    deliver(&output, &policy_file(&args.policy)?)?;
    if let Some(out) = output.file() {
        console::note(format_args!(
            "wrote {}: {}, digest {}",
            out.display(),
            policy.name(),
            format_element(&policy.digest())
        ));
    }
    Ok(Answer::Yes)
}
