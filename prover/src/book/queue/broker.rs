//! The connection to the broker, and the streams and buckets that are used there.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::jetstream::consumer::{pull, AckPolicy, Consumer};
use async_nats::jetstream::kv;
use async_nats::jetstream::object_store::{self, ObjectStore};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context};
use async_nats::ConnectOptions;
use zkmargin_engine::file::read_text;

use super::error::QueueError;
use super::names;
use super::notice::{Patience, Place, Tell};

const CONNECT: Duration = Duration::from_secs(10);
const REQUEST: Duration = Duration::from_secs(5);
const LONGEST_DELAY: Duration = Duration::from_secs(2);
const LONGEST_CREDENTIALS: u64 = 1 << 20;
/// Dead letters are for people to read, not to keep for ever.
const DEAD_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Workers that wait for a job at one time.
const MOST_WORKERS: i64 = 4096;

/// How to reach the broker, and how to use it.
#[derive(Clone)]
pub struct Options {
    /// Where it is: `nats://host:port`, `tls://host:port`; a user and a password may stand in it.
    pub url: String,
    /// A NATS credentials file, if the broker asks for one.
    pub credentials: Option<PathBuf>,
    /// Certificates of whoever vouches for the broker, as PEM, beside those that the system trusts.
    /// With them a connection without TLS is refused.
    pub authority: Option<PathBuf>,
    /// After this long without a word from its worker a job goes to another. Fixed by whoever uses
    /// the broker first.
    pub ack_wait: Duration,
    /// How long to wait for a broker that is away or full.
    pub patience: Duration,
    /// Most bytes that the object store may hold. Changes an existing store; if left out, a new one
    /// is bounded only by the broker.
    pub store_bytes: Option<i64>,
}

impl Options {
    /// The defaults for a broker.
    pub fn new(url: impl Into<String>) -> Options {
        Options {
            url: url.into(),
            credentials: None,
            authority: None,
            ack_wait: Duration::from_secs(30),
            patience: Duration::from_secs(3600),
            store_bytes: None,
        }
    }

    /// The address without user and password, for messages.
    pub fn shown_url(&self) -> String {
        let (scheme, rest) = match self.url.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), self.url.as_str()),
        };
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        scheme + host
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("url", &self.shown_url())
            .field("ack_wait", &self.ack_wait)
            .field("patience", &self.patience)
            .field("store_bytes", &self.store_bytes)
            .finish_non_exhaustive()
    }
}

/// A connection with everything that is used on it.
#[derive(Clone)]
pub(super) struct Broker {
    pub context: Context,
    /// The stream of jobs.
    pub jobs: Stream,
    pub objects: ObjectStore,
    /// The stream behind `objects`.
    pub chunks: Stream,
    pub results: kv::Store,
    pub patience: Patience,
}

impl Broker {
    /// Connects, and makes what is not there yet. The connection comes back by itself when lost.
    pub async fn connect(options: &Options, tell: Tell) -> Result<Broker, QueueError> {
        let url = options.shown_url();
        let unreachable = |problem: String| QueueError::Unreachable {
            url: url.clone(),
            problem,
        };
        let mut connect = ConnectOptions::new()
            .name("zkmargin book")
            .connection_timeout(CONNECT)
            .request_timeout(Some(REQUEST))
            .max_reconnects(None)
            .reconnect_delay_callback(|attempt| {
                let doubled = 1_u64 << attempt.min(6);
                Duration::from_millis(50 * doubled).min(LONGEST_DELAY)
            });
        if let Some(path) = &options.credentials {
            let text = zeroize::Zeroizing::new(read_text(path, LONGEST_CREDENTIALS)?);
            connect = connect
                .credentials(&text)
                .map_err(|error| QueueError::KeyFile {
                    path: path.clone(),
                    problem: format!("not a NATS credentials file: {error}"),
                })?;
        }
        if let Some(path) = &options.authority {
            // Read here as well, since the library says little of a file that is not there.
            read_text(path, LONGEST_CREDENTIALS)?;
            connect = connect
                .add_root_certificates(path.clone())
                .require_tls(true);
        }
        let client = connect
            .connect(&options.url)
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        // Asked by hand: the library does not read the answer of a server before 2.10.
        let no_streams = |problem: String| QueueError::NoJetStream {
            url: url.clone(),
            problem,
        };
        match client.request("$JS.API.INFO", "".into()).await {
            Ok(answer) => {
                let answer: serde_json::Value =
                    serde_json::from_slice(&answer.payload).unwrap_or_default();
                if let Some(problem) = answer["error"]["description"].as_str() {
                    return Err(no_streams(problem.to_owned()));
                }
            }
            Err(error) if error.kind() == RequestErrorKind::NoResponders => {
                return Err(no_streams(error.to_string()))
            }
            Err(error) => return Err(unreachable(error.to_string())),
        }
        let context = jetstream::new(client);
        let patience = Patience {
            limit: options.patience,
            tell,
        };
        Broker::prepare(context, options, patience).await
    }

