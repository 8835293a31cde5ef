//! The coordinator: queues what is missing, collects and checks outputs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};
use tokio::time::{interval, MissedTickBehavior};

use super::broker::{Broker, Options};
use super::error::QueueError;
use super::names;
use super::notice::{Notice, Place};
use super::publisher::{Item, Publisher};
use super::record::{Found, Record};
use super::secret::Key;
use super::task::Task;
use super::{digest, Job, Work};

/// How often the queue is measured.
const TICK: Duration = Duration::from_secs(1);
/// In ticks: how often results are read again, in case news of one was lost with a connection.
const RECHECK: u64 = 4;
/// In ticks: how often messages are looked for that the broker will not deliver.
const RESCUE: u64 = 3;
/// In ticks: how often open jobs are queued again, in case the queue was lost. Jobs that are in it
/// are not doubled.
const REQUEUE: u64 = 120;

/// What is to be proven.
pub struct Plan {
    /// Id of the book: letters, digits, `-` and `_`. One id has one context.
    pub book: String,
    /// Public context, from which workers make their [`Work`].
    pub context: Vec<u8>,
    /// Batches whose outputs are wanted.
    pub jobs: Vec<Job>,
}

/// What happens while a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A batch is in the queue.
    Queued(u32),
    /// The output of a batch was checked and delivered.
    Done {
        /// Number of the batch.
        number: u32,
        /// Whether it was there before this run.
        reused: bool,
    },
    /// A stored output is not right; the batch is proven again.
    Corrupt {
        /// Number of the batch.
        number: u32,
        /// What is wrong.
        problem: String,
    },
    /// A batch cannot be proven.
    Dead(Failure),
    /// The length of the queue, of all books.
    Queue {
        /// Jobs that no worker has.
        waiting: u64,
        /// Jobs that workers have.
        proving: u64,
    },
    /// The broker is away or full, or back.
    Broker(Notice),
}

/// A batch that could not be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Number of the batch.
    pub number: u32,
    /// Why.
    pub reason: String,
}

/// How a run ended. Every batch is either done or a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Batches whose outputs were delivered.
    pub done: usize,
    /// Those of them that were at the broker before this run.
    pub reused: usize,
    /// Batches that could not be proven, by number.
    pub failures: Vec<Failure>,
}

/// Has batches proven by workers, and delivers each output once it is checked. May be interrupted
/// at any point: run again, it takes what is there and queues what is missing.
///
/// # Errors
/// When the broker stays away or full, an input cannot be read or has changed, or `deliver` fails.
pub fn run(
    options: &Options,
    key: &Key,
    plan: Plan,
    work: Arc<dyn Work>,
    deliver: &mut dyn FnMut(u32, Vec<u8>) -> Result<(), String>,
    tell: Arc<dyn Fn(Event) + Send + Sync>,
) -> Result<Outcome, QueueError> {
    let (items, context) = items(&plan)?;
    let runtime = super::runtime()?;
    let result = runtime.block_on(async {
        let notice = tell.clone();
        let notice = Arc::new(move |n: Notice| notice(Event::Broker(n)));
        let broker = Broker::connect(options, notice).await?;
        let name = names::context(&context);
        if broker.get(&name).await?.as_ref() != Some(&plan.context) {
            broker.put(&name, "context", &plan.context).await?;
        }
        let (queue, queued) = unbounded_channel();
        let told = tell.clone();
        let publisher = Publisher {
            broker: broker.clone(),
            key: key.clone(),
            tell: Arc::new(move |number| told(Event::Queued(number))),
        };
        let mut publisher = tokio::spawn(publisher.serve(queued));
        let collector = Collector {
            broker,
            work,
            open: items,
            queue,
            deliver,
            tell,
            outcome: Outcome::default(),
        };
        let result = tokio::select! {
            result = collector.collect(&plan.book) => result,
            result = &mut publisher => match result {
                Ok(Err(error)) => Err(error),
                // It works until the collector is done, unless it panics.
                _ => Err(QueueError::System("the queueing of batches stopped".to_owned())),
            },
        };
        publisher.abort();
        result
    });
    runtime.shutdown_background();
    result
}

/// Removes everything of a plan from the broker: for whoever has its outputs, and needs them there no more.
///
/// # Errors
/// When the broker stays away; then some of it is left.
pub fn clear(
    options: &Options,
    plan: &Plan,
    notice: Arc<dyn Fn(Notice) + Send + Sync>,
) -> Result<(), QueueError> {
    let (items, context) = items(plan)?;
    let runtime = super::runtime()?;
    let result = runtime.block_on(async {
        let broker = Broker::connect(options, notice).await?;
        broker.sweep(&plan.book).await;
        for item in items.values() {
            let found = broker.result(&item.task).await?;
            if let Some(Record::Output(digest)) = &found.record {
                broker.remove(&names::output(digest)).await?;
            }
            if found.revision != 0 {
                broker.forget(&item.task, found.revision).await?;
            }
            broker.remove(&item.task.input_object()).await?;
        }
        broker.remove(&names::context(&context)).await
    });
    runtime.shutdown_background();
    result
}

