//! What a task has yet to bring to the store: the changes of the request that is being filled, and those of the requests
//! in flight.
//!
//! Requests in flight may overtake each other, and in a request the store may take the changes in any order. So a request
//! changes a key once (a later change is merged into the earlier one, or is of a later request), and one that changes
//! a key which another one in flight changes waits for that one: the later row is the one that stays.

mod keys;

use std::hash::Hash;
use std::sync::{Arc, Weak};

use async_trait::async_trait;

use crate::error::Result;
use crate::outbox::keys::Keys;
use crate::upload::Upload;

/// What happens to what the store keeps under one key.
pub trait Change: Send + 'static {
    /// What the store tells its entries apart by.
    type Key: Clone + Eq + Hash + Ord + Send + Sync + 'static;

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

    /// Makes one change of two of one key, which is no larger than both.
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
    flying: Vec<Weak<KeysOf<S::Change>>>,
}

type KeysOf<C> = Keys<<C as Change>::Key>;

/// A request that is being filled.
struct Request<C: Change> {
    changes: Vec<C>,
    keys: KeysOf<C>,
    /// The bytes of each change.
    sizes: Vec<usize>,
    /// The bytes of all.
    bytes: usize,
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
        let mut earlier = self.open.keys.place(change.key());
        let apart = earlier.is_some_and(|place| !self.sender.joins(&self.open.changes[place], &change));
        let count = self.open.changes.len() + usize::from(earlier.is_none());
        if apart || self.open.bytes.saturating_add(size) > limits.bytes || count > limits.changes {
            self.flush().await?;
            earlier = None;
        }
        self.open.add(change, size, earlier, &self.sender);
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
        let Request { changes, keys, .. } = std::mem::replace(&mut self.open, next);
        while self.any_in_flight(&keys) {
            self.upload.next().await?;
        }
        let keys = Arc::new(keys);
        self.flying.push(Arc::downgrade(&keys));
        let sender = self.sender.clone();
        let request = async move {
            let sent = sender.send(changes).await;
            drop(keys);
            sent
        };
        self.upload.submit(request).await
    }

    fn any_in_flight(&mut self, keys: &KeysOf<S::Change>) -> bool {
        self.flying.retain(|other| other.strong_count() > 0);
        self.flying.iter().filter_map(Weak::upgrade).any(|other| keys.meet(&other))
    }
}

impl<C: Change> Request<C> {
    /// An empty one with room for so many changes.
    fn of(changes: usize) -> Self {
        let (sizes, keys) = (Vec::with_capacity(changes), Keys::with_capacity(changes));
        Self { changes: Vec::with_capacity(changes), keys, sizes, bytes: 0, gone: 0 }
    }

    /// Adds a change of this size; with one of its key, which is at the place `earlier`, it becomes one.
    fn add(&mut self, change: C, size: usize, earlier: Option<usize>, sender: &impl Sender<Change = C>) {
        let Some(place) = earlier else {
            self.bytes += size;
            self.keys.push(change.key().clone());
            self.sizes.push(size);
            self.changes.push(change);
            return;
        };
        let kept = &mut self.changes[place];
        sender.merge(kept, change);
        // What is left of the two is the sender's to say: the later one, the earlier one, or parts of both.
        let merged = sender.size(kept);
        let earlier = std::mem::replace(&mut self.sizes[place], merged);
        self.bytes = self.bytes - earlier + merged;
        self.gone += (earlier + size).saturating_sub(merged);
        if self.gone > MOST_GONE {
            self.changes.iter_mut().for_each(|change| sender.compact(change));
            self.gone = 0;
        }
    }
}

#[cfg(test)]
mod tests;
