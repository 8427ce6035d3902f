//! The one place that sleeps and tries again.
//!
//! Exponential back-off with jitter; only errors whose kind can pass later are retried; a wait that the store
//! asked for is honoured where it is longer than ours.
//!
//! A store that limits rates and says how long to wait is no fault: such waits use up no retries as long as the task
//! gets on.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use serde::{Deserialize, Serialize};

use crate::error::{Kind, Result};
use crate::metrics::Metrics;

/// However long the store asks us to wait, a task does not sleep longer than this at once.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// So long one request waits, in all, at the store's own word and without a retry being counted, if no other request of
/// its task succeeds meanwhile.
const MOST_THROTTLED: Duration = Duration::from_secs(600);

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
    pub async fn run<T, F, Fut>(&self, metrics: &Metrics, mut attempt: F) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let mut pauses = self.pauses();
        let mut throttled = Duration::ZERO;
        let mut attempts: usize = 0;
        let mut successes = metrics.successes();
        loop {
            attempts += 1;
            let error = match attempt().await {
                Ok(answer) => {
                    metrics.add_success();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if !error.kind().is_retryable() {
                return Err(error);
            }
            if metrics.successes() != successes {
                successes = metrics.successes();
                throttled = Duration::ZERO;
            }
            let limited = error.kind() == Kind::RateLimited;
            let asked = error.wait().map(|wait| wait.min(LONGEST_WAIT));
            let pause = match asked {
                Some(wait) if limited && self.max_retries > 0 && throttled < MOST_THROTTLED => {
                    // Jitter, so that those who were refused together do not come back together.
                    let wait = wait + self.pauses().next().unwrap_or_default();
                    throttled += wait;
                    wait
                }
                asked => match pauses.next() {
                    Some(pause) => pause.max(asked.unwrap_or_default()),
                    None if self.max_retries > 0 => return Err(error.with("attempts", attempts)),
                    None => return Err(error),
                },
            };
            metrics.add_retry(pause, limited);
            tokio::time::sleep(pause).await;
        }
    }

    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.backoff)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(self.max_retries)
            .with_jitter()
            .build()
    }
}

/// Waits for what others are in the midst of, and can't be asked about.
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Asks again after each pause until there is an answer, for about as long as `longest`; `None` if there never was one.
pub async fn until<T, F, Fut>(longest: Duration, pause: Duration, mut ask: F) -> Result<Option<T>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let started = tokio::time::Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(Some(answer));
        }
        if started.elapsed() >= longest {
            return Ok(None);
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::error::Error;

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
    async fn what_is_waited_for_comes_or_does_not() {
        let tries = AtomicUsize::new(0);
        let ask = || async { Ok(Some(()).filter(|()| tries.fetch_add(1, Ordering::Relaxed) == 2)) };
        assert_eq!(until(Duration::from_secs(60), Duration::from_millis(1), ask).await.ok(), Some(Some(())));
        let never = || async { Ok(None::<()>) };
        assert_eq!(until(Duration::from_millis(5), Duration::from_millis(1), never).await.ok(), Some(None));
        let fails = || async { Err::<Option<()>, _>(Error::data("bad")) };
        assert!(until(Duration::from_secs(60), Duration::from_millis(1), fails).await.is_err());
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

    #[tokio::test(start_paused = true)]
    async fn a_store_that_says_how_long_to_wait_uses_up_no_retries() {
        let tries = AtomicUsize::new(0);
        let metrics = Metrics::default();
        let result = policy(1)
            .run(&metrics, || async {
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0..=7 => Err(Error::new(Kind::RateLimited, "slow down").retry_after(Some(Duration::from_secs(60)))),
                    tries => Ok(tries),
                }
            })
            .await;
        assert_eq!(result.ok(), Some(8));
        assert!(metrics.snapshot()[4] >= 8 * 60_000);
    }

    #[tokio::test(start_paused = true)]
    async fn without_any_progress_a_throttled_request_gives_up() {
        let limited = || Error::new(Kind::RateLimited, "slow down").retry_after(Some(Duration::from_secs(60)));
        let started = tokio::time::Instant::now();
        let result: Result<()> = policy(1).run(&Metrics::default(), || async { Err(limited()) }).await;
        assert_eq!(result.map_err(|error| error.kind()), Err(Kind::RateLimited));
        assert!(started.elapsed() < Duration::from_secs(800));
        // Another request of the task succeeds now and then: this one has as long again.
        let (metrics, tries) = (Metrics::default(), AtomicUsize::new(0));
        let result: Result<usize> = policy(1)
            .run(&metrics, || async {
                metrics.add_success();
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0..=50 => Err(limited()),
                    tries => Ok(tries),
                }
            })
            .await;
        assert_eq!(result.ok(), Some(51));
        // Who wants no retries gets none.
        let result: Result<()> = policy(0).run(&Metrics::default(), || async { Err(limited()) }).await;
        assert!(result.is_err_and(|error| error.context("attempts").is_none()));
    }
}
