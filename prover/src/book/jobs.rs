//! How many batches are proven at the same time on one machine.
//!
//! A batch on one core does the same work as on all of them, without waiting for the steps that one
//! core does alone; what limits it is memory. So by default there are as many jobs as there are
//! cores, or as fit.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::error::BookError;
use super::memory;

/// Bytes for each of its `2^k` rows that the proof of a batch takes at most, and that the keys of all
/// batches take once. With k = 14 this is 1 GiB; measured are 0.8 GB a batch and 0.8 GB for keys.
pub(crate) const BYTES_PER_ROW: u64 = 64 << 10;

/// Jobs, and the threads of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jobs {
    threads: Vec<usize>,
}

impl Jobs {
    /// So many jobs, which share the threads of rayon's pool, as many as there are cores; at least one,
    /// and no more than there are cores.
    pub fn new(jobs: usize) -> Jobs {
        Jobs::sharing(jobs, rayon::current_num_threads())
    }

    /// As many jobs as cores and free memory allow for batches of `2^k` rows. One, where the system
    /// does not tell its memory.
    pub fn fitting(k: u32) -> Jobs {
        let batch = BYTES_PER_ROW.saturating_mul(1u64.checked_shl(k).unwrap_or(u64::MAX));
        let fitting = memory::available().map_or(1, |free| (free / batch).saturating_sub(1));
        Jobs::new(usize::try_from(fitting).unwrap_or(usize::MAX))
    }

    /// So many jobs, which share so many cores; at least one, and no more than cores.
    pub fn sharing(jobs: usize, cores: usize) -> Jobs {
        let jobs = jobs.clamp(1, cores.max(1));
        let threads = |job| cores / jobs + usize::from(job < cores % jobs);
        Jobs {
            threads: (0..jobs).map(|job| threads(job).max(1)).collect(),
        }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.threads.len()
    }

    /// The threads of each job.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn pools(&self) -> Result<Vec<ThreadPool>, BookError> {
        let pool = |threads: &usize| {
            ThreadPoolBuilder::new()
                .num_threads(*threads)
                .build()
                .map_err(|error| BookError::Threads(error.to_string()))
        };
        self.threads.iter().map(pool).collect()
    }

    /// Works on items, and tells on the calling thread of each that is done, as it is done. After a
    /// failure nothing is begun; what has been begun is finished.
    ///
    /// # Errors
    /// Of the first item, in their order, that failed.
    pub(super) fn each<I: Sync>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> Result<(), BookError> + Sync,
        mut done: impl FnMut(&I),
    ) -> Result<(), BookError> {
        let pools = self.pools()?;
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (send, results) = mpsc::channel();
        let job = |pool: &ThreadPool, send: mpsc::Sender<_>| {
            while !failed.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(number) else {
                    return;
                };
                let result = pool.install(|| work(item));
                if result.is_err() {
                    failed.store(true, Ordering::Relaxed);
                }
                // Whoever listens does so to the end.
                let _ = send.send((number, result));
            }
        };
        let mut first: Option<(usize, BookError)> = None;
        std::thread::scope(|scope| {
            for pool in pools.iter().take(items.len()) {
                let (send, job) = (send.clone(), &job);
                scope.spawn(move || job(pool, send));
            }
            drop(send);
            for (number, result) in results {
                match result {
                    Ok(()) => done(&items[number]),
                    Err(error) => {
                        let earlier = first.take().filter(|(other, _)| *other < number);
                        first = earlier.or(Some((number, error)));
                    }
                }
            }
        });
        first.map_or(Ok(()), |(_, error)| Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_share_the_cores() {
        let threads = |jobs, cores| Jobs::sharing(jobs, cores).threads;
        assert_eq!(threads(0, 4), [4]);
        assert_eq!(threads(1, 4), [4]);
        assert_eq!(threads(3, 4), [2, 1, 1]);
        assert_eq!(threads(4, 4), [1; 4]);
        assert_eq!(threads(9, 2), [1; 2]);
        assert_eq!(threads(usize::MAX, 0), [1]);
    }

    #[test]
    fn there_is_always_a_job() {
        assert_eq!(Jobs::fitting(63).count(), 1);
        assert_eq!(Jobs::fitting(200).count(), 1);
        assert!((1..=rayon::current_num_threads()).contains(&Jobs::fitting(0).count()));
    }
}
