//! From changes to the one request that applies them, and to what is asked of the server before.

use std::collections::HashMap;

use prost::Message;
use prost::bytes::BytesMut;
use qdrant_client::qdrant::points_update_operation::Operation;
use qdrant_client::qdrant::{
    DeletePoints, Filter, PointStruct, PointVectors, PointsSelector, PointsUpdateOperation, UpdateBatchPoints,
    UpdateMode, UpsertPoints, Value, Vectors, WriteOrdering, WriteOrderingType, points_update_operation as operation,
};
use vectorfuse_core::error::Result;
use vectorfuse_core::ids::PointId;
use vectorfuse_core::net::pieces::Pieces;
use vectorfuse_core::options::{Options, Ordering, Transport, WriteMode};

use crate::change::{Action, Change, Point, framed};
use crate::guard;
use crate::point::to_qdrant_id;
use crate::shard_key::{self, ShardKey};
use crate::wire::upsert;

/// How many points with guards of their own share an operation: the server tries each guard on each of its points.
const MOST_GUARDED: usize = 64;

/// What is the same for each request of a write.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) collection: String,
    pub(crate) wait: bool,
    pub(crate) mode: WriteMode,
    pub(crate) ordering: Option<WriteOrdering>,
    /// Whether a point's own fields can make its guard false.
    pub(crate) conditional: bool,
    /// The shards that the points are in, where those have keys.
    pub(crate) shards: Vec<ShardKey>,
}

/// A request that changes points.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Upsert(UpsertPoints),
    /// An upsert as gRPC carries it.
    Encoded {
        upsert: Pieces,
        wait: bool,
    },
    Delete(DeletePoints),
    Batch(UpdateBatchPoints),
}

impl Request {
    /// Whether there is nothing to send.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Upsert(_) | Self::Encoded { .. } | Self::Delete(_) => false,
            Self::Batch(batch) => batch.operations.is_empty(),
        }
    }
}

