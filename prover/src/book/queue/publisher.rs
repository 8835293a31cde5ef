//! Puts what is missing into the queue.

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::HeaderMap;
use tokio::sync::mpsc::UnboundedReceiver;
use zeroize::Zeroizing;

use super::broker::Broker;
use super::error::QueueError;
use super::names::JOBS_STREAM;
use super::notice::Place;
use super::record::Record;
use super::secret::Key;
use super::task::Task;
use super::Loader;

/// Inputs leave this part of a bounded object store to outputs; else it could fill up with inputs
/// whose outputs find no room, and nothing would ever move.
const KEPT_FREE: u64 = 8;

/// A job with its message.
#[derive(Clone)]
pub(crate) struct Item {
    /// The message.
    pub task: Task,
    /// Reads the input.
    pub input: Loader,
    /// Number of its message that the broker will not deliver, or 0.
    pub lost: u64,
}

/// Puts items into the queue, one after another.
pub(crate) struct Publisher {
    pub broker: Broker,
    pub key: Key,
    pub tell: std::sync::Arc<dyn Fn(u32) + Send + Sync>,
}

impl Publisher {
    /// Works until the other end of the channel is gone.
    pub(crate) async fn serve(self, mut items: UnboundedReceiver<Item>) -> Result<(), QueueError> {
        while let Some(item) = items.recv().await {
            self.enqueue(&item).await?;
            (self.tell)(item.task.number);
        }
        Ok(())
    }

    /// Puts one job into the queue, unless it is done or there already.
    async fn enqueue(&self, item: &Item) -> Result<(), QueueError> {
        let found = self.broker.result(&item.task).await?;
        if matches!(found.record, Some(Record::Output(_))) {
            return Ok(());
        }
        self.upload(item).await?;
        // Should a worker record a result only now, the job is found to be done when it is taken.
        let mut headers = HeaderMap::new();
        let id = item.task.message_id(found.revision, item.lost);
        headers.insert(NATS_MESSAGE_ID, id.as_str());
        let attempt = || async {
            let payload = item.task.payload();
            let sent = self
                .broker
                .send(item.task.subject(), headers.clone(), payload);
            match sent.await {
                // It is waiting, or a worker has it.
                Err(error) if error.to_string().contains("per subject exceeded") => Ok(()),
                other => other,
            }
        };
        let action = format!("queueing batch {}", item.task.number);
        let place = Place::Stream(JOBS_STREAM);
        self.broker.patience.insist(place, &action, attempt).await
    }

    /// Stores the encrypted input, unless it is there under this key already.
    async fn upload(&self, item: &Item) -> Result<(), QueueError> {
        let task = &item.task;
        let name = task.input_object();
        let note = format!("key {}", self.key.id());
        if self.broker.note(&name).await? == Some(note.clone()) {
            return Ok(());
        }
        let number = task.number;
        let load = item.input.clone();
        let input = super::heavy(move || load().map(Zeroizing::new)).await;
        let input = input.map_err(|problem| QueueError::Input { number, problem })?;
        let found = super::digest(&input);
        if found != task.input {
            return Err(QueueError::InputChanged {
                number,
                found,
                wanted: task.input.clone(),
            });
        }
        let sealed = self.key.seal(task, &input)?;
        drop(input);
        self.room(sealed.len() as u64).await?;
        self.broker.put(&name, &note, &sealed).await
    }

    /// Waits until there is room for an input, and for outputs beside it.
    async fn room(&self, length: u64) -> Result<(), QueueError> {
        let attempt = || async {
            let usage = self.broker.usage().await;
            let (used, limit) = usage.map_err(|error| error.to_string())?;
            match limit {
                Some(limit) if used + length > limit - limit / KEPT_FREE => Err(format!(
                    "maximum bytes exceeded: {used} of {limit} used, an input needs {length}, and \
                     an eighth is kept for outputs"
                )),
                _ => Ok(()),
            }
        };
        let patience = &self.broker.patience;
        patience
            .insist(Place::Objects, "storing an input", attempt)
            .await
    }
}
