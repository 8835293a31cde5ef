//! A hand of a worker: takes one batch after another, and answers for it to the broker.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::jetstream::consumer::{pull, Consumer};
use async_nats::jetstream::{AckKind, Message};
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::attempt::{Attempt, Prover};
use super::broker::Broker;
use super::error::QueueError;
use super::notice::Notice;
use super::record::Record;
use super::task::{Class, DeadLetter, Task};

/// A batch that fails in this try becomes a dead letter.
pub const MAX_TRIES: i64 = 3;
/// How long one request for a job waits at the broker.
const PULL: Duration = Duration::from_secs(2);
/// Beyond that, the request was lost with a connection.
const PULL_LOST: Duration = Duration::from_secs(3);
const ACKNOWLEDGEMENTS: usize = 3;

/// What happens while a worker works.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkerEvent {
    /// It waits for jobs.
    Ready,
    /// It has taken a batch.
    Taken {
        /// Id of the book.
        book: String,
        /// Number of the batch.
        number: u32,
    },
    /// It has proven a batch, and the output is stored.
    Proved {
        /// Number of the batch.
        number: u32,
        /// Time of the proof.
        time: Duration,
    },
    /// The batch was done already.
    AlreadyDone(u32),
    /// A try failed.
    Failed {
        /// Number of the batch.
        number: u32,
        /// Why.
        reason: String,
        /// Whether it was the last, so that the batch is a dead letter now.
        last: bool,
    },
    /// A batch was left to others: it is encrypted under another key.
    Skipped {
        /// Number of the batch.
        number: u32,
        /// Which keys.
        reason: String,
    },
    /// A message was no job.
    NoJob(String),
    /// It was told to stop, and gives its batches back.
    Stopping,
    /// The broker is away or full, or back.
    Broker(Notice),
}

/// What a worker has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerReport {
    /// Batches proven.
    pub proved: u64,
    /// Batches that were done already.
    pub already_done: u64,
    /// Tries that failed.
    pub failed: u64,
}

impl WorkerReport {
    pub(super) fn add(&mut self, more: WorkerReport) {
        self.proved += more.proved;
        self.already_done += more.already_done;
        self.failed += more.failed;
    }
}

/// What the hands of a worker know of each other.
#[derive(Default)]
pub(super) struct Shared {
    /// Those that have a batch.
    busy: AtomicUsize,
    /// The broker is known to be away.
    away: AtomicBool,
}

/// What a hand does after a message.
enum Next {
    /// It takes the next.
    Go,
    /// It has had a batch.
    Done,
    /// It leaves the batch to others for a while.
    Pause,
}

/// Works on one batch at a time.
pub(super) struct Hand {
    pub(super) broker: Broker,
    pub(super) consumer: Consumer<pull::Config>,
    pub(super) prover: Prover,
    pub(super) ack_wait: Duration,
    pub(super) idle: Option<Duration>,
    /// Whether it ends after one batch.
    pub(super) once: bool,
    pub(super) tell: Arc<dyn Fn(WorkerEvent) + Send + Sync>,
    pub(super) shared: Arc<Shared>,
    pub(super) report: WorkerReport,
}

impl Hand {
    /// Works until told to stop, or until there is nothing to do.
    pub(super) async fn serve(
        mut self,
        stop: impl std::future::Future<Output = ()>,
    ) -> Result<WorkerReport, QueueError> {
        tokio::pin!(stop);
        loop {
            let message = tokio::select! {
                () = &mut stop => return Ok(self.report),
                message = self.next() => match message {
                    Some(message) => message,
                    None => return Ok(self.report),
                },
            };
            let renewal = Renewal::start(&message, self.ack_wait);
            self.shared.busy.fetch_add(1, Ordering::SeqCst);
            let result = tokio::select! {
                () = &mut stop => {
                    give_back(&message, None).await;
                    self.flush().await;
                    return Ok(self.report);
                }
                result = self.handle(&message) => result,
            };
            self.shared.busy.fetch_sub(1, Ordering::SeqCst);
            drop(renewal);
            match result {
                Err(error) => {
                    give_back(&message, None).await;
                    self.flush().await;
                    return Err(error);
                }
                // Others get to it, and do not find it taken all the time.
                Ok(Next::Pause) => tokio::select! {
                    () = &mut stop => return Ok(self.report),
                    () = sleep(self.ack_wait) => (),
                },
                Ok(Next::Done) if self.once => {
                    self.flush().await;
                    return Ok(self.report);
                }
                Ok(_) => (),
            }
        }
    }

    /// The next job; nothing when there has been none for the time allowed.
    async fn next(&self) -> Option<Message> {
        let mut since = Instant::now();
        loop {
            let expires = self.idle.map_or(PULL, |idle| idle.min(PULL));
            let pull = async {
                let batch = self.consumer.batch().max_messages(1).expires(expires);
                match batch.messages().await {
                    Ok(mut messages) => messages.next().await.and_then(Result::ok),
                    Err(_) => None,
                }
            };
            let started = Instant::now();
            if let Ok(Some(message)) = timeout(PULL_LOST, pull).await {
                return Some(message);
            }
            // A broker that is away may have jobs; one that another hand gives back is one again.
            let away = self.broker.context.client().connection_state() != State::Connected;
            if away || self.shared.busy.load(Ordering::SeqCst) > 0 {
                since = Instant::now();
            }
            if self.shared.away.swap(away, Ordering::SeqCst) != away {
                (self.tell)(WorkerEvent::Broker(match away {
                    true => Notice::Trouble(away_text()),
                    false => Notice::Recovered,
                }));
            }
            if self.idle.is_some_and(|idle| since.elapsed() >= idle) {
                return None;
            }
            // A broker that lost power may have lost the consumer too. If it cannot be made now, it
            // will be after the next pull.
            let _ = self.broker.consumer(self.ack_wait).await;
            // A broker that refuses at once is not asked without a pause.
            if started.elapsed() < expires / 2 {
                sleep(Duration::from_millis(100)).await;
            }
        }
    }

