//! From changes to the one request that applies them.

use qdrant_client::qdrant::UpsertPoints;

use crate::change::{Action, Change, framed};

/// What is the same for each request of a write.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) collection: String,
    pub(crate) wait: bool,
}

/// A request that changes points.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Upsert(UpsertPoints),
}

impl Head {
    /// The size of a request without its changes.
    pub(crate) fn encoded_len(&self) -> usize {
        framed(self.collection.len()) + 2
    }

    /// The request that applies these changes, in their order.
    pub(crate) fn request(&self, changes: Vec<Change>) -> Request {
        let points = changes.into_iter().map(|change| match change.action {
            Action::Upsert(point) => point,
        });
        Request::Upsert(UpsertPoints {
            collection_name: self.collection.clone(),
            wait: Some(self.wait),
            points: points.collect(),
            ..UpsertPoints::default()
        })
    }
}