/// The jobs by the keys of their results, and the context's digest.
fn items(plan: &Plan) -> Result<(HashMap<String, Item>, String), QueueError> {
    if !names::is_book(&plan.book) {
        return Err(QueueError::BookId(plan.book.clone()));
    }
    let context = digest(&plan.context);
    let mut items = HashMap::new();
    for job in &plan.jobs {
        if !names::is_digest(&job.input_digest) {
            return Err(QueueError::InputDigest {
                number: job.number,
                found: job.input_digest.clone(),
            });
        }
        let task = Task {
            book: plan.book.clone(),
            number: job.number,
            input: job.input_digest.clone(),
            context: context.clone(),
        };
        let item = Item {
            input: job.input.clone(),
            task,
            lost: 0,
        };
        if let Some(other) = items.insert(item.task.key(), item) {
            return Err(QueueError::SameInput {
                first: other.task.number,
                second: job.number,
            });
        }
    }
    Ok((items, context))
}

struct Collector<'a> {
    broker: Broker,
    work: Arc<dyn Work>,
    /// Jobs without a result, by key.
    open: HashMap<String, Item>,
    queue: UnboundedSender<Item>,
    deliver: &'a mut dyn FnMut(u32, Vec<u8>) -> Result<(), String>,
    tell: Arc<dyn Fn(Event) + Send + Sync>,
    outcome: Outcome,
}

impl Collector<'_> {
    async fn collect(mut self, book: &str) -> Result<Outcome, QueueError> {
        // Opened before results are read, so that none falls between.
        let mut news = self.watch(book).await?;
        self.check(true).await?;
        let mut clock = interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks = 0;
        while !self.open.is_empty() {
            tokio::select! {
                entry = news.next() => match entry {
                    Some(Ok(entry)) => {
                        self.settle(&entry.key, Found::of(Some(&entry)), false).await?;
                    }
                    // The connection was lost.
                    Some(Err(_)) | None => {
                        news = self.watch(book).await?;
                        self.check(false).await?;
                    }
                },
                _ = clock.tick() => {
                    ticks += 1;
                    self.measure(ticks % RESCUE == 0).await;
                    if ticks % RECHECK == 0 {
                        news = self.watch(book).await?;
                        self.check(false).await?;
                    }
                    if ticks % REQUEUE == 0 {
                        self.open.values().for_each(|item| self.enqueue(item));
                    }
                }
            }
        }
        self.broker.sweep(book).await;
        self.outcome.failures.sort_by_key(|failure| failure.number);
        Ok(self.outcome)
    }

    async fn watch(&self, book: &str) -> Result<async_nats::jetstream::kv::Watch, QueueError> {
        let keys = format!("{book}.*");
        let attempt = || self.broker.results.watch(&keys);
        let patience = &self.broker.patience;
        patience
            .insist(Place::Results, "watching the results", attempt)
            .await
    }

    /// Reads the results of all open jobs.
    async fn check(&mut self, first: bool) -> Result<(), QueueError> {
        let mut open: Vec<Item> = self.open.values().cloned().collect();
        open.sort_by_key(|item| item.task.number);
        for item in open {
            let found = self.broker.result(&item.task).await?;
            self.settle(&item.task.key(), found, first).await?;
        }
        Ok(())
    }

    /// Acts on what stands in the results for a job. At the `first` look at a job it is queued if
    /// nothing stands there, or only the failure of an earlier run.
    async fn settle(&mut self, key: &str, found: Found, first: bool) -> Result<(), QueueError> {
        let Some(item) = self.open.get(key).cloned() else {
            return Ok(());
        };
        let number = item.task.number;
        match found.record {
            None if first => self.enqueue(&item),
            None => (),
            Some(Record::Dead(_)) if first => {
                self.broker.forget(&item.task, found.revision).await?;
                self.enqueue(&item);
            }
            Some(Record::Dead(class)) => {
                let reason = class.text().to_owned();
                self.open.remove(key);
                let failure = Failure { number, reason };
                (self.tell)(Event::Dead(failure.clone()));
                self.outcome.failures.push(failure);
            }
            Some(Record::Output(digest)) => {
                let broker = &self.broker;
                match broker
                    .checked_output(&self.work, &item.task, &digest)
                    .await?
                {
                    Ok(output) => self.accept(&item, output, first).await?,
                    Err(problem) => {
                        self.broker.forget(&item.task, found.revision).await?;
                        (self.tell)(Event::Corrupt { number, problem });
                        self.enqueue(&item);
                    }
                }
            }
        }
        Ok(())
    }

    async fn accept(
        &mut self,
        item: &Item,
        output: Vec<u8>,
        reused: bool,
    ) -> Result<(), QueueError> {
        let number = item.task.number;
        (self.deliver)(number, output)
            .map_err(|problem| QueueError::Deliver { number, problem })?;
        // Nobody needs it any more; this also makes room for the next.
        self.broker.remove(&item.task.input_object()).await?;
        self.open.remove(&item.task.key());
        self.outcome.done += 1;
        self.outcome.reused += usize::from(reused);
        (self.tell)(Event::Done { number, reused });
        Ok(())
    }

    fn enqueue(&self, item: &Item) {
        // When the publisher has stopped, its error ends the run.
        let _ = self.queue.send(item.clone());
    }

    /// Tells how long the queue is, if the broker says so, and queues jobs again that it lost.
    async fn measure(&mut self, rescue: bool) {
        let Some(queue) = self.broker.queue().await else {
            return;
        };
        (self.tell)(Event::Queue {
            waiting: queue.waiting,
            proving: queue.proving,
        });
        if !rescue || queue.stuck == 0 {
            return;
        }
        for item in self.open.values_mut() {
            if let Some(lost) = self.broker.unstick(&item.task, &queue).await {
                item.lost = lost;
                // When the publisher has stopped, its error ends the run.
                let _ = self.queue.send(item.clone());
            }
        }
    }
}
