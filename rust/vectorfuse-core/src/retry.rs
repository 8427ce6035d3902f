//! The one place that sleeps and tries again.
//!
//! Exponential back-off with jitter; only errors whose kind can pass later are retried; a wait that the store
//! asked for is honoured where it is longer than ours.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::metrics::Metrics;

/// However long the store asks us to wait, a task does not sleep longer than this at once.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// How often, and after which pauses, a request is sent again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts after the first one.
    pub max_retries: usize,
    /// The first pause; each further one is twice as long, plus jitter.
    pub backoff: Duration,
}

impl RetryPolicy {
    /// Runs `attempt` until it succeeds, fails for good, or the retries are used up; then the last error is given.
    pub async fn run<T, F, Fut>(&self, metrics: &Metrics, attempt: F) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.backoff)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(self.max_retries)
            .with_jitter();
        attempt
            .retry(pauses)
            .when(|error: &Error| error.kind().is_retryable())
            .adjust(|error, pause| pause.map(|pause| pause.max(error.wait().unwrap_or_default()).min(LONGEST_WAIT)))
            .notify(|error, pause| metrics.add_retry(pause, error.kind() == Kind::RateLimited))
            .await
            .map_err(|error| match (error.kind().is_retryable(), self.max_retries) {
                (true, 1..) => error.with("attempts", self.max_retries + 1),
                (true, 0) | (false, _) => error,
            })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn policy(max_retries: usize) -> RetryPolicy {
        RetryPolicy { max_retries, backoff: Duration::from_millis(1) }
    }

    #[tokio::test]
    async fn a_passing_fault_is_retried_and_counted() {
        let tries = AtomicUsize::new(0);
        let metrics = Metrics::default();
        let result = policy(3)
            .run(&metrics, || async {
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0 | 1 => Err(Error::new(Kind::Unavailable, "down")),
                    tries => Ok(tries),
                }
            })
            .await;
        assert_eq!(result.ok(), Some(2));
        assert_eq!(metrics.snapshot()[3], 2);
    }

    #[tokio::test]
    async fn a_lasting_fault_is_not_retried() {
        let tries = AtomicUsize::new(0);
        let result: Result<()> = policy(3)
            .run(&Metrics::default(), || async {
                tries.fetch_add(1, Ordering::Relaxed);
                Err(Error::data("bad"))
            })
            .await;
        assert_eq!(result.map_err(|error| error.kind()), Err(Kind::Data));
        assert_eq!(tries.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn the_store_s_own_wait_is_honoured() {
        let tries = AtomicUsize::new(0);
        let started = std::time::Instant::now();
        let metrics = Metrics::default();
        let result = policy(1)
            .run(&metrics, || async {
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0 => Err(Error::new(Kind::RateLimited, "slow down").retry_after(Some(Duration::from_millis(60)))),
                    _ => Ok(()),
                }
            })
            .await;
        assert!(result.is_ok());
        assert!(started.elapsed() >= Duration::from_millis(60));
        assert!(metrics.snapshot()[4] >= 60);
    }
}
