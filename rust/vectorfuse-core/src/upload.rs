//! A bounded window of requests in flight: the memory of a writer is the window, whatever it writes.

use std::future::Future;

use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// Requests in flight. Dropping it aborts them.
#[derive(Debug)]
pub struct Upload {
    requests: JoinSet<Result<()>>,
    concurrency: usize,
}

impl Upload {
    /// At most `concurrency` requests are in flight at once.
    #[must_use]
    pub fn new(concurrency: usize) -> Self {
        Self { requests: JoinSet::new(), concurrency: concurrency.max(1) }
    }

    /// Waits for room, sends, and waits until there is room for the memory of the next one, which counts as one in
    /// flight while it is made; but one can always be made while another is in flight. An error is that of an earlier
    /// request: the write has failed.
    pub async fn submit(&mut self, request: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
        self.until_below(self.concurrency).await?;
        self.requests.spawn(request);
        self.until_below(self.concurrency.max(2)).await
    }

    /// Waits until fewer than so many are in flight.
    async fn until_below(&mut self, requests: usize) -> Result<()> {
        while self.requests.len() >= requests {
            self.next().await?;
        }
        Ok(())
    }

    /// Waits for every request.
    pub async fn finish(&mut self) -> Result<()> {
        while !self.requests.is_empty() {
            self.next().await?;
        }
        Ok(())
    }

    /// Waits for one request, whichever ends first; at once if none is in flight.
    pub async fn next(&mut self) -> Result<()> {
        match self.requests.join_next().await {
            None => Ok(()),
            Some(Ok(answer)) => answer,
            Some(Err(lost)) => Err(Error::internal("a request ended without an answer").caused_by(lost)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn the_request_that_is_made_next_counts_unless_none_could_be_made_beside_another() {
        for (concurrency, at_once) in [(1, 1), (2, 1), (4, 3)] {
            let answers = Arc::new(Semaphore::new(0));
            let request = || {
                let answers = Arc::clone(&answers);
                async move {
                    answers.acquire().await.unwrap().forget();
                    Ok(())
                }
            };
            let mut upload = Upload::new(concurrency);
            let mut now = Context::from_waker(Waker::noop());
            for _ in 0..at_once {
                assert!(pin!(upload.submit(request())).poll(&mut now).is_ready(), "concurrency {concurrency}");
            }
            let mut next = Box::pin(upload.submit(request()));
            assert!(next.as_mut().poll(&mut now).is_pending(), "concurrency {concurrency}");
            answers.add_permits(1);
            next.await.unwrap();
            assert_eq!(upload.requests.len(), at_once);
        }
    }
}
