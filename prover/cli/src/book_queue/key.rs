//! `zkmargin book queue-key`

use std::path::PathBuf;

use zkmargin_prover::book::queue::Key;

use crate::console;
use crate::error::CliError;
use crate::exit::Answer;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File to write, readable by its owner only; a file that is there is never overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let key = Key::create(&args.out)?;
    console::note(format_args!(
        "wrote {}, key {}; give the same file to `zkmargin book prove` and to every worker, and not \
         to the broker",
        args.out.display(),
        key.id()
    ));
    Ok(Answer::Yes)
}
