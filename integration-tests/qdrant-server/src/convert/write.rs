//! Writes as the engine's operations. The single calls and the batch of mixed operations meet here,
//! so both do the same.

use std::collections::HashMap;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::points_update_operation::Operation;
use qdrant_edge::{
    ConditionalInsertOperation, CreateIndex, DeletePayloadOp, FieldIndexOperations, Filter, PayloadOps, PointId,
    PointIdsList, PointInsertOperations, PointOperations, SetPayloadOp, UpdateMode, UpdateOperation, UpdateVectorsOp,
    VectorOperations,
};
use tonic::Status;

use super::{filter, id, index, payload, point};
use crate::refusal::{Answer, invalid_body, refuse, wrong_input};
use crate::shard_key::Selection;

/// Whom a write is for.
enum Target {
    Ids(Vec<PointId>),
    Filter(Filter),
}

impl Target {
    fn of(selector: Option<proto::PointsSelector>) -> Answer<Self> {
        match selector.map(|selector| selector.points_selector_one_of) {
            None => Err(Status::invalid_argument("PointSelector is missing")),
            Some(None) => Err(Status::invalid_argument("Malformed PointsSelector type")),
            Some(Some(PointsSelectorOneOf::Points(points))) => Ok(Self::Ids(id::all_to_engine(points.ids)?)),
            Some(Some(PointsSelectorOneOf::Filter(given))) => Ok(Self::Filter(filter::to_engine(given)?)),
        }
    }

    fn split(self) -> (Option<Vec<PointId>>, Option<Filter>) {
        match self {
            Self::Ids(ids) => (Some(ids), None),
            Self::Filter(filter) => (None, Some(filter)),
        }
    }
}

pub fn upsert(
    points: Vec<proto::PointStruct>,
    update_filter: Option<proto::Filter>,
    update_mode: Option<i32>,
) -> Answer<UpdateOperation> {
    let points = points.into_iter().map(point::to_engine).collect::<Answer<Vec<_>>>()?;
    let points_op = PointInsertOperations::PointsList(points);
    let update_mode = match update_mode.map(proto::UpdateMode::try_from) {
        None => None,
        Some(Ok(proto::UpdateMode::Upsert)) => Some(UpdateMode::Upsert),
        Some(Ok(proto::UpdateMode::InsertOnly)) => Some(UpdateMode::InsertOnly),
        Some(Ok(proto::UpdateMode::UpdateOnly)) => Some(UpdateMode::UpdateOnly),
        Some(Err(_)) => return Err(Status::invalid_argument("Unknown update mode")),
    };
    let condition = filter::optional(update_filter)?;
    let plain = condition.is_none() && matches!(update_mode, None | Some(UpdateMode::Upsert));
    Ok(UpdateOperation::PointOperation(match plain {
        true => PointOperations::UpsertPoints(points_op),
        false => PointOperations::UpsertPointsConditional(ConditionalInsertOperation {
            points_op,
            condition: condition.unwrap_or_default(),
            update_mode,
        }),
    }))
}

pub fn delete(selector: Option<proto::PointsSelector>) -> Answer<UpdateOperation> {
    Ok(UpdateOperation::PointOperation(match Target::of(selector)? {
        Target::Ids(ids) => PointOperations::DeletePoints { ids },
        Target::Filter(filter) => PointOperations::DeletePointsByFilter(filter),
    }))
}

pub fn update_vectors(
    points: Vec<proto::PointVectors>,
    update_filter: Option<proto::Filter>,
) -> Answer<UpdateOperation> {
    Ok(UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(UpdateVectorsOp {
        points: points.into_iter().map(point::vectors_to_engine).collect::<Answer<_>>()?,
        update_filter: filter::optional(update_filter)?,
    })))
}

pub fn delete_vectors(
    selector: Option<proto::PointsSelector>,
    vectors: Option<proto::VectorsSelector>,
) -> Answer<UpdateOperation> {
    let names = vectors.ok_or_else(|| Status::invalid_argument("vectors is expected"))?.names;
    if names.is_empty() {
        return Err(invalid_body("vectors", "must specify vector names to delete"));
    }
    Ok(UpdateOperation::VectorOperation(match Target::of(selector)? {
        Target::Ids(ids) => VectorOperations::DeleteVectors(PointIdsList::from(ids), names),
        Target::Filter(filter) => VectorOperations::DeleteVectorsByFilter(filter, names),
    }))
}

