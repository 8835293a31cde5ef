//! `zkmargin completions` and `zkmargin man`: what shells and manuals know of the commands.

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use super::console;
use super::error::CliError;
use super::exit::Answer;

/// Options of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that is to complete
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Options of `man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The command that the page is about; the program if left out
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// Prints completions.
pub(crate) fn completions(
    args: &CompletionsArgs,
    program: &mut Command,
) -> Result<Answer, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, program, "zkmargin", &mut script);
    console::data(&String::from_utf8_lossy(&script))?;
    Ok(Answer::Yes)
}

/// Prints a manual page.
pub(crate) fn man(args: &ManArgs, mut program: Command) -> Result<Answer, CliError> {
    program.build();
    let mut command = &program;
    for name in &args.command {
        command = command.find_subcommand(name).ok_or_else(|| {
            let all = command.get_subcommands().map(Command::get_name);
            let all: Vec<&str> = all.filter(|name| *name != "help").collect();
            CliError::NoCommand {
                name: name.clone(),
                parent: command.get_bin_name().unwrap_or("zkmargin").to_owned(),
                hint: match all.is_empty() {
                    true => "it has no commands of its own".to_owned(),
                    false => format!("its commands are {}", all.join(", ")),
                },
            }
        })?;
    }
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .map_err(CliError::Output)?;
    console::data(&String::from_utf8_lossy(&page))?;
    Ok(Answer::Yes)
}
