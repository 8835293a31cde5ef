//! Distributed proving of a book: `book prove --nats URL`, `book worker --nats URL` and
//! `book queue-key`.

pub mod coordinate;
pub mod key;
pub mod worker;

use std::path::PathBuf;
use std::time::Duration;

use zkmargin_prover::book::queue::{Key, Options};
use zkmargin_verifier::command::FileKind;

use super::error::CliError;
use super::files;

/// Longest `--nats-patience` and `--nats-ack-wait`, in seconds.
const LONGEST: u64 = 7 * 24 * 3600;

/// Options that say how to reach the broker.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NatsOptions {
    /// Broker with JetStream, as nats://HOST:PORT or tls://HOST:PORT
    #[arg(long, value_name = "URL", requires = "queue_key")]
    pub nats: Option<String>,
    /// Key that inputs are encrypted with, from `zkmargin book queue-key`
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub queue_key: Option<PathBuf>,
    /// NATS credentials file, if the broker asks for one
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub nats_creds: Option<PathBuf>,
    /// Certificates (PEM) of whoever vouches for the broker, beside those that the system trusts; no
    /// connection without TLS then
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub nats_ca: Option<PathBuf>,
    /// Seconds to wait for a broker that is away or full
    #[arg(long, value_name = "SECONDS", requires = "nats", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(0..=LONGEST))]
    pub nats_patience: u64,
    /// Most bytes that the broker's object store may hold; changes one that is there
    #[arg(long, value_name = "BYTES", requires = "nats", value_parser = clap::value_parser!(i64).range(1..))]
    pub nats_store: Option<i64>,
    /// Seconds without a word from its worker after which a batch goes to another; fixed by
    /// whoever uses the broker first
    #[arg(long, value_name = "SECONDS", requires = "nats", default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=LONGEST))]
    pub nats_ack_wait: u64,
}

impl NatsOptions {
    /// The broker and the key, if one is named.
    pub fn load(&self) -> Result<Option<(Options, Key)>, CliError> {
        let (Some(url), Some(path)) = (&self.nats, &self.queue_key) else {
            return Ok(None);
        };
        let options = Options {
            credentials: self.nats_creds.clone(),
            authority: self.nats_ca.clone(),
            store_bytes: self.nats_store,
            patience: Duration::from_secs(self.nats_patience),
            ack_wait: Duration::from_secs(self.nats_ack_wait),
            ..Options::new(url.as_str())
        };
        let key = files::of_kind(path, FileKind::QueueKey, Key::read(path))?;
        Ok(Some((options, key)))
    }
}
