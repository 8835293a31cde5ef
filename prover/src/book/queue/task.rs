//! A job as it travels: what batch, and by which digests to find what it needs. No secrets.

use serde::{Deserialize, Serialize};

use super::names;

/// A batch whose workers ended without a word this often becomes a dead letter: it may need more
/// memory than they have. Workers that are stopped or moved count too, so this is more than
/// [`MAX_TRIES`](super::MAX_TRIES).
pub const MAX_DELIVERIES: i64 = 10;

/// The message of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Id of the book.
    pub book: String,
    /// Number of the batch.
    pub number: u32,
    /// Digest of the input.
    pub input: String,
    /// Digest of the context.
    pub context: String,
}

/// Why there is no proof of a batch, as far as a broker may know: what a worker says of an account stays
/// in the worker's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    /// The message is no job.
    NoJob,
    /// Market, policy, ratio or size are missing, damaged or of no use.
    Context,
    /// The input is missing or does not decrypt.
    Input,
    /// It could not be proven.
    Prover,
    /// Workers ended without a word.
    Ended,
}

impl Class {
    /// For whoever waits for the proof.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Class::NoJob => "the message is no job",
            Class::Context => {
                "its context is missing, damaged or of no use; what exactly stands in the worker's own log"
            }
            Class::Input => {
                "its input is missing or does not decrypt: it was damaged, put in another's place, or sent \
                 with another market, policy, ratio or size"
            }
            Class::Prover => "it could not be proven; why stands in the worker's own log",
            Class::Ended => {
                "workers ended while proving it; the batch may need more memory than they have"
            }
        }
    }
}

/// A job that no worker could do.
#[derive(Debug, Serialize)]
pub(crate) struct DeadLetter<'a> {
    /// The job; missing if the message was none.
    #[serde(flatten)]
    pub task: Option<&'a Task>,
    /// Why.
    pub class: Class,
    /// How often it was delivered.
    pub deliveries: i64,
}

impl Task {
    /// Reads a message. Whoever may publish can write anything, so every part is checked.
    pub fn parse(payload: &[u8]) -> Result<Task, String> {
        let task: Task = serde_json::from_slice(payload)
            .map_err(|error| format!("the message is no job: {error}"))?;
        let named = names::is_book(&task.book)
            && names::is_digest(&task.input)
            && names::is_digest(&task.context);
        match named {
            true => Ok(task),
            false => Err("the message is no job: a book or digest of another form".to_owned()),
        }
    }

    /// The message.
    pub fn payload(&self) -> Vec<u8> {
        // Strings and numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Subject of the job.
    pub fn subject(&self) -> String {
        format!("zkmargin.book.job.{}.{}", self.book, self.input)
    }

    /// Subject of its dead letter.
    pub(crate) fn dead_subject(&self) -> String {
        format!("zkmargin.book.dead.{}.{}", self.book, self.input)
    }

    /// Key of its result.
    pub fn key(&self) -> String {
        format!("{}.{}", self.book, self.input)
    }

    /// Name of its encrypted input.
    pub(crate) fn input_object(&self) -> String {
        format!("input.{}.{}", self.book, self.input)
    }

    /// What JetStream knows duplicates by. The generation is the revision of the result's record;
    /// `lost` is the number of a message that the broker will not deliver, or 0.
    pub(crate) fn message_id(&self, generation: u64, lost: u64) -> String {
        format!("{}.{}.{generation}.{lost}", self.book, self.input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task {
            book: "book-1".into(),
            number: 3,
            input: super::super::digest(b"input"),
            context: super::super::digest(b"context"),
        }
    }

    #[test]
    fn a_task_survives_its_message() {
        assert_eq!(Task::parse(&task().payload()), Ok(task()));
    }

    #[test]
    fn subjects_cannot_be_injected() {
        for book in ["", "a.b", "*", ">", "a b", &"a".repeat(65)] {
            let wrong = Task {
                book: book.into(),
                ..task()
            };
            assert!(Task::parse(&wrong.payload()).is_err(), "{book:?}");
        }
        for input in ["", "AB", "../x", &"g".repeat(64), &"A".repeat(64)] {
            let wrong = Task {
                input: input.into(),
                ..task()
            };
            assert!(Task::parse(&wrong.payload()).is_err(), "{input:?}");
        }
    }
}
