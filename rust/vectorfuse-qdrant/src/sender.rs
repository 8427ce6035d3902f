//! How the changes of one request reach the server.

use std::sync::Arc;

use vectorfuse_core::error::Result;
use vectorfuse_core::metrics::Metrics;

use crate::api::Api;
use crate::change::Change;
use crate::request::Head;

/// What each request of a task needs, shared by those in flight.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) api: Api,
    pub(crate) head: Arc<Head>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Sender {
    /// Applies changes of different points in one request.
    pub(crate) async fn send(&self, changes: Vec<Change>) -> Result<()> {
        let rows = changes.iter().map(|change| change.rows).sum();
        let bytes = self.api.apply(self.head.request(changes)).await?;
        self.metrics.add_rows(rows);
        self.metrics.add_bytes(bytes);
        Ok(())
    }
}
