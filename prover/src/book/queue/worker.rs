//! The worker: takes batches, one or several at a time, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::StreamExt;
use tokio::sync::watch;

use super::super::jobs::Jobs;
use super::attempt::{Cached, Prover};
use super::broker::{Broker, Options};
use super::error::QueueError;
use super::hand::{Hand, Shared, WorkerEvent, WorkerReport};
use super::notice::Notice;
use super::secret::Key;
use super::Factory;

/// How a worker behaves.
#[derive(Clone, Debug, Default)]
pub struct WorkerOptions {
    /// Ends the worker when there has been no job for this long; if left out, only a signal does.
    pub exit_when_idle: Option<Duration>,
    /// Batches at the same time; one, if left out.
    pub jobs: Option<Jobs>,
    /// Ends the worker when each of these has had one batch.
    pub once: bool,
}

/// Proves batches until a signal (interrupt or terminate), or until there are none for a while.
///
/// # Errors
/// When the broker stays away or full. The batches at hand go to other workers.
pub fn work(
    options: &Options,
    worker: &WorkerOptions,
    key: &Key,
    factory: Factory,
    tell: Arc<dyn Fn(WorkerEvent) + Send + Sync>,
) -> Result<WorkerReport, QueueError> {
    let runtime = super::runtime()?;
    let result = runtime.block_on(async {
        let stop = stop_signal()?;
        let notice = tell.clone();
        let notice = Arc::new(move |n: Notice| notice(WorkerEvent::Broker(n)));
        let broker = Broker::connect(options, notice).await?;
        let consumer = broker.consumer(options.ack_wait).await?;
        let jobs = worker.jobs.clone().unwrap_or_else(|| Jobs::new(1));
        let pools = jobs.pools();
        let pools = pools.map_err(|error| QueueError::System(error.to_string()))?;
        let cached = Cached::default();
        let shared = Arc::new(Shared::default());
        let hand = |pool| Hand {
            prover: Prover::new(
                broker.clone(),
                key.clone(),
                factory.clone(),
                (cached.clone(), pool),
            ),
            ack_wait: consumer.cached_info().config.ack_wait,
            idle: worker.exit_when_idle,
            once: worker.once,
            broker: broker.clone(),
            consumer: consumer.clone(),
            tell: tell.clone(),
            shared: shared.clone(),
            report: WorkerReport::default(),
        };
        let hands = pools.into_iter().map(hand).collect();
        tell(WorkerEvent::Ready);
        serve(hands, stop, &tell).await
    });
    // Does not wait for a proof that nobody will use.
    runtime.shutdown_background();
    result
}

/// Ends when the process is told to stop.
fn stop_signal() -> Result<impl std::future::Future<Output = ()>, QueueError> {
    let system = |error: std::io::Error| QueueError::System(error.to_string());
    #[cfg(unix)]
    {
        use tokio::signal::unix::{signal, SignalKind};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => (),
                _ = terminate.recv() => (),
            }
        })
    }
    #[cfg(not(unix))]
    {
        let _ = system;
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}

/// All hands work until they are told to stop, one of them fails, or there is nothing to do.
async fn serve(
    hands: Vec<Hand>,
    stop: impl std::future::Future<Output = ()>,
    tell: &Arc<dyn Fn(WorkerEvent) + Send + Sync>,
) -> Result<WorkerReport, QueueError> {
    let (end, ended) = watch::channel(false);
    let work = |hand: Hand| {
        let mut ended = ended.clone();
        hand.serve(async move {
            // A sender that is gone is an end, too.
            let _ = ended.wait_for(|ended| *ended).await;
        })
    };
    let mut hands: FuturesUnordered<_> = hands.into_iter().map(work).collect();
    let (mut report, mut failure) = (WorkerReport::default(), None);
    tokio::pin!(stop);
    loop {
        let done = tokio::select! {
            () = &mut stop, if !*end.borrow() => {
                tell(WorkerEvent::Stopping);
                end.send_replace(true);
                continue;
            }
            done = hands.next() => done,
        };
        match done {
            None => return failure.map_or(Ok(report), Err),
            Some(Ok(more)) => report.add(more),
            Some(Err(error)) => {
                failure.get_or_insert(error);
                end.send_replace(true);
            }
        }
    }
}
