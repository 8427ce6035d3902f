//! Points on their way in, and the two messages they come back in.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::order_value;
use qdrant_edge::{OrderValue, PointStructPersisted, PointVectorsPersisted, Record, ScoredPoint};
use tonic::Status;

use super::{id, payload, vector};
use crate::refusal::Answer;
use crate::shard_key::Key;

pub fn to_engine(point: proto::PointStruct) -> Answer<PointStructPersisted> {
    let vector = vector::of_point(point.vectors)?;
    Ok(PointStructPersisted {
        id: id::to_engine(point.id.ok_or_else(|| Status::invalid_argument("Empty ID is not allowed"))?)?,
        vector,
        payload: match point.payload.is_empty() {
            true => None,
            false => Some(payload::to_engine(point.payload)?),
        },
    })
}

pub fn vectors_to_engine(point: proto::PointVectors) -> Answer<PointVectorsPersisted> {
    Ok(PointVectorsPersisted {
        id: id::to_engine(point.id.ok_or_else(|| Status::invalid_argument("id is expected"))?)?,
        vector: vector::of_point(point.vectors)?,
    })
}

pub fn retrieved(record: Record) -> proto::RetrievedPoint {
    proto::RetrievedPoint {
        id: Some(id::from_engine(record.id)),
        payload: record.payload.map(payload::from_engine).unwrap_or_default(),
        vectors: record.vector.and_then(vector::from_point),
        shard_key: shard_key(serde_json::to_value(&record.shard_key)),
        order_value: record.order_value.map(order),
    }
}

pub fn scored(point: ScoredPoint) -> proto::ScoredPoint {
    proto::ScoredPoint {
        id: Some(id::from_engine(point.id)),
        payload: point.payload.map(payload::from_engine).unwrap_or_default(),
        score: point.score,
        version: point.version,
        vectors: point.vector.and_then(vector::from_point),
        shard_key: shard_key(serde_json::to_value(&point.shard_key)),
        order_value: point.order_value.map(order),
    }
}

/// The engine's own key has no public name, but it can be written as JSON.
fn shard_key(json: serde_json::Result<serde_json::Value>) -> Option<proto::ShardKey> {
    serde_json::from_value::<Key>(json.ok()?).ok().map(|key| key.to_proto())
}

fn order(value: OrderValue) -> proto::OrderValue {
    proto::OrderValue {
        variant: Some(match value {
            OrderValue::Int(number) => order_value::Variant::Int(number),
            OrderValue::Float(number) => order_value::Variant::Float(number),
        }),
    }
}
