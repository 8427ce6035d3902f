//! How the changes of one request reach the server, and how it is found out which of them it passes over.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::{Transport, WriteMode};
use vectorfuse_core::outbox;
use vectorfuse_core::reject::{self, Rejects};

use crate::api::Api;
use crate::change::{Action, Change};
use crate::counters::Counters;
use crate::request::Head;
use crate::routing::Routing;
use crate::shard_key;

/// How often a partial update is tried that finds one of its points gone.
const MOST_TRIES: usize = 5;

/// What each request of a task needs, shared by those in flight.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) api: Api,
    pub(crate) head: Arc<Head>,
    pub(crate) transport: Transport,
    /// What the write counts.
    pub(crate) counters: Option<Arc<Counters>>,
    pub(crate) metrics: Arc<Metrics>,
    /// Takes the rows that can't be kept.
    pub(crate) rejects: Rejects,
    /// Where each row says its shard.
    pub(crate) routing: Option<Arc<Routing>>,
}

#[async_trait]
impl outbox::Sender for Sender {
    type Change = Change;

    fn size(&self, change: &Change) -> usize {
        let partial = matches!(change.action, Action::Partial(_));
        let shards = match &change.shard {
            // Each may be the first of its shard.
            Some(own) => std::slice::from_ref(own.as_ref()),
            None if partial || change.guard.is_some() || change.tally.is_some() => self.head.shards.as_slice(),
            None => return change.size(self.transport),
        };
        change.size(self.transport) + 2 * shard_key::size(shards)
    }

    /// Whether a condition holds for the later row of a point depends on what the earlier one did. A row that may be
    /// refused must not have taken the place of an earlier one. What an older row alone has, a vector, must not reach a
    /// point under the order of the later one. And where a point is must be known before a later row says another shard.
    fn joins(&self, earlier: &Change, later: &Change) -> bool {
        let ordered = earlier.order.is_some() || later.order.is_some();
        let aged = ordered && self.head.mode == WriteMode::Partial;
        !self.head.conditional && !aged && !self.rejects.pass_over() && earlier.shard == later.shard
    }

    fn merge(&self, earlier: &mut Change, later: Change) {
        earlier.merge(later, self.head.mode);
    }

    fn compact(&self, change: &mut Change) {
        change.compact();
    }

    /// Applies changes of different points in one request; in more, if some are to be passed over.
    async fn send(&self, changes: Vec<Change>) -> Result<()> {
        match &self.routing {
            Some(routing) => self.route(routing, changes).await,
            None => self.send_to_shards(changes).await,
        }
    }
}

impl Sender {
    /// Applies changes in the shards of the head.
    pub(crate) async fn send_to_shards(&self, changes: Vec<Change>) -> Result<()> {
        // What the server refuses of a request of one row is that row's.
        let ends = match changes.as_slice() {
            [only] => Some((only.id, only.origin.clone(), None)),
            [first, .., last] => Some((first.id, first.origin.clone(), Some(last.origin.clone()))),
            [] => None,
        };
        let count = changes.len();
        let reject = |change: Change, error| self.reject(&change, error);
        let sent = self.rejects.send(changes, |part| self.send_together(part), reject).await;
        sent.map_err(|error| match ends {
            Some(_) if self.rejects.pass_over() || error.kind() != Kind::Data || error.context("row").is_some() => {
                error
            }
            Some((id, only, None)) => only.place(error, &id),
            Some((_, first, Some(last))) => reject::of_some_row(error, &first, &last, count),
            None => error,
        })
    }

    /// Passes a row over, if rows may be.
    pub(crate) fn reject(&self, change: &Change, error: Error) -> Result<()> {
        self.rejects.reject(change.place(error), change.rejected())
    }

    async fn send_together(&self, changes: Vec<Change>) -> Result<()> {
        let rows: usize = changes.iter().map(|change| change.rows).sum();
        let skipped = if let Some(counters) = &self.counters {
            self.count(counters, changes).await?
        } else if self.head.mode == WriteMode::Partial {
            self.send_partial(changes).await?
        } else {
            let skipped = self.skipped(&changes).await?;
            self.apply(changes).await?;
            skipped
        };
        self.metrics.add_rows(rows.saturating_sub(skipped));
        self.metrics.add_skipped_rows(skipped);
        Ok(())
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        let request = self.head.request(changes)?;
        // Rows can have nothing but an id.
        if !request.is_empty() {
            self.metrics.add_bytes(self.api.apply(request).await?);
        }
        Ok(())
    }

    /// How many of the points the server will pass over. It does not say so itself, so it is asked before: another
    /// writer of the same points can make the number wrong, never what is written.
    async fn skipped(&self, changes: &[Change]) -> Result<usize> {
        let mut skipped = 0;
        for refusal in self.head.refusals(changes) {
            match self.api.count(refusal, &self.head.shards).await {
                Ok(count) => skipped += count,
                // Strict mode lets points be changed under a filter for which it refuses to count them.
                Err(error) if error.kind() == Kind::Data => {}
                Err(error) => return Err(error),
            }
        }
        match self.head.mode {
            WriteMode::Insert => skipped += self.there(changes).await?.len(),
            WriteMode::Update => skipped += changes.len().saturating_sub(self.there(changes).await?.len()),
            WriteMode::Upsert | WriteMode::Partial | WriteMode::Delete => {}
        }
        Ok(skipped)
    }

    /// The server refuses vectors for a point that is not there, so those changes are taken out before.
    async fn send_partial(&self, changes: Vec<Change>) -> Result<usize> {
        let mut there = self.there(&changes).await?;
        for _ in 1..MOST_TRIES {
            let known = |change: &&Change| there.contains(&change.id);
            let some: Vec<Change> = changes.iter().filter(known).cloned().collect();
            let skipped = changes.len() - some.len() + self.skipped(&some).await?;
            if some.is_empty() {
                return Ok(skipped);
            }
            match self.apply(some).await {
                Err(error) if error.kind() == Kind::NotFound => {
                    let now = self.there(&changes).await?;
                    if now == there {
                        return Err(error);
                    }
                    there = now;
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(skipped),
            }
        }
        Err(Error::new(Kind::Unavailable, "points disappear again and again while the job updates them"))
    }

    async fn there(&self, changes: &[Change]) -> Result<HashSet<PointId>> {
        let ids = changes.iter().map(|change| change.id).collect();
        let found = self.api.retrieve(ids, crate::api::Wanted::nothing(), &self.head.shards).await?;
        Ok(found.into_iter().map(|(id, _)| id).collect())
    }
}