/// The order that the options ask for, as the messages have it.
pub(crate) fn ordering(options: &Options) -> Option<WriteOrdering> {
    // Replicas that apply the writes of two jobs in different orders would each let another one count.
    let counters = (!options.named.counter_fields.is_empty()).then_some(Ordering::Strong);
    let ordering = match options.named.ordering.or(counters)? {
        Ordering::Weak => WriteOrderingType::Weak,
        Ordering::Medium => WriteOrderingType::Medium,
        Ordering::Strong => WriteOrderingType::Strong,
    };
    Some(WriteOrdering { r#type: ordering.into() })
}

impl Head {
    /// The size of a request without its changes, at most.
    pub(crate) fn size(&self, over: Transport) -> usize {
        // Upserts and deletes have an operation each; what has one for each point counts its keys itself.
        let shards = 2 * shard_key::size(&self.shards);
        shards
            + match over {
                Transport::Grpc => {
                    framed(self.collection.len())
                        + 4
                        + self.ordering.map_or(0, |ordering| framed(ordering.encoded_len()))
                }
                Transport::Http => r#"{"operations":[{"upsert":{"points":[],"update_mode":"insert_only"}}]}"#.len(),
            }
    }

    /// The request that applies these changes of different points.
    pub(crate) fn request(&self, changes: Vec<Change>) -> Result<Request> {
        let changes = match encoded(changes) {
            Ok(points) => {
                let upsert = upsert(&self.upsert(Vec::new()), points);
                return Ok(Request::Encoded { upsert, wait: self.wait });
            }
            Err(changes) => changes,
        };
        let (mut upserts, mut deletes, mut partial) = (Vec::new(), Vec::new(), Vec::new());
        for Change { id, guard, action, .. } in changes {
            let guard = guard.map(|guard| *guard);
            match action {
                Action::Upsert(point) => upserts.push((id, guard, point.into_message()?)),
                Action::Delete => deletes.push((id, guard, ())),
                Action::Partial(parts) => partial.push((id, guard, parts)),
            }
        }
        let mut operations: Vec<Operation> = upserted(upserts, self.update_mode()).collect();
        operations.extend(deleted(deletes));
        let vectors = partial
            .iter_mut()
            .filter_map(|(id, guard, parts)| parts.vectors.take().map(|vectors| (*id, guard.clone(), vectors)));
        let vectors = with_vectors(vectors.collect());
        let fields = partial.into_iter().filter(|(.., parts)| !parts.payload.is_empty());
        let fields = fields.map(|(id, guard, parts)| with_payload(id, guard, parts.payload));
        if self.conditional {
            // A condition looks at the fields, which must still be those that were there.
            operations.extend(vectors.chain(fields));
        } else {
            // An order is still met by the row's own fields, and no more by those of a newer row that came between: its
            // vectors stay.
            operations.extend(fields.chain(vectors));
        }
        Ok(self.of_operations(operations))
    }

    fn update_mode(&self) -> Option<UpdateMode> {
        match self.mode {
            WriteMode::Insert => Some(UpdateMode::InsertOnly),
            WriteMode::Update => Some(UpdateMode::UpdateOnly),
            WriteMode::Upsert | WriteMode::Partial | WriteMode::Delete => None,
        }
    }

    /// The upsert of these points, which have no guard.
    fn upsert(&self, points: Vec<PointStruct>) -> UpsertPoints {
        UpsertPoints {
            collection_name: self.collection.clone(),
            wait: Some(self.wait),
            points,
            update_mode: self.update_mode().map(Into::into),
            ordering: self.ordering,
            shard_key_selector: shard_key::selector(&self.shards),
            ..UpsertPoints::default()
        }
    }

    /// A single operation has a request of its own.
    fn of_operations(&self, mut operations: Vec<Operation>) -> Request {
        let (collection_name, wait) = (self.collection.clone(), Some(self.wait));
        if operations.len() == 1 {
            match operations.remove(0) {
                Operation::Upsert(list) => {
                    let (update_filter, update_mode) = (list.update_filter, list.update_mode);
                    return Request::Upsert(UpsertPoints { update_filter, update_mode, ..self.upsert(list.points) });
                }
                Operation::DeletePoints(list) => {
                    return Request::Delete(DeletePoints {
                        collection_name,
                        wait,
                        points: list.points,
                        ordering: self.ordering,
                        shard_key_selector: shard_key::selector(&self.shards),
                        ..DeletePoints::default()
                    });
                }
                other => operations.push(other),
            }
        }
        self.batch(operations)
    }

    /// Operations that are applied in their order.
    pub(crate) fn batch(&self, operations: Vec<Operation>) -> Request {
        let operation = |operation| PointsUpdateOperation { operation: Some(self.routed(operation)) };
        Request::Batch(UpdateBatchPoints {
            collection_name: self.collection.clone(),
            wait: Some(self.wait),
            operations: operations.into_iter().map(operation).collect(),
            ordering: self.ordering,
            ..UpdateBatchPoints::default()
        })
    }

    /// The operation, for the shards of this write.
    fn routed(&self, mut operation: Operation) -> Operation {
        let shards = shard_key::selector(&self.shards);
        match &mut operation {
            Operation::Upsert(it) => it.shard_key_selector = shards,
            Operation::SetPayload(it) => it.shard_key_selector = shards,
            Operation::OverwritePayload(it) => it.shard_key_selector = shards,
            Operation::DeletePayload(it) => it.shard_key_selector = shards,
            Operation::ClearPayload(it) => it.shard_key_selector = shards,
            Operation::UpdateVectors(it) => it.shard_key_selector = shards,
            Operation::DeleteVectors(it) => it.shard_key_selector = shards,
            Operation::DeletePoints(it) => it.shard_key_selector = shards,
            // The deprecated ones, which can't say it: the server refuses them.
            _ => {}
        }
        operation
    }

    /// The filters whose points, all together, are those that are there and that these changes may not touch.
    pub(crate) fn refusals(&self, changes: &[Change]) -> Vec<Filter> {
        let guarded = changes.iter().filter(|change| change.guard.is_some());
        let guarded: Vec<_> = guarded.map(|change| (change.id, change.guard.as_deref().cloned(), ())).collect();
        let refusal = |(ids, guard, _): (Vec<PointId>, Option<Filter>, Vec<()>)| Filter {
            must: vec![guard::has_id(ids)],
            must_not: guard.map(guard::nested).into_iter().collect(),
            ..Filter::default()
        };
        grouped(guarded).map(refusal).collect()
    }
}

/// The points of changes that do nothing but write encoded points, if they do; else the changes as they are.
fn encoded(changes: Vec<Change>) -> std::result::Result<impl Iterator<Item = BytesMut>, Vec<Change>> {
    let is_encoded =
        |change: &Change| change.guard.is_none() && matches!(change.action, Action::Upsert(Point::Encoded(_)));
    if changes.is_empty() || !changes.iter().all(is_encoded) {
        return Err(changes);
    }
    let point = |change: Change| match change.action {
        Action::Upsert(Point::Encoded(point)) => Some(point),
        Action::Upsert(Point::Message(_)) | Action::Partial(_) | Action::Delete => None,
    };
    Ok(changes.into_iter().filter_map(point))
}

/// Points that are written whole.
pub(crate) fn upserted(
    points: Vec<(PointId, Option<Filter>, PointStruct)>,
    mode: Option<UpdateMode>,
) -> impl Iterator<Item = Operation> {
    grouped(points).map(move |(_, update_filter, points)| {
        let (shard_key_selector, update_mode) = (None, mode.map(Into::into));
        Operation::Upsert(operation::PointStructList { points, shard_key_selector, update_filter, update_mode })
    })
}

/// Points whose vectors are replaced.
pub(crate) fn with_vectors(points: Vec<(PointId, Option<Filter>, Vectors)>) -> impl Iterator<Item = Operation> {
    grouped(points).map(|(ids, update_filter, vectors)| {
        let point = |(id, vectors)| PointVectors { id: Some(to_qdrant_id(id)), vectors: Some(vectors) };
        let points = ids.into_iter().zip(vectors).map(point).collect();
        Operation::UpdateVectors(operation::UpdateVectors { points, update_filter, shard_key_selector: None })
    })
}

/// A point whose payload's fields are replaced.
pub(crate) fn with_payload(id: PointId, guard: Option<Filter>, payload: HashMap<String, Value>) -> Operation {
    Operation::SetPayload(operation::SetPayload {
        payload,
        points_selector: Some(selector([id], guard)),
        ..operation::SetPayload::default()
    })
}

fn deleted(points: Vec<(PointId, Option<Filter>, ())>) -> impl Iterator<Item = Operation> {
    grouped(points).map(|(ids, guard, _)| {
        Operation::DeletePoints(operation::DeletePoints {
            points: Some(selector(ids, guard)),
            shard_key_selector: None,
        })
    })
}

/// The points of these ids, if they pass the guard.
fn selector(ids: impl IntoIterator<Item = PointId>, guard: Option<Filter>) -> PointsSelector {
    let ids = ids.into_iter();
    match guard {
        None => PointsSelector::from(ids.map(to_qdrant_id).collect::<Vec<_>>()),
        Some(guard) => {
            PointsSelector::from(Filter { must: vec![guard::has_id(ids), guard::nested(guard)], ..Filter::default() })
        }
    }
}

/// Points that can share an operation: those without a guard, those of one guard, and some with guards of their own.
fn grouped<T>(
    points: Vec<(PointId, Option<Filter>, T)>,
) -> impl Iterator<Item = (Vec<PointId>, Option<Filter>, Vec<T>)> {
    let (mut free, mut guarded) = ((Vec::new(), Vec::new()), Vec::new());
    for (id, guard, point) in points {
        match guard {
            None => {
                free.0.push(id);
                free.1.push(point);
            }
            Some(guard) => guarded.push((id, guard, point)),
        }
    }
    let free = Some((free.0, None, free.1)).filter(|(ids, ..)| !ids.is_empty());
    let mut guarded = guarded.into_iter().peekable();
    let groups = std::iter::from_fn(move || {
        guarded.peek()?;
        let (mut ids, mut own) = (Vec::new(), Vec::new());
        let mut by_guard: HashMap<Vec<u8>, (Filter, Vec<PointId>)> = HashMap::new();
        while let Some((_, guard, _)) = guarded.peek() {
            let key = guard.encode_to_vec();
            if by_guard.len() >= MOST_GUARDED && !by_guard.contains_key(&key) {
                break;
            }
            let Some((id, guard, point)) = guarded.next() else { break };
            by_guard.entry(key).or_insert_with(|| (guard, Vec::new())).1.push(id);
            ids.push(id);
            own.push(point);
        }
        Some((ids, Some(joined(by_guard.into_values().collect())), own))
    });
    free.into_iter().chain(groups)
}

/// Each point must pass its own guard.
fn joined(mut guards: Vec<(Filter, Vec<PointId>)>) -> Filter {
    if guards.len() == 1 {
        return guards.remove(0).0;
    }
    let own = |(guard, ids)| {
        guard::nested(Filter { must: vec![guard::has_id(ids), guard::nested(guard)], ..Filter::default() })
    };
    Filter { should: guards.into_iter().map(own).collect(), ..Filter::default() }
}
