//! Messages that a broker lost sight of.
//!
//! A nats-server that ends as in a power failure can come back with messages that were acknowledged
//! shortly before: its consumer has done with them and never delivers them, and because the queue
//! holds one message per input, no new one can take their place. Seen with nats-server 2.9.

use super::broker::Broker;
use super::names;
use super::task::Task;

/// State of the queue, of all books.
pub(crate) struct Queue {
    /// Jobs that no worker has.
    pub waiting: u64,
    /// Jobs that workers have.
    pub proving: u64,
    /// Messages that are neither.
    pub stuck: u64,
    /// Messages up to this number will not be delivered any more.
    floor: u64,
}

impl Broker {
    /// Measures the queue; nothing if the broker does not say, which is not worth waiting for.
    pub(crate) async fn queue(&self) -> Option<Queue> {
        // None before the first worker has come. If it failed, the next question fails too.
        let consumer = self.jobs.consumer_info(names::CONSUMER).await.ok();
        let messages = self.jobs.get_info().await.ok()?.state.messages;
        let Some(consumer) = consumer else {
            return Some(Queue {
                waiting: messages,
                proving: 0,
                stuck: 0,
                floor: 0,
            });
        };
        let proving = consumer.num_ack_pending as u64;
        let waiting = consumer.num_pending;
        Some(Queue {
            waiting,
            proving,
            stuck: messages.saturating_sub(waiting + proving),
            floor: consumer.ack_floor.stream_sequence,
        })
    }

    /// Removes the message of a task that will not be delivered any more; its number if there was
    /// one. Errors are left to the next time.
    pub(crate) async fn unstick(&self, task: &Task, queue: &Queue) -> Option<u64> {
        let subject = task.subject();
        let message = self.jobs.get_last_raw_message_by_subject(&subject).await;
        let sequence = message.ok()?.sequence;
        if sequence > queue.floor {
            return None;
        }
        let deleted = self.jobs.delete_message(sequence).await;
        deleted.is_ok().then_some(sequence)
    }

    /// Removes what is left in the queue of a book whose batches all have results.
    pub(crate) async fn sweep(&self, book: &str) {
        let subjects = format!("zkmargin.book.job.{book}.*");
        // If it fails, workers find these jobs to be done.
        let _ = self.jobs.purge().filter(subjects).await;
    }
}
