//! What a task has yet to bring to the store: the changes of the request that is being filled, and those of the requests
//! in flight.
//!
//! Requests in flight may overtake each other, and in a request the store may take the changes in any order. So a request
//! changes a key once (a later change is merged into the earlier one, or is of a later request), and one that changes
//! a key which another one in flight changes waits for that one: the later row is the one that stays.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use ahash::RandomState;
use async_trait::async_trait;

use crate::error::Result;
use crate::upload::Upload;

/// What happens to what the store keeps under one key.
pub trait Change: Send + 'static {
    /// What the store tells its entries apart by.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;

    /// Which entry is changed.
    fn key(&self) -> &Self::Key;
}

/// How changes reach a store. Each request has a clone.
#[async_trait]
pub trait Sender: Clone + Send + Sync + 'static {
    /// What is sent.
    type Change: Change;

    /// The bytes that a change adds to a request, at most.
    fn size(&self, change: &Self::Change) -> usize;

    /// Whether two changes of one key can become one. If not, the later one is of another request, which waits for that
    /// of the earlier one.
    fn joins(&self, earlier: &Self::Change, later: &Self::Change) -> bool;

    /// Makes one change of two of one key, which has about the later one's size.
    fn merge(&self, earlier: &mut Self::Change, later: Self::Change);

    /// Gives back what a change holds of memory that it shares with changes that are gone.
    fn compact(&self, _change: &mut Self::Change) {}

    /// Applies the changes of a request, no two of one key. An error ends the write.
    async fn send(&self, changes: Vec<Self::Change>) -> Result<()>;
}

/// How much a request may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of all changes together. A change that is larger is a request of its own.
    pub bytes: usize,
    /// The most changes.
    pub changes: usize,
}

/// After so many bytes of changes that later ones took the place of, those that stay give back what they hold of them.
const MOST_GONE: usize = 4 * 1024 * 1024;

/// The changes of one task that are on their way. Dropping it aborts the requests in flight.
pub struct Outbox<S: Sender> {
    sender: S,
    upload: Upload,
    open: Request<S::Change>,
    /// The keys of the requests in flight; those of one that has ended are gone.
    flying: Vec<Weak<Places<S::Change>>>,
}

/// Where the change of each key is in its request, and its size. Each key is looked up several times, also among those in
/// flight: std's hash would take longer than the rest.
type Places<C> = HashMap<<C as Change>::Key, (usize, usize), RandomState>;

/// A request that is being filled.
struct Request<C: Change> {
    changes: Vec<C>,
    bytes: usize,
    places: Places<C>,
    /// The bytes of changes that are gone, since the others were compacted.
    gone: usize,
}

impl<S: Sender> Outbox<S> {
    /// Nothing is on its way. At most `concurrency` requests will be at once.
    #[must_use]
    pub fn new(sender: S, concurrency: usize) -> Self {
        Self { sender, upload: Upload::new(concurrency), open: Request::of(0), flying: Vec::new() }
    }

    /// Adds the change of the next row, and sends the open request before if it is full. An error may be that of an
    /// earlier request: the write has failed.
    pub async fn push(&mut self, change: S::Change, limits: Limits) -> Result<()> {
        let size = self.sender.size(&change);
        let earlier = self.open.places.get(change.key()).copied();
        let apart = earlier.is_some_and(|(index, _)| !self.sender.joins(&self.open.changes[index], &change));
        let (count, bytes) = self.open.with(earlier, size);
        if apart || bytes > limits.bytes || count > limits.changes {
            self.flush().await?;
        }
        self.open.add(change, size, &self.sender);
        Ok(())
    }

    /// Sends what is there and waits for every request. An error is that of any of them.
    pub async fn finish(&mut self) -> Result<()> {
        self.flush().await?;
        self.upload.finish().await
    }

    /// Sends the open request, after those in flight that change one of its keys.
    async fn flush(&mut self) -> Result<()> {
        if self.open.changes.is_empty() {
            return Ok(());
        }
        // The next one will have about as many: it need not grow step by step.
        let next = Request::of(self.open.changes.len());
        let Request { changes, places, .. } = std::mem::replace(&mut self.open, next);
        while self.any_in_flight(&places) {
            self.upload.next().await?;
        }
        let places = Arc::new(places);
        self.flying.push(Arc::downgrade(&places));
        let sender = self.sender.clone();
        let request = async move {
            let sent = sender.send(changes).await;
            drop(places);
            sent
        };
        self.upload.submit(request).await
    }

    fn any_in_flight(&mut self, places: &Places<S::Change>) -> bool {
        self.flying.retain(|other| other.strong_count() > 0);
        self.flying.iter().filter_map(Weak::upgrade).any(|other| places.keys().any(|key| other.contains_key(key)))
    }
}

impl<C: Change> Request<C> {
    /// An empty one with room for so many changes.
    fn of(changes: usize) -> Self {
        let places = Places::<C>::with_capacity_and_hasher(changes, RandomState::new());
        Self { changes: Vec::with_capacity(changes), bytes: 0, places, gone: 0 }
    }

    /// How many changes there would be with one of this size, and their size; `earlier` is the place of its key.
    fn with(&self, earlier: Option<(usize, usize)>, size: usize) -> (usize, usize) {
        match earlier {
            Some((_, earlier)) => (self.changes.len(), self.bytes - earlier + size),
            None => (self.changes.len() + 1, self.bytes + size),
        }
    }

    /// Adds a change of this size; where there is one of its key, the two become one.
    fn add(&mut self, change: C, size: usize, sender: &impl Sender<Change = C>) {
        match self.places.entry(change.key().clone()) {
            Entry::Occupied(mut place) => {
                let (index, earlier) = *place.get();
                self.bytes = self.bytes - earlier + size;
                place.insert((index, size));
                sender.merge(&mut self.changes[index], change);
                self.gone += earlier;
                if self.gone > MOST_GONE {
                    self.changes.iter_mut().for_each(|change| sender.compact(change));
                    self.gone = 0;
                }
            }
            Entry::Vacant(place) => {
                place.insert((self.changes.len(), size));
                self.bytes += size;
                self.changes.push(change);
            }
        }
    }
}

#[cfg(test)]
mod tests;
