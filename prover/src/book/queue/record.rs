//! Results: what became of a job, written by compare-and-set so that the first one counts.

use std::sync::Arc;

use async_nats::jetstream::kv::{Entry, Operation, UpdateErrorKind};
use async_nats::HeaderMap;
use serde::{Deserialize, Serialize};

use super::broker::Broker;
use super::error::QueueError;
use super::names::{self, DEAD_STREAM};
use super::notice::Place;
use super::task::{Class, DeadLetter, Task};
use super::Work;

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Record {
    /// Digest of the output.
    Output(String),
    /// Why there will be none.
    Dead(Class),
}

/// What stands in the results for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The record, if there is one.
    pub record: Option<Record>,
    /// Changes with every change of the record; 0 if there never was one.
    pub revision: u64,
}

impl Found {
    /// Reads an entry. One that cannot be read counts as none, and will be replaced.
    pub fn of(entry: Option<&Entry>) -> Found {
        let Some(entry) = entry else {
            return Found {
                record: None,
                revision: 0,
            };
        };
        let put = entry.operation == Operation::Put;
        let record = put.then(|| serde_json::from_slice(&entry.value).ok());
        let record = record.flatten().filter(|record| match record {
            Record::Output(digest) => names::is_digest(digest),
            Record::Dead(_) => true,
        });
        Found {
            record,
            revision: entry.revision,
        }
    }
}

impl Broker {
    /// What stands in the results for a task.
    pub async fn result(&self, task: &Task) -> Result<Found, QueueError> {
        let attempt = || self.results.entry(task.key());
        let entry = self
            .patience
            .insist(Place::Results, "reading a result", attempt)
            .await?;
        Ok(Found::of(entry.as_ref()))
    }

    /// Records a result; false if another one has been recorded since `revision`.
    pub async fn record(
        &self,
        task: &Task,
        record: &Record,
        revision: u64,
    ) -> Result<bool, QueueError> {
        // Strings always serialise.
        let value = serde_json::to_vec(record).unwrap_or_default();
        let attempt = || async {
            let update = self
                .results
                .update(task.key(), value.clone().into(), revision);
            match update.await {
                Ok(_) => Ok(true),
                Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => Ok(false),
                Err(error) => Err(error),
            }
        };
        self.patience
            .insist(Place::Results, "recording a result", attempt)
            .await
    }

    /// Forgets a result, unless another has been recorded since `revision`.
    pub(crate) async fn forget(&self, task: &Task, revision: u64) -> Result<(), QueueError> {
        let attempt = || async {
            let delete = self
                .results
                .delete_expect_revision(task.key(), Some(revision));
            match delete.await {
                Err(error) if error.to_string().contains("wrong last") => Ok(()),
                other => other,
            }
        };
        self.patience
            .insist(Place::Results, "forgetting a result", attempt)
            .await
    }

    /// Reads an output and checks it: digest first, then the proof. The inner error says what is
    /// wrong with what is stored.
    pub(crate) async fn checked_output(
        &self,
        work: &Arc<dyn Work>,
        task: &Task,
        wanted: &str,
    ) -> Result<Result<Vec<u8>, String>, QueueError> {
        let Some(output) = self.get(&names::output(wanted)).await? else {
            return Ok(Err("it is missing or damaged".to_owned()));
        };
        let found = super::digest(&output);
        if found != wanted {
            // Under this name it is of no use to anyone.
            self.remove(&names::output(wanted)).await?;
            return Ok(Err(format!("its digest is {found}, not {wanted}")));
        }
        let (work, task) = (work.clone(), task.clone());
        let checked = super::heavy(move || {
            work.verify(task.number, &task.input, &output)?;
            Ok(output)
        });
        Ok(checked.await)
    }

    /// Writes the dead letter of a job.
    pub(crate) async fn bury(
        &self,
        subject: String,
        letter: &DeadLetter<'_>,
    ) -> Result<(), QueueError> {
        // Strings and numbers always serialise.
        let payload = serde_json::to_vec(letter).unwrap_or_default();
        let attempt = || self.send(subject.clone(), HeaderMap::new(), payload.clone());
        let place = Place::Stream(DEAD_STREAM);
        self.patience
            .insist(place, "writing a dead letter", attempt)
            .await
    }

    /// Sends a message to a stream and waits until it is stored.
    pub async fn send(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Vec<u8>,
    ) -> Result<(), async_nats::Error> {
        let sent = self
            .context
            .publish_with_headers(subject, headers, payload.into());
        sent.await?.await?;
        Ok(())
    }
}
