//! Patience with a broker that is away or full.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, Instant};

use super::error::QueueError;

/// What a person is told while the work goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The broker is away or full; it is tried again. The text ends with a hint.
    Trouble(String),
    /// What was in the way is gone.
    Recovered,
}

/// Who tells a person.
pub(super) type Tell = Arc<dyn Fn(Notice) + Send + Sync>;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A broker that restarts is not worth a word for this long.
const QUIET: Duration = Duration::from_secs(2);

/// The part of the broker that something is asked of; it may be full.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A stream of jobs or dead letters.
    Stream(&'static str),
    /// The object store.
    Objects,
    /// The results.
    Results,
}

impl Place {
    /// The stream behind it, and what a person calls it.
    fn names(self) -> (String, String) {
        match self {
            Place::Stream(name) => (name.to_owned(), format!("the broker's stream {name}")),
            Place::Objects => {
                let name = super::names::OBJECTS;
                (
                    format!("OBJ_{name}"),
                    format!("the broker's object store {name}"),
                )
            }
            Place::Results => {
                let name = super::names::RESULTS;
                (
                    format!("KV_{name}"),
                    format!("the broker's key-value bucket {name}"),
                )
            }
        }
    }

    /// What a refusal means.
    pub fn refused(self, action: &str, problem: String) -> QueueError {
        let said = |words: &[&str]| words.iter().any(|word| problem.contains(word));
        let (stream, what) = self.names();
        // The limits of a stream, then those of the server, the account and the disk.
        if said(&["maximum bytes exceeded", "maximum messages exceeded"]) {
            return QueueError::Full {
                what,
                problem,
                hint: format!(
                    "enlarge it: `nats stream edit {stream} --max-bytes SIZE`, or let `zkmargin book prove` \
                     keep more bytes in the object store; the work goes on by itself"
                ),
            };
        }
        let limits = [
            "insufficient storage",
            "insufficient resources",
            "resource limits exceeded",
            "resources exceeded",
            "no space left",
        ];
        if said(&limits) {
            return QueueError::Full {
                what: format!("the broker's storage, at {what},"),
                problem,
                hint: "free space on its disk, or raise max_file_store in the jetstream block of \
                       its configuration or the limit of its account; the work goes on by itself"
                    .to_owned(),
            };
        }
        QueueError::Broker {
            action: action.to_owned(),
            problem,
        }
    }
}

/// How long to try, and whom to tell.
#[derive(Clone)]
pub(super) struct Patience {
    /// After this long an error is final.
    pub limit: Duration,
    /// Whom to tell meanwhile.
    pub tell: Tell,
}

impl Patience {
    /// Tries until it works, with growing pauses. What is tried must bear repetition.
    ///
    /// # Errors
    /// The last one, when patience is at its end.
    pub(crate) async fn insist<T, E: Display, F: Future<Output = Result<T, E>>>(
        &self,
        place: Place,
        action: &str,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, QueueError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        // Whether the last that was told is that something is full.
        let mut told = None;
        loop {
            let problem = match attempt().await {
                Ok(value) => {
                    if told.is_some() {
                        (self.tell)(Notice::Recovered);
                    }
                    return Ok(value);
                }
                Err(error) => error.to_string(),
            };
            let error = place.refused(action, problem);
            let waited = started.elapsed();
            if waited >= self.limit {
                return Err(error);
            }
            let full = matches!(error, QueueError::Full { .. });
            if told != Some(full) && (full || waited >= QUIET) {
                (self.tell)(Notice::Trouble(error.to_string()));
                told = Some(full);
            }
            sleep(pause.min(self.limit - waited)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