    async fn handle(&mut self, message: &Message) -> Result<Next, QueueError> {
        let deliveries = message.info().map_or(1, |info| info.delivered);
        let task = Task::parse(&message.payload);
        let task = match task.and_then(|task| belongs(task, message.subject.as_str())) {
            Ok(task) => task,
            Err(reason) => {
                self.reject(message, &reason, deliveries).await?;
                return Ok(Next::Go);
            }
        };
        let number = task.number;
        (self.tell)(WorkerEvent::Taken {
            book: task.book.clone(),
            number,
        });
        match self.prover.attempt(&task, deliveries).await? {
            Attempt::Proved(time) => {
                self.report.proved += 1;
                acknowledge(message).await;
                (self.tell)(WorkerEvent::Proved { number, time });
            }
            Attempt::AlreadyDone => {
                self.report.already_done += 1;
                acknowledge(message).await;
                (self.tell)(WorkerEvent::AlreadyDone(number));
            }
            Attempt::NotOurs(reason) => {
                give_back(message, None).await;
                (self.tell)(WorkerEvent::Skipped { number, reason });
                return Ok(Next::Pause);
            }
            Attempt::Failed(class, reason) => {
                self.report.failed += 1;
                let last = deliveries >= MAX_TRIES;
                match last {
                    true => self.condemn(&task, class, deliveries, message).await?,
                    // Not at once: another worker may have more luck.
                    false => give_back(message, Some(self.ack_wait / 30)).await,
                }
                (self.tell)(WorkerEvent::Failed {
                    number,
                    reason,
                    last,
                });
            }
        }
        Ok(Next::Done)
    }

    /// Makes a job a dead letter, unless another worker has done it.
    async fn condemn(
        &self,
        task: &Task,
        class: Class,
        deliveries: i64,
        message: &Message,
    ) -> Result<(), QueueError> {
        let letter = DeadLetter {
            task: Some(task),
            class,
            deliveries,
        };
        self.broker.bury(task.dead_subject(), &letter).await?;
        let dead = Record::Dead(class);
        loop {
            let found = self.broker.result(task).await?;
            if found.record.as_ref() == Some(&dead)
                || self.prover.is_known_to_be_done(task, &found).await?
            {
                break;
            }
            if self.broker.record(task, &dead, found.revision).await? {
                break;
            }
        }
        acknowledge(message).await;
        Ok(())
    }

    /// A message that is no job leaves the queue for the dead letters.
    async fn reject(
        &self,
        message: &Message,
        reason: &str,
        deliveries: i64,
    ) -> Result<(), QueueError> {
        let letter = DeadLetter {
            task: None,
            class: Class::NoJob,
            deliveries,
        };
        let subject = message.subject.replacen(".job.", ".dead.", 1);
        self.broker.bury(subject, &letter).await?;
        acknowledge(message).await;
        (self.tell)(WorkerEvent::NoJob(reason.to_owned()));
        Ok(())
    }

    /// Sends what has been written, before the process ends.
    async fn flush(&self) {
        // If it fails, the batch goes to another worker a little later.
        let _ = timeout(Duration::from_secs(2), self.broker.context.client().flush()).await;
    }
}

fn away_text() -> String {
    let error = QueueError::Broker {
        action: "waiting for jobs".to_owned(),
        problem: "the connection is lost; it is tried again".to_owned(),
    };
    error.to_string()
}

fn belongs(task: Task, subject: &str) -> Result<Task, String> {
    match task.subject() == subject {
        true => Ok(task),
        false => Err("the message is no job: it is about another than its subject".to_owned()),
    }
}

/// The result is recorded: if this is lost, the job comes again and is found to be done.
async fn acknowledge(message: &Message) {
    for _ in 0..ACKNOWLEDGEMENTS {
        if message.double_ack().await.is_ok() {
            return;
        }
    }
}

/// Gives a job back. If this is lost, the job goes to another worker after the time to acknowledge.
async fn give_back(message: &Message, delay: Option<Duration>) {
    let _ = message.ack_with(AckKind::Nak(delay)).await;
}

/// Tells the broker that a job is being worked on, until it is dropped.
struct Renewal(JoinHandle<()>);

impl Renewal {
    fn start(message: &Message, ack_wait: Duration) -> Renewal {
        let message = message.clone();
        Renewal(tokio::spawn(async move {
            loop {
                sleep(ack_wait / 3).await;
                // A broker that is away hears it when it is back.
                let _ = message.ack_with(AckKind::Progress).await;
            }
        }))
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.abort();
    }
}
