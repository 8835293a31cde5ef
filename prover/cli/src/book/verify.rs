//! `zkmargin book verify`

use zkmargin_keys::batch::BatchVerifier;
use zkmargin_prover::book::plan::shape;
use zkmargin_verifier::command::{
    verify_book, BatchKeys, BookOptions, PublishedBook, Record, Recorded,
};
use zkmargin_verifier::key::BatchKey;

use super::super::circuit_options::SetupOption;
use super::super::console;
use super::super::error::CliError;
use super::super::exit::Answer;
use super::registry::RegistryOptions;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: BookOptions,
    #[command(flatten)]
    registry: RegistryOptions,
    #[command(flatten)]
    setup: SetupOption,
}

/// Keys are derived from the circuit.
impl BatchKeys for Args {
    type Error = CliError;

    fn key(&self, published: &PublishedBook) -> Result<Option<Box<dyn BatchKey>>, CliError> {
        let PublishedBook {
            policy,
            market,
            book,
            ..
        } = published;
        let shape = shape(book.k, policy)?;
        let setup = self.setup.powers(
            book.k,
            format_args!("a book with batches of 2^{} rows", book.k),
        )?;
        let key = console::working("Pricing the market and deriving the key", || {
            BatchVerifier::new(&setup, policy, market, shape)
        })?;
        Ok(Some(Box::new(key)))
    }

    fn record(&self, book: Recorded<'_>) -> Result<Option<Record>, CliError> {
        self.registry.record(book)
    }

    fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        console::working("Verifying", work)
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    console::outcome(verify_book(&args.options, args)?)
}
