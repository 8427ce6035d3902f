//! How counters reach the server: read, add, write under a guard, and look whether it was this task that wrote.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use qdrant_client::qdrant::{UpdateMode, Value};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::retry::RetryPolicy;

use crate::api::Wanted;
use crate::change::{Action, Change, Parts};
use crate::counters::{self, Counters};
use crate::request::{upserted, with_payload, with_vectors};
use crate::sender::Sender;

/// How often the points that other writers were faster with are tried at once: each time one of the writers won.
const AT_ONCE: usize = 4;
/// How often that is tried again, and the first pause: together a minute or two.
const AGAIN: RetryPolicy = RetryPolicy { max_retries: 12, backoff: Duration::from_millis(10) };

/// So many points are read and written together: beside each stands what up to 256 other tasks have added to it, some 60 bytes
/// of each, and a server takes no more than 32 MB over HTTP.
const MOST_TOGETHER: usize = 512;

/// The changes that the server has not yet, by their places, and how many rows had no point.
struct Progress {
    left: Vec<usize>,
    skipped: usize,
}

impl Sender {
    /// Applies changes with counters; says how many rows were passed over.
    pub(crate) async fn count(&self, counters: &Counters, changes: Vec<Change>) -> Result<usize> {
        let progress = Mutex::new(Progress { left: (0..changes.len()).collect(), skipped: 0 });
        let attempt = || async {
            for _ in 0..AT_ONCE {
                let before = std::mem::take(&mut progress.lock().unwrap_or_else(PoisonError::into_inner).left);
                // An error of a request was tried again already.
                let round = match self.round(counters, &changes, before).await {
                    Ok(round) => round,
                    Err(error) => return Ok(Err(error)),
                };
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                progress.skipped += round.skipped;
                progress.left = round.left;
                if progress.left.is_empty() {
                    return Ok(Ok(progress.skipped));
                }
            }
            let error = Error::new(
                Kind::Unavailable,
                "other writers change the same points again and again, so nothing could be added to them",
            );
            let progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            Err(match progress.left.first() {
                Some(first) => changes[*first].place(error),
                None => error,
            })
        };
        AGAIN.run(&self.metrics, attempt).await?
    }

    /// Tries once to apply those changes that the server does not have.
    async fn round(&self, counters: &Counters, changes: &[Change], left: Vec<usize>) -> Result<Progress> {
        let mut progress = Progress { left: Vec::new(), skipped: 0 };
        for some in left.chunks(MOST_TOGETHER) {
            let own = self.try_some(counters, changes, some).await?;
            progress.left.extend(own.left);
            progress.skipped += own.skipped;
        }
        Ok(progress)
    }

    async fn try_some(&self, counters: &Counters, changes: &[Change], left: &[usize]) -> Result<Progress> {
        let mut there = self.stored(counters, changes, left).await?;
        let mut skipped = 0;
        let (mut left_over, mut operations) = (Vec::new(), Vec::new());
        let (mut new, mut known, mut vectors) = (Vec::new(), Vec::new(), Vec::new());
        let mut having_vectors = BTreeSet::new();
        for &index in left {
            let change = &changes[index];
            let stored = there.remove(&change.id).map(|payload| counters.read(&payload)).transpose();
            let stored = stored.map_err(|error| change.place(error))?;
            let tally = change.tally.as_ref().ok_or_else(|| Error::internal("a change without its tally"))?;
            if matches!(&change.action, Action::Partial(parts) if parts.vectors.is_some()) {
                having_vectors.insert(index);
            }
            match &stored {
                None if self.head.mode != WriteMode::Upsert => {
                    skipped += change.rows;
                    continue;
                }
                Some(stored) if counters.has(stored, tally) => {
                    // The attempt that added may have ended before it set the vectors.
                    if let Action::Partial(parts) = &change.action
                        && let Some(own) = &parts.vectors
                    {
                        vectors.push((change.id, Some(stored.unchanged()), own.clone()));
                    }
                    continue;
                }
                Some(_) | None => {}
            }
            left_over.push(index);
            let fields = counters.added(stored.as_ref(), tally).map_err(|error| change.place(error))?;
            let unchanged = stored.as_ref().map(counters::Stored::unchanged);
            match change.action.clone() {
                Action::Upsert(point) => {
                    let mut point = point.into_message()?;
                    point.payload.extend(fields);
                    let points = if unchanged.is_some() { &mut known } else { &mut new };
                    points.push((change.id, unchanged, point));
                }
                Action::Partial(parts) => {
                    let Parts { mut payload, vectors: own } = *parts;
                    // The vectors follow if it was this write that changed the payload.
                    vectors.extend(own.map(|own| (change.id, Some(counters::written(&fields)), own)));
                    payload.extend(fields);
                    operations.push(with_payload(change.id, unchanged, payload));
                }
                Action::Delete => return Err(Error::internal("a delete counts nothing")),
            }
        }
        operations.extend(upserted(new, Some(UpdateMode::InsertOnly)));
        operations.extend(upserted(known, Some(UpdateMode::UpdateOnly)));
        operations.extend(with_vectors(vectors));
        if operations.is_empty() {
            return Ok(Progress { left: left_over, skipped });
        }
        match self.api.apply(self.head.batch(operations)).await {
            Ok(bytes) => {
                self.metrics.add_bytes(bytes);
                having_vectors.clear();
            }
            // A point was deleted meanwhile, and the vectors of the others have perhaps not been set; if it is the
            // collection, the next request says so.
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
        let there = self.stored(counters, changes, &left_over).await?;
        let mut left: Vec<usize> = having_vectors.iter().copied().collect();
        for index in left_over.into_iter().filter(|index| !having_vectors.contains(index)) {
            let change = &changes[index];
            let stored = there.get(&change.id).map(|payload| counters.read(payload)).transpose();
            let stored = stored.map_err(|error| change.place(error))?;
            let done = stored.zip(change.tally.as_ref()).is_some_and(|(stored, tally)| counters.has(&stored, tally));
            if !done {
                left.push(index);
            }
        }
        Ok(Progress { left, skipped })
    }

    async fn stored(
        &self,
        counters: &Counters,
        changes: &[Change],
        places: &[usize],
    ) -> Result<HashMap<PointId, HashMap<String, Value>>> {
        let ids = places.iter().map(|index| changes[*index].id).collect();
        let wanted = Wanted::new(Some(counters.paths()?), Some(Vec::new()));
        Ok(self.api.retrieve(ids, wanted, &self.head.shards).await?.into_iter().collect())
    }
}
