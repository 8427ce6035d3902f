//! What a row of a DataFrame does to one point.

use std::collections::HashMap;

use prost::Message;
use prost::bytes::BytesMut;
use prost::encoding::decode_key;
use qdrant_client::qdrant::{Filter, PointStruct, Value, Vectors};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::options::{Transport, WriteMode};
use vectorfuse_core::outbox;
use vectorfuse_core::payload::Scalar;
use vectorfuse_core::reject::Rejected;
use vectorfuse_core::rows::Origin;

use crate::api::json_size;
use crate::counters::Tally;
use crate::shard_key::ShardKey;

/// What the wrappings of a change take at most, with its id once more.
const WRAPPING: usize = 80;
/// What the counters of a point take, with what is kept beside them: a guess.
const COUNTERS: usize = 300;
/// The same in JSON.
const JSON_WRAPPING: usize = 240;

/// A row, as what happens to its point. It is moved several times, so what few rows have stands elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Which point.
    pub(crate) id: PointId,
    /// Which row, for messages.
    pub(crate) origin: Origin,
    /// What happens to it.
    pub(crate) action: Action,
    /// The row's place in the order of `order_field`.
    pub(crate) order: Option<Box<Scalar>>,
    /// Which of the points that are there it may change; any without one.
    pub(crate) guard: Option<Box<Filter>>,
    /// The key of its shards, where rows have their own.
    pub(crate) shard: Option<Box<ShardKey>>,
    /// What the task's rows of this point add to its counters, up to this one.
    pub(crate) tally: Option<Box<Tally>>,
    /// How many rows it stands for.
    pub(crate) rows: usize,
}

/// What happens to a point.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The point is written whole, in place of the one that is there. The write's mode says whether one must be there.
    Upsert(Point),
    /// These parts of the point that is there are replaced.
    Partial(Box<Parts>),
    /// The point is deleted.
    Delete,
}

/// A point that is written whole.
#[derive(Clone, Debug)]
pub(crate) enum Point {
    Message(Box<PointStruct>),
    /// The message as it stands in an upsert over gRPC.
    Encoded(BytesMut),
}

/// Parts of a point.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) payload: HashMap<String, Value>,
    pub(crate) vectors: Option<Vectors>,
}

impl outbox::Change for Change {
    type Key = PointId;

    fn key(&self) -> &PointId {
        &self.id
    }
}

impl Change {
    /// Makes one change of two of one point, `later` being that of the later row.
    pub(crate) fn merge(&mut self, later: Self, mode: WriteMode) {
        let rows = self.rows + later.rows;
        // Of an insert the first row finds no point, and the others find that one.
        let keep = mode == WriteMode::Insert || self.order > later.order;
        match (&mut self.action, later) {
            _ if keep => {}
            (Action::Partial(parts), Self { action: Action::Partial(newer), origin, order, guard, tally, .. }) => {
                parts.payload.extend(newer.payload);
                parts.vectors = merged(parts.vectors.take(), newer.vectors);
                (self.origin, self.order, self.guard, self.tally) = (origin, order, guard, tally);
            }
            (Action::Upsert(_) | Action::Partial(_) | Action::Delete, later) => *self = later,
        }
        self.rows = rows;
    }

    /// Takes its point out of the room that it was encoded in, which stays as long as one of its points does.
    pub(crate) fn compact(&mut self) {
        if let Action::Upsert(Point::Encoded(point)) = &mut self.action {
            *point = BytesMut::from(&point[..]);
        }
    }

    /// What it adds to the size of a request, at most.
    pub(crate) fn size(&self, over: Transport) -> usize {
        match over {
            Transport::Grpc => self.encoded_len(),
            Transport::Http => self.json_len(),
        }
    }

    fn encoded_len(&self) -> usize {
        let guard = self.guard.as_ref().map_or(0, |guard| framed(guard.encoded_len()) + WRAPPING);
        let counters = if self.tally.is_some() { COUNTERS } else { 0 };
        guard
            + counters
            + match &self.action {
                // In the request a point has its field's number and its length before it.
                Action::Upsert(Point::Message(point)) => framed(point.encoded_len()),
                Action::Upsert(Point::Encoded(point)) => point.len(),
                Action::Partial(parts) => parts.encoded_len(),
                Action::Delete => WRAPPING,
            }
    }

    fn json_len(&self) -> usize {
        let guard = self.guard.as_ref().map_or(0, |guard| json_size::filter(guard) + JSON_WRAPPING);
        let counters = if self.tally.is_some() { 2 * COUNTERS } else { 0 };
        guard
            + counters
            + match &self.action {
                Action::Upsert(Point::Message(point)) => json_size::point(point),
                // It is gRPC's alone.
                Action::Upsert(Point::Encoded(point)) => point.len(),
                Action::Partial(parts) => {
                    let vectors = parts.vectors.as_ref().map_or(0, json_size::vectors);
                    json_size::fields(&parts.payload) + vectors + 2 * JSON_WRAPPING
                }
                Action::Delete => JSON_WRAPPING,
            }
    }

    /// The row, as one that can't be kept.
    pub(crate) fn rejected(&self) -> Rejected {
        self.origin.rejected(&self.id, self.rows)
    }

    /// Says of an error which row it is about.
    pub(crate) fn place(&self, error: Error) -> Error {
        self.origin.place(error, &self.id)
    }
}

impl Point {
    /// The message, for requests of other kinds than upserts alone.
    pub(crate) fn into_message(self) -> Result<PointStruct> {
        match self {
            Self::Message(message) => Ok(*message),
            Self::Encoded(mut bytes) => decode_key(&mut bytes)
                .and_then(|_| PointStruct::decode_length_delimited(bytes))
                .map_err(|error| Error::internal("an encoded point can't be read").caused_by(error)),
        }
    }
}

impl Parts {
    fn encoded_len(&self) -> usize {
        let entry = |(name, value): (&String, &Value)| framed(framed(name.len()) + framed(value.encoded_len()));
        let payload: usize = self.payload.iter().map(entry).sum();
        payload + self.vectors.as_ref().map_or(0, |vectors| framed(vectors.encoded_len())) + 2 * WRAPPING
    }
}

/// The size of a message inside another one, whose field's number is below 16.
pub(crate) fn framed(bytes: usize) -> usize {
    1 + prost::length_delimiter_len(bytes) + bytes
}

/// The vectors of both, those of the later one where both have one.
fn merged(earlier: Option<Vectors>, later: Option<Vectors>) -> Option<Vectors> {
    let (Some(earlier), Some(later)) = (&earlier, &later) else { return later.or(earlier) };
    let mut named = crate::point::named(earlier.clone());
    named.extend(crate::point::named(later.clone()));
    crate::point::message(named)
}