pub fn set_payload(
    values: HashMap<String, proto::Value>,
    selector: Option<proto::PointsSelector>,
    key: Option<String>,
) -> Answer<UpdateOperation> {
    let (points, filter) = Target::of(selector)?.split();
    Ok(UpdateOperation::PayloadOperation(PayloadOps::SetPayload(SetPayloadOp {
        payload: payload::to_engine(values)?,
        points,
        filter,
        key: key.as_deref().map(payload::path).transpose()?,
    })))
}

pub fn overwrite_payload(
    values: HashMap<String, proto::Value>,
    selector: Option<proto::PointsSelector>,
    key: Option<String>,
) -> Answer<UpdateOperation> {
    refuse("overwrite_payload.key", &key)?;
    let (points, filter) = Target::of(selector)?.split();
    Ok(UpdateOperation::PayloadOperation(PayloadOps::OverwritePayload(SetPayloadOp {
        payload: payload::to_engine(values)?,
        points,
        filter,
        key: None,
    })))
}

pub fn delete_payload(keys: &[String], selector: Option<proto::PointsSelector>) -> Answer<UpdateOperation> {
    let (points, filter) = Target::of(selector)?.split();
    Ok(UpdateOperation::PayloadOperation(PayloadOps::DeletePayload(DeletePayloadOp {
        keys: payload::paths(keys)?,
        points,
        filter,
    })))
}

pub fn clear_payload(selector: Option<proto::PointsSelector>) -> Answer<UpdateOperation> {
    Ok(UpdateOperation::PayloadOperation(match Target::of(selector)? {
        Target::Ids(points) => PayloadOps::ClearPayload { points },
        Target::Filter(filter) => PayloadOps::ClearPayloadByFilter(filter),
    }))
}

pub fn create_index(given: proto::CreateFieldIndexCollection) -> Answer<UpdateOperation> {
    Ok(UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(CreateIndex {
        field_name: field(&given.field_name)?,
        field_schema: Some(index::to_engine(given.field_type, given.field_index_params)?),
    })))
}

pub fn delete_index(field_name: &str) -> Answer<UpdateOperation> {
    Ok(UpdateOperation::FieldIndexOperation(FieldIndexOperations::DeleteIndex(field(field_name)?)))
}

fn field(name: &str) -> Answer<qdrant_edge::JsonPath> {
    if name.is_empty() {
        return Err(invalid_body("field_name", "length must be at least 1"));
    }
    payload::path(name)
}

/// One of the mixed operations of a batch, and the shard keys it is for.
pub fn operation(given: proto::PointsUpdateOperation) -> Answer<(Selection, UpdateOperation)> {
    #[expect(deprecated, reason = "older clients still send them")]
    let (keys, operation) = match given.operation.ok_or_else(|| wrong_input("Operation is missing"))? {
        Operation::Upsert(given) => {
            (given.shard_key_selector, upsert(given.points, given.update_filter, given.update_mode))
        }
        Operation::DeletePoints(given) => (given.shard_key_selector, delete(given.points)),
        Operation::DeleteDeprecated(selector) => (None, delete(Some(selector))),
        Operation::SetPayload(given) => {
            (given.shard_key_selector, set_payload(given.payload, given.points_selector, given.key))
        }
        Operation::OverwritePayload(given) => {
            (given.shard_key_selector, overwrite_payload(given.payload, given.points_selector, given.key))
        }
        Operation::DeletePayload(given) => {
            (given.shard_key_selector, delete_payload(&given.keys, given.points_selector))
        }
        Operation::ClearPayload(given) => (given.shard_key_selector, clear_payload(given.points)),
        Operation::ClearPayloadDeprecated(selector) => (None, clear_payload(Some(selector))),
        Operation::UpdateVectors(given) => {
            (given.shard_key_selector, update_vectors(given.points, given.update_filter))
        }
        Operation::DeleteVectors(given) => {
            (given.shard_key_selector, delete_vectors(given.points_selector, given.vectors))
        }
    };
    Ok((Selection::of(keys)?, operation?))
}
