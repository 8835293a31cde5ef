//! `zkmargin book check`

use zkmargin_verifier::command::{check_packet, PacketOptions};

use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;

/// Runs the command.
pub fn run(options: &PacketOptions) -> Result<Answer, CliError> {
    console::outcome(check_packet(options)?)
}
