//! Options that choose a setup and the size of a circuit.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::{key_shape, Key};
use zkmargin_keys::setup::{ImportOptions, Setup, VerifierSetup, IGNITION_MAX_K};

use zkmargin_verifier::command::{FileKind, INSECURE};

use super::console;
use super::error::CliError;
use super::files;
use super::next::Next;

/// Option that chooses the trusted setup.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct SetupOption {
    /// Trusted setup from `zkmargin setup`; if left out, the Ignition powers in the program
    #[arg(long, value_name = "FILE")]
    setup: Option<PathBuf>,
}

impl SetupOption {
    /// The file that the setup is read from, if it is not in the program.
    pub fn file(&self) -> Option<&Path> {
        self.setup.as_deref()
    }

    /// A command with the same setup.
    pub(crate) fn after(&self, next: Next) -> Next {
        match &self.setup {
            Some(file) => next.option("setup", file.display()),
            None => next,
        }
    }

    /// The setup of exactly 2^k powers that a policy needs at a size.
    pub fn load(&self, policy: &Policy, size: Size) -> Result<Setup, CliError> {
        self.powers(
            key_shape(policy, size).k,
            format_args!("a circuit of size {size}"),
        )
    }

    /// The setup of exactly 2^k powers; `what` needs so many.
    pub(crate) fn powers(&self, k: u32, what: impl std::fmt::Display) -> Result<Setup, CliError> {
        let setup = match &self.setup {
            Some(path) => {
                let read = console::working("Reading and checking the setup", || {
                    Setup::import(path, &ImportOptions::default().with_k(k))
                });
                files::of_kind(path, FileKind::Setup, read)?
            }
            None => {
                check_embedded(what, k)?;
                console::working("Loading the Ignition setup", || Setup::embedded(k))?
            }
        };
        if setup.info().insecure {
            console::note(format_args!("warning: {INSECURE}"));
        }
        Ok(setup)
    }

    /// The part of it that a verifier needs, and the verifying key. The powers in the program
    /// are expanded only where the key is not in the cache.
    pub(crate) fn load_key(
        &self,
        policy: &Policy,
        size: Size,
    ) -> Result<(VerifierSetup, Key), CliError> {
        if self.setup.is_some() {
            let full = self.load(policy, size)?;
            let setup = full.verifier();
            let derive = || Key::cached(policy, size, &setup, || Ok(full));
            let key = console::working("Loading the verifying key", derive)?;
            return Ok((setup, key));
        }
        let k = key_shape(policy, size).k;
        check_embedded(format_args!("a circuit of size {size}"), k)?;
        let setup = VerifierSetup::ignition(k)?;
        let derive = || Key::cached(policy, size, &setup, || Setup::embedded(k));
        let key = console::working("Loading the verifying key", derive)?;
        Ok((setup, key))
    }
}

/// Whether the powers in the program serve a circuit.
fn check_embedded(what: impl std::fmt::Display, k: u32) -> Result<(), CliError> {
    match k <= IGNITION_MAX_K {
        true => Ok(()),
        false => Err(CliError::Powers {
            what: what.to_string(),
            needed: k,
            there: IGNITION_MAX_K,
        }),
    }
}

/// A circuit size on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizeChoice {
    /// The smallest that holds the account.
    Auto,
    /// This one.
    Fixed(Size),
}

impl FromStr for SizeChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(SizeChoice::Auto),
            name => Size::from_str(name)
                .map(SizeChoice::Fixed)
                .map_err(|_| "the sizes are auto, small, standard and large".to_owned()),
        }
    }
}

/// A size that is named.
pub(crate) fn size(text: &str) -> Result<Size, String> {
    let named = Size::from_str(text);
    named.map_err(|_| "the sizes are small, standard and large".to_owned())
}
