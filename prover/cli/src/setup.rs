//! `zkmargin setup import`, `inspect` and `insecure`

use std::path::PathBuf;

use clap::ValueEnum;
use zkmargin_engine::file::Output;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::key_shape;
use zkmargin_keys::setup::{Format, ImportOptions, Setup, SetupInfo, IGNITION_MAX_K};
use zkmargin_verifier::command::{whole, FileKind, INSECURE};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, OutFile};
use super::next::Next;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check a ceremony file and write it in this program's format
    Import(ImportArgs),
    /// Check a setup and show where it comes from
    Inspect(InspectArgs),
    /// Make a setup whose secret this process knows, for tests
    Insecure(InsecureArgs),
}

/// Options of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// snarkjs .ptau, Aztec flat file, or halo2 raw parameters
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keep only the first 2^K powers
    #[arg(long, value_name = "K", value_parser = whole::<u32>)]
    k: Option<u32>,
    /// g2.dat of an Aztec ceremony other than Ignition
    #[arg(long, value_name = "FILE")]
    g2: Option<PathBuf>,
    /// Format of the file; found out from its first bytes if left out
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    #[command(flatten)]
    out: OutFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// Setup or ceremony file; the Ignition powers in the program if left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `insecure`.
#[derive(Debug, clap::Args)]
pub(crate) struct InsecureArgs {
    /// Makes 2^K powers
    #[arg(long, value_name = "K", value_parser = whole::<u32>)]
    k: u32,
    /// Derive the secret from this number, so that everyone gets the same setup
    #[arg(long, value_name = "N", value_parser = whole::<u64>)]
    seed: Option<u64>,
    #[command(flatten)]
    out: OutFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// snarkjs powers of tau
    Ptau,
    /// Aztec g1.dat
    AztecFlat,
    /// halo2 ParamsKZG, raw bytes
    Halo2Raw,
    /// This program's own
    Zksetup,
}

/// Runs a command.
pub fn run(command: &Command) -> Result<Answer, CliError> {
    // The place is looked at before the work is done.
    let (output, setup, json) = match command {
        Command::Import(args) => {
            let mut inputs = vec![args.file.as_path()];
            inputs.extend(args.g2.as_deref());
            (Some(args.out.place(&inputs)?), import(args)?, args.json)
        }
        Command::Inspect(args) => (None, inspect(args)?, args.json),
        Command::Insecure(args) => (Some(args.out.place(&[])?), insecure(args)?, args.json),
    };
    if let Some(output) = &output {
        setup.save_to(output)?;
        let Some(path) = output.file() else {
            return Ok(Answer::Yes);
        };
        console::note(format_args!("wrote {}", path.display()));
    }
    let info = setup.info();
    if info.insecure {
        console::note(format_args!("warning: {INSECURE}"));
    }
    match json {
        true => console::json(&info)?,
        false => console::words(&describe(&info))?,
    }
    let mut sizes = Size::ALL.into_iter().rev();
    let largest = sizes.find(|size| key_shape(&Policy::rm1(), *size).k <= info.k);
    let file = output.as_ref().and_then(Output::file);
    if let (Some(size), Some(file), false) = (largest, file, json) {
        let next = Next::new("keygen").option("size", size);
        next.option("setup", file.display()).tell();
    }
    Ok(Answer::Yes)
}

fn import(args: &ImportArgs) -> Result<Setup, CliError> {
    let mut options = ImportOptions::default();
    if let Some(k) = args.k {
        options = options.with_k(k);
    }
    if let Some(g2) = &args.g2 {
        options = options.with_g2(g2);
    }
    if let Some(format) = args.format {
        options = options.with_format(match format {
            FormatName::Ptau => Format::Ptau,
            FormatName::AztecFlat => Format::AztecFlat,
            FormatName::Halo2Raw => Format::Halo2Raw,
            FormatName::Zksetup => Format::Container,
        });
    }
    let work = || Setup::import(&args.file, &options);
    let read = console::working("Reading and checking the setup", work);
    files::of_kind(&args.file, FileKind::Setup, read)
}

fn inspect(args: &InspectArgs) -> Result<Setup, CliError> {
    let work = || match &args.file {
        Some(file) => Setup::import(file, &ImportOptions::default()),
        None => Setup::embedded_uncached(IGNITION_MAX_K),
    };
    let read = console::working("Reading and checking the setup", work);
    match &args.file {
        Some(file) => files::of_kind(file, FileKind::Setup, read),
        None => Ok(read?),
    }
}

fn insecure(args: &InsecureArgs) -> Result<Setup, CliError> {
    let work = || match args.seed {
        Some(seed) => Setup::insecure_from_seed(args.k, seed),
        None => Setup::insecure(args.k),
    };
    Ok(console::working("Making an insecure setup", work)?)
}

fn describe(info: &SetupInfo) -> String {
    let mut out = format!(
        "setup     {}\norigin    {}\nsize      2^{} = {} powers\nceremony  {}\ndigest    {}\n",
        info.id, info.origin, info.k, info.points, info.ceremony, info.digest
    );
    if let Some(format) = &info.format {
        out += &format!("format    {format}\n");
    }
    if let Some(contributions) = info.contributions {
        out += &format!("file says {contributions} contributions\n");
    }
    for check in &info.checks {
        out += &format!("checked   {check}\n");
    }
    out
}
