//! What a row of a DataFrame does to one point.

use prost::Message;
use qdrant_client::qdrant::PointStruct;
use vectorfuse_core::error::Error;
use vectorfuse_core::ids::PointId;

/// A row, as what happens to its point.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Which point.
    pub(crate) id: PointId,
    /// Which row, for messages.
    pub(crate) origin: Origin,
    /// What happens to it.
    pub(crate) action: Action,
    /// How many rows it stands for.
    pub(crate) rows: usize,
}

/// What happens to a point.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The point is written whole, in place of the one that is there.
    Upsert(PointStruct),
}

/// Which row of which partition.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) row: u64,
    pub(crate) partition: u64,
    /// What the user calls the row, where that is not the id's own text.
    pub(crate) name: Option<String>,
}

impl Change {
    /// One change for two of one point, `later` being that of the later row.
    pub(crate) fn merge(&mut self, later: Self) {
        let rows = self.rows + later.rows;
        *self = Self { rows, ..later };
    }

    /// What it adds to the size of a request.
    pub(crate) fn encoded_len(&self) -> usize {
        match &self.action {
            // In the request a point has its field's number and its length before it.
            Action::Upsert(point) => framed(point.encoded_len()),
        }
    }

    /// Says of an error which row it is about.
    #[allow(dead_code)] // for rows that the server refuses
    pub(crate) fn place(&self, error: Error) -> Error {
        let error = error.with("row", &self.origin);
        match &self.origin.name {
            Some(name) => error.with("id", name),
            None => error.with("id", self.id),
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of partition {}", self.row, self.partition)
    }
}

/// The size of a message inside another one, whose field's number is below 16.
pub(crate) fn framed(bytes: usize) -> usize {
    1 + prost::length_delimiter_len(bytes) + bytes
}
