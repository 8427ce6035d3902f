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
