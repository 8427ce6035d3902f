//! The writes. Each body is one of the engine's operations under other names, and the batch of mixed
//! operations is made of the same bodies.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use qdrant_client::qdrant as proto;
use qdrant_edge::{
    ConditionalInsertOperation, DeletePayloadOp, Filter, JsonPath, Payload, PayloadOps, PointId, PointIdsList,
    PointInsertOperations, PointOperations, PointStructPersisted, PointVectorsPersisted, SetPayloadOp, UpdateMode,
    UpdateOperation, UpdateVectorsOp, VectorOperations, VectorPersisted, VectorStructPersisted,
};
use serde::{Deserialize, Serialize};

use super::answer::{Answered, Refused, Reply};
use super::filter::filter;
use super::request::{Asked, Given, Writing};
use super::shards::Keys;
use super::vectors::{checked, invalid};
use crate::catalog::Catalog;
use crate::refusal::{internal, refuse};
use crate::service::writes;
use crate::shard_key::Selection;

pub type Changed = Answered<Updated>;

/// A write and whom of the collection's parts it is for.
type Placed = (Selection, UpdateOperation);

#[derive(Serialize)]
pub struct Updated {
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_id: Option<u64>,
    status: &'static str,
}

impl From<proto::UpdateResult> for Updated {
    fn from(result: proto::UpdateResult) -> Self {
        let status = match result.status() {
            proto::UpdateStatus::Acknowledged => "acknowledged",
            proto::UpdateStatus::Completed => "completed",
            proto::UpdateStatus::ClockRejected => "clock_rejected",
            proto::UpdateStatus::WaitTimeout => "wait_timeout",
            proto::UpdateStatus::UnknownUpdateStatus => "unknown",
        };
        Self { operation_id: result.operation_id, status }
    }
}

