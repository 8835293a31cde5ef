//! `zkmargin book check`

use zkmargin_verifier::command::{check_packet_among, PacketOptions};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::registry::RegistryOptions;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: PacketOptions,
    #[command(flatten)]
    registry: RegistryOptions,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let roots = args.registry.roots()?;
    console::outcome(check_packet_among(&args.options, roots.as_deref())?)
}
