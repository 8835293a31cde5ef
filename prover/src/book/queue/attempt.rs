//! One try of a worker at one job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use tokio::sync::Mutex;

use super::broker::Broker;
use super::error::QueueError;
use super::names;
use super::record::{Found, Record};
use super::secret::{Key, Sealed};
use super::task::{Class, Task, MAX_DELIVERIES};
use super::{digest, heavy, Factory, Work};
use zeroize::Zeroizing;

/// How a try ended.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// Proven and recorded, after this time.
    Proved(Duration),
    /// There is a result already.
    AlreadyDone,
    /// Why not, for others, and in words for whoever runs the worker.
    Failed(Class, String),
    /// It was encrypted under another key than this worker's.
    NotOurs(String),
}

/// The work of a context, and the context's digest.
type OfContext = (String, Arc<dyn Work>);

/// The work of the last context; the hands of a worker share it.
#[derive(Clone, Default)]
pub(crate) struct Cached(Arc<Mutex<Option<OfContext>>>);

/// What proves, and what it needs for that.
pub(crate) struct Prover {
    broker: Broker,
    key: Key,
    factory: Factory,
    cached: Cached,
    /// Threads that prove.
    pool: Arc<ThreadPool>,
}

impl Prover {
    pub fn new(
        broker: Broker,
        key: Key,
        factory: Factory,
        (cached, pool): (Cached, ThreadPool),
    ) -> Prover {
        Prover {
            broker,
            key,
            factory,
            cached,
            pool: Arc::new(pool),
        }
    }

    /// Tries a job: looks whether it is done, and proves, verifies, stores and records it if not.
    pub(crate) async fn attempt(
        &self,
        task: &Task,
        deliveries: i64,
    ) -> Result<Attempt, QueueError> {
        let work = match self.work(&task.context).await? {
            Ok(work) => work,
            Err(reason) => return Ok(Attempt::Failed(Class::Context, reason)),
        };
        let found = self.broker.result(task).await?;
        let condemned = matches!(found.record, Some(Record::Dead(_)));
        if condemned || self.is_done(&work, task, &found).await? {
            return Ok(Attempt::AlreadyDone);
        }
        if deliveries > MAX_DELIVERIES {
            let reason = format!("{} times {}", deliveries - 1, Class::Ended.text());
            return Ok(Attempt::Failed(Class::Ended, reason));
        }
        let input = match self.input(&work, task).await? {
            Ok(input) => input,
            Err(ended) => return Ok(ended),
        };
        let started = Instant::now();
        let (job, pool, proving) = (task.clone(), self.pool.clone(), work.clone());
        let output = heavy(move || {
            pool.install(|| {
                let output = proving.prove(&input)?;
                proving
                    .verify(job.number, &job.input, &output)
                    .map_err(|problem| format!("the own proof does not hold: {problem}"))?;
                Ok(output)
            })
        });
        match output.await {
            Ok(output) => {
                let time = started.elapsed();
                self.keep(&work, task, output, (found, time)).await
            }
            Err(reason) => Ok(Attempt::Failed(Class::Prover, reason)),
        }
    }

    /// The input of a job, opened; or how the attempt ends without one.
    async fn input(
        &self,
        work: &Arc<dyn Work>,
        task: &Task,
    ) -> Result<Result<Zeroizing<Vec<u8>>, Attempt>, QueueError> {
        let Some(sealed) = self.broker.get(&task.input_object()).await? else {
            // The coordinator removes the input of a job that is done.
            let found = self.broker.result(task).await?;
            return Ok(Err(match self.is_done(work, task, &found).await? {
                true => Attempt::AlreadyDone,
                false => Attempt::Failed(Class::Input, "its input is missing".to_owned()),
            }));
        };
        match self.key.open(task, &sealed) {
            Ok(input) => Ok(Ok(input)),
            // Whoever may write there can put such an object in any input's place, so this is no
            // reason to end; nor is the batch bad.
            Err(Sealed::OtherKey(wanted)) => Ok(Err(Attempt::NotOurs(format!(
                "its input is encrypted under the key {wanted}, this worker has {}",
                self.key.id()
            )))),
            Err(Sealed::Broken) => {
                let reason = Class::Input.text().to_owned();
                Ok(Err(Attempt::Failed(Class::Input, reason)))
            }
        }
    }

    /// Stores and records an output, unless another worker was first.
    async fn keep(
        &self,
        work: &Arc<dyn Work>,
        task: &Task,
        output: Vec<u8>,
        (mut found, time): (Found, Duration),
    ) -> Result<Attempt, QueueError> {
        let own = digest(&output);
        self.broker
            .put(&names::output(&own), "output", &output)
            .await?;
        let record = Record::Output(own.clone());
        loop {
            if self.broker.record(task, &record, found.revision).await? {
                return Ok(Attempt::Proved(time));
            }
            found = self.broker.result(task).await?;
            // An answer that was lost: the record is our own.
            if found.record.as_ref() == Some(&record) {
                return Ok(Attempt::Proved(time));
            }
            if self.is_done(work, task, &found).await? {
                // Another worker was first, and this output is not wanted.
                self.broker.remove(&names::output(&own)).await?;
                return Ok(Attempt::AlreadyDone);
            }
        }
    }

    /// Whether a good output is recorded.
    async fn is_done(
        &self,
        work: &Arc<dyn Work>,
        task: &Task,
        found: &Found,
    ) -> Result<bool, QueueError> {
        let Some(Record::Output(wanted)) = &found.record else {
            return Ok(false);
        };
        let checked = self.broker.checked_output(work, task, wanted).await?;
        Ok(checked.is_ok())
    }

    /// The same, as far as the worker knows the context; without it nothing can be checked.
    pub(crate) async fn is_known_to_be_done(
        &self,
        task: &Task,
        found: &Found,
    ) -> Result<bool, QueueError> {
        let cached = self.cached.0.lock().await.clone();
        match cached.filter(|(context, _)| *context == task.context) {
            Some((_, work)) => self.is_done(&work, task, found).await,
            None => Ok(false),
        }
    }

    /// The work of a context; the inner error says why there is none.
    async fn work(&self, context: &str) -> Result<Result<Arc<dyn Work>, String>, QueueError> {
        // Jobs that want the same wait for the one that makes it.
        let mut cached = self.cached.0.lock().await;
        if let Some((of, work)) = &*cached {
            if of == context {
                return Ok(Ok(work.clone()));
            }
        }
        // Before the next is made: both may not fit into memory.
        *cached = None;
        let Some(bytes) = self.broker.get(&names::context(context)).await? else {
            return Ok(Err("its context is missing or damaged".to_owned()));
        };
        if digest(&bytes) != context {
            return Ok(Err("its context was changed".to_owned()));
        }
        let factory = self.factory.clone();
        let made = heavy(move || factory(&bytes)).await;
        if let Ok(work) = &made {
            *cached = Some((context.to_owned(), work.clone()));
        }
        Ok(made)
    }
}