    async fn prepare(
        context: Context,
        options: &Options,
        patience: Patience,
    ) -> Result<Broker, QueueError> {
        let make = |config: Config, name: &'static str| {
            let context = context.clone();
            let action = format!("making the stream {name}");
            let patience = patience.clone();
            async move {
                let make = || context.get_or_create_stream(config.clone());
                patience.insist(Place::Stream(name), &action, make).await
            }
        };
        let jobs = make(jobs_stream(), names::JOBS_STREAM).await?;
        make(dead_stream(), names::DEAD_STREAM).await?;
        let results = patience
            .insist(Place::Results, "making the results bucket", || {
                results(&context)
            })
            .await?;
        let bytes = options.store_bytes;
        let (objects, chunks) = patience
            .insist(Place::Objects, "making the object store", || {
                objects(&context, bytes)
            })
            .await?;
        Ok(Broker {
            context,
            jobs,
            objects,
            chunks,
            results,
            patience,
        })
    }

    /// The consumer that all workers share.
    pub(crate) async fn consumer(
        &self,
        ack_wait: Duration,
    ) -> Result<Consumer<pull::Config>, QueueError> {
        let config = pull::Config {
            durable_name: Some(names::CONSUMER.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait,
            max_ack_pending: MOST_WORKERS,
            max_waiting: MOST_WORKERS,
            ..Default::default()
        };
        let place = Place::Stream(names::JOBS_STREAM);
        self.patience
            .insist(place, "making the consumer of the jobs", || {
                self.jobs
                    .get_or_create_consumer(names::CONSUMER, config.clone())
            })
            .await
    }
}

/// One message per job: a second is refused, and the first stays until it is acknowledged.
fn jobs_stream() -> Config {
    Config {
        name: names::JOBS_STREAM.to_owned(),
        description: Some("zkmargin: batches of books to prove".to_owned()),
        subjects: vec![names::JOBS_SUBJECTS.to_owned()],
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        discard_new_per_subject: true,
        max_messages_per_subject: 1,
        ..Default::default()
    }
}

/// The last letter of every job.
fn dead_stream() -> Config {
    Config {
        name: names::DEAD_STREAM.to_owned(),
        description: Some("zkmargin: batches that could not be proven, with reasons".to_owned()),
        subjects: vec![names::DEAD_SUBJECTS.to_owned()],
        max_messages_per_subject: 1,
        max_age: DEAD_AGE,
        ..Default::default()
    }
}

/// A key-value bucket as every NATS client makes it. By hand: the library first asks about the
/// account, and does not read the answer of a server before 2.10.
fn results_stream() -> Config {
    Config {
        name: format!("KV_{}", names::RESULTS),
        description: Some("zkmargin: outputs of batches by book and input".to_owned()),
        subjects: vec![format!("$KV.{}.>", names::RESULTS)],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..Default::default()
    }
}

async fn results(context: &Context) -> Result<kv::Store, async_nats::Error> {
    context.get_or_create_stream(results_stream()).await?;
    Ok(context.get_key_value(names::RESULTS).await?)
}

async fn objects(
    context: &Context,
    bytes: Option<i64>,
) -> Result<(ObjectStore, Stream), async_nats::Error> {
    let stream = format!("OBJ_{}", names::OBJECTS);
    let store = match context.get_object_store(names::OBJECTS).await {
        Ok(store) => store,
        Err(_) => {
            let config = object_store::Config {
                bucket: names::OBJECTS.to_owned(),
                description: Some("zkmargin: inputs (encrypted) and outputs".to_owned()),
                max_bytes: bytes.unwrap_or(-1),
                ..Default::default()
            };
            context.create_object_store(config).await?
        }
    };
    let chunks = context.get_stream(stream).await?;
    let mut config = chunks.cached_info().config.clone();
    if let Some(bytes) = bytes.filter(|bytes| *bytes != config.max_bytes) {
        config.max_bytes = bytes;
        context.update_stream(config).await?;
    }
    Ok((store, chunks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_no_password() {
        for (url, shown) in [
            ("nats://user:secret@host:4222", "nats://host:4222"),
            ("nats://user:se@cret@host:4222", "nats://host:4222"),
            ("user:secret@host", "host"),
            ("tls://host", "tls://host"),
        ] {
            let options = Options::new(url);
            assert_eq!(options.shown_url(), shown);
            assert!(!format!("{options:?}").contains("cret"), "{options:?}");
        }
    }
}