/// Applies one operation.
pub async fn one(catalog: &Catalog, name: &str, asked: &Writing, (keys, operation): Placed) -> Changed {
    let start = Instant::now();
    let answer = writes::one(catalog, name, Some(asked.wait), Ok(keys), Ok(operation)).await?.into_inner();
    let result = answer.result.ok_or_else(|| internal("a write without a result"))?;
    Ok(Reply::since(start, result.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upsert {
    points: Option<Vec<Point>>,
    batch: Option<Batch>,
    shard_key: Option<Keys>,
    #[serde(default, deserialize_with = "filter")]
    update_filter: Option<Filter>,
    update_mode: Option<UpdateMode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    id: PointId,
    #[serde(alias = "vectors")]
    vector: VectorStructPersisted,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    ids: Vec<PointId>,
    vectors: Columns,
    payloads: Option<Vec<Option<Payload>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Columns {
    Single(Vec<Vec<f32>>),
    Multi(Vec<Vec<Vec<f32>>>),
    Named(HashMap<String, Vec<VectorPersisted>>),
}

impl Batch {
    /// Point by point. All columns are as long as the ids are many.
    fn rows(self) -> Result<Vec<PointStructPersisted>, Refused> {
        let count = self.ids.len();
        let same = |length: usize| match length == count {
            true => Ok(()),
            false => Err(invalid("batch", "all lists must have the same length")),
        };
        let vectors: Vec<VectorStructPersisted> = match self.vectors {
            Columns::Single(rows) => rows.into_iter().map(VectorStructPersisted::Single).collect(),
            Columns::Multi(rows) => rows.into_iter().map(VectorStructPersisted::MultiDense).collect(),
            Columns::Named(columns) => {
                let mut rows = vec![HashMap::new(); count];
                for (name, column) in columns {
                    same(column.len())?;
                    for (row, vector) in rows.iter_mut().zip(column) {
                        row.insert(name.clone(), vector);
                    }
                }
                rows.into_iter().map(VectorStructPersisted::Named).collect()
            }
        };
        let payloads = self.payloads.unwrap_or_else(|| vec![None; count]);
        same(vectors.len())?;
        same(payloads.len())?;
        let rows = self.ids.into_iter().zip(vectors).zip(payloads);
        Ok(rows.map(|((id, vector), payload)| PointStructPersisted { id, vector, payload }).collect())
    }
}

impl Upsert {
    fn operation(self) -> Result<Placed, Refused> {
        let points = match (self.points, self.batch) {
            (Some(points), None) => points
                .into_iter()
                .map(|point| PointStructPersisted { id: point.id, vector: point.vector, payload: point.payload })
                .collect(),
            (None, Some(batch)) => batch.rows()?,
            (Some(_), Some(_)) | (None, None) => {
                return Err(Refused::malformed("Format error in JSON body: Invalid PointInsertOperations format"));
            }
        };
        points.iter().try_for_each(|point| checked(&point.vector))?;
        let points = PointInsertOperations::PointsList(points);
        let operation = match (self.update_filter, self.update_mode) {
            (None, None | Some(UpdateMode::Upsert)) => PointOperations::UpsertPoints(points),
            (condition, update_mode) => PointOperations::UpsertPointsConditional(ConditionalInsertOperation {
                points_op: points,
                condition: condition.unwrap_or_default(),
                update_mode,
            }),
        };
        Ok((Keys::selected(self.shard_key), UpdateOperation::PointOperation(operation)))
    }
}

pub async fn upsert(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<Upsert>,
) -> Changed {
    one(&catalog, &name, &asked, given.operation()?).await
}

/// Whom a write is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    points: Option<Vec<PointId>>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    shard_key: Option<Keys>,
}

enum Target {
    Points(Vec<PointId>),
    Filter(Filter),
}

impl Selector {
    /// Where both are given, the server takes the points.
    fn target(self) -> Result<(Selection, Target), Refused> {
        let target = match (self.points, self.filter) {
            (Some(points), _) => Target::Points(points),
            (None, Some(filter)) => Target::Filter(filter),
            (None, None) => return Err(unselected()),
        };
        Ok((Keys::selected(self.shard_key), target))
    }

    fn delete(self) -> Result<Placed, Refused> {
        let (keys, target) = self.target()?;
        let operation = match target {
            Target::Points(ids) => PointOperations::DeletePoints { ids },
            Target::Filter(filter) => PointOperations::DeletePointsByFilter(filter),
        };
        Ok((keys, UpdateOperation::PointOperation(operation)))
    }

    fn clear_payload(self) -> Result<Placed, Refused> {
        let (keys, target) = self.target()?;
        let operation = match target {
            Target::Points(points) => PayloadOps::ClearPayload { points },
            Target::Filter(filter) => PayloadOps::ClearPayloadByFilter(filter),
        };
        Ok((keys, UpdateOperation::PayloadOperation(operation)))
    }
}

fn unselected() -> Refused {
    Refused::malformed("Format error in JSON body: Either list of point ids or filter must be provided")
}

pub async fn delete(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<Selector>,
) -> Changed {
    one(&catalog, &name, &asked, given.delete()?).await
}

pub async fn clear_payload(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<Selector>,
) -> Changed {
    one(&catalog, &name, &asked, given.clear_payload()?).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateVectors {
    points: Vec<PointVectors>,
    shard_key: Option<Keys>,
    #[serde(default, deserialize_with = "filter")]
    update_filter: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointVectors {
    id: PointId,
    #[serde(alias = "vectors")]
    vector: VectorStructPersisted,
}

impl UpdateVectors {
    fn operation(self) -> Result<Placed, Refused> {
        if self.points.is_empty() {
            return Err(invalid("points", "must specify points to update"));
        }
        self.points.iter().try_for_each(|point| checked(&point.vector))?;
        let points =
            self.points.into_iter().map(|point| PointVectorsPersisted { id: point.id, vector: point.vector }).collect();
        let operation = UpdateVectorsOp { points, update_filter: self.update_filter };
        let operation = UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(operation));
        Ok((Keys::selected(self.shard_key), operation))
    }
}

pub async fn update_vectors(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<UpdateVectors>,
) -> Changed {
    one(&catalog, &name, &asked, given.operation()?).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteVectors {
    points: Option<Vec<PointId>>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    #[serde(alias = "vectors")]
    vector: Vec<String>,
    shard_key: Option<Keys>,
}

impl DeleteVectors {
    fn operation(self) -> Result<Placed, Refused> {
        if self.vector.is_empty() {
            return Err(invalid("vector", "must specify vector names to delete"));
        }
        let names = self.vector;
        let selector = Selector { points: self.points, filter: self.filter, shard_key: self.shard_key };
        let (keys, target) = selector.target()?;
        let operation = match target {
            Target::Points(ids) => VectorOperations::DeleteVectors(PointIdsList::from(ids), names),
            Target::Filter(filter) => VectorOperations::DeleteVectorsByFilter(filter, names),
        };
        Ok((keys, UpdateOperation::VectorOperation(operation)))
    }
}

pub async fn delete_vectors(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<DeleteVectors>,
) -> Changed {
    one(&catalog, &name, &asked, given.operation()?).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPayload {
    payload: Payload,
    points: Option<Vec<PointId>>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    key: Option<JsonPath>,
    shard_key: Option<Keys>,
}

impl SetPayload {
    fn parts(self) -> Result<(Selection, SetPayloadOp), Refused> {
        if self.points.is_none() && self.filter.is_none() {
            return Err(unselected());
        }
        let operation = SetPayloadOp { payload: self.payload, points: self.points, filter: self.filter, key: self.key };
        Ok((Keys::selected(self.shard_key), operation))
    }

    fn set(self) -> Result<Placed, Refused> {
        self.parts().map(|(keys, parts)| (keys, UpdateOperation::PayloadOperation(PayloadOps::SetPayload(parts))))
    }

    fn overwrite(self) -> Result<Placed, Refused> {
        refuse("overwrite_payload.key", &self.key)?;
        self.parts().map(|(keys, parts)| (keys, UpdateOperation::PayloadOperation(PayloadOps::OverwritePayload(parts))))
    }
}

pub async fn set_payload(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<SetPayload>,
) -> Changed {
    one(&catalog, &name, &asked, given.set()?).await
}

pub async fn overwrite_payload(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<SetPayload>,
) -> Changed {
    one(&catalog, &name, &asked, given.overwrite()?).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletePayload {
    keys: Vec<JsonPath>,
    points: Option<Vec<PointId>>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    shard_key: Option<Keys>,
}

impl DeletePayload {
    fn operation(self) -> Result<Placed, Refused> {
        if self.points.is_none() && self.filter.is_none() {
            return Err(unselected());
        }
        let operation = DeletePayloadOp { keys: self.keys, points: self.points, filter: self.filter };
        let operation = UpdateOperation::PayloadOperation(PayloadOps::DeletePayload(operation));
        Ok((Keys::selected(self.shard_key), operation))
    }
}

pub async fn delete_payload(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<DeletePayload>,
) -> Changed {
    one(&catalog, &name, &asked, given.operation()?).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Upsert(Upsert),
    Delete(Selector),
    SetPayload(SetPayload),
    OverwritePayload(SetPayload),
    DeletePayload(DeletePayload),
    ClearPayload(Selector),
    UpdateVectors(UpdateVectors),
    DeleteVectors(DeleteVectors),
}

impl Operation {
    fn read(self) -> Result<Placed, Refused> {
        match self {
            Self::Upsert(given) => given.operation(),
            Self::Delete(given) => given.delete(),
            Self::SetPayload(given) => given.set(),
            Self::OverwritePayload(given) => given.overwrite(),
            Self::DeletePayload(given) => given.operation(),
            Self::ClearPayload(given) => given.clear_payload(),
            Self::UpdateVectors(given) => given.operation(),
            Self::DeleteVectors(given) => given.operation(),
        }
    }
}

pub async fn batch(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<Operations>,
) -> Answered<Vec<Updated>> {
    let start = Instant::now();
    let operations = given.operations.into_iter().map(Operation::read).collect::<Result<_, Refused>>()?;
    let answer = writes::batch(&catalog, &name, Some(asked.wait), Ok(operations)).await?.into_inner();
    Ok(Reply::since(start, answer.result.into_iter().map(Into::into).collect()))
}
